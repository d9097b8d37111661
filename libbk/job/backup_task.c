/* A folder on its way into a set: see backup_task.h. */

#include "job/backup_task.h"

#include <stdlib.h>
#include <string.h>

#include "mail/recipe.h"
#include "repo/records.h"
#include "repo/rows.h"

void bk_backup_task_free(struct bk_backup_task *task)
{
	if (!task)
		return;
	for (size_t i = 0; task->added && i < task->now.n; i++)
		bk_buf_clear(&task->added[i].recipe);
	free(task->added);
	bk_plan_clear(&task->plan);
	bk_row_list_clear(&task->base_rows);
	bk_message_list_clear(&task->now);
	bk_folder_clear(&task->folder);
	free(task);
}

void bk_backup_task_adopt_keywords(struct bk_backup_task *task)
{
	struct bk_folder *folder = &task->folder;
	const char **listed = folder->keywords;
	size_t n = folder->n_keywords;

	if (!task->base)
		return;
	const struct bk_folder *base = &task->base->folder;
	folder->keywords = NULL;
	folder->n_keywords = 0;
	folder->cap_keywords = 0;
	for (size_t i = 0; i < base->n_keywords; i++)
		(void)bk_folder_keyword(folder, base->keywords[i]);
	for (size_t i = 0; i < task->now.n; i++) {
		struct bk_message *msg = &task->now.items[i];
		bk_folder_adopt_keywords(folder, listed, msg, &task->now.arena);
	}
	for (size_t i = 0; i < n; i++)
		(void)bk_folder_keyword(folder, listed[i]);
}

size_t bk_backup_task_gone(const struct bk_backup_task *task)
{
	size_t n = 0;

	for (size_t i = 0; task->added && i < task->now.n; i++)
		n += task->added[i].fate == BK_FATE_GONE;
	return n;
}

static void compare_listings(const struct bk_backup_task *was,
			     const struct bk_backup_task *task,
			     struct bk_plan *out)
{
	struct bk_listing old = {was->now.items, was->now.n,
				 sizeof(struct bk_message)};
	struct bk_listing new = {task->now.items, task->now.n,
				 sizeof(struct bk_message)};

	bk_plan_make(&old, &new,
		     was->folder.uid_validity == task->folder.uid_validity,
		     out);
}

bool bk_backup_task_has_more(const struct bk_backup_task *task,
			     const struct bk_backup_task *was)
{
	struct bk_plan plan = {0};

	compare_listings(was, task, &plan);
	bool more = plan.count[BK_STEP_ADD] > 0;
	bk_plan_clear(&plan);
	return more;
}

void bk_backup_task_take_over(struct bk_backup_task *task,
			      struct bk_backup_task *was)
{
	struct bk_plan plan = {0};

	if (!was->added)
		return;
	task->added = bk_alloc(task->now.n * sizeof(*task->added));
	compare_listings(was, task, &plan);
	for (size_t i = 0; i < plan.n; i++) {
		const struct bk_step *step = &plan.steps[i];
		if (step->kind == BK_STEP_DROP || step->kind == BK_STEP_ADD)
			continue;
		struct bk_added *from = &was->added[step->base];
		if (from->fate != BK_FATE_KEPT && from->fate != BK_FATE_FAILED)
			continue;
		task->added[step->now] = *from;
		*from = (struct bk_added){0};
		task->now.items[step->now].date =
			was->now.items[step->base].date;
		task->now.items[step->now].size =
			was->now.items[step->base].size;
	}
	bk_plan_clear(&plan);
}

bool bk_backup_task_is_placed(const struct bk_backup_task *task,
			      struct bk_packer *packer)
{
	struct bk_recipe recipe = {0};
	struct bk_err ignored = {0};
	bool placed = true;
	uint64_t place;

	/* Every reference counts, but the newest are the likeliest to wait. */
	for (size_t i = task->plan.n; placed && i-- > 0;) {
		const struct bk_step *step = &task->plan.steps[i];
		if (step->kind != BK_STEP_ADD ||
		    task->added[step->now].fate != BK_FATE_KEPT)
			continue;
		const struct bk_buf *body = &task->added[step->now].recipe;
		placed = bk_body_decode(bk_buf_view(body), &recipe, &ignored) ==
			 0;
		for (size_t k = 0; placed && k < recipe.n_refs; k++)
			placed =
				bk_packer_place(packer, recipe.refs[k], &place);
	}
	bk_recipe_clear(&recipe);
	return placed;
}

/* Everything that writing one task's records needs. */
struct writing {
	struct bk_backup_task *task;
	struct bk_backup_into into;
	struct bk_sha256 sha;
	struct bk_rows_record rows;
	struct bk_delta_record delta;
	struct bk_recipe recipe;
	struct bk_buf scratch;
	uint64_t messages;
};

static void writing_clear(struct writing *writing)
{
	bk_rows_record_clear(&writing->rows);
	bk_delta_record_clear(&writing->delta);
	bk_recipe_clear(&writing->recipe);
	bk_buf_clear(&writing->scratch);
}

static const struct bk_row *base_row(const struct writing *writing, size_t i)
{
	return &writing->task->base_rows.items[i];
}

/* References of a message that was read become places of this set. */
static int place_refs(struct writing *writing, struct bk_err *err)
{
	struct bk_recipe *recipe = &writing->recipe;

	for (size_t i = 0; i < recipe->n_refs; i++)
		if (!bk_packer_place(writing->into.packer, recipe->refs[i],
				     &recipe->refs[i]))
			return bk_fail(err, BK_FAILED,
				       "a chunk has no place yet");
	return 0;
}

/* Places in the base's frames become places of this set. */
static int carry_refs(struct writing *writing, const struct bk_row *row,
		      struct bk_err *err)
{
	struct bk_recipe *recipe = &writing->recipe;
	const struct bk_table *table =
		&writing->into.base->levels[row->frame].table;

	for (size_t i = 0; i < recipe->n_refs; i++) {
		uint64_t ordinal = recipe->refs[i] >> 32;
		if (ordinal >= table->n)
			return bk_fail(err, BK_CORRUPT,
				       "ordinal %ju in a table of %zu packs",
				       (uintmax_t)ordinal, table->n);
		recipe->refs[i] = bk_packer_foreign(writing->into.packer,
						    &table->rows[ordinal],
						    (uint32_t)recipe->refs[i]);
	}
	return place_refs(writing, err);
}

static int flush_record(struct writing *writing, struct bk_err *err)
{
	const struct bk_backup_task *task = writing->task;
	uint8_t type;

	writing->scratch.len = 0;
	if (task->base) {
		type = BK_RECORD_CHANGES;
		bk_delta_record_finish(&writing->delta, task->folder_id,
				       &writing->scratch);
	} else {
		type = BK_RECORD_MESSAGES;
		bk_rows_record_finish(&writing->rows, task->folder_id,
				      &writing->scratch);
	}
	return bk_manifest_writer_messages(writing->into.manifest, type,
					   task->account_id, task->folder_id,
					   bk_buf_view(&writing->scratch), err);
}

/* The row's part of the folder's sum, and of the totals. */
static void count_row(struct writing *writing, const struct bk_message *msg,
		      const uint8_t digest[BK_DIGEST_LEN])
{
	writing->scratch.len = 0;
	bk_state_row(&writing->scratch, &writing->task->folder, msg, digest);
	bk_sha256_update(&writing->sha, writing->scratch.data,
			 writing->scratch.len);
	writing->into.counts->messages++;
	writing->into.counts->bytes += msg->size;
}

static void write_new_row(struct writing *writing, const struct bk_message *msg,
			  const uint8_t digest[BK_DIGEST_LEN])
{
	if (writing->task->base)
		bk_delta_record_add(&writing->delta, msg, digest,
				    &writing->recipe);
	else
		bk_rows_record_add(&writing->rows, msg, digest,
				   &writing->recipe);
	count_row(writing, msg, digest);
}

/* One more row may be long, but still fits. */
static bool record_is_full(const struct writing *writing)
{
	size_t size = writing->task->base
			      ? bk_delta_record_size(&writing->delta)
			      : bk_rows_record_size(&writing->rows);

	return size >= BK_ROWS_RECORD_FULL;
}

static int write_added(struct writing *writing, size_t now, struct bk_err *err)
{
	const struct bk_added *added = &writing->task->added[now];
	const struct bk_message *msg = &writing->task->now.items[now];

	switch (added->fate) {
	case BK_FATE_GONE:
		return 0;
	case BK_FATE_FAILED:
		writing->into.counts->failed++;
		return 0;
	case BK_FATE_WAITING:
		return bk_fail(err, BK_FAILED, "a message was not read");
	case BK_FATE_KEPT:
		break;
	}
	writing->into.counts->added++;
	writing->into.counts->read_bytes += msg->size;
	if (bk_body_decode(bk_buf_view(&added->recipe), &writing->recipe, err) <
		    0 ||
	    place_refs(writing, err) < 0)
		return -1;
	write_new_row(writing, msg, added->digest);
	return 0;
}

static int write_carried(struct writing *writing, const struct bk_row *row,
			 const struct bk_message *now, struct bk_err *err)
{
	struct bk_message msg = *now;

	msg.date = row->msg.date;
	msg.size = row->msg.size;
	writing->into.counts->flags++;
	writing->into.counts->gone--; /* its DROP was not a loss */
	if (bk_body_decode(row->body, &writing->recipe, err) < 0 ||
	    carry_refs(writing, row, err) < 0)
		return -1;
	write_new_row(writing, &msg, row->digest);
	return 0;
}

static void write_flags(struct writing *writing, const struct bk_row *row,
			const struct bk_message *now)
{
	struct bk_message msg = row->msg;

	msg.flags = now->flags;
	msg.n_keywords = now->n_keywords;
	msg.keywords = now->keywords;
	if (now->modseq)
		msg.modseq = now->modseq;
	bk_delta_record_flags(&writing->delta, &msg);
	count_row(writing, &msg, row->digest);
	writing->into.counts->flags++;
}

static int write_step(struct writing *writing, const struct bk_step *step,
		      struct bk_err *err)
{
	const struct bk_message *now = writing->task->now.items;

	switch (step->kind) {
	case BK_STEP_KEEP:
		bk_delta_record_keep(&writing->delta);
		count_row(writing, &base_row(writing, step->base)->msg,
			  base_row(writing, step->base)->digest);
		writing->into.counts->kept++;
		return 0;
	case BK_STEP_FLAGS:
		write_flags(writing, base_row(writing, step->base),
			    &now[step->now]);
		return 0;
	case BK_STEP_DROP:
		bk_delta_record_drop(&writing->delta);
		writing->into.counts->gone++;
		return 0;
	case BK_STEP_CARRY:
		return write_carried(writing, base_row(writing, step->base),
				     &now[step->now], err);
	case BK_STEP_ADD:
		return write_added(writing, step->now, err);
	}
	return 0;
}

static int write_steps(struct writing *writing, struct bk_err *err)
{
	const struct bk_plan *plan = &writing->task->plan;

	for (size_t i = 0; i < plan->n; i++)
		if (write_step(writing, &plan->steps[i], err) < 0 ||
		    (record_is_full(writing) && flush_record(writing, err) < 0))
			return -1;
	if (bk_plan_is_empty(plan))
		return 0;
	return flush_record(writing, err);
}

/* The record of the folder itself, if it is not the base's to the byte.  It
 * comes first in the sum, and its count of messages is known in advance. */
static void write_name(struct writing *writing)
{
	struct bk_backup_task *task = writing->task;
	struct bk_buf body = {0};
	uint64_t messages = 0;

	for (size_t i = 0; i < task->plan.n; i++) {
		const struct bk_step *step = &task->plan.steps[i];
		if (step->kind == BK_STEP_DROP)
			continue;
		if (step->kind == BK_STEP_ADD &&
		    task->added[step->now].fate != BK_FATE_KEPT)
			continue;
		messages++;
	}
	bk_folder_encode(&body, task->folder_id, task->account_id,
			 &task->folder, messages);
	if (!task->base || task->base->body.len != body.len ||
	    memcmp(task->base->body.data, body.data, body.len) != 0)
		bk_manifest_writer_name(writing->into.manifest,
					BK_RECORD_FOLDER, bk_buf_view(&body));
	bk_sha256_update(&writing->sha, body.data, body.len);
	bk_buf_clear(&body);
}

static const struct bk_message *message_of(const struct bk_backup_task *task,
					   const struct bk_step *step)
{
	return step->kind == BK_STEP_KEEP
		       ? &task->base_rows.items[step->base].msg
		       : &task->now.items[step->now];
}

/* No reader takes a folder whose rows are out of order, so a set that has one
 * must not come to be. */
static int check_order(const struct bk_backup_task *task, struct bk_err *err)
{
	const struct bk_message *last = NULL;

	for (size_t i = 0; i < task->plan.n; i++) {
		const struct bk_step *step = &task->plan.steps[i];
		if (step->kind == BK_STEP_DROP)
			continue;
		const struct bk_message *msg = message_of(task, step);
		if (last && bk_message_compare(last, msg) >= 0)
			return bk_fail(err, BK_FAILED,
				       "uid %u: twice, or out of order; this "
				       "is a fault of bk, please report it",
				       msg->uid);
		last = msg;
	}
	return 0;
}

int bk_backup_task_write(struct bk_backup_task *task,
			 const struct bk_backup_into *into,
			 uint8_t sum[BK_SHA256_LEN], struct bk_err *err)
{
	struct writing writing = {.task = task, .into = *into};

	int rc = check_order(task, err);
	if (rc == 0) {
		bk_sha256_init(&writing.sha);
		write_name(&writing);
		rc = write_steps(&writing, err);
		bk_sha256_final(&writing.sha, sum);
		writing_clear(&writing);
	}
	return rc < 0 ? bk_context(err, "%s: %s", task->account->address,
				   task->folder.name)
		      : 0;
}
