/*
 * The pack table of a set: which packs its references run over, by whom they
 * were written and how to know that they are whole.  bk-format(5), PACK TABLE.
 * Bytes in memory only; no I/O.
 */

#ifndef BK_REPO_TABLE_H
#define BK_REPO_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/digest.h"
#include "repo/id.h"

#define BK_TABLE_ROW_LEN    96
#define BK_TABLE_BLOCK_ROWS 682 /* rows to a row block */
#define BK_TABLE_ROWS_MAX   ((size_t)1 << 20)

enum bk_table_flag {
	BK_TABLE_OWN = 1,     /* written by this set */
	BK_TABLE_REUSED = 2,  /* written by another: exactly one of the two */
	BK_TABLE_SEALED = 4,  /* key mode 2 */
	BK_TABLE_BUNDLED = 8, /* lies in its owner's bundle */
};

struct bk_table_row {
	uint32_t ordinal; /* its place in the table */
	uint8_t flags;    /* enum bk_table_flag */
	uint8_t owner[BK_ID_LEN];
	uint32_t owner_ordinal; /* its number in the owner's files */
	uint32_t chunks;
	uint64_t body_len, file_len;
	uint8_t sha256[BK_SHA256_LEN];      /* of the body */
	uint64_t offset;                    /* in the bundle, else 0 */
	uint32_t blocks_offset, blocks_len; /* the block table in the file */
};

/* {0} is a valid empty one. */
struct bk_table {
	struct bk_table_row *rows; /* owned */
	size_t n, cap;
};

void bk_table_clear(struct bk_table *table);

/* Makes it n rows; new ones are zeroed but for their ordinal. */
void bk_table_resize(struct bk_table *table, size_t n);

/* One more row, zeroed but for its ordinal; valid until the next call. */
struct bk_table_row *bk_table_add(struct bk_table *table);

/* The row of a pack by its owner, or NULL.  Looks at every row. */
const struct bk_table_row *bk_table_find(const struct bk_table *table,
					 const uint8_t owner[BK_ID_LEN],
					 uint32_t owner_ordinal);

/* Appends the data of the row block that begins with row `first`: up to
 * BK_TABLE_BLOCK_ROWS rows.  Returns the rows appended, 0 at the end. */
size_t bk_table_encode(const struct bk_table *table, size_t first,
		       struct bk_buf *to);

/*
 * Appends the rows of one row block; blocks come in their order.  `set` is
 * whose table it is.  BK_CORRUPT for anything that a row cannot say by itself:
 * an ordinal that is not its place, flags that are not known or exclude each
 * other, an own row of another set, offsets outside the file.
 */
int bk_table_decode(struct bk_table *table, const uint8_t set[BK_ID_LEN],
		    struct bk_view data, struct bk_err *err);

/* After all blocks: that no pack has two rows. */
int bk_table_check(const struct bk_table *table, struct bk_err *err);

/* Where the pack lies: the object's name in `out`, which is returned. */
const char *bk_table_row_name(char out[BK_NAME_MAX],
			      const struct bk_table_row *row);

#endif
