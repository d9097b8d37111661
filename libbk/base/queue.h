/*
 * A bounded queue of pointers between threads, first in, first out: the only
 * place where the workers of a job meet.  It is bounded by the number of items
 * and by their weight in bytes, so that memory is bounded by the queues and
 * not by what passes through them: a stage holds at most max_weight, and one
 * item for each thread that popped.
 *
 * A stage that fails cancels its queues with its error: everybody who waits
 * wakes, and every later push and pop fails with that same error.
 *
 * An item belongs to the queue from a push that succeeded to the pop that
 * gives it out.
 */

#ifndef BK_BASE_QUEUE_H
#define BK_BASE_QUEUE_H

#include <stddef.h>

#include "base/err.h"

struct bk_queue;

/* At least one item; max_weight 0: any weight. */
struct bk_queue *bk_queue_new(size_t max_items, size_t max_weight);

/* Frees the queue, and with free_item (may be NULL) what is still in it.  No
 * thread may be using it. */
void bk_queue_free(struct bk_queue *queue, void (*free_item)(void *item));

/*
 * Adds an item, waiting while the queue is full.  An item heavier than
 * max_weight waits until the queue is empty and goes in alone.  On failure the
 * item stays the caller's: the error of the cancel, or BK_MISUSE after close.
 */
int bk_queue_push(struct bk_queue *queue, void *item, size_t weight,
		  struct bk_err *err);

/* Takes the oldest item, waiting while there is none: 1 and *item; 0 when the
 * queue is closed and empty; -1 with the error of the cancel, at once, even if
 * items are left. */
int bk_queue_pop(struct bk_queue *queue, void **item, struct bk_err *err);

/* No more will be pushed; what is in the queue can still be popped.  May be
 * called again. */
void bk_queue_close(struct bk_queue *queue);

/* Poisons the queue with a copy of `why`; the first one stays. */
void bk_queue_cancel(struct bk_queue *queue, const struct bk_err *why);

#endif
