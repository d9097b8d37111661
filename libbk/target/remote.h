/*
 * A driver of a remote target, made fit for use: limits (target/throttle.h),
 * tries again (target/retry.h), uploads behind the writer (target/spool.h) and
 * a cache (target/cache.h), in this order from the driver outwards.
 */

#ifndef BK_TARGET_REMOTE_H
#define BK_TARGET_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limit.h"
#include "target/retry.h"
#include "target/target.h"

/* 0 and NULL in any of them: as in the comment. */
struct bk_remote_options {
	unsigned sessions;         /* acts that the driver may be asked for at
				      a time: any number */
	unsigned uploads;          /* threads that upload: none, a commit is an
				      upload */
	const struct bk_limit *up; /* none */
	const struct bk_limit *down;
	struct bk_retry_policy retry;
	const char *spool_folder; /* for blobs on their way: /var/tmp */
	uint64_t spool_bytes;     /* of them at a time: 192 MiB */
	const char *cache_folder; /* in it, one for each target's `where`:
				     nothing is kept for other runs, as it must
				     be where the target itself is checked */
	uint64_t cache_bytes;     /* of each: 256 MiB */
	bool direct; /* limits and tries again only: a put is one attempt, and
			threads and sessions are as the driver says */
};

/*
 * Takes the driver; copies the options.  The target may be used by any number
 * of threads, whatever the driver says.  bk_target_flush() before it is closed.
 */
struct bk_target *bk_remote_wrap(struct bk_target *driver,
				 const struct bk_remote_options *options);

#endif
