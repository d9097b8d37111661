/*
 * What a backup would do: the walk goes as ever, and in place of reading,
 * packing and writing what the plans say is counted, a row for each account.
 */

#ifndef BK_JOB_BACKUP_PREVIEW_H
#define BK_JOB_BACKUP_PREVIEW_H

#include "base/err.h"
#include "job/backup_task.h"
#include "job/backup_walk.h"
#include "report/listing.h"

struct bk_backup_preview;

/* `style` outlives it. */
struct bk_backup_preview *bk_preview_open(const struct bk_listing_style *style);

/* Counts a planned task in place of reading it, and frees it.  What would be
 * read is asked its size; what is gone meanwhile has none. */
int bk_preview_task(struct bk_backup_walk *walk, struct bk_backup_task *task,
		    struct bk_err *err);

/* Around an account: the row says what was counted since the mark.  Nothing
 * where it is no dry run. */
void bk_preview_mark(struct bk_backup_walk *walk);
int bk_preview_row(struct bk_backup_walk *walk, const char *address,
		   struct bk_err *err);

/* Prints what is left of the rows. */
int bk_preview_print(struct bk_backup_preview *preview, struct bk_err *err);
void bk_preview_free(struct bk_backup_preview *preview);

#endif
