/* Where the accounts of a restore come to lie, before anything is written. */

#ifndef BK_JOB_RESTORE_PLACES_H
#define BK_JOB_RESTORE_PLACES_H

#include "base/err.h"
#include "job/restore_plan.h"
#include "store/store.h"

/*
 * No two accounts of the plan may lie in one place of the store, be it by the
 * path's pattern or by links: BK_MISUSE names both and the place.  Looks at
 * what is there, and makes nothing.
 */
int bk_restore_places_check(const struct bk_restore_plan *plan,
			    const struct bk_store_config *to,
			    struct bk_err *err);

/*
 * Holds the folder that the accounts lie below until *out (-1: there is nothing
 * to hold) is closed: who restores into it with another state directory does
 * not find the lock there, and would write each message once more.  Makes it if
 * it is not there.  BK_BUSY when another restore has it for longer than
 * wait_ms; *out is to be closed after a failure, too.
 */
int bk_restore_places_hold(const struct bk_store_config *to, int64_t wait_ms,
			   int *out, struct bk_err *err);

#endif
