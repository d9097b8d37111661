/*
 * The reading stage of a backup: see backup_read.h.
 *
 * The queue's items are batches of messages of one task, so that its lock is
 * taken once for many small messages.
 */

#include "job/backup_read.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/pool.h"
#include "base/queue.h"
#include "mail/recipe.h"
#include "mail/split.h"
#include "repo/chunk_reader.h"

#define BATCH          64
#define BATCHES_AHEAD  256
#define WHOLE_MAX      ((size_t)4 << 20)   /* larger messages are spooled */
#define BODY_KEPT_MAX  ((size_t)512 << 10) /* that stays for the next one */
#define PREVIOUS_CACHE ((size_t)8 << 20)

struct batch {
	struct bk_backup_task *task;
	size_t n;
	size_t at[BATCH]; /* indexes of messages in the task's listing */
};

/* What each thread has of its own. */
struct reader {
	struct bk_packer_hand *hand;
	struct bk_split_room room;
	struct bk_recipe recipe;
	struct bk_buf body;
	struct bk_chunk_reader *previous;
	struct bk_row_list rows; /* of the previous set's folder that was */
	uint32_t rows_folder;    /* needed last; 0: none */
};

struct bk_backup_read {
	struct bk_backup_read_config config;
	struct bk_queue *queue;
	struct bk_pool *pool;
	struct reader *readers;
	_Atomic uint64_t errors;

	pthread_mutex_t lock;     /* what is below */
	pthread_cond_t came_back; /* a task is done, or a thread failed */
	bool failed;
	struct bk_backup_task *done, **done_end;
	struct bk_backup_task *under_way; /* by next, unordered */
};

/* The bytes of a message: in the reader's buffer, or mapped from a spool file
 * of our own, which nobody else can cut short. */
struct fetched {
	struct bk_view bytes;
	void *mapped;
	int spool;
};

static int map_spool(struct fetched *fetched, struct bk_err *err)
{
	struct stat st;

	if (fstat(fetched->spool, &st) < 0)
		return bk_fail_errno(err, "spool file");
	fetched->bytes.len = (size_t)st.st_size;
	fetched->mapped = mmap(NULL, fetched->bytes.len, PROT_READ, MAP_SHARED,
			       fetched->spool, 0);
	if (fetched->mapped == MAP_FAILED) {
		fetched->mapped = NULL;
		return bk_fail_errno(err, "spool file");
	}
	(void)madvise(fetched->mapped, fetched->bytes.len, MADV_SEQUENTIAL);
	fetched->bytes.data = fetched->mapped;
	return 0;
}

static void release(struct fetched *fetched)
{
	if (fetched->mapped)
		(void)munmap(fetched->mapped, fetched->bytes.len);
	if (fetched->spool >= 0)
		(void)close(fetched->spool);
}

static int fetch(struct bk_backup_read *read, struct reader *reader,
		 struct bk_backup_task *task, struct bk_message *msg,
		 struct fetched *out, struct bk_err *err)
{
	struct bk_store *store = read->config.store;
	struct bk_body body = {WHOLE_MAX, reader->body, -1};

	int rc = store->ops->fetch(store, task->account, &task->folder, msg,
				   &body, err);
	reader->body = body.bytes;
	*out = (struct fetched){.spool = body.spool};
	if (rc < 0)
		return -1;
	if (out->spool >= 0)
		return map_spool(out, err);
	out->bytes = bk_buf_view(&reader->body);
	return 0;
}

static bool is_same_message(const struct bk_message *a,
			    const struct bk_message *b)
{
	return *a->name ? strcmp(a->name, b->name) == 0 : a->uid == b->uid;
}

/* The folder as the previous set has it, or NULL. */
static const struct bk_set_folder *previous_folder(
	const struct bk_set *set, const struct bk_backup_task *task)
{
	const struct bk_set_account *account =
		bk_set_account_find(set, task->account->address);

	return account ? bk_set_folder_named(set, account->id,
					     task->folder.name)
		       : NULL;
}

/* The row of the same message in the previous set, or NULL.  A folder that
 * cannot be listed asks for each of its messages: its rows stay. */
static const struct bk_row *previous_row(struct bk_set *set,
					 struct reader *reader,
					 const struct bk_backup_task *task,
					 const struct bk_message *msg,
					 struct bk_err *err)
{
	const struct bk_set_folder *folder = previous_folder(set, task);
	const struct bk_row_list *rows = &reader->rows;

	if (folder && folder->id != reader->rows_folder) {
		reader->rows_folder = 0;
		if (bk_set_rows(set, folder->id, true, &reader->rows, err) < 0)
			return NULL;
		reader->rows_folder = folder->id;
	}
	for (size_t i = 0; folder && i < rows->n; i++)
		if (is_same_message(msg, &rows->items[i].msg))
			return &rows->items[i];
	bk_fail(err, BK_GONE, "the previous set does not have it");
	return NULL;
}

/* Joins the row's message into the reader's body. */
static int join_previous(struct bk_backup_read *read, struct reader *reader,
			 const struct bk_row *row, struct bk_err *err)
{
	struct bk_buf_sink sink;

	if (!reader->previous)
		reader->previous = bk_chunk_reader_new(read->config.previous,
						       PREVIOUS_CACHE);
	reader->body.len = 0;
	bk_buf_sink_init(&sink, &reader->body, SIZE_MAX);
	return bk_chunk_reader_join(reader->previous, row, &sink.sink, err);
}

/* The message as the previous set has it.  BK_GONE if it does not. */
static int recover(struct bk_backup_read *read, struct reader *reader,
		   struct bk_backup_task *task, struct bk_message *msg,
		   struct bk_err *err)
{
	if (!read->config.previous)
		return bk_fail(err, BK_GONE, "there is no previous set");
	const struct bk_row *row =
		previous_row(read->config.previous, reader, task, msg, err);
	if (!row || join_previous(read, reader, row, err) < 0)
		return -1;
	msg->date = row->msg.date;
	msg->size = row->msg.size;
	return 0;
}

static int keep(struct bk_backup_read *read, struct reader *reader,
		struct bk_backup_task *task, size_t at, struct bk_view bytes,
		struct bk_err *err)
{
	struct bk_added *added = &task->added[at];

	if (bk_split(bytes, &reader->room, bk_packer_hand_sink(reader->hand),
		     &reader->recipe, added->digest, err) < 0)
		return -1;
	bk_body_encode(&reader->recipe, &added->recipe);
	added->fate = BK_FATE_KEPT;
	task->now.items[at].size = bytes.len;
	bk_progress_message(read->config.progress, 1, bytes.len);
	return 0;
}

/* A message that could not be read: named, its previous copy kept if there is
 * one; too many of them stop the run. */
static int fail_item(struct bk_backup_read *read, struct reader *reader,
		     struct bk_backup_task *task, size_t at,
		     const struct bk_err *why, struct bk_err *err)
{
	struct bk_message *msg = &task->now.items[at];
	struct bk_err ignored = {0};

	task->added[at].fate = BK_FATE_FAILED;
	if (recover(read, reader, task, msg, &ignored) == 0 &&
	    keep(read, reader, task, at, bk_buf_view(&reader->body), err) < 0)
		return -1;
	bool kept = task->added[at].fate == BK_FATE_KEPT;
	if (!task->from_previous || !kept) {
		bk_progress_item_error(
			read->config.progress,
			&(struct bk_item_error){
				.kind = why->kind,
				.account = task->account->address,
				.folder = task->folder.name,
				.uid = msg->uid,
				.name = msg->name,
				.text = why->text,
				.outcome = kept ? "previous copy kept"
						: "not in this set",
			});
		if (atomic_fetch_add(&read->errors, 1) + 1 >
		    read->config.errors_max)
			return bk_fail(err, BK_UNSAFE,
				       "too many messages cannot be read "
				       "(%ju; the limit is read-errors); no "
				       "set written. Look at the store's "
				       "disks first",
				       (uintmax_t)atomic_load(&read->errors));
	}
	return 0;
}

static bool concerns_one_message(enum bk_kind kind)
{
	return kind == BK_REFUSED || kind == BK_DENIED || kind == BK_FAILED ||
	       kind == BK_CORRUPT;
}

static int read_message(struct bk_backup_read *read, struct reader *reader,
			struct bk_backup_task *task, size_t at,
			struct bk_err *err)
{
	struct bk_message *msg = &task->now.items[at];
	struct fetched fetched = {.spool = -1};
	struct bk_err why = {0};
	int rc;

	if (task->from_previous) {
		(void)bk_fail(&why, BK_REFUSED, "its folder cannot be read");
		return fail_item(read, reader, task, at, &why, err);
	}
	if (fetch(read, reader, task, msg, &fetched, &why) == 0) {
		rc = keep(read, reader, task, at, fetched.bytes, err);
	} else if (why.kind == BK_GONE) {
		task->added[at].fate = BK_FATE_GONE;
		rc = 0;
	} else if (concerns_one_message(why.kind)) {
		rc = fail_item(read, reader, task, at, &why, err);
	} else {
		*err = why;
		rc = -1;
	}
	release(&fetched);
	if (reader->body.cap > BODY_KEPT_MAX)
		bk_buf_clear(&reader->body);
	return rc;
}

static void give_back(struct bk_backup_read *read, struct bk_backup_task *task)
{
	pthread_mutex_lock(&read->lock);
	struct bk_backup_task **at = &read->under_way;
	while (*at && *at != task)
		at = &(*at)->next;
	if (*at)
		*at = task->next;
	task->next = NULL;
	*read->done_end = task;
	read->done_end = &task->next;
	pthread_cond_signal(&read->came_back);
	pthread_mutex_unlock(&read->lock);
}

static void give_up(struct bk_backup_read *read)
{
	pthread_mutex_lock(&read->lock);
	read->failed = true;
	pthread_cond_signal(&read->came_back);
	pthread_mutex_unlock(&read->lock);
}

static int work(void *context, unsigned worker, void *item, struct bk_err *err)
{
	struct bk_backup_read *read = context;
	struct batch *batch = item;
	struct bk_backup_task *task = batch->task;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < batch->n; i++) {
		rc = bk_cancelled(err);
		if (rc == 0)
			rc = read_message(read, &read->readers[worker], task,
					  batch->at[i], err);
	}
	if (rc < 0)
		give_up(read);
	else if (atomic_fetch_sub(&task->left, batch->n) == batch->n)
		give_back(read, task);
	free(batch);
	return rc;
}

int bk_backup_read_open(struct bk_backup_read **out,
			const struct bk_backup_read_config *config,
			struct bk_err *err)
{
	struct bk_backup_read *read = bk_alloc(sizeof(*read));

	read->config = *config;
	read->done_end = &read->done;
	(void)pthread_mutex_init(&read->lock, NULL);
	(void)pthread_cond_init(&read->came_back, NULL);
	read->queue = bk_queue_new(BATCHES_AHEAD, 0);
	read->readers = bk_alloc(config->threads * sizeof(*read->readers));
	for (unsigned i = 0; i < config->threads; i++) {
		read->readers[i].hand = bk_packer_hand_new(config->packer);
		read->readers[i].room.digester =
			bk_digester_new(&config->repo->keys.digest);
	}
	if (bk_pool_start(&read->pool, config->threads, read->queue, work, read,
			  err) < 0) {
		bk_backup_read_close(read);
		return -1;
	}
	*out = read;
	return 0;
}

static int push(struct bk_backup_read *read, struct batch *batch,
		struct bk_err *err)
{
	if (bk_queue_push(read->queue, batch, 0, err) == 0)
		return 0;
	free(batch);
	return -1;
}

static bool is_to_be_read(const struct bk_backup_task *task, size_t step)
{
	const struct bk_step *at = &task->plan.steps[step];

	return at->kind == BK_STEP_ADD &&
	       task->added[at->now].fate == BK_FATE_WAITING;
}

static int push_batches(struct bk_backup_read *read,
			struct bk_backup_task *task, struct bk_err *err)
{
	struct batch *batch = NULL;

	for (size_t i = 0; i < task->plan.n; i++) {
		if (!is_to_be_read(task, i))
			continue;
		if (!batch) {
			batch = bk_alloc(sizeof(*batch));
			batch->task = task;
		}
		batch->at[batch->n++] = task->plan.steps[i].now;
		if (batch->n < BATCH)
			continue;
		if (push(read, batch, err) < 0)
			return -1;
		batch = NULL;
	}
	return batch ? push(read, batch, err) : 0;
}

int bk_backup_read_add(struct bk_backup_read *read, struct bk_backup_task *task,
		       struct bk_err *err)
{
	size_t n = 0;

	if (task->plan.count[BK_STEP_ADD] && !task->added)
		task->added = bk_alloc(task->now.n * sizeof(*task->added));
	for (size_t i = 0; i < task->plan.n; i++)
		n += is_to_be_read(task, i);
	pthread_mutex_lock(&read->lock);
	task->next = read->under_way;
	read->under_way = task;
	pthread_mutex_unlock(&read->lock);
	atomic_store(&task->left, n);
	if (n)
		return push_batches(read, task, err);
	give_back(read, task);
	return 0;
}

struct bk_backup_task *bk_backup_read_done(struct bk_backup_read *read)
{
	pthread_mutex_lock(&read->lock);
	struct bk_backup_task *task = read->done;
	if (task) {
		read->done = task->next;
		if (!read->done)
			read->done_end = &read->done;
		task->next = NULL;
	}
	pthread_mutex_unlock(&read->lock);
	return task;
}

bool bk_backup_read_wait(struct bk_backup_read *read)
{
	pthread_mutex_lock(&read->lock);
	while (!read->done && read->under_way && !read->failed)
		pthread_cond_wait(&read->came_back, &read->lock);
	bool there = read->done != NULL;
	pthread_mutex_unlock(&read->lock);
	return there;
}

int bk_backup_read_end(struct bk_backup_read *read, struct bk_err *err)
{
	bk_queue_close(read->queue);
	struct bk_pool *pool = read->pool;
	read->pool = NULL;
	return bk_pool_join(pool, err);
}

uint64_t bk_backup_read_errors(const struct bk_backup_read *read)
{
	return atomic_load(&read->errors);
}

static void free_tasks(struct bk_backup_task *task)
{
	while (task) {
		struct bk_backup_task *next = task->next;
		bk_backup_task_free(task);
		task = next;
	}
}

void bk_backup_read_close(struct bk_backup_read *read)
{
	struct bk_err stop = {0}, ignored = {0};

	if (!read)
		return;
	if (read->pool) {
		(void)bk_fail(&stop, BK_CANCELLED, "given up");
		bk_queue_cancel(read->queue, &stop);
		(void)bk_pool_join(read->pool, &ignored);
	}
	bk_queue_free(read->queue, free);
	for (unsigned i = 0; i < read->config.threads; i++) {
		struct reader *reader = &read->readers[i];
		bk_packer_hand_free(reader->hand);
		bk_digester_free(reader->room.digester);
		bk_split_room_clear(&reader->room);
		bk_recipe_clear(&reader->recipe);
		bk_buf_clear(&reader->body);
		bk_chunk_reader_free(reader->previous);
		bk_row_list_clear(&reader->rows);
	}
	free(read->readers);
	free_tasks(read->done);
	free_tasks(read->under_way);
	(void)pthread_cond_destroy(&read->came_back);
	(void)pthread_mutex_destroy(&read->lock);
	free(read);
}
