/* Folders that wait for places: see backup_waiting.h. */

#include "job/backup_waiting.h"

#include "job/backup_kept.h"
#include "job/backup_walk.h"

/* More than this, because a rare kind of block stays open, and the open blocks
 * are taken out: new messages cost memory in the packer, all of them here. */
#define ADDED_MAX 20000
#define ROWS_MAX  80000

void bk_backup_waiting_add(struct bk_backup_waiting *waiting,
			   struct bk_backup_task *task)
{
	task->next = NULL;
	if (waiting->last)
		waiting->last->next = task;
	else
		waiting->first = task;
	waiting->last = task;
	waiting->added += task->plan.count[BK_STEP_ADD];
	waiting->rows += task->plan.n;
}

static struct bk_backup_task *take_first(struct bk_backup_waiting *waiting)
{
	struct bk_backup_task *task = waiting->first;

	waiting->first = task->next;
	if (!waiting->first)
		waiting->last = NULL;
	waiting->added -= task->plan.count[BK_STEP_ADD];
	waiting->rows -= task->plan.n;
	return task;
}

static int write_first(struct bk_backup_walk *walk, struct bk_err *err)
{
	struct bk_backup_task *task = take_first(&walk->waiting);
	struct bk_backup_into into = {walk->base->base, walk->packer,
				      walk->manifest, &walk->counts};
	uint8_t sum[BK_SHA256_LEN];

	int rc = bk_backup_task_write(task, &into, sum, err);
	if (rc == 0)
		bk_kept_add_sum(walk, task->folder_id, sum);
	bk_backup_task_free(task);
	return rc;
}

int bk_backup_waiting_write(struct bk_backup_walk *walk, bool all,
			    struct bk_err *err)
{
	const struct bk_backup_waiting *waiting = &walk->waiting;
	bool too_much = waiting->added > ADDED_MAX || waiting->rows > ROWS_MAX;

	if ((all || too_much) && bk_packer_flush(walk->hand, err) < 0)
		return -1;
	while (waiting->first &&
	       bk_backup_task_is_placed(waiting->first, walk->packer))
		if (write_first(walk, err) < 0)
			return -1;
	return 0;
}

void bk_backup_waiting_clear(struct bk_backup_waiting *waiting)
{
	while (waiting->first)
		bk_backup_task_free(take_first(waiting));
}
