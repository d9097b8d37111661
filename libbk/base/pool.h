/*
 * N worker threads that run one function over a queue: a stage of a job.
 *
 * A worker that fails cancels the queue that it reads with its error, so that
 * whoever fills the queue, and every other worker, stops with the same error;
 * stages further on are the caller's: cancel their queues with the error of
 * bk_pool_join.
 */

#ifndef BK_BASE_POOL_H
#define BK_BASE_POOL_H

#include "base/err.h"
#include "base/queue.h"

struct bk_pool;

/* Does one item, which is its own from then on; `context` is shared by all
 * workers, `worker` is from 0 to workers - 1.  -1 stops the pool. */
typedef int bk_pool_work(void *context, unsigned worker, void *item,
			 struct bk_err *err);

/* Starts the workers over `from`, which outlives the pool.  At least one
 * worker; BK_FAILED when a thread cannot be made, then the queue is cancelled
 * and no thread is left. */
int bk_pool_start(struct bk_pool **out, unsigned workers, struct bk_queue *from,
		  bk_pool_work *work, void *context, struct bk_err *err);

/* Waits until every worker ended: the queue was closed and is empty, or was
 * cancelled.  Frees the pool.  -1 with the first error, whoever cancelled. */
int bk_pool_join(struct bk_pool *pool, struct bk_err *err);

#endif
