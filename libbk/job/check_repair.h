/*
 * Mending what a check found, in all places: each file from its own parity, or
 * else from another place that has it whole (job/mend.h).
 *
 * What only a new backup helps against, or nobody but a person can decide, is
 * left as it is.
 */

#ifndef BK_JOB_CHECK_REPAIR_H
#define BK_JOB_CHECK_REPAIR_H

#include "base/err.h"
#include "job/check.h"
#include "job/check_found.h"

/*
 * Tells of each finding that it could do something about, a line each, and of
 * those that it could not; *n_mended files were mended.  -1 only when it could
 * not go on: BK_BUSY when another run is at work in a place, or BK_CANCELLED.
 */
int bk_check_repair(const struct bk_check_request *request,
		    const struct bk_check_found *found,
		    struct bk_progress *progress, size_t *n_mended,
		    struct bk_err *err);

#endif
