/* The contract of stores, on trees of mbox files. */

#include "contract/store.h"

#include <stdlib.h>

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
	config->type = "mbox";
	config->path = path_in(scratch, arena, "%d/%n/mail");
}

static void one(const struct scratch *scratch, struct bk_arena *arena,
		struct bk_store_config *config)
{
	many(scratch, arena, config);
	config->path = path_in(scratch, arena, "deep/ann/mail");
}

/* As Dovecot has it: mbox:~/mail:INBOX=/var/mail/%u. */
static void inbox_elsewhere(const struct scratch *scratch,
			    struct bk_arena *arena,
			    struct bk_store_config *config)
{
	config->name = "mail";
	config->type = "mbox";
	config->path = path_in(scratch, arena, "home/%d/%n/mail");
	config->inbox = path_in(scratch, arena, "var/mail/%u");
}

#define MBOX(n, p, m)                                                          \
	{                                                                      \
		.name = (n), .prepare = (p), .address = "ann@a.test",          \
		.many = (m), .own_names = true,                                \
	}

static const struct store_driver drivers[] = {
	MBOX("mbox", many, true),
	MBOX("mbox_one_account", one, false),
	MBOX("mbox_inbox_elsewhere", inbox_elsewhere, true),
};

int main(void)
{
	return store_contract(drivers, sizeof(drivers) / sizeof(drivers[0]));
}
