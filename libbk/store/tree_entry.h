/* One file, folder or link, told as an entry of a pax stream: what
 * store/tree_read.c does with everything that it meets. */

#ifndef BK_STORE_TREE_ENTRY_H
#define BK_STORE_TREE_ENTRY_H

#include "base/err.h"
#include "store/tree_read.h"

/* Knows which files of a tree have several names. */
struct bk_tree_teller;

/* *out is the caller's after a failure too. */
int bk_tree_teller_new(struct bk_tree_teller **out, struct bk_tree_to *to,
		       struct bk_err *err);
void bk_tree_teller_free(struct bk_tree_teller *teller); /* NULL is fine */

/*
 * Tells what the last level of `path` is in the folder `dir`.  0: it is in the
 * stream, and *folder is its descriptor, the caller's, if it is a folder; 1: it
 * is not, and lacks() was told; -1: nothing goes on.
 */
int bk_tree_tell(struct bk_tree_teller *teller, int dir, const char *path,
		 int *folder, struct bk_err *err);

#endif
