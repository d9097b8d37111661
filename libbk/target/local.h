/*
 * A local folder as a target.  A blob is written as NAME.part, synced, renamed
 * and its folder synced; a sweep takes parts away by the time of a file that it
 * touches, clock.part.  All ops may run in several threads at a time.
 */

#ifndef BK_TARGET_LOCAL_H
#define BK_TARGET_LOCAL_H

#include "target/target.h"

/* BK_GONE when the folder is not there and `create` is false; folders are made
 * with mode 0700, files with 0600. */
int bk_local_open(struct bk_target **out, const char *path, bool create,
		  struct bk_err *err);

#endif
