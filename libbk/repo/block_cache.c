/*
 * Opened blocks: see block_cache.h.
 *
 * A block is in the table from the moment that somebody begins to open it, and
 * opened outside of the lock.  It is in the list of use while nobody holds it;
 * only from there it is thrown out.
 */

#include "repo/block_cache.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define BUCKETS ((size_t)256)
#define SPARES  ((size_t)1)

struct cached {
	struct bk_opened_block block; /* first */
	struct bk_pack_name pack;
	uint32_t number;
	bool opened; /* else somebody is at it */
	size_t holders;
	struct cached *next;          /* in its bucket */
	struct cached *newer, *older; /* of those that nobody holds */
};

struct bk_block_cache {
	pthread_mutex_t lock; /* of everything */
	pthread_cond_t done;  /* a block was opened, or could not be */
	struct cached *buckets[BUCKETS];
	struct cached *newest, *oldest;
	size_t idle, limit;           /* bytes that nobody holds */
	struct bk_buf spares[SPARES]; /* of blocks that went */
	size_t n_spares;
	struct bk_block_watch *watch;
};

static size_t weight_of(const struct cached *cached)
{
	return cached->block.plain.len + sizeof(*cached);
}

static size_t bucket_of(const struct bk_pack_name *pack, uint32_t number)
{
	size_t at = pack->ordinal * (size_t)31 + number;

	/* The owner is random. */
	return (at + pack->owner[0]) % BUCKETS;
}

static struct cached **find(struct bk_block_cache *cache,
			    const struct bk_pack_name *pack, uint32_t number)
{
	struct cached **at = &cache->buckets[bucket_of(pack, number)];

	while (*at && ((*at)->number != number ||
		       !bk_pack_name_is(&(*at)->pack, pack)))
		at = &(*at)->next;
	return at;
}

static void link_newest(struct bk_block_cache *cache, struct cached *cached)
{
	cached->newer = NULL;
	cached->older = cache->newest;
	if (cache->newest)
		cache->newest->newer = cached;
	else
		cache->oldest = cached;
	cache->newest = cached;
	cache->idle += weight_of(cached);
}

static void unlink_use(struct bk_block_cache *cache, struct cached *cached)
{
	if (cached->newer)
		cached->newer->older = cached->older;
	else
		cache->newest = cached->older;
	if (cached->older)
		cached->older->newer = cached->newer;
	else
		cache->oldest = cached->newer;
	cache->idle -= weight_of(cached);
}

static void forget(struct bk_block_cache *cache, struct cached *cached)
{
	*find(cache, &cached->pack, cached->number) = cached->next;
	if (cached->block.plain.cap && cache->n_spares < SPARES)
		cache->spares[cache->n_spares++] = cached->block.plain;
	else
		bk_buf_clear(&cached->block.plain);
	free(cached->block.chunks);
	free(cached);
}

static void make_room(struct bk_block_cache *cache)
{
	struct cached *cached = cache->oldest;

	while (cached && cache->idle > cache->limit) {
		struct cached *newer = cached->newer;
		unlink_use(cache, cached);
		forget(cache, cached);
		cached = newer;
	}
}

static struct cached *add(struct bk_block_cache *cache,
			  const struct bk_pack_name *pack, uint32_t number)
{
	struct cached *cached = bk_alloc(sizeof(*cached));
	struct cached **bucket = &cache->buckets[bucket_of(pack, number)];

	cached->pack = *pack;
	cached->number = number;
	if (cache->n_spares)
		cached->block.plain = cache->spares[--cache->n_spares];
	cached->next = *bucket;
	*bucket = cached;
	return cached;
}

/* The block, held; or NULL: it is there as `mine`, for the caller to open. */
static struct cached *hold_or_begin(struct bk_block_cache *cache,
				    const struct bk_pack_name *pack,
				    uint32_t number, struct cached **mine)
{
	struct cached *found;

	(void)pthread_mutex_lock(&cache->lock);
	/* What could not be opened is gone when we wake, and is ours. */
	while ((found = *find(cache, pack, number)) && !found->opened)
		(void)pthread_cond_wait(&cache->done, &cache->lock);
	if (!found)
		*mine = add(cache, pack, number);
	else if (!found->holders++)
		unlink_use(cache, found);
	(void)pthread_mutex_unlock(&cache->lock);
	return found;
}

static int open_block(struct bk_block_cache *cache, struct cached *cached,
		      struct bk_pack_reader *pack, struct bk_err *err)
{
	int rc =
		bk_pack_reader_block(pack, cached->number, &cached->block.plain,
				     &cached->block.chunks, err);

	if (rc == 0 && cache->watch)
		cache->watch->opened(cache->watch, pack, cached->number,
				     &cached->block);
	(void)pthread_mutex_lock(&cache->lock);
	if (rc == 0) {
		cached->opened = true;
		cached->holders = 1;
	} else {
		forget(cache, cached);
	}
	(void)pthread_cond_broadcast(&cache->done);
	(void)pthread_mutex_unlock(&cache->lock);
	return rc;
}

int bk_block_cache_get(struct bk_block_cache *cache,
		       struct bk_pack_reader *pack, uint32_t number,
		       struct bk_opened_block **out, struct bk_err *err)
{
	struct bk_pack_name name = bk_pack_reader_name(pack);
	struct cached *mine = NULL;
	struct cached *found = hold_or_begin(cache, &name, number, &mine);

	if (!found && open_block(cache, mine, pack, err) < 0)
		return -1;
	*out = found ? &found->block : &mine->block;
	return 0;
}

void bk_block_cache_let_go(struct bk_block_cache *cache,
			   struct bk_opened_block *block)
{
	if (!block)
		return;
	(void)pthread_mutex_lock(&cache->lock);
	struct cached *cached = (struct cached *)block;
	if (!--cached->holders) {
		link_newest(cache, cached);
		make_room(cache);
	}
	(void)pthread_mutex_unlock(&cache->lock);
}

struct bk_block_cache *bk_block_cache_new(size_t bytes)
{
	struct bk_block_cache *cache = bk_alloc(sizeof(*cache));

	cache->limit = bytes;
	(void)pthread_mutex_init(&cache->lock, NULL);
	(void)pthread_cond_init(&cache->done, NULL);
	return cache;
}

void bk_block_cache_show(struct bk_block_cache *cache,
			 struct bk_block_watch *watch)
{
	cache->watch = watch;
}

void bk_block_cache_free(struct bk_block_cache *cache)
{
	if (!cache)
		return;
	cache->limit = 0;
	make_room(cache);
	while (cache->n_spares)
		bk_buf_clear(&cache->spares[--cache->n_spares]);
	(void)pthread_cond_destroy(&cache->done);
	(void)pthread_mutex_destroy(&cache->lock);
	free(cache);
}
