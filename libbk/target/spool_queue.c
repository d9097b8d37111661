/*
 * Blobs on their way, under one lock with one condition: see spool_queue.h.
 * They stay in the list until they are uploaded, in the order of their commits,
 * so that the first one says what is settled.
 */

#include "target/spool_queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cancel.h"
#include "base/fault.h"
#include "target/put_again.h"

#define UPLOADS_MAX 64
#define LOOK_MS     100 /* how soon a wait sees that we shall stop */

struct item {
	struct item *next;
	uint64_t number;
	char *name;
	struct bk_gathered bytes;
	bool under_way;
};

struct bk_spool_queue {
	struct bk_target *below;
	struct bk_spool_options options;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct item *first;
	uint64_t next_number;
	unsigned items;
	uint64_t gathered; /* bytes, queued and being written */
	unsigned sessions; /* in use */
	pthread_t threads[UPLOADS_MAX];
	unsigned n_threads;
	bool failed;
	struct bk_err err; /* valid when failed */
	atomic_bool stop;
};

struct bk_spool_queue *bk_spool_queue_new(
	struct bk_target *below, const struct bk_spool_options *options)
{
	struct bk_spool_queue *queue = bk_alloc(sizeof(*queue));
	struct bk_spool_options *o = &queue->options;
	pthread_condattr_t attr;

	*o = *options;
	if (o->uploads > UPLOADS_MAX)
		o->uploads = UPLOADS_MAX;
	if (!o->sessions)
		o->sessions = UINT32_MAX;
	if (!o->queue_bytes)
		o->queue_bytes = (uint64_t)192 << 20;
	if (!o->queue_blobs)
		o->queue_blobs = 64;
	queue->below = below;
	(void)pthread_mutex_init(&queue->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&queue->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	return queue;
}

static void item_free(struct item *item)
{
	bk_gathered_clear(&item->bytes);
	free(item->name);
	free(item);
}

/* With the lock held, as is everything below that does not take it. */
static int kept_error(const struct bk_spool_queue *queue, struct bk_err *err)
{
	if (!queue->failed)
		return 0;
	*err = queue->err;
	return -1;
}

static int wait_for_change(struct bk_spool_queue *queue, struct bk_err *err)
{
	struct timespec until;

	if (bk_cancelled(err) < 0)
		return -1;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	(void)pthread_cond_timedwait(&queue->changed, &queue->lock, &until);
	return kept_error(queue, err);
}

static void take_out(struct bk_spool_queue *queue, struct item *item)
{
	struct item **at = &queue->first;

	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
	queue->items--;
	queue->gathered -= item->bytes.len;
	(void)pthread_cond_broadcast(&queue->changed);
}

/* What no thread has begun with. */
static struct item *waiting(struct bk_spool_queue *queue)
{
	struct item *item = queue->first;

	while (item && item->under_way)
		item = item->next;
	return item;
}

static void drop_waiting(struct bk_spool_queue *queue)
{
	struct item *item;

	while ((item = waiting(queue))) {
		take_out(queue, item);
		item_free(item);
	}
}

static void fail_all(struct bk_spool_queue *queue, const struct bk_err *why)
{
	if (!queue->failed && !atomic_load(&queue->stop)) {
		queue->failed = true;
		queue->err = *why;
	}
	drop_waiting(queue);
}

int bk_spool_queue_check(struct bk_spool_queue *queue, struct bk_err *err)
{
	(void)pthread_mutex_lock(&queue->lock);
	int rc = kept_error(queue, err);
	(void)pthread_mutex_unlock(&queue->lock);
	return rc;
}

static bool has_room(const struct bk_spool_queue *queue, size_t n)
{
	uint64_t most = queue->options.queue_bytes;

	return !queue->items ||
	       (queue->gathered <= most && n <= most - queue->gathered);
}

int bk_spool_queue_reserve(struct bk_spool_queue *queue, size_t n,
			   struct bk_err *err)
{
	(void)pthread_mutex_lock(&queue->lock);
	int rc = kept_error(queue, err);
	while (rc == 0 && !has_room(queue, n))
		rc = wait_for_change(queue, err);
	if (rc == 0)
		queue->gathered += n;
	(void)pthread_mutex_unlock(&queue->lock);
	return rc;
}

void bk_spool_queue_release(struct bk_spool_queue *queue, uint64_t n)
{
	(void)pthread_mutex_lock(&queue->lock);
	queue->gathered -= n;
	(void)pthread_cond_broadcast(&queue->changed);
	(void)pthread_mutex_unlock(&queue->lock);
}

static bool has_session(const struct bk_spool_queue *queue)
{
	return queue->sessions < queue->options.sessions;
}

int bk_spool_queue_enter(struct bk_spool_queue *queue, struct bk_err *err)
{
	(void)pthread_mutex_lock(&queue->lock);
	int rc = kept_error(queue, err);
	while (rc == 0 && !has_session(queue))
		rc = wait_for_change(queue, err);
	if (rc == 0)
		queue->sessions++;
	(void)pthread_mutex_unlock(&queue->lock);
	return rc;
}

static void leave(struct bk_spool_queue *queue)
{
	queue->sessions--;
	(void)pthread_cond_broadcast(&queue->changed);
}

void bk_spool_queue_leave(struct bk_spool_queue *queue)
{
	(void)pthread_mutex_lock(&queue->lock);
	leave(queue);
	(void)pthread_mutex_unlock(&queue->lock);
}

/* The next one, with a session for it; NULL when the queue is being freed. */
static struct item *next_item(struct bk_spool_queue *queue)
{
	struct item *item;

	while (!atomic_load(&queue->stop)) {
		item = waiting(queue);
		if (item && has_session(queue)) {
			item->under_way = true;
			queue->sessions++;
			return item;
		}
		(void)pthread_cond_wait(&queue->changed, &queue->lock);
	}
	return NULL;
}

static void *upload_them(void *arg)
{
	struct bk_spool_queue *queue = arg;
	struct item *item;

	(void)pthread_mutex_lock(&queue->lock);
	while ((item = next_item(queue))) {
		struct bk_err err = {0};
		(void)pthread_mutex_unlock(&queue->lock);
		bk_fault("spool: queued, not uploaded");
		int rc =
			bk_put_again(queue->below, item->name, &item->bytes,
				     &queue->options.retry, &queue->stop, &err);
		(void)pthread_mutex_lock(&queue->lock);
		leave(queue);
		if (rc < 0)
			fail_all(queue, &err);
		take_out(queue, item);
		item_free(item);
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return NULL;
}

/* Fewer threads than were asked for are enough, if there is one. */
static bool have_threads(struct bk_spool_queue *queue)
{
	while (queue->n_threads < queue->options.uploads) {
		if (pthread_create(&queue->threads[queue->n_threads], NULL,
				   upload_them, queue) != 0) {
			queue->options.uploads = queue->n_threads;
			break;
		}
		queue->n_threads++;
	}
	return queue->n_threads > 0;
}

static void append(struct bk_spool_queue *queue, struct item *item)
{
	struct item **at = &queue->first;

	while (*at)
		at = &(*at)->next;
	*at = item;
	item->number = queue->next_number++;
	queue->items++;
	(void)pthread_cond_broadcast(&queue->changed);
}

int bk_spool_queue_add(struct bk_spool_queue *queue, char *name,
		       struct bk_gathered *bytes, struct bk_err *err)
{
	struct item *item;

	(void)pthread_mutex_lock(&queue->lock);
	int rc = kept_error(queue, err);
	while (rc == 0 && queue->items >= queue->options.queue_blobs)
		rc = wait_for_change(queue, err);
	if (rc == 0 && !have_threads(queue))
		rc = 1;
	if (rc == 0) {
		item = bk_alloc(sizeof(*item));
		item->name = name;
		item->bytes = *bytes;
		append(queue, item);
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return rc;
}

/* The number after that of the last blob that must be uploaded. */
static uint64_t end_for(const struct bk_spool_queue *queue, const char *name)
{
	uint64_t end = 0;

	if (!name)
		return queue->next_number;
	for (const struct item *i = queue->first; i; i = i->next)
		if (strcmp(i->name, name) == 0)
			end = i->number + 1;
	return end;
}

int bk_spool_queue_settle(struct bk_spool_queue *queue, const char *name,
			  struct bk_err *err)
{
	(void)pthread_mutex_lock(&queue->lock);
	uint64_t end = end_for(queue, name);
	int rc = kept_error(queue, err);
	while (rc == 0 && queue->first && queue->first->number < end)
		rc = wait_for_change(queue, err);
	(void)pthread_mutex_unlock(&queue->lock);
	return rc;
}

void bk_spool_queue_free(struct bk_spool_queue *queue)
{
	atomic_store(&queue->stop, true);
	(void)pthread_mutex_lock(&queue->lock);
	drop_waiting(queue);
	(void)pthread_cond_broadcast(&queue->changed);
	(void)pthread_mutex_unlock(&queue->lock);
	for (unsigned i = 0; i < queue->n_threads; i++)
		(void)pthread_join(queue->threads[i], NULL);
	(void)pthread_cond_destroy(&queue->changed);
	(void)pthread_mutex_destroy(&queue->lock);
	free(queue);
}
