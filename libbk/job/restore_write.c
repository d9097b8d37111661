/*
 * Putting messages together and writing them: see restore_write.h.
 *
 * All messages are sorted by where they lie.  The thread that hands them out
 * goes ahead of those that write, and fetches the traces of the next ones.
 */

#include "job/restore_write.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "base/pool.h"
#include "base/queue.h"
#include "repo/block_cache.h"
#include "repo/chunk_reader.h"
#include "repo/hoard.h"

/* Messages that a thread takes at a time: few, so that all threads are at about
 * the same place and need the same blocks. */
#define STRETCH    ((size_t)16)
#define HOARD      8192 /* messages whose traces are fetched at a time */
#define HOARD_MOST ((size_t)16 << 20)
#define AHEAD      128 /* stretches: work while traces are fetched */
#define CACHE      ((size_t)13 << 20) /* of opened blocks, of all threads */

/* A message that is to be written. */
struct task {
	uint64_t order;
	struct bk_restore_folder *folder;
	uint32_t row;
};

/* The traces of the messages of some stretches, which go with the last of
 * them. */
struct share {
	struct bk_hoard *hoard;
	_Atomic size_t users;
};

struct stretch {
	const struct task *tasks;
	size_t n;
	struct share *share;
};

struct work {
	struct bk_restore_writing *writing;
	struct bk_block_cache *cache;
	struct bk_chunk_reader **readers; /* of each thread */
	struct bk_chunk_reader *hoarder;  /* of the one that hands out */
	pthread_mutex_t lock;             /* of writing->place */
	bool placed;
};

bool bk_restore_goes_on(enum bk_kind kind)
{
	switch (kind) {
	case BK_GONE:
	case BK_EXISTS:
	case BK_BUSY:
	case BK_REFUSED:
	case BK_DENIED:
	case BK_CORRUPT:
	case BK_FAILED:
		return true;
	case BK_OK:
	case BK_FULL:
	case BK_LOST:
	case BK_NEWER:
	case BK_MISUSE:
	case BK_UNSAFE:
	case BK_CANCELLED:
	case BK_STARVED:
		break;
	}
	return false;
}

/* What is not there is lost, and what cannot be read is, too; but not what we
 * may not read or cannot reach now. */
bool bk_restore_is_damage(enum bk_kind kind)
{
	return kind == BK_CORRUPT || kind == BK_GONE || kind == BK_FAILED;
}

void bk_restore_report(struct bk_progress *progress,
		       const struct bk_restore_item *item,
		       const struct bk_message *msg, const struct bk_err *why)
{
	bk_progress_item_error(
		progress, &(struct bk_item_error){
				  .kind = why->kind,
				  .account = item->account->account.address,
				  .folder = item->folder->folder.name,
				  .uid = msg->uid,
				  .name = msg->name,
				  .text = why->text,
				  .outcome = "not restored",
			  });
}

/* Tells an error of the destination from one of the set. */
struct guard {
	struct bk_sink sink;
	struct bk_sink *to;
	bool failed;
};

static int write_guarded(struct bk_sink *sink, const void *data, size_t len,
			 struct bk_err *err)
{
	struct guard *guard = (struct guard *)sink;

	if (guard->to->write(guard->to, data, len, err) == 0)
		return 0;
	guard->failed = true;
	return -1;
}

static int write_message(struct bk_restore_folder *folder,
			 struct bk_chunk_reader *reader,
			 const struct bk_row *row, enum bk_place *place,
			 struct bk_err *err)
{
	struct bk_folder_writer *writer = folder->writer;
	const struct bk_store_ops *ops = writer->store->ops;
	struct guard guard = {{write_guarded}, NULL, false};

	*place = BK_PLACE_DESTINATION;
	if (ops->append(writer, &row->msg, &guard.to, err) < 0)
		return -1;
	if (bk_chunk_reader_join(reader, row, &guard.sink, err) < 0) {
		if (!guard.failed)
			*place = BK_PLACE_REPO;
		ops->drop(writer, guard.to);
		return -1;
	}
	return ops->keep(writer, guard.to, &row->msg, err);
}

/* The error that ends it all is the first one's, and so is its place. */
static void note_place(struct work *work, enum bk_place place)
{
	pthread_mutex_lock(&work->lock);
	if (!work->placed)
		work->writing->place = place;
	work->placed = true;
	pthread_mutex_unlock(&work->lock);
}

static int do_task(struct work *work, unsigned worker, const struct task *task,
		   struct bk_err *err)
{
	struct bk_restore_writing *writing = work->writing;
	struct bk_restore_folder *folder = task->folder;
	const struct bk_row *row = &folder->rows.items[task->row];
	enum bk_place place = BK_PLACE_DESTINATION;
	struct bk_err why = {0};

	int rc = bk_cancelled(&why);
	if (rc == 0)
		rc = write_message(folder, work->readers[worker], row, &place,
				   &why);
	if (rc == 0) {
		atomic_fetch_add(&writing->written, 1);
		atomic_fetch_add(&writing->bytes, row->msg.size);
		bk_progress_message(writing->progress, 1, row->msg.size);
		return 0;
	}
	if (!bk_restore_goes_on(why.kind)) {
		note_place(work, place);
		*err = why;
		return -1;
	}
	if (place == BK_PLACE_REPO && bk_restore_is_damage(why.kind))
		writing->damaged = true;
	atomic_fetch_add(&folder->failed, 1);
	atomic_fetch_add(&writing->failed, 1);
	bk_restore_report(writing->progress, folder->item, &row->msg, &why);
	return 0;
}

static void leave_share(struct share *share)
{
	if (atomic_fetch_sub(&share->users, 1) > 1)
		return;
	bk_hoard_free(share->hoard);
	free(share);
}

static void free_stretch(void *item)
{
	struct stretch *stretch = item;

	leave_share(stretch->share);
	free(stretch);
}

static int do_stretch(void *context, unsigned worker, void *item,
		      struct bk_err *err)
{
	struct work *work = context;
	struct stretch *stretch = item;
	int rc = 0;

	bk_chunk_reader_use(work->readers[worker], stretch->share->hoard);
	for (size_t i = 0; i < stretch->n && rc == 0; i++)
		rc = do_task(work, worker, &stretch->tasks[i], err);
	bk_chunk_reader_use(work->readers[worker], NULL);
	free_stretch(stretch);
	return rc;
}

static int compare_tasks(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

static struct task *list_tasks(struct bk_chunk_reader *reader,
			       struct bk_restore_folder *const *folders,
			       size_t n, size_t *n_tasks)
{
	struct task *tasks;
	size_t at = 0;

	*n_tasks = 0;
	for (size_t i = 0; i < n; i++)
		*n_tasks += folders[i]->n_todo;
	tasks = bk_alloc((*n_tasks + 1) * sizeof(*tasks));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < folders[i]->n_todo; k++) {
			struct task *task = &tasks[at++];
			task->folder = folders[i];
			task->row = folders[i]->todo[k];
			task->order = bk_chunk_reader_order(
				reader, &folders[i]->rows.items[task->row]);
		}
	if (at)
		qsort(tasks, at, sizeof(*tasks), compare_tasks);
	return tasks;
}

static struct bk_hoard *hoard_traces(const struct task *tasks, size_t n,
				     struct bk_chunk_reader *hoarder)
{
	const struct bk_row **rows = bk_alloc(n * sizeof(void *));

	for (size_t i = 0; i < n; i++)
		rows[i] = &tasks[i].folder->rows.items[tasks[i].row];
	struct bk_hoard *hoard = bk_hoard_new(rows, n, HOARD_MOST, hoarder);
	bk_chunk_reader_rest(hoarder);
	free(rows);
	return hoard;
}

static int push_shared(struct bk_queue *queue, const struct task *tasks,
		       size_t n, struct share *share, struct bk_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i += STRETCH) {
		struct stretch *stretch = bk_alloc(sizeof(*stretch));
		stretch->tasks = tasks + i;
		stretch->n = n - i < STRETCH ? n - i : STRETCH;
		stretch->share = share;
		atomic_fetch_add(&share->users, 1);
		rc = bk_queue_push(queue, stretch, 0, err);
		if (rc < 0)
			free_stretch(stretch);
	}
	return rc;
}

static void push_all(struct work *work, struct bk_queue *queue,
		     const struct task *tasks, size_t n)
{
	struct bk_err ignored = {0};
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i += HOARD) {
		size_t some = n - i < HOARD ? n - i : HOARD;
		struct share *share = bk_alloc(sizeof(*share));
		share->users = 1;
		share->hoard = hoard_traces(tasks + i, some, work->hoarder);
		rc = push_shared(queue, tasks + i, some, share, &ignored);
		leave_share(share);
	}
}

/* Who fills the queue fails with the error of the worker that cancelled it. */
static int run_pool(struct work *work, const struct task *tasks, size_t n,
		    struct bk_err *err)
{
	struct bk_queue *queue = bk_queue_new(AHEAD, 0);
	struct bk_pool *pool = NULL;

	int rc = bk_pool_start(&pool, work->writing->threads, queue, do_stretch,
			       work, err);
	if (rc == 0) {
		push_all(work, queue, tasks, n);
		bk_queue_close(queue);
		rc = bk_pool_join(pool, err);
	}
	bk_queue_free(queue, free_stretch);
	return rc;
}

int bk_restore_write(struct bk_restore_writing *writing,
		     struct bk_restore_folder *const *folders, size_t n,
		     struct bk_err *err)
{
	struct work work = {.writing = writing};
	size_t n_tasks = 0;

	work.cache = bk_block_cache_new(CACHE);
	/* It opens each block once, and needs none of them again. */
	work.hoarder = bk_chunk_reader_new(writing->set, 0);
	struct task *tasks = list_tasks(work.hoarder, folders, n, &n_tasks);

	(void)pthread_mutex_init(&work.lock, NULL);
	work.readers = bk_alloc(writing->threads * sizeof(void *));
	for (unsigned i = 0; i < writing->threads; i++)
		work.readers[i] =
			bk_chunk_reader_share(writing->set, work.cache);
	int rc = run_pool(&work, tasks, n_tasks, err);
	for (unsigned i = 0; i < writing->threads; i++)
		bk_chunk_reader_free(work.readers[i]);
	free(work.readers);
	bk_chunk_reader_free(work.hoarder);
	bk_block_cache_free(work.cache);
	(void)pthread_mutex_destroy(&work.lock);
	free(tasks);
	return rc;
}
