/* Does a target take, give back and let go what is put there? */

#ifndef BK_JOB_TARGET_TEST_H
#define BK_JOB_TARGET_TEST_H

#include "base/err.h"
#include "job/settings.h"
#include "repo/id.h"

/* What a place that takes and gives back need not do: old sets stay there. */
struct bk_target_trial {
	struct bk_err again;    /* why the first write failed; BK_OK: no */
	char left[BK_NAME_MAX]; /* what could not be taken away, or "" */
};

/*
 * Writes a file of 64 KiB under a name that nothing else has, which makes the
 * target rename it into place; reads it back, finds it in a listing, and takes
 * it away.  A folder that is not there is made, and a local one goes again.
 * Each act is tried once, but for a second write where the first one ends the
 * session: so does one that finds that the login may not rename.  The error
 * says which of them failed; that nothing may be deleted is none.
 */
int bk_target_test(const struct bk_target_settings *which,
		   struct bk_target_trial *found, struct bk_err *err);

#endif
