/*
 * A pack, opened for reading: which chunk lies in which block, and where in
 * it.  One thread at a time.  bk-format(5), PACKS.
 */

#ifndef BK_REPO_PACK_READER_H
#define BK_REPO_PACK_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/repo.h"
#include "repo/table.h"

struct bk_pack_reader;
struct bk_file_reader; /* repo/container.h */

/* Reads header, trailer and block table; compares them with the row. */
int bk_pack_reader_open(struct bk_pack_reader **out, const struct bk_repo *repo,
			const struct bk_table_row *row, struct bk_err *err);
void bk_pack_reader_close(struct bk_pack_reader *pack); /* NULL is fine */

/* Is this the pack that the row describes? */
bool bk_pack_reader_is(const struct bk_pack_reader *pack,
		       const struct bk_table_row *row);

/* Which pack this is, in its repository. */
struct bk_pack_name {
	uint8_t owner[16]; /* the set that wrote it */
	uint32_t ordinal;  /* among the packs of that set */
};

struct bk_pack_name bk_pack_reader_name(const struct bk_pack_reader *pack);
bool bk_pack_name_is(const struct bk_pack_name *a,
		     const struct bk_pack_name *b);

uint32_t bk_pack_reader_blocks(const struct bk_pack_reader *pack);
uint32_t bk_pack_reader_chunks(const struct bk_pack_reader *pack);

/* A block, as the block table has it. */
struct bk_pack_entry {
	uint32_t offset;    /* of the block's head in the file */
	uint32_t stored;    /* its length there, with its head */
	uint32_t plain_len; /* of its chunks */
	uint32_t first;     /* number of its first chunk */
};

/* Valid as long as the pack is open; block + 1 is there, too, and its first
 * chunk is the one behind. */
const struct bk_pack_entry *bk_pack_reader_entry(
	const struct bk_pack_reader *pack, uint32_t block);

/* The file beneath. */
struct bk_file_reader *bk_pack_reader_file(struct bk_pack_reader *pack);

/* The block that a chunk lies in, and the first chunk of that block. */
int bk_pack_reader_find(const struct bk_pack_reader *pack, uint32_t chunk,
			uint32_t *block, uint32_t *first, struct bk_err *err);

/* A chunk in its block. */
struct bk_chunk_at {
	uint32_t start; /* in the plain block */
	uint8_t type;   /* enum bk_chunk_type */
};

/*
 * Opens a block: *plain (emptied first) gets its chunks, *chunks (the caller's
 * to free) where each begins in it, and one more that begins where they end.
 * Lengths that do not add up are BK_CORRUPT.
 */
int bk_pack_reader_block(struct bk_pack_reader *pack, uint32_t block,
			 struct bk_buf *plain, struct bk_chunk_at **chunks,
			 struct bk_err *err);

/* Where each chunk of a block begins in it, by its rows, as above: the caller's
 * to free.  Reads no data; NULL when they do not add up. */
struct bk_chunk_at *bk_pack_reader_chunks_of(struct bk_pack_reader *pack,
					     uint32_t block,
					     struct bk_err *err);

/* These blocks, and the rows of their chunks, are read next: what is far away
 * fetches them in few requests.  At most 8. */
void bk_pack_reader_want(const struct bk_pack_reader *pack,
			 const uint32_t *blocks, size_t n);

/* The row of a chunk: 24 bytes as in the file, valid until the next call; its
 * type and length are possible ones.  NULL on failure. */
const uint8_t *bk_pack_reader_row(struct bk_pack_reader *pack, uint32_t chunk,
				  struct bk_err *err);

/* Lets go of buffers: for a pack that will not be read for a while. */
void bk_pack_reader_rest(struct bk_pack_reader *pack);
/* Takes the buffers of `from`, which will not be read for a while. */
void bk_pack_reader_take_over(struct bk_pack_reader *pack,
			      struct bk_pack_reader *from);

/* That all rows agree with the block table; *types (the caller's to free) gets
 * the type of each chunk.  Reads no data. */
int bk_pack_reader_types(struct bk_pack_reader *pack, uint8_t **types,
			 struct bk_err *err);

/* The generation of its keys. */
uint32_t bk_pack_reader_generation(const struct bk_pack_reader *pack);

/* That every byte of the body is as the table says, every block opens, and
 * every chunk has the identifier of its bytes. */
int bk_pack_reader_prove(struct bk_pack_reader *pack, struct bk_err *err);

/*
 * The same in two parts, for who opens the blocks of data anyway: the body,
 * whose blocks of data stay closed, and each of those, which was opened by
 * bk_pack_reader_block.
 */
int bk_pack_reader_prove_body(struct bk_pack_reader *pack, struct bk_err *err);
int bk_pack_reader_prove_block(struct bk_pack_reader *pack, uint32_t block,
			       struct bk_view plain,
			       const struct bk_chunk_at *chunks,
			       struct bk_err *err);

#endif
