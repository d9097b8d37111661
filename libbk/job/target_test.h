/* Does a target take, give back and let go what is put there? */

#ifndef BK_JOB_TARGET_TEST_H
#define BK_JOB_TARGET_TEST_H

#include "base/err.h"
#include "job/settings.h"

/*
 * Writes a file of 64 KiB under a name that nothing else has, which makes the
 * target rename it into place; reads it back, finds it in a listing, and takes
 * it away.  A folder that is not there is made, and a local one goes again.
 * Each act is tried once.  The error says which of them failed.
 */
int bk_target_test(const struct bk_target_settings *which, struct bk_err *err);

#endif
