/* Workers over a queue, joined with the first error: see pool.h. */

#include "base/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"

struct worker {
	struct bk_pool *pool;
	pthread_t thread;
	unsigned number;
	int rc;
	struct bk_err err; /* valid when rc < 0 */
};

struct bk_pool {
	struct bk_queue *from;
	bk_pool_work *work;
	void *context;
	unsigned n;
	struct worker workers[];
};

/*
 * The error is fetched from the queue again after a failure: the queue keeps
 * the first one, so all workers end with that, in whatever order they are
 * joined.
 */
static void *run(void *arg)
{
	struct worker *self = arg;
	struct bk_pool *pool = self->pool;
	void *item = NULL;

	while ((self->rc = bk_queue_pop(pool->from, &item, &self->err)) > 0) {
		if (pool->work(pool->context, self->number, item, &self->err) <
		    0)
			bk_queue_cancel(pool->from, &self->err);
	}
	return NULL;
}

int bk_pool_start(struct bk_pool **out, unsigned workers, struct bk_queue *from,
		  bk_pool_work *work, void *context, struct bk_err *err)
{
	unsigned n = workers ? workers : 1;
	struct bk_pool *pool =
		bk_alloc(sizeof(*pool) + n * sizeof(struct worker));

	pool->from = from;
	pool->work = work;
	pool->context = context;
	for (; pool->n < n; pool->n++) {
		struct worker *next = &pool->workers[pool->n];
		next->pool = pool;
		next->number = pool->n;
		errno = pthread_create(&next->thread, NULL, run, next);
		if (errno)
			goto failed;
	}
	*out = pool;
	return 0;
failed:
	bk_fail_errno(err, "start of worker %u", pool->n + 1);
	err->kind = BK_FAILED;
	bk_queue_cancel(from, err);
	(void)bk_pool_join(pool, &(struct bk_err){0});
	return -1;
}

int bk_pool_join(struct bk_pool *pool, struct bk_err *err)
{
	int rc = 0;

	for (unsigned i = 0; i < pool->n; i++) {
		struct worker *worker = &pool->workers[i];
		(void)pthread_join(worker->thread, NULL);
		if (worker->rc < 0 && !rc) {
			*err = worker->err;
			rc = -1;
		}
	}
	free(pool);
	return rc;
}
