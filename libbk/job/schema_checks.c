/* Checks of values that several sections share: see schema_checks.h. */

#include "job/schema_checks.h"

#include <string.h>

#include "base/argv.h"
#include "base/nearest.h"
#include "base/parse.h"

int bk_check_word(const char *value, const char *const *words,
		  struct bk_err *err)
{
	for (const char *const *w = words; *w; w++)
		if (strcmp(value, *w) == 0)
			return 0;
	const char *near = bk_nearest_of(value, words);
	if (near)
		return bk_fail(err, BK_MISUSE,
			       "unknown '%s'; did you mean '%s'?", value, near);
	return bk_fail(err, BK_MISUSE, "unknown '%s'; see bk.conf(5)", value);
}

int bk_check_bool(const char *value, struct bk_err *err)
{
	bool unused;

	return bk_parse_bool(value, &unused, err);
}

int bk_check_path(const char *value, struct bk_err *err)
{
	if (*value != '/')
		return bk_fail(err, BK_MISUSE, "'%s' does not begin with '/'",
			       value);
	return 0;
}

int bk_check_timeout(const char *value, struct bk_err *err)
{
	int64_t ms = 0;

	if (bk_parse_duration(value, &ms, err) < 0)
		return -1;
	if (ms < 1000 || ms > 3600000)
		return bk_fail(err, BK_MISUSE, "'%s' is not from 1s to 1h",
			       value);
	return 0;
}

int bk_check_hook(const char *value, struct bk_err *err)
{
	struct bk_argv words = {0};

	int rc = bk_argv_split(&words, value, err);
	if (rc == 0)
		rc = bk_check_path(words.items[0], err);
	bk_argv_clear(&words);
	return rc;
}

int bk_check_hook_time(const char *value, struct bk_err *err)
{
	int64_t ms = 0;

	if (bk_parse_duration(value, &ms, err) < 0)
		return -1;
	if (ms < 1000 || ms > (int64_t)24 * 3600 * 1000)
		return bk_fail(err, BK_MISUSE, "'%s' is not from 1s to 24h",
			       value);
	return 0;
}
