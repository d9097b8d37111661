/*
 * Folders of a restore, as many at a time as memory and open files allow: so
 * that messages which share content are written together, whoever's they are.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "job/restore_run.h"

#define MESSAGES_MOST ((size_t)100000) /* whose rows are in memory */

/* An account of the destination, while folders of it are to come. */
struct open_account {
	const struct bk_set_account *from;
	struct bk_account here; /* strings in arena */
	struct bk_arena arena;
	bool failed; /* it could not be made: its folders are passed over */
};

struct batch {
	struct open_account **accounts; /* owned, each of them too */
	size_t n_accounts, cap_accounts;
	struct bk_restore_folder **folders; /* likewise */
	size_t n, cap;
	size_t messages;
};

static void clear_folders(struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		bk_restore_folder_clear(batch->folders[i]);
		free(batch->folders[i]);
	}
	batch->n = 0;
	batch->messages = 0;
}

static void free_account(struct open_account *account)
{
	bk_arena_clear(&account->arena);
	free(account);
}

static void clear_batch(struct batch *batch)
{
	clear_folders(batch);
	for (size_t i = 0; i < batch->n_accounts; i++)
		free_account(batch->accounts[i]);
	free(batch->accounts);
	free(batch->folders);
}

/* ---- what is told ---- */

static void report(struct bk_restore *run, const struct bk_item_error *error)
{
	bk_progress_item_error(run->progress, error);
}

/* `lost` messages of the folder are not restored because of it. */
static void report_folder(struct bk_restore *run,
			  const struct bk_restore_item *item, uint64_t lost,
			  const char *outcome, const struct bk_err *why)
{
	run->writing.failed += lost;
	run->errors += !lost;
	report(run, &(struct bk_item_error){
			    .kind = why->kind,
			    .account = item->account->account.address,
			    .folder = item->folder->folder.name,
			    .text = why->text,
			    .outcome = outcome,
		    });
}

static void report_account(struct bk_restore *run,
			   const struct bk_set_account *account,
			   const char *outcome, const struct bk_err *why)
{
	report(run, &(struct bk_item_error){
			    .kind = why->kind,
			    .account = account->account.address,
			    .text = why->text,
			    .outcome = outcome,
		    });
}

/* The same remark about a thousand folders is told once. */
static void remember_remark(struct bk_restore *run,
			    const struct bk_restore_item *item,
			    const char *text)
{
	for (size_t i = 0; i < run->n_remarks; i++)
		if (strcmp(run->remarks[i].text, text) == 0) {
			run->remarks[i].folders++;
			return;
		}
	if (!*text || run->n_remarks == BK_RESTORE_REMARKS)
		return;
	struct bk_restore_remark *remark = &run->remarks[run->n_remarks++];
	(void)snprintf(remark->text, sizeof(remark->text), "%s", text);
	remark->folders = 1;
	remark->first = item;
}

/* ---- the end of folders and accounts ---- */

static void count_end(struct bk_restore *run,
		      const struct bk_restore_folder *folder,
		      const struct bk_restore_end *end)
{
	run->there += folder->there;
	run->flags += end->flags;
	run->removed += end->removed;
	if (folder->n_todo) {
		run->kept_uids += end->result.kept_uids;
		run->new_uids += !end->result.kept_uids;
		remember_remark(run, folder->item, end->result.note);
	}
	if (end->kept_extra)
		remember_remark(run, folder->item,
				"nothing was taken away, because messages "
				"could not be restored");
	if (end->refused)
		report_folder(run, folder->item, 0,
			      "its flags stay as they are", &end->why);
}

static int finish_folder(struct bk_restore *run,
			 struct bk_restore_folder *folder, struct bk_err *err)
{
	struct bk_restore_end end = {0};
	struct bk_err why = {0};

	if (bk_restore_folder_finish(folder, &run->into, &end, &why) == 0) {
		count_end(run, folder, &end);
		return 0;
	}
	if (!bk_restore_goes_on(why.kind)) {
		*err = why;
		return -1;
	}
	/* What was written is not known to be there. */
	uint64_t lost = folder->n_todo - atomic_load(&folder->failed);
	run->writing.written -= lost;
	report_folder(run, folder->item, lost, "not restored", &why);
	return 0;
}

/* What belongs to no folder comes with an account that comes as a whole. */
static int finish_account(struct bk_restore *run,
			  const struct open_account *account,
			  struct bk_err *err)
{
	const struct bk_account *from = &account->from->account;
	bool whole = run->plan.whole_accounts;
	struct bk_err why = {0};

	if (account->failed ||
	    run->store->ops->finish_account(
		    run->store, &account->here, whole ? from->settings : NULL,
		    whole ? from->n_settings : 0, &why) == 0)
		return 0;
	if (!bk_restore_goes_on(why.kind)) {
		*err = why;
		return -1;
	}
	run->errors++;
	report_account(run, account->from, "its settings are not restored",
		       &why);
	return 0;
}

/* All but the one that the next item belongs to. */
static int finish_accounts(struct bk_restore *run, struct batch *batch,
			   const struct bk_set_account *next,
			   struct bk_err *err)
{
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < batch->n_accounts; i++) {
		struct open_account *account = batch->accounts[i];
		if (account->from == next || rc < 0) {
			batch->accounts[n++] = account;
			continue;
		}
		rc = finish_account(run, account, err);
		free_account(account);
	}
	batch->n_accounts = n;
	return rc;
}

static int finish_batch(struct bk_restore *run, struct batch *batch,
			const struct bk_set_account *next, struct bk_err *err)
{
	if (bk_restore_write(&run->writing, batch->folders, batch->n, err) <
	    0) {
		run->outcome->place = run->writing.place;
		return -1;
	}
	run->outcome->place = BK_PLACE_DESTINATION;
	for (size_t i = 0; i < batch->n; i++)
		if (bk_cancelled(err) < 0 ||
		    finish_folder(run, batch->folders[i], err) < 0)
			return -1;
	clear_folders(batch);
	return finish_accounts(run, batch, next, err);
}

/* ---- the beginning of folders and accounts ---- */

static int create_account(struct bk_restore *run, struct open_account *account,
			  const char *address, struct bk_err *err)
{
	struct bk_err why = {0};

	if (run->store->ops->create_account(run->store, address,
					    &account->arena, &account->here,
					    &why) == 0)
		return 0;
	if (!bk_restore_goes_on(why.kind)) {
		*err = why;
		return -1;
	}
	account->failed = true;
	report_account(run, account->from, "not restored", &why);
	return 0;
}

/* The account of an item, made where it is the first one's. */
static int open_account(struct bk_restore *run, struct batch *batch,
			const struct bk_restore_item *item,
			struct open_account **out, struct bk_err *err)
{
	if (batch->n_accounts) {
		*out = batch->accounts[batch->n_accounts - 1];
		if ((*out)->from == item->account)
			return 0;
	}
	struct open_account *account = bk_alloc(sizeof(*account));
	account->from = item->account;
	batch->accounts = bk_array_room(batch->accounts, batch->n_accounts,
					&batch->cap_accounts, sizeof(void *));
	batch->accounts[batch->n_accounts++] = account;
	run->accounts++;
	bk_progress_account(run->progress, item->to_account);
	*out = account;
	return create_account(run, account, item->to_account, err);
}

static int begin_folder(struct bk_restore *run, struct batch *batch,
			struct bk_restore_folder *folder, struct bk_err *err)
{
	struct open_account *account = NULL;
	struct bk_err why = {0};

	run->outcome->place = BK_PLACE_DESTINATION;
	if (open_account(run, batch, folder->item, &account, err) < 0)
		return -1;
	if (account->failed) {
		run->writing.failed += folder->rows.n;
		run->errors += !folder->rows.n;
		return 0;
	}
	if (bk_restore_folder_begin(folder, &run->into, &account->here, &why) ==
	    0)
		return 1;
	if (!bk_restore_goes_on(why.kind)) {
		*err = why;
		return -1;
	}
	report_folder(run, folder->item, folder->rows.n, "not restored", &why);
	return 0;
}

/* 1: the folder is open; 0: there is nothing to do, or it was reported. */
static int open_folder(struct bk_restore *run, struct batch *batch,
		       const struct bk_restore_item *item,
		       struct bk_restore_folder *folder, struct bk_err *err)
{
	struct bk_err why = {0};

	run->outcome->place = BK_PLACE_REPO;
	if (bk_restore_folder_read(folder, &run->into, item, &why) < 0) {
		if (!bk_restore_goes_on(why.kind)) {
			*err = why;
			return -1;
		}
		report_folder(run, item, item->folder->messages, "not restored",
			      &why);
		return 0;
	}
	if (run->request->wish->messages.n && !folder->rows.n)
		return 0;
	return begin_folder(run, batch, folder, err);
}

static int add_folder(struct bk_restore *run, struct batch *batch,
		      const struct bk_restore_item *item, struct bk_err *err)
{
	struct bk_restore_folder *folder = bk_alloc(sizeof(*folder));

	int rc = open_folder(run, batch, item, folder, err);
	if (rc <= 0) {
		bk_restore_folder_clear(folder);
		free(folder);
		return rc;
	}
	batch->folders = bk_array_room(batch->folders, batch->n, &batch->cap,
				       sizeof(void *));
	batch->folders[batch->n++] = folder;
	batch->messages += folder->rows.n;
	return 0;
}

static bool is_full(const struct bk_restore *run, const struct batch *batch,
		    const struct bk_restore_item *next)
{
	return batch->n >= run->folders_most ||
	       (batch->n &&
		batch->messages + next->folder->messages > MESSAGES_MOST);
}

int bk_restore_folders(struct bk_restore *run, struct bk_err *err)
{
	struct batch batch = {0};
	int rc = 0;

	for (size_t i = 0; i < run->plan.n && rc == 0; i++) {
		const struct bk_restore_item *item = &run->plan.items[i];
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
