/* The keys of [store NAME], where mail is. */

#include "base/parse.h"
#include "base/pattern.h"
#include "job/schema_checks.h"
#include "store/mbox.h"

static int check_store_type(const char *value, struct bk_err *err)
{
	static const char *const types[] = {"maildir", "mbox", "imap", NULL};

	return bk_check_word(value, types, err);
}

static int check_layout(const char *value, struct bk_err *err)
{
	static const char *const layouts[] = {"auto", "maildir++", "fs", NULL};

	return bk_check_word(value, layouts, err);
}

static int check_uid_gap(const char *value, struct bk_err *err)
{
	uint64_t unused;

	return bk_parse_number(value, UINT32_MAX / 2, &unused, err);
}

static int check_trees(const char *value, struct bk_err *err)
{
	struct bk_names names = {0};
	int rc = 0;

	bk_names_add_words(&names, value);
	if (!names.n)
		rc = bk_fail(err, BK_MISUSE, "no paths in '%s'", value);
	for (size_t i = 0; i < names.n && rc == 0; i++)
		rc = bk_check_path(names.items[i], err);
	for (size_t i = 0; i < names.n && rc == 0; i++)
		if (!names.items[i][1])
			rc = bk_fail(err, BK_MISUSE,
				     "'/' is all of this host; name folders");
	bk_names_clear(&names);
	return rc;
}

static int check_locks(const char *value, struct bk_err *err)
{
	struct bk_mbox_locks locks;

	return bk_mbox_locks_parse(&locks, value, err);
}

const struct bk_conf_key bk_schema_store_keys[] = {
	{"type",          check_store_type},
	{"path",          bk_check_path   },
	{"server",        NULL            },
	{"inbox",         bk_check_path   },
	{"locks",         check_locks     },
	{"layout",        check_layout    },
	{"control",       bk_check_path   },
	{"index",         bk_check_path   },
	{"owner",         NULL            },
	{"trees",         check_trees     },
	{"uid-gap",       check_uid_gap   },
	{"accounts-file", bk_check_path   },
	{NULL,            NULL            },
};
