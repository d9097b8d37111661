/*
 * The last resort of a repair: what neither parity nor a copy gives back is
 * read again, from other sets in the same place and from the mail stores that
 * the sets are of.
 */

#ifndef BK_JOB_CHECK_REGAIN_H
#define BK_JOB_CHECK_REGAIN_H

#include "base/err.h"
#include "base/pattern.h"
#include "job/check.h"
#include "job/regain.h"
#include "sync/progress.h"

/*
 * Fills *out for blobs of a place, of which `view` is the repository; it is
 * the caller's to close in any case.  A store that cannot be read is told.  -1
 * when the place cannot be read, or we were asked to stop.
 */
int bk_check_regain(const struct bk_check_request *request,
		    struct bk_progress *progress, const struct bk_repo *view,
		    const struct bk_names *blobs, struct bk_regain *out,
		    struct bk_err *err);

/* That blob is whole again. */
void bk_check_regain_mended(struct bk_regain *regain, const char *blob);

/* Tells of each message that lost something for good, and what is left to do.
 * Brings the messages into another order. */
void bk_check_regain_tell(const struct bk_check_request *request,
			  struct bk_progress *progress,
			  struct bk_regain *regain);

#endif
