/* The keys of [route NAME], what stands in front of mail servers. */

#include "base/account_as.h"
#include "base/parse.h"
#include "job/schema_checks.h"

static int check_route_type(const char *value, struct bk_err *err)
{
	static const char *const types[] = {"dovecot-passwd",
					    "postfix-transport", "cyrus-deny",
					    "command", NULL};

	return bk_check_word(value, types, err);
}

static int check_wait(const char *value, struct bk_err *err)
{
	int64_t ms = 0;

	if (bk_parse_duration(value, &ms, err) < 0)
		return -1;
	if (ms > 60000)
		return bk_fail(err, BK_MISUSE, "'%s' is more than 1m", value);
	return 0;
}

/* clang-format off */
const struct bk_conf_key bk_schema_route_keys[] = {
	{"type",     check_route_type   },
	{"file",     bk_check_path         },
	{"account",  bk_account_as_check},
	{"command",  NULL               },
	{"config",   bk_check_path         },
	{"map",      NULL               },
	{"services", NULL               },
	{"server",   NULL               },
	{"wait",     check_wait         },
	{"timeout",  bk_check_timeout      },
	{NULL,       NULL               },
};
/* clang-format on */
