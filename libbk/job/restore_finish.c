/* The end of folders and accounts of a restore: see restore_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/pool.h"
#include "base/queue.h"
#include "job/denied.h"
#include "job/restore_run.h"

#define THREADS_MOST 16 /* that wait for disks */

/* The folders of one account that are in the batch. */
struct ending {
	struct bk_restore_account *account;
	struct bk_restore_folder **folders;
	size_t n;
	bool last; /* and then the account */
};

/* ---- what is told ---- */

void bk_restore_report_item(struct bk_restore *run,
			    const struct bk_item_error *error)
{
	struct bk_err why = {0};

	(void)bk_fail(&why, error->kind, "%s", error->text);
	if (bk_is_denied(&why)) {
		pthread_mutex_lock(&run->lock);
		run->denied = true;
		pthread_mutex_unlock(&run->lock);
	}
	bk_progress_item_error(run->progress, error);
}

void bk_restore_count_lost(struct bk_restore *run, uint64_t lost)
{
	pthread_mutex_lock(&run->lock);
	run->writing.failed += lost;
	run->errors += !lost;
	pthread_mutex_unlock(&run->lock);
}

void bk_restore_report_folder(struct bk_restore *run,
			      const struct bk_restore_item *item, uint64_t lost,
			      const char *outcome, const struct bk_err *why)
{
	bk_restore_count_lost(run, lost);
	bk_restore_report_item(
		run, &(struct bk_item_error){
			     .kind = why->kind,
			     .account = item->account->account.address,
			     .folder = item->folder->folder.name,
			     .text = why->text,
			     .outcome = outcome,
		     });
}

void bk_restore_report_account(struct bk_restore *run,
			       const struct bk_set_account *account,
			       const char *outcome, const struct bk_err *why)
{
	bk_restore_report_item(run, &(struct bk_item_error){
					    .kind = why->kind,
					    .account = account->account.address,
					    .text = why->text,
					    .outcome = outcome,
				    });
}

void bk_restore_lacking(struct bk_restore *run,
			const struct bk_restore_account *account)
{
	const struct bk_restore_follow *follow = run->into.follow;

	if (follow)
		follow->lacking(follow->arg, account->from->account.address);
}

bool bk_restore_is_theirs(const struct bk_restore *run,
			  const struct bk_restore_account *account)
{
	const struct bk_restore_follow *follow = run->into.follow;

	return follow && follow->again &&
	       follow->gave(follow->arg, account->from->account.address);
}

/* ---- the end of folders and accounts ---- */

static void count_end(struct bk_restore *run,
		      const struct bk_restore_folder *folder,
		      const struct bk_restore_end *end)
{
	pthread_mutex_lock(&run->lock);
	run->there += folder->there;
	run->missing += folder->missing;
	run->flags += end->flags;
	run->removed += end->removed;
	if (folder->n_todo) {
		/* One whose mail comes in several passes counts once: what
		 * comes later gets new ones. */
		run->kept_uids += end->result.kept_uids && !folder->part;
		run->new_uids += !end->result.kept_uids &&
				 !end->result.no_uids &&
				 (!folder->part || folder->rest);
		bk_restore_remember(run, folder->item, end->result.note);
	}
	if (end->kept_extra)
		bk_restore_remember(run, folder->item,
				    "nothing was taken away, because messages "
				    "could not be restored");
	pthread_mutex_unlock(&run->lock);
	if (end->refused)
		bk_restore_report_folder(run, folder->item, 0,
					 "its flags and date stay as they are",
					 &end->why);
}

static int finish_folder(struct bk_restore *run,
			 struct bk_restore_folder *folder, struct bk_err *err)
{
	struct bk_restore_end end = {0};
	struct bk_err why = {0};

	if (bk_restore_folder_finish(folder, &run->into, &end, &why) == 0) {
		count_end(run, folder, &end);
		const struct bk_restore_follow *follow = run->into.follow;
		return follow ? follow->done(follow->arg, folder, &end, err)
			      : 0;
	}
	if (!bk_restore_goes_on(why.kind)) {
		*err = why;
		return -1;
	}
	/* What was written is not known to be there. */
	uint64_t lost = folder->n_todo - atomic_load(&folder->failed);
	run->writing.written -= lost;
	bk_restore_report_folder(run, folder->item, lost, "not restored", &why);
	return 0;
}

/* What belongs to no folder comes with an account that comes as a whole. */
static int finish_account(struct bk_restore *run,
			  const struct bk_restore_account *account,
			  struct bk_err *err)
{
	const struct bk_account *from = &account->from->account;
	const struct bk_restore_follow *follow = run->into.follow;
	/* What people subscribe to by then is theirs, once they had what was
	 * the primary's. */
	bool lacks =
		follow && follow->again && !bk_restore_is_theirs(run, account);
	bool whole =
		run->plan->whole_accounts && (!run->to.config.live || lacks);
	struct bk_err why = {0};

	if (account->failed)
		return 0;
	if (run->store->ops->finish_account(
		    run->store, &account->here, whole ? from->settings : NULL,
		    whole ? from->n_settings : 0, &why) == 0) {
		if (bk_restore_texts(run, account, err) < 0)
			return -1;
		if (follow)
			follow->give(follow->arg, from->address);
		return 0;
	}
	if (!bk_restore_goes_on(why.kind)) {
		*err = why;
		return -1;
	}
	bk_restore_count_lost(run, 0);
	bk_restore_lacking(run, account);
	bk_restore_report_account(run, account->from,
				  "its settings are not restored", &why);
	return 0;
}

static int finish(void *context, unsigned worker, void *item,
		  struct bk_err *err)
{
	struct bk_restore *run = context;
	struct ending *ending = item;
	int rc = 0;

	(void)worker;
	for (size_t i = 0; i < ending->n && rc == 0; i++) {
		rc = bk_cancelled(err);
		if (rc == 0)
			rc = finish_folder(run, ending->folders[i], err);
	}
	if (rc == 0 && ending->last)
		rc = finish_account(run, ending->account, err);
	free(ending);
	return rc;
}

static int push_endings(struct bk_restore_batch *batch,
			const struct bk_set_account *next,
			struct bk_queue *queue, struct bk_err *err)
{
	size_t at = 0;

	for (size_t i = 0; i < batch->n_accounts; i++) {
		struct ending *ending = bk_alloc(sizeof(*ending));
		ending->account = batch->accounts[i];
		ending->folders = batch->folders + at;
		ending->last = ending->account->from != next;
		while (at < batch->n && batch->folders[at]->item->account ==
						ending->account->from)
			at++;
		ending->n = (size_t)(batch->folders + at - ending->folders);
		if (bk_queue_push(queue, ending, 0, err) == 0)
			continue;
		free(ending);
		return -1;
	}
	return 0;
}

int bk_restore_finish(struct bk_restore *run, struct bk_restore_batch *batch,
		      const struct bk_set_account *next, struct bk_err *err)
{
	struct bk_queue *queue = bk_queue_new(batch->n_accounts + 1, 0);
	struct bk_pool *pool = NULL;
	struct bk_err ignored = {0};
	unsigned threads = batch->n_accounts < THREADS_MOST
				   ? (unsigned)batch->n_accounts
				   : THREADS_MOST;

	int rc = bk_pool_start(&pool, threads, queue, finish, run, err);
	if (rc == 0) {
		(void)push_endings(batch, next, queue, &ignored);
		bk_queue_close(queue);
		rc = bk_pool_join(pool, err);
	}
	bk_queue_free(queue, free);
	return rc;
}
