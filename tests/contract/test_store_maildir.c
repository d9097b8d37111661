/* The contract of stores, on Maildir trees of every kind. */

#include "contract/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/test.h"

static const char *path_in(const struct scratch *scratch,
			   struct bk_arena *arena, const char *below)
{
	char *path = bk_asprintf("%s/%s", scratch->path, below);
	const char *copy = bk_arena_strdup(arena, path);

	free(path);
	return copy;
}

static void many(const struct scratch *scratch, struct bk_arena *arena,
		 struct bk_store_config *config)
{
	config->name = "mail";
	config->type = "maildir";
	config->path = path_in(scratch, arena, "%d/%n/Maildir");
}

static void one(const struct scratch *scratch, struct bk_arena *arena,
		struct bk_store_config *config)
{
	many(scratch, arena, config);
	config->path = path_in(scratch, arena, "deep/ann/Maildir");
}

static void fs(const struct scratch *scratch, struct bk_arena *arena,
	       struct bk_store_config *config)
{
	many(scratch, arena, config);
	config->layout = "fs";
}

static void elsewhere(const struct scratch *scratch, struct bk_arena *arena,
		      struct bk_store_config *config)
{
	many(scratch, arena, config);
	config->path = path_in(scratch, arena, "mail/%d/%n");
	config->control = path_in(scratch, arena, "control/%u");
	config->index = path_in(scratch, arena, "index/%1n/%u");
}

static void fs_elsewhere(const struct scratch *scratch, struct bk_arena *arena,
			 struct bk_store_config *config)
{
	elsewhere(scratch, arena, config);
	config->layout = "fs";
}

/* One account, and Courier has been there. */
static void courier(const struct scratch *scratch, struct bk_arena *arena,
		    struct bk_store_config *config)
{
	one(scratch, arena, config);
	scratch_file(scratch, "deep/ann/Maildir/courierimapsubscribed", "");
	scratch_dir(scratch, "deep/ann/Maildir/cur");
}

static const struct store_driver drivers[] = {
	{"maildir++",                    many,         "ann@a.test", true,  true,  26},
	{"maildir_one_account",          one,          "ann@a.test", false, true,  26},
	{"maildir_fs",                   fs,           "ann@a.test", true,  true,  26},
	{"maildir_control_and_index",    elsewhere,    "ann@a.test", true,  true,  26},
	{"maildir_fs_control_and_index", fs_elsewhere, "ann@a.test", true,  true,
	 26									  },
	{"maildir_courier",              courier,      "ann@a.test", false, false, 0 },
};

int main(void)
{
	return store_contract(drivers, sizeof(drivers) / sizeof(drivers[0]));
}
