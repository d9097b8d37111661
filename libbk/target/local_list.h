/*
 * The listing of a local folder, of its blobs or of what puts that never ended
 * left: a put writes NAME.part.
 */

#ifndef BK_TARGET_LOCAL_LIST_H
#define BK_TARGET_LOCAL_LIST_H

#include <stdbool.h>

#include "base/err.h"
#include "target/target.h"

#define BK_LOCAL_PART ".part"

/* All blobs below `folder` of the folder `dir` is open on, as a target's list
 * gives them; with `unfinished` the parts instead, by the names that they have
 * on the disk. */
int bk_local_list(int dir, const char *folder, bool unfinished,
		  struct bk_blob_list *out, struct bk_err *err);

#endif
