/*
 * One run at a time for each pair of store and repository: a lock file in the
 * state directory.  The kernel holds the lock (flock), so it goes with its
 * owner, whatever that dies of, a reboot included; what stands in the file
 * tells others who that is.  Should a file system have forgotten the lock of
 * an owner who is alive (same boot, pid and start time), it still counts.
 *
 * Children that exec do not inherit it; a child that only forks keeps it held
 * until it ends.
 */

#ifndef BK_BASE_LOCK_H
#define BK_BASE_LOCK_H

#include <stdint.h>

#include "base/err.h"

struct bk_lock;

struct bk_lock_request {
	const char *state_dir; /* made, 0700, if it is not there */
	const char *store;     /* store and repository by what they are, not */
	const char *repo;      /* by one of several spellings of it */
	const char *command;   /* "bk-backup", for others to read */
	int64_t wait_ms;       /* wait so long for another run; 0: do not */
};

/*
 * Takes the lock.  BK_BUSY when another run holds it: "locked by bk-backup
 * (pid 123, since 2026-11-19 12:30); wait with --wait 10m"; BK_CANCELLED when
 * we were asked to stop (base/cancel.h) while waiting.  Waiting looks again
 * every few milliseconds at first, later every quarter of a second.
 */
int bk_lock_take(struct bk_lock **out, const struct bk_lock_request *request,
		 struct bk_err *err);

/* Since when, in UTC seconds, a run that is alive holds it; 0: none does. */
int64_t bk_lock_since(const struct bk_lock_request *request);

/* Removes the file and lets go; NULL is fine. */
void bk_lock_release(struct bk_lock *lock);

#endif
