/*
 * Folders of a restore, as many at a time as memory and open files allow: so
 * that messages which share content are written together, whoever's they are.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "job/restore_run.h"

#define MESSAGES_MOST ((size_t)64000) /* whose rows are in memory */
#define FEW           64              /* messages */

/* Those that could not be opened were cleared. */
static void drop_others(struct bk_restore_batch *batch)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n; i++) {
		if (batch->folders[i]->item)
			batch->folders[n++] = batch->folders[i];
		else
			free(batch->folders[i]);
	}
	batch->n = n;
}

/* All that were added are open. */
static int join_opener(struct bk_restore_batch *batch, struct bk_err *err)
{
	struct bk_restore_opener *opener = batch->opener;

	batch->opener = NULL;
	if (opener && bk_restore_opener_join(opener, err) < 0)
		return -1;
	drop_others(batch);
	return 0;
}

static void clear_folders(struct bk_restore_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		bk_restore_folder_clear(batch->folders[i]);
		free(batch->folders[i]);
	}
	batch->n = 0;
	batch->messages = 0;
}

static void free_account(struct bk_restore_account *account)
{
	bk_arena_clear(&account->arena);
	free(account);
}

/* All but the one that the next item belongs to. */
static void drop_accounts(struct bk_restore_batch *batch,
			  const struct bk_set_account *next)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n_accounts; i++) {
		if (batch->accounts[i]->from == next)
			batch->accounts[n++] = batch->accounts[i];
		else
			free_account(batch->accounts[i]);
	}
	batch->n_accounts = n;
}

static void clear_batch(struct bk_restore_batch *batch)
{
	if (batch->opener)
		bk_restore_opener_stop(batch->opener);
	clear_folders(batch);
	drop_accounts(batch, NULL);
	free(batch->accounts);
	free(batch->folders);
}

/* For a few messages a folder's own way is shorter than to wait for all that
 * others have written to the file system. */
static bool is_worth_a_sync(const struct bk_restore_batch *batch)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n; i++)
		n += batch->folders[i]->n_todo;
	return n > FEW;
}

static int finish_batch(struct bk_restore *run, struct bk_restore_batch *batch,
			const struct bk_set_account *next, struct bk_err *err)
{
	const struct bk_store_ops *ops = run->store->ops;
	const struct bk_restore_follow *follow = run->into.follow;

	run->outcome->place = BK_PLACE_DESTINATION;
	if (join_opener(batch, err) < 0)
		return -1;
	if (follow && follow->settle(follow->arg, err) < 0)
		return -1;
	if (bk_restore_write(&run->writing, batch->folders, batch->n, err) <
	    0) {
		run->outcome->place = run->writing.place;
		return -1;
	}
	run->outcome->place = BK_PLACE_DESTINATION;
	if (is_worth_a_sync(batch) && ops->sync(run->store, err) < 0)
		return -1;
	int rc = bk_restore_finish(run, batch, next, err);
	if (rc == 0)
		rc = ops->sync(run->store, err);
	if (rc == 0 && follow)
		rc = follow->save(follow->arg, err);
	clear_folders(batch);
	drop_accounts(batch, next);
	return rc;
}

/* ---- the beginning of folders and accounts ---- */

static struct bk_restore_account *account_of(struct bk_restore *run,
					     struct bk_restore_batch *batch,
					     const struct bk_restore_item *item)
{
	size_t n = batch->n_accounts;

	if (n && batch->accounts[n - 1]->from == item->account)
		return batch->accounts[n - 1];
	struct bk_restore_account *account = bk_alloc(sizeof(*account));
	account->from = item->account;
	batch->accounts = bk_array_room(batch->accounts, n,
					&batch->cap_accounts, sizeof(void *));
	batch->accounts[batch->n_accounts++] = account;
	bk_restore_count_account(run, item->account->account.address);
	bk_progress_account(run->progress, item->to_account);
	return account;
}

/* 1: there may be something to do; 0: there is not, or it was reported. */
static int read_folder(struct bk_restore *run,
		       const struct bk_restore_item *item,
		       struct bk_restore_folder *folder, struct bk_err *err)
{
	struct bk_err why = {0};

	run->outcome->place = BK_PLACE_REPO;
	if (bk_restore_folder_read(folder, &run->into, item, &why) == 0)
		return folder->wanted ||
		       (!folder->part &&
			!bk_restore_is_choosy(run->request->wish));
	if (!bk_restore_goes_on(why.kind)) {
		*err = why;
		return -1;
	}
	if (bk_restore_is_damage(why.kind))
		run->writing.damaged = true;
	bk_restore_report_folder(run, item, item->folder->messages,
				 "not restored", &why);
	return 0;
}

static int add_folder(struct bk_restore *run, struct bk_restore_batch *batch,
		      const struct bk_restore_item *item, struct bk_err *err)
{
	struct bk_restore_folder *folder = bk_alloc(sizeof(*folder));

	int rc = read_folder(run, item, folder, err);
	if (rc <= 0) {
		bk_restore_folder_clear(folder);
		free(folder);
		return rc;
	}
	run->outcome->place = BK_PLACE_DESTINATION;
	if (!batch->opener &&
	    bk_restore_opener_start(&batch->opener, run, err) < 0) {
		bk_restore_folder_clear(folder);
		free(folder);
		return -1;
	}
	bk_restore_opener_add(batch->opener, account_of(run, batch, item),
			      folder);
	batch->messages += folder->rows.n;
	batch->folders = bk_array_room(batch->folders, batch->n, &batch->cap,
				       sizeof(void *));
	batch->folders[batch->n++] = folder;
	return 0;
}

static bool is_full(const struct bk_restore *run,
		    const struct bk_restore_batch *batch,
		    const struct bk_restore_item *next)
{
	return batch->n >= run->folders_most ||
	       (batch->n &&
		batch->messages + next->folder->messages > MESSAGES_MOST);
}

void bk_restore_count_account(struct bk_restore *run, const char *address)
{
	struct bk_name_key key =
		bk_name_table_key(&run->counted, address, strlen(address));
	uint32_t value;
	size_t at = 0;

	if (bk_name_table_next(&run->counted, key, &at, &value))
		return;
	bk_name_table_add(&run->counted, key, 0);
	run->accounts++;
}

void bk_restore_expect(struct bk_restore *run, const struct bk_set *set)
{
	struct bk_restore_plan names = {0};

	if (!run->store || !run->store->ops->expect)
		return;
	bk_restore_plan_names(set, run->request->wish, &names);
	for (size_t i = 0; i < names.n; i++)
		run->store->ops->expect(run->store, names.items[i].to_account,
					names.items[i].to_folder);
	bk_restore_plan_clear(&names);
}

static void work_on(struct bk_restore *run, struct bk_set *set,
		    const struct bk_restore_plan *plan)
{
	run->set = set;
	run->plan = plan;
	run->into.set = set;
	run->writing.set = set;
}

int bk_restore_each_source(struct bk_restore *run,
			   int (*act)(struct bk_restore *run, void *arg,
				      struct bk_err *err),
			   void *arg, struct bk_err *err)
{
	struct bk_restore_deleted *deleted = &run->deleted;
	size_t unread = deleted->unread, i = 0;
	int rc = 0;

	if (!run->request->wish->deleted)
		return act(run, arg, err);
	while (i < deleted->n && rc == 0) {
		struct bk_restore_source source = {0};
		rc = bk_restore_deleted_source(deleted, i, &source, err);
		if (rc > 0) {
			work_on(run, source.set, &source.plan);
			bk_restore_expect(run, source.set);
			rc = act(run, arg, err);
			bk_restore_deleted_next(deleted);
			i++;
		}
		bk_restore_source_clear(&source);
	}
	work_on(run, run->chosen, &run->whole);
	run->errors += deleted->unread - unread;
	return rc;
}

int bk_restore_folders(struct bk_restore *run, void *arg, struct bk_err *err)
{
	struct bk_restore_batch batch = {0};
	int rc = 0;

	(void)arg;
	for (size_t i = 0; i < run->plan->n && rc == 0; i++) {
		const struct bk_restore_item *item = &run->plan->items[i];
		rc = bk_cancelled(err);
		if (rc == 0 && is_full(run, &batch, item))
			rc = finish_batch(run, &batch, item->account, err);
		if (rc == 0)
			rc = add_folder(run, &batch, item, err);
	}
	if (rc == 0)
		rc = finish_batch(run, &batch, NULL, err);
	clear_batch(&batch);
	return rc;
}
