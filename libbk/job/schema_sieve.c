/* Where a mail server has its scripts, as bk.conf(5) says it: see schema.h. */

#include <string.h>

#include "job/schema.h"
#include "net/url.h"

int bk_schema_check_sieve(const char *value, struct bk_err *err)
{
	struct bk_url url = {0};

	if (strcmp(value, "yes") == 0 || strcmp(value, "no") == 0)
		return 0;
	if (strncmp(value, "sieve://", 8) != 0)
		return bk_fail(err, BK_MISUSE,
			       "'%s' is not sieve://HOST, and not yes, which "
			       "is the host of the url",
			       value);
	if (bk_url_parse(&url, value, err) < 0)
		return -1;
	int rc = 0;
	if (*url.path || url.user)
		rc = bk_fail(err, BK_MISUSE,
			     "%s: only sieve://HOST or sieve://HOST:PORT",
			     value);
	bk_url_clear(&url);
	return rc;
}
