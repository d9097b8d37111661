/*
 * A chunk store in memory: equal chunks of one type are kept once, as in a
 * repository.  And a sink that compares with what is expected.
 */

#ifndef BK_TESTS_CHUNKS_H
#define BK_TESTS_CHUNKS_H

#include <stdlib.h>
#include <string.h>

#include "mail/split.h"

struct chunk {
	enum bk_chunk_type type;
	enum bk_lane lane;
	uint8_t *bytes; /* exactly as long as len, for the sanitizers */
	size_t len;
	uint64_t hash;
};

struct chunks {
	struct bk_chunk_sink sink;
	struct bk_chunk_source source;
	struct chunk *items;
	size_t n, cap;
	size_t kept;    /* calls of keep */
	size_t fail_at; /* the keep that fails, from 1; 0 = none */
	size_t longest;
};

static inline uint64_t chunk_hash(enum bk_chunk_type type, struct bk_view bytes)
{
	uint64_t hash = 0xcbf29ce484222325 ^ (uint64_t)type;

	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ bytes.data[i]) * 0x100000001b3;
	return hash;
}

static inline int chunks_keep(struct bk_chunk_sink *to, enum bk_chunk_type type,
			      enum bk_lane lane, struct bk_view bytes,
			      uint64_t *ref, struct bk_err *err)
{
	struct chunks *chunks = (struct chunks *)to;
	uint64_t hash = chunk_hash(type, bytes);

	if (++chunks->kept == chunks->fail_at)
		return bk_fail(err, BK_FULL, "no room");
	if (!bytes.len || bytes.len > BK_CHUNK_MAX)
		abort();
	if (bytes.len > chunks->longest)
		chunks->longest = bytes.len;
	for (size_t i = 0; i < chunks->n; i++) {
		struct chunk *old = &chunks->items[i];
		if (old->hash != hash || old->type != type ||
		    old->len != bytes.len ||
		    memcmp(old->bytes, bytes.data, bytes.len) != 0)
			continue;
		*ref = i;
		return 0;
	}
	chunks->items = bk_array_room(chunks->items, chunks->n, &chunks->cap,
				      sizeof(*chunks->items));
	struct chunk *chunk = &chunks->items[chunks->n];
	*chunk = (struct chunk){type, lane, malloc(bytes.len), bytes.len, hash};
	memcpy(chunk->bytes, bytes.data, bytes.len);
	*ref = chunks->n++;
	return 0;
}

static inline int chunks_chunk(struct bk_chunk_source *from, uint64_t ref,
			       struct bk_view *out, struct bk_err *err)
{
	struct chunks *chunks =
		(struct chunks *)((char *)from -
				  offsetof(struct chunks, source));

	if (ref >= chunks->n)
		return bk_fail(err, BK_CORRUPT, "no such chunk");
	*out = (struct bk_view){chunks->items[ref].bytes,
				chunks->items[ref].len};
	return 0;
}

static inline void chunks_init(struct chunks *chunks)
{
	*chunks = (struct chunks){.sink = {chunks_keep},
				  .source = {.chunk = chunks_chunk}};
}

static inline void chunks_clear(struct chunks *chunks)
{
	for (size_t i = 0; i < chunks->n; i++)
		free(chunks->items[i].bytes);
	free(chunks->items);
	chunks_init(chunks);
}

/* The n-th chunk of a type, or NULL. */
static inline const struct chunk *chunks_of(const struct chunks *chunks,
					    enum bk_chunk_type type, size_t n)
{
	for (size_t i = 0; i < chunks->n; i++) {
		if (chunks->items[i].type == type && n-- == 0)
			return &chunks->items[i];
	}
	return NULL;
}

struct expecting {
	struct bk_sink sink;
	struct bk_view left;
	int differs;
};

static inline int expecting_write(struct bk_sink *to, const void *bytes,
				  size_t len, struct bk_err *err)
{
	struct expecting *expecting = (struct expecting *)to;

	(void)err;
	if (len > expecting->left.len ||
	    memcmp(expecting->left.data, bytes, len) != 0) {
		expecting->differs = 1;
		return 0;
	}
	expecting->left.data += len;
	expecting->left.len -= len;
	return 0;
}

static inline void expecting_init(struct expecting *expecting,
				  struct bk_view bytes)
{
	*expecting =
		(struct expecting){.sink = {expecting_write}, .left = bytes};
}

#endif
