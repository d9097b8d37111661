/* The walk of a backup that only looks: see backup_preview.h. */

#include "job/backup_preview.h"

#include <stdlib.h>

#include "job/backup_kept.h"

struct bk_backup_preview {
	struct bk_listing *to;
	struct bk_backup_counts before; /* at the mark */
	uint64_t folders;               /* at the mark */
};

/* clang-format off */
static const struct bk_field fields[] = {
	{"ACCOUNT", "account", BK_FIELD_NAME},
	{"FOLDERS", "folders", BK_FIELD_COUNT},
	{"NEW",     "new",     BK_FIELD_COUNT},
	{"KEPT",    "kept",    BK_FIELD_COUNT},
	{"FLAGS",   "flags",   BK_FIELD_COUNT},
	{"GONE",    "gone",    BK_FIELD_COUNT},
	{"TO READ", "bytes",   BK_FIELD_SIZE},
};
/* clang-format on */

struct bk_backup_preview *bk_preview_open(const struct bk_listing_style *style)
{
	struct bk_backup_preview *preview = bk_alloc(sizeof(*preview));

	preview->to = bk_listing_new(style, "account", fields,
				     sizeof(fields) / sizeof(*fields));
	return preview;
}

/* 0 too for what is no longer there, or will not be read. */
static int size_of(struct bk_backup_walk *walk, struct bk_backup_task *task,
		   struct bk_message *msg, uint64_t *size, struct bk_err *err)
{
	struct bk_store *store = walk->store;
	struct bk_err why = {0};

	*size = msg->size;
	if (*size || task->from_previous || !store->ops->stat)
		return 0;
	if (store->ops->stat(store, task->account, &task->folder, msg, &why) ==
	    0) {
		*size = msg->size;
		return 0;
	}
	if (!bk_kept_ends_the_run(why.kind))
		return 0;
	*err = why;
	return -1;
}

static int count_task(struct bk_backup_walk *walk, struct bk_backup_task *task,
		      struct bk_err *err)
{
	struct bk_backup_counts *counts = &walk->counts;
	const struct bk_plan *plan = &task->plan;

	walk->n_folders++;
	counts->messages += task->now.n;
	counts->added += plan->count[BK_STEP_ADD];
	counts->kept += plan->count[BK_STEP_KEEP];
	counts->flags += plan->count[BK_STEP_FLAGS];
	counts->flags += plan->count[BK_STEP_CARRY];
	counts->gone += plan->count[BK_STEP_DROP];
	counts->gone -= plan->count[BK_STEP_CARRY]; /* their DROPs are none */
	for (size_t i = 0; i < plan->n; i++) {
		const struct bk_step *step = &plan->steps[i];
		uint64_t size;
		if (step->kind != BK_STEP_ADD)
			continue;
		if (size_of(walk, task, &task->now.items[step->now], &size,
			    err) < 0)
			return -1;
		counts->read_bytes += size;
	}
	return 0;
}

int bk_preview_task(struct bk_backup_walk *walk, struct bk_backup_task *task,
		    struct bk_err *err)
{
	int rc = count_task(walk, task, err);

	bk_backup_task_free(task);
	return rc;
}

void bk_preview_mark(struct bk_backup_walk *walk)
{
	if (!walk->preview)
		return;
	walk->preview->before = walk->counts;
	walk->preview->folders = walk->n_folders;
}

int bk_preview_row(struct bk_backup_walk *walk, const char *address,
		   struct bk_err *err)
{
	const struct bk_backup_counts *now = &walk->counts;

	if (!walk->preview)
		return 0;
	const struct bk_backup_counts *was = &walk->preview->before;
	const struct bk_cell cells[] = {
		bk_cell_text(address),
		bk_cell_n(walk->n_folders - walk->preview->folders),
		bk_cell_n(now->added - was->added),
		bk_cell_n(now->kept - was->kept),
		bk_cell_n(now->flags - was->flags),
		bk_cell_n(now->gone - was->gone),
		bk_cell_n(now->read_bytes - was->read_bytes),
	};
	return bk_listing_row(walk->preview->to, cells, err);
}

int bk_preview_print(struct bk_backup_preview *preview, struct bk_err *err)
{
	struct bk_listing *to = preview->to;

	preview->to = NULL;
	return bk_listing_finish(to, err);
}

void bk_preview_free(struct bk_backup_preview *preview)
{
	bk_listing_free(preview->to);
	free(preview);
}
