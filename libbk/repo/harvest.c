/* Many messages put together, block by block: see harvest.h. */

#include "repo/harvest.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "base/pool.h"
#include "base/queue.h"
#include "repo/hoard.h"

#define CACHE      ((size_t)15 << 20) /* of opened blocks, of all threads */
#define HOARD      ((size_t)12 << 20) /* bytes of traces at a time */
#define HOARD_MOST ((size_t)16 << 20)
#define FIRST      ((size_t)8192) /* messages whose traces are fetched */
#define TRACES     ((size_t)2048) /* that a thread fetches at a time */
/* Messages that a thread takes at a time: few, so that all threads are at about
 * the same place and need the same blocks. */
#define STRETCH ((size_t)16)
#define AHEAD   16          /* stretches */
#define FEW     ((size_t)4) /* messages whose blocks are fetched in advance */

struct bk_harvest {
	const struct bk_set *set;
	unsigned threads;
	struct bk_block_cache *cache;
	struct bk_chunk_reader **readers; /* of each thread */
};

/* Messages whose traces are fetched together. */
struct some {
	struct bk_harvest *harvest;
	const struct bk_harvest_item *items;
	size_t n;
	struct bk_hoard *hoard;
	bk_harvest_message *message;
	void *context;
};

/* Of what there is to do, counted from 0. */
struct stretch {
	size_t first, n;
};

struct bk_harvest *bk_harvest_new(const struct bk_set *set, unsigned threads,
				  struct bk_block_watch *watch)
{
	struct bk_harvest *harvest = bk_alloc(sizeof(*harvest));

	harvest->set = set;
	harvest->threads = threads;
	harvest->cache = bk_block_cache_new(CACHE);
	bk_block_cache_show(harvest->cache, watch);
	harvest->readers = bk_alloc(threads * sizeof(void *));
	for (unsigned i = 0; i < threads; i++)
		harvest->readers[i] =
			bk_chunk_reader_share(set, harvest->cache);
	return harvest;
}

void bk_harvest_free(struct bk_harvest *harvest)
{
	if (!harvest)
		return;
	for (unsigned i = 0; i < harvest->threads; i++)
		bk_chunk_reader_free(harvest->readers[i]);
	free(harvest->readers);
	bk_block_cache_free(harvest->cache);
	free(harvest);
}

static int compare_items(const void *a, const void *b)
{
	const struct bk_harvest_item *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

static void sort_items(struct bk_harvest *harvest,
		       struct bk_harvest_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		items[i].order = bk_chunk_reader_order(harvest->readers[0],
						       items[i].row);
	if (n)
		qsort(items, n, sizeof(*items), compare_items);
}

/* ---- all threads at one thing ---- */

/* Who fills the queue fails with the error of the worker that cancelled it. */
static void push_stretches(struct bk_queue *queue, size_t n, size_t step)
{
	struct bk_err ignored = {0};
	int rc = 0;

	for (size_t at = 0; at < n && rc == 0; at += step) {
		struct stretch *stretch = bk_alloc(sizeof(*stretch));
		stretch->first = at;
		stretch->n = n - at < step ? n - at : step;
		rc = bk_queue_push(queue, stretch, 0, &ignored);
		if (rc < 0)
			free(stretch);
	}
}

static int share_out(struct some *some, bk_pool_work *work, size_t n,
		     size_t step, struct bk_err *err)
{
	struct bk_queue *queue = bk_queue_new(AHEAD, 0);
	struct bk_pool *pool = NULL;
	int rc = bk_pool_start(&pool, some->harvest->threads, queue, work, some,
			       err);

	if (rc == 0) {
		push_stretches(queue, n, step);
		bk_queue_close(queue);
		rc = bk_pool_join(pool, err);
	}
	bk_queue_free(queue, free);
	return rc;
}

static int fetch_traces(void *context, unsigned worker, void *what,
			struct bk_err *err)
{
	struct some *some = context;
	struct stretch *stretch = what;
	int rc = bk_cancelled(err);

	if (rc == 0)
		bk_hoard_fetch(some->hoard, worker, stretch->first, stretch->n,
			       some->harvest->readers[worker]);
	free(stretch);
	return rc;
}

static int do_messages(void *context, unsigned worker, void *what,
		       struct bk_err *err)
{
	struct some *some = context;
	struct stretch *stretch = what;
	struct bk_chunk_reader *reader = some->harvest->readers[worker];
	int rc = 0;

	bk_chunk_reader_use(reader, some->hoard);
	for (size_t i = 0; i < stretch->n && rc == 0; i++) {
		rc = bk_cancelled(err);
		if (rc == 0)
			rc = some->message(some->context,
					   &some->items[stretch->first + i],
					   reader, err);
	}
	bk_chunk_reader_use(reader, NULL);
	free(stretch);
	return rc;
}

/* ---- as many messages as there is room for traces ---- */

static int do_some(struct some *some, struct bk_err *err)
{
	const struct bk_row **rows = bk_alloc(some->n * sizeof(void *));

	for (size_t i = 0; i < some->n; i++)
		rows[i] = some->items[i].row;
	some->hoard =
		bk_hoard_new(rows, some->n, HOARD_MOST, some->harvest->threads);
	free(rows);
	int rc = share_out(some, fetch_traces, bk_hoard_traces(some->hoard),
			   TRACES, err);
	if (rc == 0)
		rc = share_out(some, do_messages, some->n, STRETCH, err);
	return rc;
}

/* How many come next, where n had traces of so many bytes. */
static size_t how_many(size_t n, size_t bytes)
{
	size_t more = HOARD / (bytes / n + 1);

	return more < STRETCH ? STRETCH : more;
}

int bk_harvest_run(struct bk_harvest *harvest, struct bk_harvest_item *items,
		   size_t n, bk_harvest_message *message, void *context,
		   struct bk_err *err)
{
	size_t next = FIRST, at = 0;
	int rc = 0;

	sort_items(harvest, items, n);
	for (size_t i = 0; n <= FEW && i < n; i++)
		bk_chunk_reader_want(harvest->readers[0], items[i].row);
	while (rc == 0 && at < n) {
		struct some some = {
			.harvest = harvest,
			.items = items + at,
			.n = n - at < next ? n - at : next,
			.message = message,
			.context = context,
		};
		rc = do_some(&some, err);
		next = how_many(some.n, bk_hoard_bytes(some.hoard));
		bk_hoard_free(some.hoard);
		at += some.n;
	}
	for (unsigned i = 0; i < harvest->threads; i++)
		bk_chunk_reader_rest(harvest->readers[i]);
	return rc;
}
