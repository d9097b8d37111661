/* The beginning of folders and accounts of a restore: see restore_run.h. */

#include <stdlib.h>

#include "base/cancel.h"
#include "base/pool.h"
#include "base/queue.h"
#include "job/restore_run.h"

#define THREADS_MOST 16 /* that wait for disks */

struct opener {
	struct bk_restore *run;
	struct bk_restore_into *intos; /* of each thread: its own digester */
};

/* The folders of one account that are in the batch. */
struct opening {
	struct bk_restore_account *account;
	struct bk_restore_folder **folders;
	size_t n;
};

static int make_account(struct bk_restore *run,
			struct bk_restore_account *account, const char *address,
			struct bk_err *err)
{
	struct bk_err why = {0};

	if (account->made || account->failed)
		return 0;
	account->made = run->store->ops->create_account(
				run->store, address, &account->arena,
				&account->here, &why) == 0;
	if (account->made)
		return 0;
	if (!bk_restore_goes_on(why.kind)) {
		*err = why;
		return -1;
	}
	account->failed = true;
	bk_restore_report_account(run, account->from, "not restored", &why);
	return 0;
}

/* 1: it is open; 0: it is not, which was reported. */
static int open_folder(struct bk_restore *run,
		       const struct bk_restore_into *into,
		       const struct bk_restore_account *account,
		       struct bk_restore_folder *folder, struct bk_err *err)
{
	struct bk_err why = {0};

	if (account->failed) {
		bk_restore_count_lost(run, folder->wanted);
		return 0;
	}
	if (bk_restore_folder_begin(folder, into, &account->here, &why) == 0)
		return 1;
	if (!bk_restore_goes_on(why.kind)) {
		*err = why;
		return -1;
	}
	bk_restore_report_folder(run, folder->item, folder->wanted,
				 "not restored", &why);
	return 0;
}

static int open_folders(struct opener *opener, unsigned worker,
			const struct opening *opening, struct bk_err *err)
{
	struct bk_restore *run = opener->run;

	if (make_account(run, opening->account,
			 opening->folders[0]->item->to_account, err) < 0)
		return -1;
	for (size_t i = 0; i < opening->n; i++) {
		struct bk_restore_folder *folder = opening->folders[i];
		int rc = bk_cancelled(err);
		if (rc == 0)
			rc = open_folder(run, &opener->intos[worker],
					 opening->account, folder, err);
		if (rc < 0)
			return -1;
		if (!rc)
			bk_restore_folder_clear(folder);
	}
	return 0;
}

static int open_account(void *context, unsigned worker, void *item,
			struct bk_err *err)
{
	int rc = open_folders(context, worker, item, err);

	free(item);
	return rc;
}

static void push_openings(struct bk_restore_batch *batch,
			  struct bk_queue *queue)
{
	struct bk_err ignored = {0};
	size_t at = 0;

	for (size_t i = 0; i < batch->n_accounts; i++) {
		struct bk_restore_account *account = batch->accounts[i];
		size_t end = at;
		while (end < batch->n &&
		       batch->folders[end]->item->account == account->from)
			end++;
		if (end == at)
			continue;
		struct opening *opening = bk_alloc(sizeof(*opening));
		*opening = (struct opening){account, batch->folders + at,
					    end - at};
		at = end;
		if (bk_queue_push(queue, opening, 0, &ignored) == 0)
			continue;
		free(opening);
		return;
	}
}

/* Those that were cleared are not open. */
static void drop_others(struct bk_restore_batch *batch)
{
	size_t n = 0;

	batch->messages = 0;
	for (size_t i = 0; i < batch->n; i++) {
		struct bk_restore_folder *folder = batch->folders[i];
		if (!folder->item) {
			free(folder);
			continue;
		}
		batch->messages += folder->rows.n;
		batch->folders[n++] = folder;
	}
	batch->n = n;
}

static int open_all(struct opener *opener, struct bk_restore_batch *batch,
		    unsigned threads, struct bk_err *err)
{
	/* All fit in: nobody looks at a folder that a thread has. */
	struct bk_queue *queue = bk_queue_new(batch->n_accounts + 1, 0);
	struct bk_pool *pool = NULL;

	push_openings(batch, queue);
	bk_queue_close(queue);
	int rc =
		bk_pool_start(&pool, threads, queue, open_account, opener, err);
	if (rc == 0)
		rc = bk_pool_join(pool, err);
	bk_queue_free(queue, free);
	drop_others(batch);
	return rc;
}

int bk_restore_open(struct bk_restore *run, struct bk_restore_batch *batch,
		    struct bk_err *err)
{
	bool parallel = run->store->ops->parallel_making;
	unsigned threads = !parallel || !batch->n_accounts ? 1
			   : batch->n_accounts < THREADS_MOST
				   ? (unsigned)batch->n_accounts
				   : THREADS_MOST;
	struct opener opener = {
		.run = run,
		.intos = bk_alloc(threads * sizeof(*opener.intos)),
	};

	for (unsigned i = 0; i < threads; i++) {
		opener.intos[i] = run->into;
		opener.intos[i].digester =
			bk_digester_new(&run->request->repo->keys.digest);
	}
	int rc = batch->n ? open_all(&opener, batch, threads, err) : 0;
	for (unsigned i = 0; i < threads; i++)
		bk_digester_free(opener.intos[i].digester);
	free(opener.intos);
	return rc;
}
