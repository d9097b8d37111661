/*
 * What stays in a set as an earlier one has it: folders and accounts outside
 * of a run, and those that the store could not list.
 */

#ifndef BK_JOB_BACKUP_KEPT_H
#define BK_JOB_BACKUP_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "job/backup_walk.h"

/* A folder of the new set has this state. */
void bk_kept_add_sum(struct bk_backup_walk *walk, uint32_t folder_id,
		     const uint8_t sum[BK_SHA256_LEN]);

/* The base's folder was seen in the store, or settled otherwise. */
void bk_kept_mark_met(struct bk_backup_walk *walk,
		      const struct bk_set_folder *folder);

/* An account of the base stays as it is, with all its folders. */
int bk_kept_account(struct bk_backup_walk *walk,
		    const struct bk_set_account *account, struct bk_err *err);

/* A record of names, unless it is a dry run. */
void bk_kept_name(struct bk_backup_walk *walk, uint8_t type,
		  struct bk_view body);

/* Record 9 or 10. */
void bk_kept_gone(struct bk_backup_walk *walk, uint8_t type, uint32_t id);

/* Names a folder (NULL: the account) that could not be listed. */
void bk_kept_report(struct bk_backup_walk *walk,
		    const struct bk_account *account,
		    const struct bk_folder *folder, const struct bk_err *why,
		    const char *outcome);

/* Errors that concern more than one folder or account. */
bool bk_kept_ends_the_run(enum bk_kind kind);

/* The listing that an earlier set gives in place of the store's; the task's
 * messages will come from there. */
int bk_kept_list(struct bk_backup_task *task, struct bk_set *set,
		 const struct bk_set_folder *folder, struct bk_err *err);

/*
 * A folder that the store could not list stays as the newest set has it, and
 * is reported.  1: the task goes on, its messages come from that set; 0:
 * nothing more to do, -1.
 */
int bk_kept_folder(struct bk_backup_walk *walk, struct bk_backup_task *task,
		   const struct bk_err *why, struct bk_err *err);

/* Rights and annotations of a listed folder that the store did not tell stay
 * as the newest set has them, and are reported, unless they were. */
int bk_kept_untold(struct bk_backup_walk *walk, struct bk_backup_task *task,
		   bool report, struct bk_err *err);

#endif
