/*
 * Messages of a set that a store does not keep as they are: an mbox file has
 * lines of its own in a header, and takes them out of those of a message.  What
 * is there from an earlier run has another digest then than the set's; so the
 * messages that were not found are put together, and looked for as the store
 * has them.
 */

#ifndef BK_JOB_RESTORE_LESSER_H
#define BK_JOB_RESTORE_LESSER_H

#include "job/restore_folder.h"

/* {0} is a valid empty one. */
struct bk_restore_lesser {
	struct bk_row_list rows; /* the folder's, by number; those that become
				    less with the size and digest of that */
};

/* 1; 0: no row that was not found becomes another. */
int bk_restore_lesser_read(struct bk_restore_lesser *out,
			   const struct bk_restore_folder *folder,
			   const struct bk_restore_into *into,
			   struct bk_err *err);
void bk_restore_lesser_clear(struct bk_restore_lesser *lesser);

#endif
