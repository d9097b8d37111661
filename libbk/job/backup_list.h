/*
 * Listing the folders of an account while people work.
 *
 * Folders are listed one after the other, so a message that moves meanwhile
 * from one that is still to be listed to one that was would be in neither list,
 * and a folder that is renamed would be missed with all its mail.  So what has
 * changed since its listing is listed again, and so on until nothing did; when
 * something has gone from a folder, new folders are looked for too.  What any
 * listing saw counts (backup_strays.h).
 *
 * The same is true of messages that are gone when they are to be read: they may
 * have moved to where the listing was over.  So an account's tasks are held
 * until all of them are read, and if something was gone the account is listed
 * again and what is new is read too.
 */

#ifndef BK_JOB_BACKUP_LIST_H
#define BK_JOB_BACKUP_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pattern.h"
#include "job/backup_task.h"
#include "job/backup_walk.h"
#include "store/name_table.h"

/* An account on its way. */
struct bk_backup_list {
	struct bk_backup_walk *walk;
	const struct bk_account *account;
	uint32_t account_id; /* set before messages are listed */
	struct bk_folder_list folders;
	struct bk_backup_task *first; /* a task for each folder */
	struct bk_names kept;         /* folders that were reported instead */
	struct bk_names untold;       /* whose rights were reported */
	struct bk_name_table denied;  /* folders that are listed and "gone" */
	bool missed;  /* something has gone: folders may be new */
	bool changed; /* a folder was listed again: look at all of them again */

	size_t out;  /* tasks that are being read */
	size_t gone; /* messages that were gone when they were to be read */
	bool sent;   /* every task was given to reading */
	int rounds;  /* of looking for what had gone */
	struct bk_backup_task *back; /* tasks that were read */
	struct bk_backup_list *next; /* in the walk's list of them */
};

/* The base's folder of an account, by its name; NULL: there is none. */
const struct bk_set_folder *bk_backup_list_base(
	const struct bk_backup_walk *walk, uint32_t account_id,
	const char *name);

/* The folders without their messages. */
int bk_backup_list_folders(struct bk_backup_list *list, struct bk_err *err);

/* A task for each folder that is there or whose mail an earlier set has; each
 * knows its base by name.  What could not be listed was reported. */
int bk_backup_list_messages(struct bk_backup_list *list, struct bk_err *err);

/* Lists once more an account whose tasks are all back: first has those that
 * have to be read, with what is read of them already; back keeps the others. */
int bk_backup_list_again(struct bk_backup_list *list, struct bk_err *err);

void bk_backup_list_clear(struct bk_backup_list *list);

#endif
