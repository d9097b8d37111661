/* What was fetched once, answered again: see cache.h. */

#include "target/cache.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "target/cache_files.h"
#include "target/cache_pieces.h"
#include "target/cache_sights.h"
#include "target/wrapper.h"

#define SMALL    ((uint64_t)64 << 10)  /* that a get takes at least */
#define MEMORY   ((uint64_t)256 << 10) /* that is fetched into memory */
#define MOST     ((uint64_t)256 << 20)
#define NO_LIMIT UINT64_MAX

/* What is wanted at a time; what lies so near to each other is fetched in one
 * piece: where a request has several stretches only what saves their heads. */
#define WANTED       16u
#define WANTED_BYTES ((uint64_t)4 << 20)
#define NEAR         ((uint64_t)128 << 10)
#define NEAR_OF_MANY ((uint64_t)512)

struct cache {
	struct bk_wrapper wrapper;
	struct bk_cache_files *files; /* NULL: none */
	struct bk_pieces *pieces;
	struct bk_sights *sights;
};

struct range {
	const char *name;
	uint64_t offset, len;
};

/* Is it written once, and is it no harm to know it when it is gone? */
static bool is_kept(const char *name)
{
	return bk_cache_is_below(name, "data") ||
	       bk_cache_is_below(name, "sets");
}

static bool is_kept_in_folder(const char *name)
{
	size_t len = strlen(name);

	return is_kept(name) &&
	       !(len > 4 && strcmp(name + len - 4, ".bkp") == 0);
}

/* How much would be worth fetching for what is asked for. */
static uint64_t worth(struct cache *cache, const char *name,
		      struct bk_stretch want)
{
	uint64_t run = bk_sights_run(cache->sights, name, want);

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
	uint64_t upto = bk_sights_upto(cache->sights, want->name);
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
	bk_pieces_drop(cache->pieces, name);
	bk_sights_drop(cache->sights, name);
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

/* In both. */
static void remember(struct cache *cache, const struct range *got,
		     struct bk_view bytes, uint64_t size)
{
	struct bk_cache_store *store = begin_to_keep(cache, got);

	bk_cache_store_write(store, bytes.data, bytes.len);
	bk_cache_store_end(store, true);
	bk_pieces_keep(cache->pieces, got->name, got->offset, bytes, size);
	bk_sights_saw(cache->sights, got->name, got->offset + got->len);
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
		remember(cache, fetch, bk_buf_view(&bytes), BK_SIZE_UNKNOWN);
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
		bk_sights_saw(cache->sights, want->name,
			      want->offset + want->len);
	return rc;
}

static int cache_get(struct bk_target *target, const char *name,
		     uint64_t offset, uint64_t len, struct bk_sink *to,
		     struct bk_err *err)
{
	struct cache *cache = (struct cache *)target;
	struct range want = {name, offset, len};
	struct bk_stretch at = {offset, len};
	struct bk_buf bytes = {0};
	uint64_t sent = 0;
	int rc = 0;

	if (!len || len > NO_LIMIT - offset || !is_kept(name))
		return get_below(cache, &want, to, err);
	uint64_t more = worth(cache, name, at);
	if (bk_pieces_find(cache->pieces, name, at, &bytes)) {
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
	struct bk_stretch at = {offset, len};
	struct bk_buf bytes = {0};

	if (!len || !bk_pieces_find(cache->pieces, name, at, &bytes))
		return get_below(cache, &want, to, err);
	int rc = to->write(to, bytes.data, bytes.len, err);
	bk_buf_clear(&bytes);
	return rc;
}

/* A begin in the folder is all of it where a listing of this run says so. */
static bool find_whole(struct cache *cache, const char *name, uint64_t most,
		       struct bk_buf *into, uint64_t *size)
{
	struct bk_err ignored = {0};
	struct bk_buf_sink sink;
	uint64_t sent = 0;

	if (!cache->files || !bk_sights_size(cache->sights, name, size) ||
	    *size > most)
		return false;
	into->len = 0;
	bk_buf_sink_init(&sink, into, (size_t)*size);
	return send_file(cache, &(struct range){name, 0, *size}, &sink.sink,
			 &sent, &ignored) == 0 &&
	       sent && sent == *size;
}

static int cache_peek(struct bk_target *target, const char *name, uint64_t most,
		      struct bk_buf *into, uint64_t *size, struct bk_err *err)
{
	struct cache *cache = (struct cache *)target;
	struct bk_target *below = cache->wrapper.below;
	struct bk_err why = {0};

	if (!is_kept(name))
		return bk_target_peek(below, name, most, into, size, err);
	if (bk_pieces_peek(cache->pieces, name, most, into, size) ||
	    find_whole(cache, name, most, into, size))
		return 0;
	if (bk_target_peek(below, name, most, into, size, &why) < 0) {
		if (why.kind == BK_GONE)
			drop(cache, name);
		*err = why;
		return -1;
	}
	struct range got = {name, 0, into->len};
	if (into->len)
		remember(cache, &got, bk_buf_view(into), *size);
	bk_sights_saw(cache->sights, name, *size);
	return 0;
}

/* ---- what is wanted next ---- */

static int by_offset(const void *a, const void *b)
{
	const struct bk_stretch *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

static bool is_here(struct cache *cache, const char *name,
		    struct bk_stretch stretch)
{
	uint64_t at;
	int fd = -1;

	if (bk_pieces_find(cache->pieces, name, stretch, NULL))
		return true;
	if (cache->files && is_kept_in_folder(name))
		fd = bk_cache_files_find(cache->files, name, stretch.offset,
					 stretch.len, &at);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* Those that are not here, in order and put together where they are near. */
static size_t choose(struct cache *cache, const char *name,
		     const struct bk_stretch *stretches, size_t n,
		     struct bk_stretch chosen[WANTED])
{
	uint64_t near =
		cache->wrapper.below->ops->get_many ? NEAR_OF_MANY : NEAR;
	struct bk_stretch sorted[WANTED];
	uint64_t bytes = 0;
	size_t k = 0;

	if (!n)
		return 0;
	n = n < WANTED ? n : WANTED;
	memcpy(sorted, stretches, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_offset);
	for (size_t i = 0; i < n; i++) {
		struct bk_stretch *last = k ? &chosen[k - 1] : NULL;
		struct bk_stretch s = sorted[i];
		bytes += s.len;
		if (!s.len || s.len > NO_LIMIT - s.offset - near ||
		    bytes > WANTED_BYTES || is_here(cache, name, s))
			continue;
		if (!last || s.offset > last->offset + last->len + near)
			chosen[k++] = s;
		else if (s.offset + s.len > last->offset + last->len)
			last->len = s.offset + s.len - last->offset;
	}
	return k;
}

static int fetch_many(struct cache *cache, const char *name,
		      const struct bk_stretch *stretches, size_t n)
{
	struct bk_target *below = cache->wrapper.below;
	struct bk_buf bytes = {0};
	struct bk_buf_sink to;
	struct bk_err ignored = {0};
	size_t at = 0;

	bk_buf_sink_init(&to, &bytes, (size_t)(2 * WANTED_BYTES));
	int rc = below->ops->get_many(below, name, stretches, n, &to.sink,
				      &ignored);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct bk_stretch *s = &stretches[i];
		struct range got = {name, s->offset, s->len};
		if (s->len > bytes.len - at)
			break;
		remember(cache, &got,
			 (struct bk_view){bytes.data + at, (size_t)s->len},
			 BK_SIZE_UNKNOWN);
		at += (size_t)s->len;
	}
	bk_buf_clear(&bytes);
	return rc;
}

static void cache_want(struct bk_target *target, const char *name,
		       const struct bk_stretch *stretches, size_t n)
{
	struct cache *cache = (struct cache *)target;
	struct bk_stretch chosen[WANTED];
	struct bk_buf bytes = {0};
	struct bk_err ignored = {0};
	int rc = 0;

	if (!is_kept(name))
		return;
	n = choose(cache, name, stretches, n, chosen);
	if (n > 1 && cache->wrapper.below->ops->get_many &&
	    fetch_many(cache, name, chosen, n) == 0)
		return;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct range got = {name, chosen[i].offset, chosen[i].len};
		rc = bk_target_read(cache->wrapper.below, name, got.offset,
				    got.len, &bytes, &ignored);
		if (rc == 0)
			remember(cache, &got, bk_buf_view(&bytes),
				 BK_SIZE_UNKNOWN);
	}
	bk_buf_clear(&bytes);
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
	bk_pieces_keep_only(cache->pieces, folder, out);
	if (cache->files)
		bk_cache_files_keep_only(cache->files, folder, out);
	bk_sights_listed(cache->sights, folder, out);
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
		bk_sights_saw(cache->sights, name, *size);
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
	bk_pieces_free(cache->pieces);
	bk_sights_free(cache->sights);
	free(cache);
}

struct bk_target *bk_cache_open(struct bk_target *below, const char *folder,
				uint64_t most)
{
	struct cache *cache = bk_alloc(sizeof(*cache));
	struct bk_target_ops *ops = &cache->wrapper.ops;

	bk_wrapper_init(&cache->wrapper, below);
	cache->pieces = bk_pieces_new();
	cache->sights = bk_sights_new();
	if (folder)
		cache->files = bk_cache_files_open(folder, most ? most : MOST);
	ops->close = cache_close;
	ops->put_begin = cache_put_begin;
	ops->get = cache_get;
	ops->get_stored = cache_get_stored;
	ops->list = cache_list;
	ops->stat = cache_stat;
	ops->remove = cache_remove;
	ops->peek = cache_peek;
	ops->want = cache_want;
	return &cache->wrapper.target;
}
