/*
 * Healing a live store: a message that is there under its name with other bytes
 * than the set has of it, or that cannot be read, is damaged, for what a name
 * stands for never changes.  It is written anew, with the flags that it has
 * now, and only when that is there for good is the damaged file taken away; by
 * the next run, where this one was cut off in between.
 *
 * A message that is not there may have been deleted by its owner or lost, and
 * nothing says which: it is counted, and not brought back.
 */

#ifndef BK_JOB_RESTORE_HEAL_H
#define BK_JOB_RESTORE_HEAL_H

#include "job/restore_folder.h"

/* After the comparison: what is to be written, and what it stands for. */
void bk_restore_heal_choose(struct bk_restore_folder *folder);

/* After finish(): takes the damaged files away. */
int bk_restore_heal_remove(struct bk_restore_folder *folder,
			   const struct bk_restore_into *into,
			   struct bk_err *err);

#endif
