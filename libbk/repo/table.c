/* Rows of pack tables: see table.h. */

#include "repo/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

#define BODY_LEN_MAX ((uint64_t)4 << 30)
#define HEADER_LEN   256
#define TRAILER_LEN  156
#define FOOTER_LEN   64
#define KNOWN_FLAGS                                                            \
	(BK_TABLE_OWN | BK_TABLE_REUSED | BK_TABLE_SEALED | BK_TABLE_BUNDLED)

void bk_table_clear(struct bk_table *table)
{
	free(table->rows);
	*table = (struct bk_table){0};
}

void bk_table_resize(struct bk_table *table, size_t n)
{
	while (table->n < n)
		(void)bk_table_add(table);
	table->n = n;
}

struct bk_table_row *bk_table_add(struct bk_table *table)
{
	table->rows = bk_array_room(table->rows, table->n, &table->cap,
				    sizeof(*table->rows));
	struct bk_table_row *row = &table->rows[table->n];
	*row = (struct bk_table_row){.ordinal = (uint32_t)table->n};
	table->n++;
	return row;
}

const struct bk_table_row *bk_table_find(const struct bk_table *table,
					 const uint8_t owner[BK_ID_LEN],
					 uint32_t owner_ordinal)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct bk_table_row *row = &table->rows[i];
		if (row->owner_ordinal == owner_ordinal &&
		    memcmp(row->owner, owner, BK_ID_LEN) == 0)
			return row;
	}
	return NULL;
}

static void encode_row(const struct bk_table_row *row, struct bk_buf *to)
{
	static const uint8_t zeros[3];

	bk_buf_add_u32(to, row->ordinal);
	bk_buf_add_u8(to, row->flags);
	bk_buf_add(to, zeros, sizeof(zeros));
	bk_buf_add(to, row->owner, sizeof(row->owner));
	bk_buf_add_u32(to, row->owner_ordinal);
	bk_buf_add_u32(to, row->chunks);
	bk_buf_add_u64(to, row->body_len);
	bk_buf_add_u64(to, row->file_len);
	bk_buf_add(to, row->sha256, sizeof(row->sha256));
	bk_buf_add_u64(to, row->offset);
	bk_buf_add_u32(to, row->blocks_offset);
	bk_buf_add_u32(to, row->blocks_len);
}

size_t bk_table_encode(const struct bk_table *table, size_t first,
		       struct bk_buf *to)
{
	size_t n = first < table->n ? table->n - first : 0;

	if (n > BK_TABLE_BLOCK_ROWS)
		n = BK_TABLE_BLOCK_ROWS;
	for (size_t i = first; i < first + n; i++)
		encode_row(&table->rows[i], to);
	return n;
}

static void decode_row(struct bk_cursor *from, struct bk_table_row *row,
		       bool *zeros)
{
	row->ordinal = bk_cursor_u32(from);
	row->flags = bk_cursor_u8(from);
	uint8_t low = bk_cursor_u8(from);
	uint16_t high = bk_cursor_u16(from);
	*zeros = low == 0 && high == 0;
	bk_cursor_copy(from, row->owner, sizeof(row->owner));
	row->owner_ordinal = bk_cursor_u32(from);
	row->chunks = bk_cursor_u32(from);
	row->body_len = bk_cursor_u64(from);
	row->file_len = bk_cursor_u64(from);
	bk_cursor_copy(from, row->sha256, sizeof(row->sha256));
	row->offset = bk_cursor_u64(from);
	row->blocks_offset = bk_cursor_u32(from);
	row->blocks_len = bk_cursor_u32(from);
}

static const char *fault_of_place(const struct bk_table_row *row, size_t place,
				  bool zeros)
{
	if (!zeros)
		return "bytes that should be zero";
	return row->ordinal != place ? "another row's number" : NULL;
}

static const char *fault_of_owner(const struct bk_table_row *row,
				  const uint8_t *set)
{
	bool own = memcmp(row->owner, set, BK_ID_LEN) == 0;

	if (row->flags & ~KNOWN_FLAGS)
		return "flags that are not known";
	if (!(row->flags & BK_TABLE_OWN) == !(row->flags & BK_TABLE_REUSED))
		return "neither own nor reused, or both";
	if (own != !!(row->flags & BK_TABLE_OWN))
		return own ? "an own pack called reused"
			   : "another set's pack called own";
	if (own && row->owner_ordinal != row->ordinal)
		return "an own pack under another number";
	return NULL;
}

/* The block table lies between the rows and the trailer. */
static const char *fault_of_lengths(const struct bk_table_row *row)
{
	if (row->body_len > BODY_LEN_MAX ||
	    row->body_len < HEADER_LEN + TRAILER_LEN ||
	    row->file_len < row->body_len + FOOTER_LEN)
		return "lengths that no pack has";
	if (row->blocks_offset < HEADER_LEN ||
	    (uint64_t)row->blocks_offset + row->blocks_len + TRAILER_LEN !=
		    row->body_len)
		return "a block table that is not in the pack";
	if (row->file_len > UINT64_MAX - row->offset)
		return "an offset that is too great";
	if (row->offset && !(row->flags & BK_TABLE_BUNDLED))
		return "an offset without a bundle";
	return NULL;
}

int bk_table_decode(struct bk_table *table, const uint8_t set[BK_ID_LEN],
		    struct bk_view data, struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(data.data, data.len);
	size_t n = data.len / BK_TABLE_ROW_LEN;

	if (data.len % BK_TABLE_ROW_LEN || n == 0 || n > BK_TABLE_BLOCK_ROWS)
		return bk_fail(err, BK_CORRUPT,
			       "pack table: a row block of %zu bytes",
			       data.len);
	if (n > BK_TABLE_ROWS_MAX - table->n)
		return bk_fail(err, BK_CORRUPT,
			       "pack table: more than %zu rows",
			       BK_TABLE_ROWS_MAX);
	while (bk_cursor_left(&from) > 0) {
		size_t place = table->n;
		struct bk_table_row *row = bk_table_add(table);
		bool zeros = false;
		decode_row(&from, row, &zeros);
		const char *fault = fault_of_place(row, place, zeros);
		if (!fault)
			fault = fault_of_owner(row, set);
		if (!fault)
			fault = fault_of_lengths(row);
		if (fault) {
			table->n = place;
			return bk_fail(err, BK_CORRUPT,
				       "pack table: row %zu: %s", place, fault);
		}
	}
	return 0;
}

static int compare_packs(const void *a, const void *b)
{
	const struct bk_table_row *p = *(const struct bk_table_row *const *)a;
	const struct bk_table_row *q = *(const struct bk_table_row *const *)b;
	int order = memcmp(p->owner, q->owner, BK_ID_LEN);

	if (order)
		return order;
	return (p->owner_ordinal > q->owner_ordinal) -
	       (p->owner_ordinal < q->owner_ordinal);
}

int bk_table_check(const struct bk_table *table, struct bk_err *err)
{
	const struct bk_table_row **sorted =
		bk_alloc(table->n * sizeof(struct bk_table_row *));
	int rc = 0;

	for (size_t i = 0; i < table->n; i++)
		sorted[i] = &table->rows[i];
	if (table->n)
		qsort(sorted, table->n, sizeof(struct bk_table_row *),
		      compare_packs);
	for (size_t i = 1; i < table->n && rc == 0; i++) {
		if (compare_packs(&sorted[i - 1], &sorted[i]) == 0)
			rc = bk_fail(err, BK_CORRUPT,
				     "pack table: one pack in two rows");
	}
	free(sorted);
	return rc;
}

const char *bk_table_row_name(char out[BK_NAME_MAX],
			      const struct bk_table_row *row)
{
	if (row->flags & BK_TABLE_BUNDLED)
		return bk_name_bundle(out, row->owner);
	return bk_name_pack(out, row->owner, row->owner_ordinal);
}
