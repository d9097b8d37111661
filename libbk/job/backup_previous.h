/*
 * A message as the previous set has it: what a backup keeps when it cannot be
 * read from the store.  Each thread that reads has one.
 */

#ifndef BK_JOB_BACKUP_PREVIOUS_H
#define BK_JOB_BACKUP_PREVIOUS_H

#include "job/backup_task.h"
#include "repo/set.h"

struct bk_backup_previous;

/* The set is the caller's; NULL if there is none. */
struct bk_backup_previous *bk_backup_previous_new(struct bk_set *set);
void bk_backup_previous_free(struct bk_backup_previous *previous);

/*
 * *body (emptied first) becomes the message of that name or UID in the task's
 * folder; msg gets its date and size.  BK_GONE if the set does not have it.
 */
int bk_backup_previous_join(struct bk_backup_previous *previous,
			    const struct bk_backup_task *task,
			    struct bk_message *msg, struct bk_buf *body,
			    struct bk_err *err);

#endif
