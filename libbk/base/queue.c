/* A ring under one lock, with a condition for each direction: see queue.h. */

#include "base/queue.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/buf.h"

struct entry {
	void *item;
	size_t weight;
};

struct bk_queue {
	pthread_mutex_t lock;
	pthread_cond_t not_empty, not_full;
	struct entry *ring;
	size_t first, n, max_items;
	size_t weight, max_weight;
	bool closed, cancelled;
	struct bk_err why; /* valid when cancelled */
};

struct bk_queue *bk_queue_new(size_t max_items, size_t max_weight)
{
	struct bk_queue *queue = bk_alloc(sizeof(*queue));
	size_t bytes;

	queue->max_items = max_items ? max_items : 1;
	queue->max_weight = max_weight ? max_weight : SIZE_MAX;
	if (__builtin_mul_overflow(queue->max_items, sizeof(struct entry),
				   &bytes))
		bytes = SIZE_MAX; /* dies as out of memory, as it should */
	queue->ring = bk_alloc(bytes);
	(void)pthread_mutex_init(&queue->lock, NULL);
	(void)pthread_cond_init(&queue->not_empty, NULL);
	(void)pthread_cond_init(&queue->not_full, NULL);
	return queue;
}

static struct entry take_first(struct bk_queue *queue)
{
	struct entry entry = queue->ring[queue->first];

	queue->first = (queue->first + 1) % queue->max_items;
	queue->n--;
	queue->weight -= entry.weight;
	return entry;
}

void bk_queue_free(struct bk_queue *queue, void (*free_item)(void *item))
{
	if (!queue)
		return;
	while (free_item && queue->n)
		free_item(take_first(queue).item);
	(void)pthread_cond_destroy(&queue->not_full);
	(void)pthread_cond_destroy(&queue->not_empty);
	(void)pthread_mutex_destroy(&queue->lock);
	free(queue->ring);
	free(queue);
}

static bool has_room_for(const struct bk_queue *queue, size_t weight)
{
	if (!queue->n)
		return true;
	return queue->n < queue->max_items &&
	       queue->weight <= queue->max_weight &&
	       weight <= queue->max_weight - queue->weight;
}

int bk_queue_push(struct bk_queue *queue, void *item, size_t weight,
		  struct bk_err *err)
{
	int rc = -1;

	(void)pthread_mutex_lock(&queue->lock);
	while (!queue->cancelled && !queue->closed &&
	       !has_room_for(queue, weight))
		(void)pthread_cond_wait(&queue->not_full, &queue->lock);
	if (queue->cancelled) {
		*err = queue->why;
	} else if (queue->closed) {
		bk_fail(err, BK_MISUSE, "push into a closed queue");
	} else {
		size_t at = (queue->first + queue->n) % queue->max_items;
		queue->ring[at] = (struct entry){item, weight};
		queue->n++;
		queue->weight += weight;
		(void)pthread_cond_signal(&queue->not_empty);
		rc = 0;
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return rc;
}

int bk_queue_pop(struct bk_queue *queue, void **item, struct bk_err *err)
{
	int rc = 0;

	(void)pthread_mutex_lock(&queue->lock);
	while (!queue->cancelled && !queue->closed && !queue->n)
		(void)pthread_cond_wait(&queue->not_empty, &queue->lock);
	if (queue->cancelled) {
		*err = queue->why;
		rc = -1;
	} else if (queue->n) {
		*item = take_first(queue).item;
		/* Weights differ: the one woken may not fit where another
		 * would, so all of them look. */
		(void)pthread_cond_broadcast(&queue->not_full);
		rc = 1;
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return rc;
}

static void wake_everybody(struct bk_queue *queue)
{
	(void)pthread_cond_broadcast(&queue->not_empty);
	(void)pthread_cond_broadcast(&queue->not_full);
}

void bk_queue_close(struct bk_queue *queue)
{
	(void)pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	wake_everybody(queue);
	(void)pthread_mutex_unlock(&queue->lock);
}

void bk_queue_cancel(struct bk_queue *queue, const struct bk_err *why)
{
	(void)pthread_mutex_lock(&queue->lock);
	if (!queue->cancelled) {
		queue->cancelled = true;
		queue->why = *why;
	}
	wake_everybody(queue);
	(void)pthread_mutex_unlock(&queue->lock);
}
