/*
 * Packs that say what they must not: sealed and summed rightly by somebody who
 * has the keys, or by a writer with a mistake.
 */

#include "repo/pack_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "lib/packmaker.h"
#include "lib/test.h"
#include "mail/split.h"

static struct testrepo t;

static const struct packed_chunk chunks[] = {
	{BK_CHUNK_TRACE,    0, "trace"   },
        {BK_CHUNK_SKELETON, 1, "skeleton"},
	{BK_CHUNK_TEXT,     2, "text"    },
        {BK_CHUNK_BINARY,   2, "binary"  },
	{BK_CHUNK_PIECE,    2, "piece"   },
};

#define N_CHUNKS (sizeof(chunks) / sizeof(*chunks))

static int start(void **state)
{
	(void)state;
	testrepo_make(&t);
	return 0;
}

static int end(void **state)
{
	(void)state;
	testrepo_drop(&t);
	return 0;
}

/* Everything that a reader of the pack looks at. */
static int read_all(const struct bk_table_row *row, struct bk_err *err)
{
	struct bk_pack_reader *pack = NULL;
	int rc = bk_pack_reader_open(&pack, &t.repo, row, err);

	for (uint32_t i = 0; rc == 0 && i < bk_pack_reader_blocks(pack); i++) {
		struct bk_chunk_at *at = NULL;
		struct bk_buf plain = {0};
		rc = bk_pack_reader_block(pack, i, &plain, &at, err);
		free(at);
		bk_buf_clear(&plain);
	}
	bk_pack_reader_close(pack);
	return rc;
}

static int prove(const struct bk_table_row *row, struct bk_err *err)
{
	struct bk_pack_reader *pack = NULL;
	int rc = bk_pack_reader_open(&pack, &t.repo, row, err);

	if (rc == 0)
		rc = bk_pack_reader_prove(pack, err);
	bk_pack_reader_close(pack);
	return rc;
}

static void put(void (*spoil)(struct packmaker *pack), struct bk_table_row *row)
{
	static unsigned number;
	uint8_t set[BK_ID_LEN] = {1};

	bk_put_u32(set + 4, ++number);
	packmaker_put(&t, set, chunks, N_CHUNKS, spoil, row);
}

static void assert_refused(void (*spoil)(struct packmaker *pack),
			   const char *text)
{
	struct bk_table_row row;
	struct bk_err why = {0}, again = {0};

	put(spoil, &row);
	if (read_all(&row, &why) == 0)
		fail_msg("was read, and should say '%s'", text);
	if (!strstr(why.text, text))
		fail_msg("'%s' does not say '%s'", why.text, text);
	assert_int_equal(why.kind, BK_CORRUPT);
	assert_int_equal(prove(&row, &again), -1);
	assert_int_equal(again.kind, BK_CORRUPT);
}

static void a_pack_as_it_should_be_is_read(void **state)
{
	struct bk_table_row row;
	struct bk_err err = {0};

	(void)state;
	put(NULL, &row);
	testrepo_done(read_all(&row, &err), &err);
	testrepo_done(prove(&row, &err), &err);
	packmaker_put(&t, (const uint8_t[BK_ID_LEN]){2}, NULL, 0, NULL, &row);
	testrepo_done(read_all(&row, &err), &err);
	testrepo_done(prove(&row, &err), &err);
}

/* ---- rows ---- */

static uint8_t *row_of(struct packmaker *pack, unsigned chunk)
{
	return pack->rows.data + chunk * (size_t)24;
}

static void type_0(struct packmaker *pack)
{
	row_of(pack, 2)[22] = 0;
}

static void type_7(struct packmaker *pack)
{
	row_of(pack, 2)[22] = 7;
}

static void type_240(struct packmaker *pack)
{
	row_of(pack, 2)[22] = 240;
}

static void last_byte(struct packmaker *pack)
{
	row_of(pack, 4)[23] = 1;
}

static void traced(struct packmaker *pack)
{
	row_of(pack, 0)[15] = 1;
}

static void no_length(struct packmaker *pack)
{
	bk_put_u32(row_of(pack, 2) + 16, 0);
	bk_put_u32(row_of(pack, 3) + 16, 10);
}

static void too_long(struct packmaker *pack)
{
	bk_put_u32(row_of(pack, 2) + 16, (1 << 20) + 1);
}

static void shifted(struct packmaker *pack)
{
	bk_put_u32(row_of(pack, 2) + 16, 5);
}

static void elsewhere(struct packmaker *pack)
{
	bk_put_u16(row_of(pack, 2) + 20, 1);
}

static void rows_that_cannot_be(void **state)
{
	(void)state;
	assert_refused(type_0, "row 2: a chunk of an impossible type");
	assert_refused(type_7, "row 2: a chunk of an impossible type");
	assert_refused(type_240, "row 2: a chunk of an impossible type");
	assert_refused(last_byte, "row 4: a byte that should be zero");
	assert_refused(traced, "row 0: a trace with an identifier");
	assert_refused(no_length, "row 2: a chunk of an impossible length");
	assert_refused(too_long, "row 2: a chunk of an impossible length");
	assert_refused(shifted, "the chunks of block 2 do not add up");
	assert_refused(elsewhere, "row 2 is of another block");
}

/* ---- identifiers ---- */

static void another_id(struct packmaker *pack)
{
	row_of(pack, 3)[7] ^= 1;
}

static void another_type(struct packmaker *pack)
{
	row_of(pack, 3)[22] = BK_CHUNK_TEXT;
}

/* Only the data tells: a reader of messages has their digests. */
static void identifiers_of_other_bytes_show_in_a_proof(void **state)
{
	struct bk_table_row row;
	struct bk_err err = {0};

	(void)state;
	put(another_id, &row);
	testrepo_done(read_all(&row, &err), &err);
	assert_int_equal(prove(&row, &err), -1);
	assert_non_null(strstr(err.text,
			       "chunk 3: its identifier is that of "
			       "other bytes"));
	put(another_type, &row);
	assert_int_equal(prove(&row, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

/* ---- the block table ---- */

static uint8_t *entry_of(struct packmaker *pack, unsigned block)
{
	return pack->table.data + 8 + block * (size_t)16;
}

static void another_offset(struct packmaker *pack)
{
	bk_put_u32(entry_of(pack, 1), bk_get_u32(entry_of(pack, 1)) + 1);
}

static void another_stored_length(struct packmaker *pack)
{
	bk_put_u32(entry_of(pack, 1) + 4,
		   bk_get_u32(entry_of(pack, 1) + 4) - 1);
}

static void another_last_length(struct packmaker *pack)
{
	bk_put_u32(entry_of(pack, 2) + 4,
		   bk_get_u32(entry_of(pack, 2) + 4) + 1);
}

static void another_plain_length(struct packmaker *pack)
{
	bk_put_u32(entry_of(pack, 1) + 8,
		   bk_get_u32(entry_of(pack, 1) + 8) + 1);
}

static void no_plain_length(struct packmaker *pack)
{
	bk_put_u32(entry_of(pack, 1) + 8, 0);
}

static void one_first_twice(struct packmaker *pack)
{
	bk_put_u32(entry_of(pack, 2) + 12, 1);
}

static void first_beyond(struct packmaker *pack)
{
	bk_put_u32(entry_of(pack, 2) + 12, 5);
}

static void more_chunks(struct packmaker *pack)
{
	bk_put_u32(pack->table.data + 4, 6);
}

static void fewer_blocks(struct packmaker *pack)
{
	bk_put_u32(pack->table.data, 2);
	pack->table.len -= 16;
}

static void bytes_left_over(struct packmaker *pack)
{
	bk_buf_add_u8(&pack->table, 0);
}

static void block_tables_that_do_not_fit(void **state)
{
	(void)state;
	assert_refused(another_offset, "blocks that do not meet");
	assert_refused(another_stored_length, "blocks that do not meet");
	assert_refused(another_last_length, "do not meet the rows");
	assert_refused(another_plain_length, "another length than the trailer");
	assert_refused(no_plain_length, "a block of an impossible length");
	assert_refused(one_first_twice, "chunks out of order");
	assert_refused(first_beyond, "more blocks than chunks");
	assert_refused(more_chunks, "does not agree with its trailer");
	assert_refused(fewer_blocks, "does not agree with its trailer");
	assert_refused(bytes_left_over, "does not agree with its trailer");
}

/* ---- what the set says of it ---- */

static void no_data(struct packmaker *pack)
{
	pack->n_blocks = 0;
	pack->table.len = 8;
	bk_put_u32(pack->table.data, 0);
	pack->trailer.rows_offset = BK_HEAD_LEN;
}

static void chunks_without_a_block(void **state)
{
	(void)state;
	assert_refused(no_data, "trailer");
}

static void a_table_that_describes_another_pack(void **state)
{
	struct bk_table_row row, wrong;
	struct bk_err err = {0};

	(void)state;
	put(NULL, &row);
	wrong = row;
	wrong.chunks++;
	assert_int_equal(read_all(&wrong, &err), -1);
	wrong = row;
	wrong.flags |= BK_TABLE_SEALED;
	assert_int_equal(read_all(&wrong, &err), -1);
	wrong = row;
	wrong.blocks_offset--;
	wrong.blocks_len++;
	assert_int_equal(read_all(&wrong, &err), -1);
	wrong = row;
	wrong.sha256[31] ^= 1;
	assert_int_equal(read_all(&wrong, &err), 0);
	assert_int_equal(prove(&wrong, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_pack_as_it_should_be_is_read,
						start, end),
		cmocka_unit_test_setup_teardown(rows_that_cannot_be, start,
						end),
		cmocka_unit_test_setup_teardown(
			identifiers_of_other_bytes_show_in_a_proof, start, end),
		cmocka_unit_test_setup_teardown(block_tables_that_do_not_fit,
						start, end),
		cmocka_unit_test_setup_teardown(chunks_without_a_block, start,
						end),
		cmocka_unit_test_setup_teardown(
			a_table_that_describes_another_pack, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
