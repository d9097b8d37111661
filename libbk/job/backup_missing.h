/*
 * The accounts of a run: those that configuration and options choose of what
 * the store has.  An account or domain that was asked for by options, and is
 * not there, is reported: a slip of the finger must not look like a backup.
 */

#ifndef BK_JOB_BACKUP_MISSING_H
#define BK_JOB_BACKUP_MISSING_H

#include <stddef.h>

#include "base/err.h"
#include "job/backup_commit.h"

/*
 * Leaves only what is chosen in run->accounts; run->missing becomes what was
 * asked for in vain.  What the configuration names may have been deleted long
 * ago: it is a note.  BK_GONE when nothing at all is chosen, with the nearest.
 */
int bk_missing_choose(struct bk_backup *run, struct bk_err *err);

/* Reports each of run->missing as an item, but for those whose account the
 * previous set has, and the job takes: that is gone, and the new set says so.
 * Returns how many were reported. */
size_t bk_missing_report(const struct bk_backup *run);

#endif
