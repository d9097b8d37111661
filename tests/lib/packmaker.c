/* Packs made by hand: see packmaker.h. */

#include "lib/packmaker.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "lib/test.h"
#include "mail/split.h"
#include "repo/index.h"
#include "repo/known.h"

#define ROWS_TO_A_BLOCK 2730

static void id_of(const struct testrepo *t, const struct packed_chunk *chunk,
		  uint8_t out[BK_CHUNK_ID_LEN])
{
	uint8_t mac[BK_SHA256_LEN] = {0};
	struct bk_view bytes = {(const uint8_t *)chunk->text,
				strlen(chunk->text)};

	if (chunk->type != BK_CHUNK_TRACE)
		bk_mac_tagged(&t->repo.keys.id, chunk->type, bytes, mac);
	memcpy(out, mac, BK_CHUNK_ID_LEN);
}

static void add_chunk(const struct testrepo *t, struct packmaker *pack,
		      const struct packed_chunk *chunk)
{
	uint8_t id[BK_CHUNK_ID_LEN];

	assert_true(chunk->block < PACKMAKER_BLOCKS);
	id_of(t, chunk, id);
	bk_buf_add(&pack->blocks[chunk->block], chunk->text,
		   strlen(chunk->text));
	bk_buf_add(&pack->rows, id, sizeof(id));
	bk_buf_add_u32(&pack->rows, (uint32_t)strlen(chunk->text));
	bk_buf_add_u16(&pack->rows, (uint16_t)chunk->block);
	bk_buf_add_u8(&pack->rows, chunk->type);
	bk_buf_add_u8(&pack->rows, 0);
	pack->n_blocks = chunk->block + 1;
}

static void make_table(struct packmaker *pack,
		       const struct packed_chunk *chunks, size_t n)
{
	uint32_t at = BK_HEAD_LEN, first = 0;

	bk_buf_add_u32(&pack->table, pack->n_blocks);
	bk_buf_add_u32(&pack->table, (uint32_t)n);
	for (uint32_t i = 0; i < pack->n_blocks; i++) {
		uint32_t len = (uint32_t)pack->blocks[i].len;
		bk_buf_add_u32(&pack->table, at);
		bk_buf_add_u32(&pack->table, len + BK_BLOCK_OVERHEAD);
		bk_buf_add_u32(&pack->table, len);
		bk_buf_add_u32(&pack->table, first);
		at += len + BK_BLOCK_OVERHEAD;
		while (first < n && chunks[first].block == i)
			first++;
	}
	pack->trailer.n_items = (uint32_t)n;
	pack->trailer.rows_offset = n ? at : 0;
	pack->trailer.rows_extra = ROWS_TO_A_BLOCK;
}

static void put_block(struct bk_file_writer *file, enum bk_block_kind kind,
		      const struct bk_buf *bytes)
{
	struct bk_err err = {0};

	testrepo_done(bk_file_writer_block(file, kind, bk_buf_view(bytes), 0,
					   NULL, &err),
		      &err);
}

static void put_file(const struct testrepo *t, const uint8_t set[BK_ID_LEN],
		     struct packmaker *pack, struct bk_file_sum *sum)
{
	struct bk_file_id id = {.type = BK_FILE_PACK};
	struct bk_file_writer *file = NULL;
	char name[BK_NAME_MAX];
	struct bk_err err = {0};

	memcpy(id.set, set, sizeof(id.set));
	testrepo_done(bk_file_writer_open(&file, &t->repo, t->repo.target,
					  bk_name_pack(name, set, 0), &id,
					  &err),
		      &err);
	for (uint32_t i = 0; i < pack->n_blocks; i++)
		put_block(file, BK_BLOCK_DATA, &pack->blocks[i]);
	if (pack->rows.len)
		put_block(file, BK_BLOCK_ROWS, &pack->rows);
	put_block(file, BK_BLOCK_DIRECTORY, &pack->table);
	testrepo_done(bk_file_writer_finish(file, &pack->trailer, sum, &err),
		      &err);
}

void packmaker_put(const struct testrepo *t, const uint8_t set[BK_ID_LEN],
		   const struct packed_chunk *chunks, size_t n,
		   void (*spoil)(struct packmaker *pack),
		   struct bk_table_row *row)
{
	struct packmaker pack = {0};
	struct bk_file_sum sum = {0};

	for (size_t i = 0; i < n; i++)
		add_chunk(t, &pack, &chunks[i]);
	make_table(&pack, chunks, n);
	if (spoil)
		spoil(&pack);
	put_file(t, set, &pack, &sum);
	*row = (struct bk_table_row){
		.flags = BK_TABLE_OWN,
		.chunks = pack.trailer.n_items,
		.body_len = sum.body_len,
		.file_len = sum.file_len,
		.blocks_len = (uint32_t)pack.table.len + BK_BLOCK_OVERHEAD,
	};
	row->blocks_offset = (uint32_t)(sum.body_len - row->blocks_len -
					BK_TRAILER_LEN - BK_BLOCK_OVERHEAD);
	memcpy(row->owner, set, sizeof(row->owner));
	memcpy(row->sha256, sum.sha256, sizeof(row->sha256));
	for (size_t i = 0; i < PACKMAKER_BLOCKS; i++)
		bk_buf_clear(&pack.blocks[i]);
	bk_buf_clear(&pack.rows);
	bk_buf_clear(&pack.table);
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, BK_CHUNK_ID_LEN);
}

void packmaker_index(const struct testrepo *t, uint32_t ordinal,
		     const struct packed_chunk *chunks, size_t n,
		     struct bk_buf *rows)
{
	uint8_t id[BK_CHUNK_ID_LEN];

	for (size_t i = 0; i < n; i++) {
		if (chunks[i].type == BK_CHUNK_TRACE)
			continue;
		id_of(t, &chunks[i], id);
		bk_buf_add(rows, id, sizeof(id));
		bk_buf_add_u32(rows, ordinal);
		bk_buf_add_u32(rows, (uint32_t)i);
	}
	if (rows->len)
		qsort(rows->data, rows->len / BK_INDEX_ROW_LEN,
		      BK_INDEX_ROW_LEN, by_id);
}
