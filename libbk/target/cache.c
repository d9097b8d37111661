/* What was fetched once, answered again: see cache.h. */

#include "target/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "target/cache_files.h"
#include "target/wrapper.h"

#define SMALL    ((uint64_t)64 << 10)  /* that a get takes at least */
#define MEMORY   ((uint64_t)256 << 10) /* that is fetched into memory */
#define PIECES   16u                   /* in memory */
#define SIGHTED  64u                   /* blobs whose reach is known */
#define MOST     ((uint64_t)256 << 20)
#define NO_LIMIT UINT64_MAX

struct piece {
	char *name; /* NULL: free */
	uint64_t offset;
	struct bk_buf bytes;
};

/* What is known of a blob from what was asked for. */
struct sighting {
	char *name;    /* NULL: free */
	uint64_t upto; /* it is at least so long */
	uint64_t next; /* where the last get of it ended */
	uint64_t run;  /* bytes that were got in order before that */
};

struct cache {
	struct bk_wrapper wrapper;
	struct bk_cache_files *files; /* NULL: none */
	pthread_mutex_t lock;
	struct piece pieces[PIECES]; /* in turn */
	struct sighting sightings[SIGHTED];
	unsigned next_piece, next_sighting;
};

struct range {
	const char *name;
	uint64_t offset, len;
};

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

/* Is it written once, and is it no harm to know it when it is gone? */
static bool is_kept(const char *name)
{
	return begins(name, "data/") || begins(name, "sets/");
}

static bool is_kept_in_folder(const char *name)
{
	size_t len = strlen(name);

	return is_kept(name) &&
	       !(len > 4 && strcmp(name + len - 4, ".bkp") == 0);
}

/* ---- memory ---- */

static void piece_clear(struct piece *piece)
{
	free(piece->name);
	bk_buf_clear(&piece->bytes);
	*piece = (struct piece){0};
}

/* Copies the range, if it is in memory. */
static bool recall(struct cache *cache, const struct range *want,
		   struct bk_buf *out)
{
	bool found = false;

	(void)pthread_mutex_lock(&cache->lock);
	for (unsigned i = 0; i < PIECES && !found; i++) {
		const struct piece *p = &cache->pieces[i];
		if (!p->name || strcmp(p->name, want->name) != 0 ||
		    want->offset < p->offset || want->len > p->bytes.len ||
		    want->offset - p->offset > p->bytes.len - want->len)
			continue;
		found = true;
		bk_buf_add(out, p->bytes.data + (want->offset - p->offset),
			   (size_t)want->len);
	}
	(void)pthread_mutex_unlock(&cache->lock);
	return found;
}

static void remember(struct cache *cache, const struct range *got,
		     const struct bk_buf *bytes)
{
	(void)pthread_mutex_lock(&cache->lock);
	struct piece *piece = &cache->pieces[cache->next_piece++ % PIECES];
	piece_clear(piece);
	piece->name = bk_strdup(got->name);
	piece->offset = got->offset;
	bk_buf_add(&piece->bytes, bytes->data, bytes->len);
	(void)pthread_mutex_unlock(&cache->lock);
}

/* With the lock held; a new one if need be. */
static struct sighting *sighting_of(struct cache *cache, const char *name)
{
	struct sighting *s;

	for (unsigned i = 0; i < SIGHTED; i++) {
		s = &cache->sightings[i];
		if (s->name && strcmp(s->name, name) == 0)
			return s;
	}
	s = &cache->sightings[cache->next_sighting++ % SIGHTED];
	free(s->name);
	*s = (struct sighting){.name = bk_strdup(name)};
	return s;
}

static void saw(struct cache *cache, const char *name, uint64_t upto)
{
	(void)pthread_mutex_lock(&cache->lock);
	struct sighting *s = sighting_of(cache, name);
	if (upto > s->upto)
		s->upto = upto;
	(void)pthread_mutex_unlock(&cache->lock);
}

/* Notes what is asked for, and says how much would be worth fetching. */
static uint64_t worth(struct cache *cache, const struct range *want)
{
	(void)pthread_mutex_lock(&cache->lock);
	struct sighting *s = sighting_of(cache, want->name);
	bool in_order = want->offset && s->next == want->offset;
	s->run = in_order ? s->run + want->len : want->len;
	s->next = want->offset + want->len;
	uint64_t run = s->run;
	(void)pthread_mutex_unlock(&cache->lock);
	return run < SMALL ? SMALL : run < MEMORY ? run : MEMORY;
}

/* What is fetched for it, if `more` bytes are worth it. */
static struct range widen(struct cache *cache, const struct range *want,
			  uint64_t more)
{
	struct range wider = *want;
	uint64_t end = want->offset + want->len;

	if (want->len >= more)
		return wider;
	(void)pthread_mutex_lock(&cache->lock);
	uint64_t upto = sighting_of(cache, want->name)->upto;
	(void)pthread_mutex_unlock(&cache->lock);
	if (upto > end) {
		uint64_t left = upto - want->offset;
		/* Who reads on in order will ask for the same length. */
		if (want->len > SMALL)
			more -= more % want->len;
		wider.len = left < more ? left : more;
	} else if (want->len < SMALL) {
		wider.offset = end > SMALL ? end - SMALL : 0;
		wider.len = end - wider.offset;
	}
	return wider;
}

static void drop(struct cache *cache, const char *name)
{
	(void)pthread_mutex_lock(&cache->lock);
	for (unsigned i = 0; i < PIECES; i++)
		if (cache->pieces[i].name &&
		    strcmp(cache->pieces[i].name, name) == 0)
			piece_clear(&cache->pieces[i]);
	for (unsigned i = 0; i < SIGHTED; i++)
		if (cache->sightings[i].name &&
		    strcmp(cache->sightings[i].name, name) == 0) {
			free(cache->sightings[i].name);
			cache->sightings[i] = (struct sighting){0};
		}
	(void)pthread_mutex_unlock(&cache->lock);
	if (cache->files)
		bk_cache_files_drop(cache->files, name);
}

/* ---- the folder ---- */

/* 0 and *sent bytes of the range from the folder, as many as it has; -1 when
 * the sink fails. */
static int send_file(struct cache *cache, const struct range *want,
		     struct bk_sink *to, uint64_t *sent, struct bk_err *err)
{
	uint64_t at = 0;
	int rc = 0;

	int fd = bk_cache_files_find(cache->files, want->name, want->offset,
				     want->len, &at);
	if (fd < 0)
		return 0;
	char *room = bk_alloc((size_t)SMALL);
	while (*sent < want->len && rc == 0) {
		uint64_t left = want->len - *sent;
		size_t n = (size_t)(left < SMALL ? left : SMALL);
		struct bk_err why = {0};
		if (bk_fd_read_at(fd, room, n, at + *sent, &why) < 0)
			break;
		rc = to->write(to, room, n, err);
		*sent += n;
	}
	free(room);
	(void)close(fd);
	return rc;
}

/* What passes is kept, too. */
struct keeping_sink {
	struct bk_sink sink;
	struct bk_sink *to;
	struct bk_cache_store *store;
};

static int keep_write(struct bk_sink *base, const void *data, size_t len,
		      struct bk_err *err)
{
	struct keeping_sink *sink = (struct keeping_sink *)base;

	bk_cache_store_write(sink->store, data, len);
	return sink->to->write(sink->to, data, len, err);
}

static struct bk_cache_store *begin_to_keep(struct cache *cache,
					    const struct range *r)
{
	if (!cache->files || !is_kept_in_folder(r->name))
		return NULL;
	return bk_cache_store_begin(cache->files, r->name, r->offset, r->len);
}

/* ---- gets ---- */

static int get_below(struct cache *cache, const struct range *r,
		     struct bk_sink *to, struct bk_err *err)
{
	return bk_target_get(cache->wrapper.below, r->name, r->offset, r->len,
			     to, err);
}

static int fetch_and_keep(struct cache *cache, const struct range *want,
			  struct bk_sink *to, struct bk_err *err)
{
	struct keeping_sink keeping = {
		{keep_write}, to, begin_to_keep(cache, want)};

	int rc = get_below(cache, want, &keeping.sink, err);
	bk_cache_store_end(keeping.store, rc == 0);
	return rc;
}

/* A little more than is wanted, into memory. */
static int fetch_more(struct cache *cache, const struct range *want,
		      const struct range *fetch, struct bk_sink *to,
		      struct bk_err *err)
{
	struct bk_buf bytes = {0};
	struct bk_err why = {0};

	int rc = bk_target_read(cache->wrapper.below, fetch->name,
				fetch->offset, fetch->len, &bytes, &why);
	if (rc < 0 && why.kind == BK_CORRUPT && fetch->len > want->len) {
		/* It is not as long as it was: that is told of what was
		 * asked for, if it is so. */
		drop(cache, want->name);
		rc = get_below(cache, want, to, err);
	} else if (rc < 0) {
		*err = why;
	} else {
		struct bk_cache_store *store = begin_to_keep(cache, fetch);
		bk_cache_store_write(store, bytes.data, bytes.len);
		bk_cache_store_end(store, true);
		remember(cache, fetch, &bytes);
		rc = to->write(to, bytes.data + (want->offset - fetch->offset),
			       (size_t)want->len, err);
	}
	bk_buf_clear(&bytes);
	return rc;
}

static int fetch(struct cache *cache, const struct range *want, uint64_t more,
		 struct bk_sink *to, struct bk_err *err)
{
	struct range wider = widen(cache, want, more);

	int rc = wider.len <= MEMORY ? fetch_more(cache, want, &wider, to, err)
				     : fetch_and_keep(cache, want, to, err);
	if (rc == 0)
		saw(cache, want->name, want->offset + want->len);
	return rc;
}

static int cache_get(struct bk_target *target, const char *name,
		     uint64_t offset, uint64_t len, struct bk_sink *to,
		     struct bk_err *err)
{
	struct cache *cache = (struct cache *)target;
	struct range want = {name, offset, len};
	struct bk_buf bytes = {0};
	uint64_t sent = 0;
	int rc = 0;

	if (!len || len > NO_LIMIT - offset || !is_kept(name))
		return get_below(cache, &want, to, err);
	uint64_t more = worth(cache, &want);
	if (recall(cache, &want, &bytes)) {
		rc = to->write(to, bytes.data, bytes.len, err);
		bk_buf_clear(&bytes);
		return rc;
	}
	if (cache->files && is_kept_in_folder(name))
		rc = send_file(cache, &want, to, &sent, err);
	if (rc < 0 || sent == len)
		return rc;
	if (!sent)
		return fetch(cache, &want, more, to, err);
	want.offset += sent;
	want.len -= sent;
	return get_below(cache, &want, to, err);
}

static int cache_get_stored(struct bk_target *target, const char *name,
			    uint64_t offset, uint64_t len, struct bk_sink *to,
			    struct bk_err *err)
{
	struct cache *cache = (struct cache *)target;
	struct range want = {name, offset, len};
	struct bk_buf bytes = {0};

	if (!len || !recall(cache, &want, &bytes))
		return get_below(cache, &want, to, err);
	int rc = to->write(to, bytes.data, bytes.len, err);
	bk_buf_clear(&bytes);
	return rc;
}

/* ---- the other ops ---- */

static int cache_put_begin(struct bk_target *target, const char *name,
			   uint64_t length, struct bk_put **out,
			   struct bk_err *err)
{
	struct cache *cache = (struct cache *)target;

	drop(cache, name);
	return bk_wrapper_put_begin(target, name, length, out, err);
}

static int cache_list(struct bk_target *target, const char *folder,
		      struct bk_blob_list *out, struct bk_err *err)
{
	struct cache *cache = (struct cache *)target;

	if (bk_target_list(cache->wrapper.below, folder, out, err) < 0)
		return -1;
	(void)pthread_mutex_lock(&cache->lock);
	for (unsigned i = 0; i < PIECES; i++)
		if (cache->pieces[i].name &&
		    bk_cache_is_below(cache->pieces[i].name, folder) &&
		    !bk_blob_list_find(out, cache->pieces[i].name))
			piece_clear(&cache->pieces[i]);
	(void)pthread_mutex_unlock(&cache->lock);
	if (cache->files)
		bk_cache_files_keep_only(cache->files, folder, out);
	return 0;
}

static int cache_stat(struct bk_target *target, const char *name,
		      uint64_t *size, struct bk_err *err)
{
	struct cache *cache = (struct cache *)target;
	struct bk_err why = {0};

	if (bk_target_stat(cache->wrapper.below, name, size, &why) < 0) {
		if (why.kind == BK_GONE)
			drop(cache, name);
		*err = why;
		return -1;
	}
	if (is_kept(name))
		saw(cache, name, *size);
	return 0;
}

static int cache_remove(struct bk_target *target, const char *name,
			struct bk_err *err)
{
	struct cache *cache = (struct cache *)target;

	drop(cache, name);
	return bk_target_remove(cache->wrapper.below, name, err);
}

static void cache_close(struct bk_target *target)
{
	struct cache *cache = (struct cache *)target;

	bk_wrapper_close_below(&cache->wrapper);
	bk_cache_files_close(cache->files);
	for (unsigned i = 0; i < PIECES; i++)
		piece_clear(&cache->pieces[i]);
	for (unsigned i = 0; i < SIGHTED; i++)
		free(cache->sightings[i].name);
	(void)pthread_mutex_destroy(&cache->lock);
	free(cache);
}

struct bk_target *bk_cache_open(struct bk_target *below, const char *folder,
				uint64_t most)
{
	struct cache *cache = bk_alloc(sizeof(*cache));
	struct bk_target_ops *ops = &cache->wrapper.ops;

	bk_wrapper_init(&cache->wrapper, below);
	(void)pthread_mutex_init(&cache->lock, NULL);
	if (folder)
		cache->files = bk_cache_files_open(folder, most ? most : MOST);
	ops->close = cache_close;
	ops->put_begin = cache_put_begin;
	ops->get = cache_get;
	ops->get_stored = cache_get_stored;
	ops->list = cache_list;
	ops->stat = cache_stat;
	ops->remove = cache_remove;
	return &cache->wrapper.target;
}
