/*
 * Dovecot's dot-locks: "NAME.lock" beside the file that is about to be
 * replaced, with "pid:host" in it.  Whoever made it may replace the file.
 *
 * A lock is stale, and is removed by whoever waits, when it is of this host and
 * its process is no more, or when neither it nor the file has changed for two
 * minutes; so who holds one for longer touches it.
 */

#ifndef BK_STORE_DOTLOCK_H
#define BK_STORE_DOTLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/file.h"

#define BK_DOTLOCK_STALE_S 120
#define BK_DOTLOCK_WAIT_MS ((int64_t)(BK_DOTLOCK_STALE_S + 2) * 1000)
#define BK_DOTLOCK_TELL_MS ((int64_t)2000) /* a wait that is told */

struct bk_dotlock {
	int dir;    /* the lock's own */
	int fd;     /* -1: not held */
	char *path; /* of the lock */
	int64_t touched_ms;
	/* The caller's, or NULL: called once by a take that has waited for
	 * BK_DOTLOCK_TELL_MS, with the lock's path and how long it will wait in
	 * all. */
	void (*waits)(void *arg, const char *path, int64_t most_ms);
	void *waits_arg;
};

#define BK_DOTLOCK ((struct bk_dotlock){.dir = -1, .fd = -1})

/*
 * `lock` is BK_DOTLOCK, with waits if that is wanted.
 * Locks the file `name` of folder `dir`; the lock's owner and mode are those
 * given.  Waits for another up to wait_ms: BK_BUSY then.
 */
int bk_dotlock_take(struct bk_dotlock *lock, int dir, const char *name,
		    const struct bk_file_owner *owner, int64_t wait_ms,
		    struct bk_err *err);

/* Says that we still live, not more often than needed; call it in every long
 * loop.  BK_LOST when the lock is no longer ours: somebody took it for stale,
 * and nothing may be replaced any more. */
int bk_dotlock_touch(struct bk_dotlock *lock, struct bk_err *err);

/* Lets go; one that is not held is fine. */
void bk_dotlock_release(struct bk_dotlock *lock);

#endif
