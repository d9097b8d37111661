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

#include "base/pool.h"
#include "base/queue.h"
#include "job/backup_reader.h"

#define BATCH         64
#define BATCH_MOST    512 /* of a store that gives many at a time */
#define BATCHES_AHEAD 256

struct batch {
	struct bk_backup_task *task;
	size_t n;
	size_t at[]; /* indexes of messages in the task's listing */
};

struct bk_backup_read {
	struct bk_backup_read_config config;
	struct bk_queue *queue;
	struct bk_pool *pool;
	struct bk_backup_reader *readers;
	_Atomic uint64_t errors;

	pthread_mutex_t lock;     /* what is below */
	pthread_cond_t came_back; /* a task is done, or a thread failed */
	bool failed;
	struct bk_backup_task *done, **done_end;
	struct bk_backup_task *under_way; /* by next, unordered */
};

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
	int rc = bk_backup_reader_read(&read->readers[worker], task, batch->at,
				       batch->n, err);

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
	for (unsigned i = 0; i < config->threads; i++)
		bk_backup_reader_init(&read->readers[i], &read->config,
				      &read->errors);
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
	size_t most = read->config.store->ops->fetch_many ? BATCH_MOST : BATCH;
	struct batch *batch = NULL;

	for (size_t i = 0; i < task->plan.n; i++) {
		if (!is_to_be_read(task, i))
			continue;
		if (!batch) {
			batch = bk_alloc(sizeof(*batch) +
					 most * sizeof(*batch->at));
			batch->task = task;
		}
		batch->at[batch->n++] = task->plan.steps[i].now;
		if (batch->n < most)
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
	for (unsigned i = 0; i < read->config.threads; i++)
		bk_backup_reader_clear(&read->readers[i]);
	free(read->readers);
	free_tasks(read->done);
	free_tasks(read->under_way);
	(void)pthread_cond_destroy(&read->came_back);
	(void)pthread_mutex_destroy(&read->lock);
	free(read);
}
