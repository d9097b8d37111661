/* The listing of a local folder: see walk.h. */

#ifndef BK_TARGET_LOCAL_LIST_H
#define BK_TARGET_LOCAL_LIST_H

#include <stdbool.h>

#include "base/err.h"
#include "target/target.h"

/* All blobs below `folder` of the folder `dir` is open on, as a target's list
 * gives them; with `unfinished` the parts instead, by the names that they have
 * on the disk. */
int bk_local_list(int dir, const char *folder, bool unfinished,
		  struct bk_blob_list *out, struct bk_err *err);

#endif
