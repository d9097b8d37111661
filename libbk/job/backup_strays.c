/* Messages that stray while an account is listed: see backup_strays.h. */

#include "job/backup_strays.h"

#include <stdlib.h>
#include <string.h>

/* ---- which they are ---- */

/* How many of the earlier listing's messages the later one has not; each is
 * marked.  So is, to be `settled`, what the later one has as a stray itself. */
static size_t mark(struct bk_message_list *earlier,
		   const struct bk_message_list *later, bool same_uids,
		   bool settled)
{
	struct bk_listing was = {earlier->items, earlier->n,
				 sizeof(struct bk_message)};
	struct bk_listing now = {later->items, later->n,
				 sizeof(struct bk_message)};
	struct bk_plan plan = {0};
	size_t n = earlier->n;

	for (size_t i = 0; i < earlier->n; i++)
		earlier->items[i].strayed = true;
	bk_plan_make(&was, &now, same_uids, &plan);
	for (size_t i = 0; i < plan.n; i++) {
		const struct bk_step *step = &plan.steps[i];
		if (step->kind == BK_STEP_DROP || step->kind == BK_STEP_ADD)
			continue;
		earlier->items[step->base].strayed =
			settled && later->items[step->now].strayed;
		n--;
	}
	bk_plan_clear(&plan);
	return n;
}

/* ---- how they stay ---- */

static bool has_uid(const struct bk_message *items, size_t n, uint32_t uid)
{
	size_t low = 0;

	while (low < n) {
		size_t middle = low + (n - low) / 2;
		if (items[middle].uid == uid)
			return true;
		if (items[middle].uid < uid)
			low = middle + 1;
		else
			n = middle;
	}
	return false;
}

/* Copies of the strings, and its keywords in the task's own table. */
static void copy(struct bk_backup_task *task, const struct bk_message *stray,
		 const struct bk_folder *folder, uint32_t uid)
{
	struct bk_arena *arena = &task->now.arena;
	struct bk_message *msg = bk_message_list_add(&task->now);

	*msg = *stray;
	msg->uid = uid;
	msg->name = bk_arena_strdup(arena, stray->name);
	msg->file = stray->file ? bk_arena_strdup(arena, stray->file) : NULL;
	bk_folder_adopt_keywords(&task->folder, folder->keywords, msg, arena);
}

static int by_uid_and_name(const void *a, const void *b)
{
	return bk_message_compare(a, b);
}

/* Another message has its UID now, or all UIDs are others: it has none.  Then
 * its name must do, for what has neither cannot be told from another. */
static void keep(struct bk_backup_task *task, const struct bk_message *stray,
		 const struct bk_folder *folder, size_t n_listed)
{
	const struct bk_message *listed = task->now.items;
	bool own_uid = task->folder.uid_validity == folder->uid_validity &&
		       !has_uid(listed, n_listed, stray->uid);
	struct bk_message key = {.name = stray->name,
				 .uid = own_uid ? stray->uid : 0};

	/* The same name and UID with another content: that is what it is. */
	if ((key.uid || *key.name) &&
	    !(n_listed &&
	      bsearch(&key, listed, n_listed, sizeof(key), by_uid_and_name)))
		copy(task, stray, folder, key.uid);
}

bool bk_strays_keep(struct bk_backup_task *task,
		    struct bk_message_list *earlier,
		    const struct bk_folder *folder)
{
	size_t n = task->now.n;

	if (!mark(earlier, &task->now,
		  task->folder.uid_validity == folder->uid_validity, true))
		return false;
	for (size_t i = 0; i < earlier->n; i++)
		if (earlier->items[i].strayed)
			keep(task, &earlier->items[i], folder, n);
	bk_message_list_sort(&task->now);
	return true;
}

void bk_strays_mark(struct bk_backup_task *was,
		    const struct bk_backup_task *later)
{
	static const struct bk_message_list none = {0};

	if (was->from_previous)
		return;
	if (later)
		(void)mark(&was->now, &later->now,
			   was->folder.uid_validity ==
				   later->folder.uid_validity,
			   true);
	else
		(void)mark(&was->now, &none, true, true);
}

static bool is_known(const struct bk_backup_task *task,
		     const struct bk_step *step)
{
	return step->kind != BK_STEP_DROP &&
	       (step->kind != BK_STEP_ADD ||
		task->added[step->now].fate == BK_FATE_KEPT);
}

void bk_strays_keep_read(struct bk_backup_task *later,
			 struct bk_backup_task *was)
{
	size_t n = later->now.n;

	(void)mark(&was->now, &later->now,
		   was->folder.uid_validity == later->folder.uid_validity,
		   false);
	for (size_t i = 0; i < was->plan.n; i++) {
		const struct bk_step *step = &was->plan.steps[i];
		if (is_known(was, step) && was->now.items[step->now].strayed)
			keep(later, &was->now.items[step->now], &was->folder,
			     n);
	}
	bk_message_list_sort(&later->now);
}

/* ---- whether they were found again ---- */

struct digest {
	uint8_t bytes[BK_DIGEST_LEN];
};

struct digests {
	struct digest *items;
	size_t n, cap;
};

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct digest));
}

/* New messages of the account that are where they were listed last. */
static void collect(const struct bk_backup_task *task, struct digests *found)
{
	for (size_t i = 0; i < task->plan.n; i++) {
		const struct bk_step *step = &task->plan.steps[i];
		if (step->kind != BK_STEP_ADD || !is_known(task, step) ||
		    task->now.items[step->now].strayed)
			continue;
		found->items =
			bk_array_room(found->items, found->n, &found->cap,
				      sizeof(*found->items));
		memcpy(found->items[found->n++].bytes,
		       task->added[step->now].digest, BK_DIGEST_LEN);
	}
}

static bool is_found(const struct digests *found,
		     const struct bk_backup_task *task,
		     const struct bk_step *step)
{
	if (!is_known(task, step) || !task->now.items[step->now].strayed)
		return false;
	const uint8_t *digest =
		step->kind == BK_STEP_ADD
			? task->added[step->now].digest
			: task->base_rows.items[step->base].digest;
	return found->n && bsearch(digest, found->items, found->n,
				   sizeof(*found->items), by_bytes);
}

static void take_out(const struct digests *found, struct bk_backup_task *task)
{
	struct bk_plan *plan = &task->plan;
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		struct bk_step step = plan->steps[i];
		if (is_found(found, task, &step)) {
			plan->count[step.kind]--;
			if (step.kind == BK_STEP_CARRY)
				continue; /* its old row has a DROP */
			if (step.kind == BK_STEP_ADD)
				task->added[step.now].fate = BK_FATE_GONE;
			else
				step.kind = BK_STEP_DROP;
			plan->count[step.kind]++;
		}
		plan->steps[n++] = step;
	}
	plan->n = n;
}

static bool has_strays(const struct bk_backup_task *task)
{
	for (size_t i = 0; i < task->now.n; i++)
		if (task->now.items[i].strayed)
			return true;
	return false;
}

void bk_strays_settle(struct bk_backup_task *tasks)
{
	struct digests found = {0};
	bool any = false;

	for (struct bk_backup_task *task = tasks; task; task = task->next)
		any |= has_strays(task);
	if (!any)
		return;
	for (struct bk_backup_task *task = tasks; task; task = task->next)
		collect(task, &found);
	if (found.n)
		qsort(found.items, found.n, sizeof(*found.items), by_bytes);
	for (struct bk_backup_task *task = tasks; task; task = task->next)
		take_out(&found, task);
	free(found.items);
}
