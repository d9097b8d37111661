/* A pack, opened for reading: see pack_reader.h. */

#include "repo/pack_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "repo/container.h"
#include "repo/pack_writer.h"

#define ROWS_TO_A_BLOCK 2730u
#define ROW_BLOCK_LEN   ((uint64_t)65560)
#define ENTRY_LEN       ((size_t)16)
#define NO_BLOCK        UINT32_MAX

struct entry {
	uint32_t offset;    /* of the block's head in the file */
	uint32_t plain_len; /* of its chunks */
	uint32_t first;     /* number of its first chunk */
};

struct bk_pack_reader {
	struct bk_table_row row;
	struct bk_file_reader *file;
	struct entry *entries;
	uint32_t n_blocks, n_chunks;
	struct bk_buf rows;  /* the row block that was read last */
	uint32_t rows_block; /* its number among row blocks, or NO_BLOCK */
};

static int read_block_table(struct bk_pack_reader *pack,
			    const struct bk_buf *contents, struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(contents->data, contents->len);
	const struct bk_trailer *trailer = bk_file_reader_trailer(pack->file);

	pack->n_blocks = bk_cursor_u32(&from);
	pack->n_chunks = bk_cursor_u32(&from);
	if (from.bad || pack->n_blocks != trailer->n_data ||
	    pack->n_chunks != trailer->n_items ||
	    pack->n_chunks != pack->row.chunks ||
	    bk_cursor_left(&from) != pack->n_blocks * ENTRY_LEN)
		return bk_fail(err, BK_CORRUPT,
			       "block table does not agree with its trailer");
	pack->entries =
		bk_alloc((pack->n_blocks + (size_t)1) * sizeof(*pack->entries));
	for (uint32_t i = 0; i < pack->n_blocks; i++) {
		struct entry *entry = &pack->entries[i];
		entry->offset = bk_cursor_u32(&from);
		(void)bk_cursor_u32(&from);
		entry->plain_len = bk_cursor_u32(&from);
		entry->first = bk_cursor_u32(&from);
		if (i ? entry->first <= pack->entries[i - 1].first
		      : entry->first)
			return bk_fail(err, BK_CORRUPT,
				       "block table: chunks out of order");
	}
	pack->entries[pack->n_blocks].first = pack->n_chunks;
	if (pack->n_blocks &&
	    pack->entries[pack->n_blocks - 1].first >= pack->n_chunks)
		return bk_fail(err, BK_CORRUPT,
			       "block table: more blocks than chunks");
	return 0;
}

static int open_file(struct bk_pack_reader *pack, const struct bk_repo *repo,
		     struct bk_err *err)
{
	char name[BK_NAME_MAX];
	struct bk_file_id id = {.type = BK_FILE_PACK,
				.ordinal = pack->row.owner_ordinal};
	struct bk_file_place place = {
		.name = bk_table_row_name(name, &pack->row),
		.offset = pack->row.offset,
		.file_len = pack->row.file_len,
	};
	struct bk_buf contents = {0};

	memcpy(id.set, pack->row.owner, sizeof(id.set));
	if (bk_file_reader_open(&pack->file, repo, repo->target, &place, &id,
				err) < 0)
		return -1;
	int rc = 0;
	if (bk_file_reader_body_len(pack->file) != pack->row.body_len)
		rc = bk_fail(err, BK_CORRUPT,
			     "%s: is not as long as the table says", name);
	if (rc == 0)
		rc = bk_file_reader_directory(pack->file, &contents, err);
	if (rc == 0 && read_block_table(pack, &contents, err) < 0)
		rc = bk_context(err, "%s", name);
	bk_buf_clear(&contents);
	return rc;
}

int bk_pack_reader_open(struct bk_pack_reader **out, const struct bk_repo *repo,
			const struct bk_table_row *row, struct bk_err *err)
{
	struct bk_pack_reader *pack = bk_alloc(sizeof(*pack));

	pack->row = *row;
	pack->rows_block = NO_BLOCK;
	if (open_file(pack, repo, err) < 0) {
		bk_pack_reader_close(pack);
		return -1;
	}
	*out = pack;
	return 0;
}

void bk_pack_reader_close(struct bk_pack_reader *pack)
{
	if (!pack)
		return;
	bk_file_reader_close(pack->file);
	bk_buf_clear(&pack->rows);
	free(pack->entries);
	free(pack);
}

bool bk_pack_reader_is(const struct bk_pack_reader *pack,
		       const struct bk_table_row *row)
{
	return pack->row.owner_ordinal == row->owner_ordinal &&
	       memcmp(pack->row.owner, row->owner, sizeof(row->owner)) == 0;
}

uint32_t bk_pack_reader_blocks(const struct bk_pack_reader *pack)
{
	return pack->n_blocks;
}

uint32_t bk_pack_reader_chunks(const struct bk_pack_reader *pack)
{
	return pack->n_chunks;
}

int bk_pack_reader_find(const struct bk_pack_reader *pack, uint32_t chunk,
			uint32_t *block, uint32_t *first, struct bk_err *err)
{
	uint32_t low = 0, high = pack->n_blocks;

	if (chunk >= pack->n_chunks)
		return bk_fail(err, BK_CORRUPT, "chunk %u in a pack of %u",
			       chunk, pack->n_chunks);
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (pack->entries[middle].first <= chunk)
			low = middle;
		else
			high = middle;
	}
	*block = low;
	*first = pack->entries[low].first;
	return 0;
}

const uint8_t *bk_pack_reader_row(struct bk_pack_reader *pack, uint32_t chunk,
				  struct bk_err *err)
{
	uint32_t wanted = chunk / ROWS_TO_A_BLOCK;
	uint32_t in_block = chunk % ROWS_TO_A_BLOCK;

	if (pack->rows_block != wanted) {
		const struct bk_trailer *trailer =
			bk_file_reader_trailer(pack->file);
		struct bk_block_at at = {
			trailer->rows_offset + wanted * ROW_BLOCK_LEN,
			pack->n_blocks + wanted,
		};
		pack->rows_block = NO_BLOCK;
		if (bk_file_reader_block(pack->file, &at, BK_BLOCK_ROWS,
					 &pack->rows, err) < 0)
			return NULL;
		pack->rows_block = wanted;
	}
	if ((in_block + (size_t)1) * BK_PACK_ROW_LEN > pack->rows.len) {
		bk_fail(err, BK_CORRUPT, "row %u is not there", chunk);
		return NULL;
	}
	return pack->rows.data + (size_t)in_block * BK_PACK_ROW_LEN;
}

static int add_up(struct bk_pack_reader *pack, uint32_t block,
		  uint32_t *offsets, struct bk_err *err)
{
	uint32_t first = pack->entries[block].first;
	uint32_t n = pack->entries[block + 1].first - first;
	uint64_t at = 0;

	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *row = bk_pack_reader_row(pack, first + i, err);
		if (!row)
			return -1;
		if (bk_get_u16(row + 20) != block)
			return bk_fail(err, BK_CORRUPT,
				       "row %u is of another block", first + i);
		offsets[i] = (uint32_t)at;
		at += bk_get_u32(row + 16);
		if (at > pack->entries[block].plain_len)
			break;
	}
	if (at != pack->entries[block].plain_len)
		return bk_fail(err, BK_CORRUPT,
			       "the chunks of block %u do not add up", block);
	offsets[n] = (uint32_t)at;
	return 0;
}

int bk_pack_reader_block(struct bk_pack_reader *pack, uint32_t block,
			 struct bk_buf *plain, uint32_t **offsets,
			 struct bk_err *err)
{
	struct bk_block_at at = {pack->entries[block].offset, block};
	uint32_t n =
		pack->entries[block + 1].first - pack->entries[block].first;

	*offsets = bk_alloc((n + (size_t)1) * sizeof(**offsets));
	int rc = bk_file_reader_block(pack->file, &at, BK_BLOCK_DATA, plain,
				      err);
	if (rc == 0 && plain->len != pack->entries[block].plain_len)
		rc = bk_fail(err, BK_CORRUPT,
			     "block %u is not as long as its table says",
			     block);
	if (rc == 0)
		rc = add_up(pack, block, *offsets, err);
	if (rc == 0)
		return 0;
	free(*offsets);
	*offsets = NULL;
	return -1;
}

int bk_pack_reader_prove(struct bk_pack_reader *pack, struct bk_err *err)
{
	return bk_file_reader_prove(pack->file, pack->row.sha256, err);
}

void bk_pack_reader_rest(struct bk_pack_reader *pack)
{
	bk_file_reader_rest(pack->file);
}
