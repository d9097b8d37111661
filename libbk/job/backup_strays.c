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

/* What an account's tasks hold, in the order that is looked up: new content
 * where it was listed last, and every message by name and content.  Servers
 * give no name twice, so those in two folders are one message on its way. */
struct digest {
	uint8_t bytes[BK_DIGEST_LEN];
};

struct place {
	const struct bk_message *msg;
	const uint8_t *digest;
};

struct found {
	struct digest *digests;
	size_t n_digests, cap_digests;
	struct place *places;
	size_t n_places, cap_places;
};

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct digest));
}

static int by_name_and_content(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = strcmp(x->msg->name, y->msg->name);

	return order ? order : memcmp(x->digest, y->digest, BK_DIGEST_LEN);
}

/* Of equal ones the first counts. */
static int by_worth(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = by_name_and_content(a, b);

	if (order)
		return order;
	if (x->msg->strayed != y->msg->strayed)
		return x->msg->strayed ? 1 : -1;
	return x->msg < y->msg ? -1 : x->msg > y->msg;
}

static const uint8_t *digest_of(const struct bk_backup_task *task,
				const struct bk_step *step)
{
	return step->kind == BK_STEP_ADD
		       ? task->added[step->now].digest
		       : task->base_rows.items[step->base].digest;
}

static void collect_step(const struct bk_backup_task *task,
			 const struct bk_step *step, struct found *found)
{
	const struct bk_message *msg = &task->now.items[step->now];

	if (!is_known(task, step))
		return;
	if (*msg->name) {
		found->places = bk_array_room(found->places, found->n_places,
					      &found->cap_places,
					      sizeof(*found->places));
		found->places[found->n_places++] =
			(struct place){msg, digest_of(task, step)};
	}
	if (step->kind != BK_STEP_ADD || msg->strayed)
		return;
	found->digests =
		bk_array_room(found->digests, found->n_digests,
			      &found->cap_digests, sizeof(*found->digests));
	memcpy(found->digests[found->n_digests++].bytes, digest_of(task, step),
	       BK_DIGEST_LEN);
}

static void collect(const struct bk_backup_task *tasks, struct found *found)
{
	for (; tasks; tasks = tasks->next)
		for (size_t i = 0; i < tasks->plan.n; i++)
			collect_step(tasks, &tasks->plan.steps[i], found);
	if (found->n_digests)
		qsort(found->digests, found->n_digests, sizeof(*found->digests),
		      by_bytes);
	if (found->n_places)
		qsort(found->places, found->n_places, sizeof(*found->places),
		      by_worth);
}

static bool is_elsewhere(const struct found *found, const struct place *stray)
{
	const struct place *at;

	if (found->n_digests &&
	    bsearch(stray->digest, found->digests, found->n_digests,
		    sizeof(*found->digests), by_bytes))
		return true;
	if (!*stray->msg->name || !found->n_places)
		return false;
	at = bsearch(stray, found->places, found->n_places,
		     sizeof(*found->places), by_name_and_content);
	while (at && at > found->places && !by_name_and_content(at - 1, at))
		at--;
	return at && at->msg != stray->msg;
}

static bool is_found(const struct found *found,
		     const struct bk_backup_task *task,
		     const struct bk_step *step)
{
	if (!is_known(task, step) || !task->now.items[step->now].strayed)
		return false;
	const struct place stray = {&task->now.items[step->now],
				    digest_of(task, step)};
	return is_elsewhere(found, &stray);
}

static void take_out(const struct found *found, struct bk_backup_task *task)
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
	struct found found = {0};
	bool any = false;

	for (struct bk_backup_task *task = tasks; task; task = task->next)
		any |= has_strays(task);
	if (!any)
		return;
	collect(tasks, &found);
	for (struct bk_backup_task *task = tasks; task; task = task->next)
		take_out(&found, task);
	free(found.digests);
	free(found.places);
}
