/*
 * Packs made by hand: a few chunks in blocks as the test says, with right rows
 * and a right block table, which the test may spoil before they are sealed.
 * Every helper fails the test.
 */

#ifndef BK_TESTS_PACKMAKER_H
#define BK_TESTS_PACKMAKER_H

#include "lib/testrepo.h"
#include "repo/container.h"
#include "repo/table.h"

#define PACKMAKER_BLOCKS 4

/* Of one block follow each other. */
struct packed_chunk {
	uint8_t type;
	uint32_t block;
	const char *text;
};

struct packmaker {
	struct bk_buf blocks[PACKMAKER_BLOCKS];
	uint32_t n_blocks;
	struct bk_buf rows;  /* 24 bytes a chunk */
	struct bk_buf table; /* of blocks */
	struct bk_trailer trailer;
};

/* Puts the pack, and describes it as the table of its owner would.  `spoil`
 * may be NULL. */
void packmaker_put(const struct testrepo *t, const uint8_t set[BK_ID_LEN],
		   const struct packed_chunk *chunks, size_t n,
		   void (*spoil)(struct packmaker *pack),
		   struct bk_table_row *row);

/* Appends the rows of an index that names these chunks of pack `ordinal`,
 * sorted. */
void packmaker_index(const struct testrepo *t, uint32_t ordinal,
		     const struct packed_chunk *chunks, size_t n,
		     struct bk_buf *rows);

#endif
