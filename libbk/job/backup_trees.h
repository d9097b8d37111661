/* The trees of files that a store's `trees` names, into the set that is being
 * made: configuration, scripts, whatever goes along with the mail. */

#ifndef BK_JOB_BACKUP_TREES_H
#define BK_JOB_BACKUP_TREES_H

#include "base/err.h"
#include "job/backup_commit.h"

/*
 * After the walk, before the commit.  What cannot be read is told, and counts
 * in run->errors: the set is made, and is incomplete.
 */
int bk_backup_trees(struct bk_backup *run, struct bk_err *err);

#endif
