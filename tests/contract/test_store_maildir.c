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

/* Dovecot's folders, with rights and 26 keywords each. */
#define DOVECOT(n, p, m)                                                       \
	{                                                                      \
		.name = (n), .prepare = (p), .address = "ann@a.test",          \
		.many = (m), .has_acl = true, .max_keywords = 26,              \
	}

static const struct store_driver drivers[] = {
	DOVECOT("maildir++", many, true),
	DOVECOT("maildir_one_account", one, false),
	DOVECOT("maildir_fs", fs, true),
	DOVECOT("maildir_control_and_index", elsewhere, true),
	DOVECOT("maildir_fs_control_and_index", fs_elsewhere, true),
	{.name = "maildir_courier",
							      .prepare = courier,
							      .address = "ann@a.test"},
};

int main(void)
{
	return store_contract(drivers, sizeof(drivers) / sizeof(drivers[0]));
}
