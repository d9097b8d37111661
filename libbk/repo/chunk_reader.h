/*
 * Chunks of a set, found and opened: one a thread.  Blocks that were opened
 * stay in a cache, the least recently used go first: whoever reads many
 * messages does so block by block (repo/harvest.h).
 */

#ifndef BK_REPO_CHUNK_READER_H
#define BK_REPO_CHUNK_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/stream.h"
#include "repo/set.h"

struct bk_chunk_reader;
struct bk_block_cache; /* repo/block_cache.h */
struct bk_hoard;       /* repo/hoard.h */

/* With a cache of its own, of `cache_bytes` besides the block that is being
 * read.  The set must outlive it. */
struct bk_chunk_reader *bk_chunk_reader_new(const struct bk_set *set,
					    size_t cache_bytes);
/* With the caller's cache, which other readers of sets of the same repository,
 * in other threads, may use too, and which must outlive it. */
struct bk_chunk_reader *bk_chunk_reader_share(const struct bk_set *set,
					      struct bk_block_cache *cache);
void bk_chunk_reader_free(struct bk_chunk_reader *reader); /* NULL is fine */

/*
 * Streams the message of a row (which was read with its body) to `to` as it
 * was backed up, and checks its digest and size: after BK_CORRUPT what went to
 * the sink must not be used.
 */
int bk_chunk_reader_join(struct bk_chunk_reader *reader,
			 const struct bk_row *row, struct bk_sink *to,
			 struct bk_err *err);

/* This row is read next, and not many others: what it needs of packs that are
 * far away is fetched in few requests. */
void bk_chunk_reader_want(struct bk_chunk_reader *reader,
			  const struct bk_row *row);

/* From now on chunks are looked for in `hoard` first, which is the caller's
 * and must live until another one, or NULL, takes its place. */
void bk_chunk_reader_use(struct bk_chunk_reader *reader,
			 const struct bk_hoard *hoard);

/* Lets go of buffers and of the block that was read last: it will not be needed
 * for a while. */
void bk_chunk_reader_rest(struct bk_chunk_reader *reader);

/* One chunk of a trace: *out is valid until the next call of any function here.
 */
int bk_chunk_reader_trace(struct bk_chunk_reader *reader, uint32_t frame,
			  uint64_t ref, struct bk_view *out,
			  struct bk_err *err);

/* The same of a tree of files, whose chunks are all of the set's own frame. */
int bk_chunk_reader_tree(struct bk_chunk_reader *reader, uint64_t ref,
			 struct bk_view *out, struct bk_err *err);

/*
 * A key by which rows that are read all may be sorted, their traces being
 * fetched in advance (repo/hoard.h): by the last block that the row needs, then
 * by the one before.  Blocks are met in the order of the packs then, each by
 * all who share it, and what else they need lies mostly a little behind.  Opens
 * packs; where one cannot be opened the place is a guess.
 */
uint64_t bk_chunk_reader_order(struct bk_chunk_reader *reader,
			       const struct bk_row *row);

#endif
