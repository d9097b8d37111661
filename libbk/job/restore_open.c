/* The beginning of folders and accounts of a restore: see restore_run.h. */

#include <stdlib.h>

#include "base/cancel.h"
#include "base/pool.h"
#include "base/queue.h"
#include "job/restore_run.h"

#define THREADS_MOST   16 /* that wait for disks */
#define ACCOUNTS_AHEAD 64 /* that were read */

/* The folders of one account that are in the batch. */
struct opening {
	struct bk_restore_account *account;
	struct bk_restore_folder **folders; /* owned; they are not */
	size_t n, cap;
};

struct bk_restore_opener {
	struct bk_restore *run;
	struct bk_restore_into *intos; /* of each thread: its own digester */
	unsigned threads;
	struct bk_queue *queue;
	struct bk_pool *pool;
	struct opening *next; /* whose folders are being read */
};

static void free_opening(void *item)
{
	struct opening *opening = item;

	if (opening)
		free(opening->folders);
	free(opening);
}

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

static int open_folders(struct bk_restore_opener *opener, unsigned worker,
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

	free_opening(item);
	return rc;
}

/* ---- what the thread that reads does ---- */

static void free_opener(struct bk_restore_opener *opener)
{
	for (unsigned i = 0; i < opener->threads; i++)
		bk_digester_free(opener->intos[i].digester);
	free_opening(opener->next);
	bk_queue_free(opener->queue, free_opening);
	free(opener->intos);
	free(opener);
}

int bk_restore_opener_start(struct bk_restore_opener **out,
			    struct bk_restore *run, struct bk_err *err)
{
	struct bk_restore_opener *opener = bk_alloc(sizeof(*opener));

	opener->run = run;
	opener->threads = run->store->ops->parallel_making ? THREADS_MOST : 1;
	opener->queue = bk_queue_new(ACCOUNTS_AHEAD, 0);
	opener->intos = bk_alloc(opener->threads * sizeof(*opener->intos));
	for (unsigned i = 0; i < opener->threads; i++) {
		opener->intos[i] = run->into;
		opener->intos[i].digester =
			bk_digester_new(&run->request->repo->keys.digest);
	}
	if (bk_pool_start(&opener->pool, opener->threads, opener->queue,
			  open_account, opener, err) < 0) {
		free_opener(opener);
		return -1;
	}
	*out = opener;
	return 0;
}

/* Who joins is told why a worker failed. */
static void push_next(struct bk_restore_opener *opener)
{
	struct bk_err ignored = {0};

	if (opener->next &&
	    bk_queue_push(opener->queue, opener->next, 0, &ignored) < 0)
		free_opening(opener->next);
	opener->next = NULL;
}

void bk_restore_opener_add(struct bk_restore_opener *opener,
			   struct bk_restore_account *account,
			   struct bk_restore_folder *folder)
{
	if (opener->next && opener->next->account != account)
		push_next(opener);
	if (!opener->next) {
		opener->next = bk_alloc(sizeof(*opener->next));
		opener->next->account = account;
	}
	struct opening *next = opener->next;
	next->folders = bk_array_room(next->folders, next->n, &next->cap,
				      sizeof(struct bk_restore_folder *));
	next->folders[next->n++] = folder;
}

int bk_restore_opener_join(struct bk_restore_opener *opener, struct bk_err *err)
{
	push_next(opener);
	bk_queue_close(opener->queue);
	int rc = bk_pool_join(opener->pool, err);
	free_opener(opener);
	return rc;
}

void bk_restore_opener_stop(struct bk_restore_opener *opener)
{
	struct bk_err why = {0};

	(void)bk_fail(&why, BK_CANCELLED, "the restore has ended");
	bk_queue_cancel(opener->queue, &why);
	(void)bk_pool_join(opener->pool, &why);
	free_opener(opener);
}
