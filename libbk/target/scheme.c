/* From a path or a URL to an open target: the table of drivers. */

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/url.h"
#include "target/ftp.h"
#include "target/local.h"
#include "target/reach.h"
#include "target/remote.h"
#include "target/retry.h"
#include "target/s3.h"
#include "target/scheme.h"
#include "target/sftp.h"
#include "target/smb.h"
#include "target/spread.h"
#include "target/target.h"
#include "target/webdav.h"
#include "target/wrapper.h"

/* Servers count connections, and some take few of one host. */
#define SESSIONS  4
#define UPLOADS   2

#define MOMENT_MS 1000

struct driver {
	const char *scheme;
	int (*open)(struct bk_target **out, const struct bk_url *url,
		    const struct bk_access *access, bool create,
		    struct bk_err *err);
};

static const struct driver drivers[] = {
	{"ftpes", bk_ftp_open   },
	{"ftps",  bk_ftp_open   },
	{"ftp",   bk_ftp_open   },
	{"sftp",  bk_sftp_open  },
	{"https", bk_webdav_open},
	{"http",  bk_webdav_open},
	{"smb",   bk_smb_open   },
	{"s3",    bk_s3_open    },
	{NULL,    NULL          },
};

/* The outermost wrapper: keeps what the driver points to. */
struct remote {
	struct bk_wrapper wrapper;
	struct bk_wait_watcher watcher;
	atomic_int_least64_t told_until; /* monotonic ms */
	struct bk_url url;
	struct bk_reach reach;
};

static void remote_close(struct bk_target *target)
{
	struct remote *remote = (struct remote *)target;

	bk_wrapper_close_below(&remote->wrapper);
	bk_url_clear(&remote->url);
	free(remote);
}

/* What is over in a moment is nobody's business; and several threads may wait
 * for the same. */
static void tell(struct bk_wait_watcher *watcher, const struct bk_wait *wait)
{
	struct remote *remote =
		(struct remote *)((char *)watcher -
				  offsetof(struct remote, watcher));
	int64_t now = bk_clock_monotonic_ms();
	int64_t until = atomic_load(&remote->told_until);

	if (!remote->reach.watcher || wait->since_ms + wait->ms < MOMENT_MS ||
	    now < until)
		return;
	if (atomic_compare_exchange_strong(&remote->told_until, &until,
					   now + wait->ms))
		remote->reach.watcher->waits(remote->reach.watcher, wait);
}

static struct bk_target *wrap(struct bk_target *driver, struct remote *remote)
{
	const struct bk_reach *reach = &remote->reach;
	struct bk_remote_options options = {
		.sessions = SESSIONS,
		.uploads = UPLOADS,
		.up = &reach->up,
		.down = &reach->down,
		.spool_folder = reach->spool,
		.cache_folder = reach->cache,
		.direct = reach->direct,
		.retry.watcher = &remote->watcher,
	};

	return bk_remote_wrap(driver, &options);
}

int bk_driver_open(struct bk_target **out, const struct bk_url *url,
		   const struct bk_access *access, bool create,
		   struct bk_err *err)
{
	struct bk_buf known = {0};

	for (const struct driver *d = drivers; d->scheme; d++) {
		if (strcmp(d->scheme, url->scheme) == 0) {
			bk_buf_clear(&known);
			return d->open(out, url, access, create, err);
		}
		bk_buf_printf(&known, "%s, ", d->scheme);
	}
	bk_fail(err, BK_MISUSE, "%s: '%s' is none of %sand no path", url->text,
		url->scheme, bk_buf_text(&known));
	bk_buf_clear(&known);
	return -1;
}

/* What passes by itself is waited for, but not as long as later on: somebody
 * may have written the wrong name. */
static int open_driver(struct bk_target **out, struct remote *remote,
		       bool create, struct bk_err *err)
{
	const struct bk_retry_policy policy = {
		.tries = 3,
		.watcher = &remote->watcher,
	};
	struct bk_tries tries;
	struct bk_err why = {0};
	int rc;

	bk_tries_begin(&tries, &policy);
	do {
		why = (struct bk_err){0};
		rc = bk_driver_open(out, &remote->url, &remote->reach.access,
				    create, &why);
	} while (rc < 0 && bk_tries_again(&tries, &why, err) == 0);
	return rc;
}

static int open_remote(struct bk_target **out, const char *where,
		       const struct bk_reach *reach, bool create,
		       struct bk_err *err)
{
	struct remote *remote = bk_alloc(sizeof(*remote));
	struct bk_target *target = NULL;

	remote->watcher.waits = tell;
	if (reach)
		remote->reach = *reach;
	if (bk_url_parse(&remote->url, where, err) < 0 ||
	    open_driver(&target, remote, create, err) < 0) {
		bk_url_clear(&remote->url);
		free(remote);
		return -1;
	}
	bk_wrapper_init(&remote->wrapper, wrap(target, remote));
	remote->wrapper.ops.close = remote_close;
	*out = &remote->wrapper.target;
	return 0;
}

int bk_target_open(struct bk_target **out, const char *where,
		   const struct bk_reach *reach, bool create,
		   struct bk_err *err)
{
	if (strncmp(where, "file:///", 8) == 0)
		where += 7;
	else if (bk_spread_is(where) && reach && reach->spread)
		return bk_spread_open(out, where, reach, create, err);
	else if (bk_url_is(where))
		return open_remote(out, where, reach, create, err);
	return bk_local_open(out, where, create, err);
}
