/* The walk of a backup through accounts and folders: see backup_walk.h. */

#include "job/backup_walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "job/backup_kept.h"
#include "job/backup_list.h"
#include "job/backup_preview.h"
#include "job/backup_strays.h"
#include "repo/records.h"

/* So often an account is listed once more for what had gone. */
#define ROUNDS_MAX 8

/* ---- folders ---- */

static bool is_met(const struct bk_backup_walk *walk,
		   const struct bk_set_folder *folder)
{
	return walk->base_folder_met[folder - walk->base->base->folders];
}

static bool is_same_folder(const struct bk_folder *was,
			   const struct bk_folder *now)
{
	if (was->has_guid && now->has_guid)
		return memcmp(was->guid, now->guid, sizeof(was->guid)) == 0;
	return was->uid_validity && was->uid_validity == now->uid_validity;
}

/* A folder whose name is new, but which the base has under another name that
 * is no longer there: it was renamed. */
static const struct bk_set_folder *base_renamed(
	const struct bk_backup_walk *walk, uint32_t account_id,
	const struct bk_folder *now)
{
	const struct bk_set *base = walk->base->base;
	const struct bk_set_folder *folder;

	for (size_t i = 0;
	     base && (folder = bk_set_folder_of(base, account_id, i)); i++)
		if (!is_met(walk, folder) &&
		    is_same_folder(&folder->folder, now))
			return folder;
	return NULL;
}

/* Fills in sizes and dates, so that the plan compares them. */
static int stat_messages(struct bk_backup_walk *walk,
			 struct bk_backup_task *task, struct bk_err *err)
{
	struct bk_store *store = walk->store;

	if (!walk->request->stat || !store->ops->stat || task->from_previous)
		return 0;
	for (size_t i = 0; i < task->now.n; i++) {
		struct bk_err why = {0};
		if (store->ops->stat(store, task->account, &task->folder,
				     &task->now.items[i], &why) < 0 &&
		    bk_kept_ends_the_run(why.kind)) {
			*err = why;
			return -1;
		}
	}
	return 0;
}

static int plan_task(struct bk_backup_walk *walk, struct bk_backup_task *task,
		     struct bk_err *err)
{
	struct bk_set *base = walk->base->base;
	struct bk_row_list *rows = &task->base_rows;
	bool same_uids = true;

	if (task->base) {
		if (bk_set_rows(base, task->base->id, false, rows, err) < 0)
			return -1;
		same_uids = task->base->folder.uid_validity ==
			    task->folder.uid_validity;
		bk_backup_task_adopt_keywords(task);
	}
	struct bk_listing was = {rows->n ? &rows->items[0].msg : NULL, rows->n,
				 sizeof(struct bk_row)};
	struct bk_listing now = {task->now.items, task->now.n,
				 sizeof(struct bk_message)};
	bk_plan_make(&was, &now, same_uids, &task->plan);
	/* Bodies are most of the rows' memory, and seldom needed. */
	if (task->plan.count[BK_STEP_CARRY])
		return bk_set_rows(base, task->base->id, true, rows, err);
	return 0;
}

static void tell_totals(struct bk_backup_walk *walk,
			const struct bk_backup_task *task)
{
	walk->totals.messages += task->plan.count[BK_STEP_ADD];
	bk_progress_totals(walk->progress, &walk->totals);
}

/* Plans the task and gives it away. */
static int send_task(struct bk_backup_walk *walk, struct bk_backup_task *task,
		     struct bk_err *err)
{
	if (task->base) {
		bk_kept_mark_met(walk, task->base);
		task->folder_id = task->base->id;
	} else if (!task->folder_id) {
		task->folder_id = ++walk->last_folder;
	}
	walk->listed += !task->from_previous && !task->folder.no_select;
	if (stat_messages(walk, task, err) < 0 ||
	    plan_task(walk, task, err) < 0) {
		bk_backup_task_free(task);
		return -1;
	}
	tell_totals(walk, task);
	if (walk->preview)
		return bk_preview_task(walk, task, err);
	if (task->list)
		task->list->out++;
	if (bk_backup_read_add(walk->read, task, err) < 0)
		return -1;
	return bk_backup_waiting_write(walk, false, err);
}

/* The next task whose folder the base has under the same name, or has not. */
static struct bk_backup_task *take_listed(struct bk_backup_list *list,
					  bool named)
{
	for (struct bk_backup_task **link = &list->first; *link;
	     link = &(*link)->next) {
		struct bk_backup_task *task = *link;
		if (!task->base == named)
			continue;
		*link = task->next;
		task->next = NULL;
		return task;
	}
	return NULL;
}

/* Names that the base knows come first; what is left of its folders may then
 * be found again under new names. */
static int send_listed(struct bk_backup_walk *walk, struct bk_backup_list *list,
		       struct bk_err *err)
{
	struct bk_backup_task *task;

	while ((task = take_listed(list, true)))
		if (send_task(walk, task, err) < 0)
			return -1;
	while ((task = take_listed(list, false))) {
		task->base =
			base_renamed(walk, task->account_id, &task->folder);
		if (send_task(walk, task, err) < 0)
			return -1;
	}
	return 0;
}

/* Base folders of the account that the store no longer has. */
static void note_gone_folders(struct bk_backup_walk *walk, uint32_t account_id)
{
	const struct bk_set *base = walk->base->base;
	const struct bk_set_folder *folder;

	for (size_t i = 0;
	     base && (folder = bk_set_folder_of(base, account_id, i)); i++) {
		if (is_met(walk, folder))
			continue;
		walk->counts.gone += folder->messages;
		bk_kept_mark_met(walk, folder);
		bk_kept_gone(walk, BK_RECORD_FOLDER_GONE, folder->id);
	}
}

/* ---- accounts that come back from reading ---- */

/* All tasks of an account are back.  What was gone by the time of its reading
 * may have moved to a folder that was listed before. */
static int settle_account(struct bk_backup_walk *walk,
			  struct bk_backup_list *list, struct bk_err *err)
{
	struct bk_backup_list **link = &walk->under_way;
	struct bk_backup_task *task;

	if (list->gone && list->rounds < ROUNDS_MAX) {
		if (bk_backup_list_again(list, err) < 0 ||
		    send_listed(walk, list, err) < 0)
			return -1;
		if (list->out)
			return 0;
	}
	bk_strays_settle(list->back);
	while ((task = list->back)) {
		list->back = task->next;
		bk_backup_waiting_add(&walk->waiting, task);
	}
	while (*link != list)
		link = &(*link)->next;
	*link = list->next;
	bk_backup_list_clear(list);
	free(list);
	return bk_backup_waiting_write(walk, false, err);
}

/* Tasks that were read go back to their accounts. */
static int take_done(struct bk_backup_walk *walk, struct bk_err *err)
{
	struct bk_backup_task *task;

	while ((task = bk_backup_read_done(walk->read))) {
		struct bk_backup_list *list = task->list;
		if (!list) {
			bk_backup_waiting_add(&walk->waiting, task);
			continue;
		}
		list->out--;
		list->gone += bk_backup_task_gone(task);
		task->next = list->back;
		list->back = task;
		if (!list->out && list->sent &&
		    settle_account(walk, list, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- accounts ---- */

static const struct bk_set_account *base_account(struct bk_backup_walk *walk,
						 const char *address)
{
	return walk->base->base ? bk_set_account_find(walk->base->base, address)
				: NULL;
}

static uint32_t name_account(struct bk_backup_walk *walk,
			     const struct bk_account *account,
			     const struct bk_set_account *base)
{
	uint32_t id = base ? base->id : ++walk->last_account;
	struct bk_buf body = {0};

	bk_account_encode(&body, id, account);
	if (!base || base->body.len != body.len ||
	    memcmp(base->body.data, body.data, body.len) != 0)
		bk_kept_name(walk, BK_RECORD_ACCOUNT, bk_buf_view(&body));
	bk_buf_clear(&body);
	return id;
}

/* The same, with what else belongs to it. */
static int name_whole_account(struct bk_backup_walk *walk,
			      const struct bk_account *account,
			      const struct bk_set_account *base, uint32_t *id,
			      struct bk_err *err)
{
	struct bk_arena arena = {0};
	struct bk_account whole;
	int rc = bk_backup_texts(walk, account, &arena, &whole, err);

	if (rc == 0)
		*id = name_account(walk, &whole, base);
	bk_arena_clear(&arena);
	return rc;
}

/* Its folders and their messages come from the newest set. */
static int keep_previous_account(struct bk_backup_walk *walk,
				 const struct bk_set_account *was,
				 const struct bk_set_account *base,
				 struct bk_err *err)
{
	struct bk_set *previous = walk->base->previous;
	uint32_t id = name_account(walk, &was->account, base);

	const struct bk_set_folder *folder;

	walk->n_accounts++;
	for (size_t i = 0; (folder = bk_set_folder_of(previous, was->id, i));
	     i++) {
		struct bk_backup_task *task = bk_alloc(sizeof(*task));
		task->account = &was->account;
		task->account_id = id;
		if (bk_kept_list(task, previous, folder, err) < 0) {
			bk_backup_task_free(task);
			return -1;
		}
		task->base = bk_backup_list_base(walk, id, folder->folder.name);
		if (send_task(walk, task, err) < 0)
			return -1;
	}
	note_gone_folders(walk, id);
	return 0;
}

/* An account whose folders cannot be listed: as the newest set has it. */
static int account_failed(struct bk_backup_walk *walk,
			  const struct bk_account *account,
			  const struct bk_set_account *base,
			  const struct bk_err *why, struct bk_err *err)
{
	const struct bk_set *previous = walk->base->previous;
	const struct bk_set_account *was =
		previous && previous != walk->base->base
			? bk_set_account_find(previous, account->address)
			: NULL;

	if (was) {
		bk_kept_report(walk, account, NULL, why,
			       "kept as the previous set has it");
		return keep_previous_account(walk, was, base, err);
	}
	if (base) {
		bk_kept_report(walk, account, NULL, why,
			       "kept as the base has it");
		return bk_kept_account(walk, base, err);
	}
	bk_kept_report(walk, account, NULL, why, "not in this set");
	return 0;
}

static int walk_account(struct bk_backup_walk *walk,
			const struct bk_account *account, struct bk_err *err)
{
	const struct bk_set_account *base =
		base_account(walk, account->address);
	struct bk_backup_list *list = bk_alloc(sizeof(*list));
	struct bk_err why = {0};

	list->walk = walk;
	list->account = account;
	list->next = walk->under_way;
	walk->under_way = list;
	bk_progress_account(walk->progress, account->address);
	if (bk_backup_list_folders(list, &why) < 0) {
		list->sent = true;
		if (!bk_kept_ends_the_run(why.kind))
			return account_failed(walk, account, base, &why, err);
		*err = why;
		return -1;
	}
	walk->n_accounts++;
	if (name_whole_account(walk, account, base, &list->account_id, err) <
		    0 ||
	    bk_backup_list_messages(list, err) < 0 ||
	    send_listed(walk, list, err) < 0)
		return -1;
	note_gone_folders(walk, list->account_id);
	list->sent = true;
	return walk->preview ? 0 : take_done(walk, err);
}

/* The same, with its row in a dry run. */
static int walk_one(struct bk_backup_walk *walk,
		    const struct bk_account *account, struct bk_err *err)
{
	bk_preview_mark(walk);
	if (bk_cancelled(err) < 0 || walk_account(walk, account, err) < 0)
		return -1;
	return bk_preview_row(walk, account->address, err);
}

/* Accounts of a store are sorted by address. */
static bool store_has(const struct bk_backup_walk *walk, const char *address)
{
	size_t low = 0, high = walk->accounts->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order =
			strcmp(walk->accounts->items[middle].address, address);
		if (!order)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static void count_gone(struct bk_backup_walk *walk, uint32_t account_id)
{
	const struct bk_set_folder *folder;

	for (size_t i = 0;
	     (folder = bk_set_folder_of(walk->base->base, account_id, i)); i++)
		walk->counts.gone += folder->messages;
}

/* Base accounts that were not walked: outside of this run they stay, else
 * they are gone. */
static int settle_base_accounts(struct bk_backup_walk *walk, struct bk_err *err)
{
	const struct bk_set *base = walk->base->base;

	for (size_t i = 0; base && i < base->n_accounts; i++) {
		const struct bk_set_account *account = &base->accounts[i];
		const char *address = account->account.address;
		if (store_has(walk, address))
			continue;
		if (!bk_filter_takes(walk->request->only, address)) {
			if (bk_kept_account(walk, account, err) < 0)
				return -1;
			continue;
		}
		bk_preview_mark(walk);
		bk_kept_gone(walk, BK_RECORD_ACCOUNT_GONE, account->id);
		count_gone(walk, account->id);
		if (bk_preview_row(walk, address, err) < 0)
			return -1;
	}
	return 0;
}

int bk_backup_walk(struct bk_backup_walk *walk, struct bk_err *err)
{
	const struct bk_set *base = walk->base->base;

	walk->totals.accounts = walk->accounts->n;
	if (base) {
		walk->last_account = base->last_account;
		walk->last_folder = base->last_folder;
		walk->base_folder_met = bk_alloc(base->n_folders);
	}
	for (size_t i = 0; i < walk->accounts->n; i++)
		if (walk_one(walk, &walk->accounts->items[i], err) < 0)
			return -1;
	if (settle_base_accounts(walk, err) < 0)
		return -1;
	bk_backup_texts_end(walk);
	if (walk->preview)
		return 0;
	while (bk_backup_read_wait(walk->read))
		if (take_done(walk, err) < 0)
			return -1;
	if (bk_backup_read_end(walk->read, err) < 0)
		return -1;
	return bk_backup_waiting_write(walk, true, err);
}

void bk_backup_walk_clear(struct bk_backup_walk *walk)
{
	bk_backup_waiting_clear(&walk->waiting);
	while (walk->under_way) {
		struct bk_backup_list *next = walk->under_way->next;
		bk_backup_list_clear(walk->under_way);
		free(walk->under_way);
		walk->under_way = next;
	}
	free(walk->sums);
	free(walk->base_folder_met);
	walk->sums = NULL;
	walk->base_folder_met = NULL;
}
