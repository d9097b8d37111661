/*
 * What to do where the system does not let this user in: "Permission denied"
 * alone helps nobody.
 */

#ifndef BK_JOB_DENIED_H
#define BK_JOB_DENIED_H

#include <stdbool.h>

#include "base/err.h"
#include "job/exit.h"

/* Adds it to an error that ends in what the system said; others
 * stay as they are, and all do for root, whom no right keeps out.  What lies
 * below state_dir (may be NULL) can be put elsewhere. */
void bk_denied_advise(struct bk_err *err, enum bk_place place,
		      const char *state_dir);

/* Is it an error of that sort, whatever became of its kind? */
bool bk_is_denied(const struct bk_err *err);

/* What to do next about things that were named with such an error, in the
 * repository (BK_PLACE_REPO) or a destination; `usual` where none was. */
const char *bk_denied_next(bool denied, enum bk_place place, const char *usual);

#endif
