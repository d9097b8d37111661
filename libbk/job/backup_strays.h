/*
 * Messages that stray: an earlier listing of the run had them, a later one has
 * them no longer.  Somebody expunged them, or they move about and were, so far,
 * wherever we did not look.  They stay with their folder, since they were there
 * when the run had begun, unless the account turns out to have their content
 * elsewhere as new mail, or under the same name: so a message that moves is not
 * lost, and seldom there twice.
 */

#ifndef BK_JOB_BACKUP_STRAYS_H
#define BK_JOB_BACKUP_STRAYS_H

#include <stdbool.h>

#include "job/backup_task.h"

/*
 * Adds to the task's listing, which is not planned yet, what `earlier` has and
 * it has not.  `folder` is the task's as it was with the earlier listing, whose
 * keywords index its table.  true: there was something.
 */
bool bk_strays_keep(struct bk_backup_task *task,
		    struct bk_message_list *earlier,
		    const struct bk_folder *folder);

/* Marks in a task that was read what the later listing of the same folder
 * (NULL: it is no longer there) has not; nothing where the store could not list
 * it in the first place. */
void bk_strays_mark(struct bk_backup_task *was,
		    const struct bk_backup_task *later);

/* Adds what is marked in `was` and whose content is known to the listing of
 * `later`, which is not planned yet and replaces it. */
void bk_strays_keep_read(struct bk_backup_task *later,
			 struct bk_backup_task *was);

/* All tasks of an account are read: strays whose content came to light
 * elsewhere are taken out. */
void bk_strays_settle(struct bk_backup_task *tasks);

#endif
