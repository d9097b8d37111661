/* Rows of pack tables. */

#include "lib/test.h"

#include <string.h>

#include "lib/manual.h"
#include "repo/table.h"

static const uint8_t this_set[BK_ID_LEN] = {1, 2, 3};
static const uint8_t its_base[BK_ID_LEN] = {1, 2, 2};

static void fill(struct bk_table_row *row, const uint8_t *owner)
{
	row->flags = owner == this_set ? BK_TABLE_OWN : BK_TABLE_REUSED;
	memcpy(row->owner, owner, BK_ID_LEN);
	row->owner_ordinal = row->ordinal;
	row->chunks = 5;
	row->body_len = 979;
	row->file_len = 1043;
	memset(row->sha256, 0x5a, sizeof(row->sha256));
	row->blocks_offset = 727;
	row->blocks_len = 96;
}

static void the_manuals_table_is_read_and_written_alike(void **state)
{
	struct bk_buf shown = {0}, written = {0};
	struct bk_table table = {0};
	struct bk_err err = {0};
	uint8_t set[BK_ID_LEN], base[BK_ID_LEN];
	char name[BK_NAME_MAX];

	(void)state;
	assert_true(bk_id_parse("01a201f28240b2b2b2b2b2b2b2b2b2b2", set));
	assert_true(bk_id_parse("01a2001f9700b1b1b1b1b1b1b1b1b1b1", base));
	manual_dump(".Ss Bundle", "Pack table:", &shown);
	assert_int_equal(
		bk_table_decode(&table, set, bk_buf_view(&shown), &err), 0);
	assert_int_equal(bk_table_check(&table, &err), 0);
	assert_int_equal(table.n, 2);
	assert_int_equal(table.rows[0].flags, BK_TABLE_OWN | BK_TABLE_BUNDLED);
	assert_string_equal(bk_table_row_name(name, &table.rows[0]),
			    "data/01a201f28240b2b2b2b2b2b2b2b2b2b2.bkb");
	assert_int_equal(table.rows[1].flags, BK_TABLE_REUSED);
	assert_int_equal(table.rows[1].chunks, 5);
	assert_int_equal(table.rows[1].body_len, 979);
	assert_int_equal(table.rows[1].file_len, 1043);
	assert_int_equal(table.rows[1].sha256[0], 0xfe);
	assert_int_equal(table.rows[1].blocks_offset, 727);
	assert_int_equal(table.rows[1].blocks_len, 96);
	assert_string_equal(
		bk_table_row_name(name, &table.rows[1]),
		"data/01a2001f9700b1b1b1b1b1b1b1b1b1b1/p00000000.bkp");
	assert_ptr_equal(bk_table_find(&table, base, 0), &table.rows[1]);
	assert_null(bk_table_find(&table, base, 1));
	assert_int_equal(bk_table_encode(&table, 0, &written), 2);
	assert_int_equal(written.len, shown.len);
	assert_memory_equal(written.data, shown.data, shown.len);
	bk_buf_clear(&shown);
	bk_buf_clear(&written);
	bk_table_clear(&table);
}

static void rows_come_back_over_several_blocks(void **state)
{
	const size_t n = 2 * BK_TABLE_BLOCK_ROWS + 1;
	struct bk_table table = {0}, again = {0};
	struct bk_buf bytes = {0};
	struct bk_err err = {0};
	size_t first = 0, got;

	(void)state;
	bk_table_resize(&table, n);
	for (size_t i = 0; i < n; i++)
		fill(&table.rows[i], i % 3 ? its_base : this_set);
	while ((got = bk_table_encode(&table, first, &bytes)) > 0) {
		assert_int_equal(bytes.len, got * BK_TABLE_ROW_LEN);
		assert_int_equal(bk_table_decode(&again, this_set,
						 bk_buf_view(&bytes), &err),
				 0);
		bytes.len = 0;
		first += got;
	}
	assert_int_equal(first, n);
	assert_int_equal(again.n, n);
	assert_int_equal(bk_table_check(&again, &err), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(again.rows[i].ordinal, i);
		assert_int_equal(again.rows[i].flags, table.rows[i].flags);
		assert_int_equal(again.rows[i].file_len, 1043);
	}
	bk_buf_clear(&bytes);
	bk_table_clear(&table);
	bk_table_clear(&again);
}

/* What is written over the bytes of a good row, and what is said of it. */
/* clang-format off */
static const struct {
	unsigned at, len;
	uint64_t value;
	const char *said;
} spoilt[] = {
	{0, 4, 1, "another row's number"},
	{4, 1, 0, "neither own nor reused, or both"},
	{4, 1, 3, "neither own nor reused, or both"},
	{4, 1, 4, "neither own nor reused, or both"},
	{4, 1, 17, "flags that are not known"},
	{4, 1, 2, "an own pack called reused"},
	{8, 1, 9, "another set's pack called own"},
	{5, 1, 1, "bytes that should be zero"},
	{7, 1, 1, "bytes that should be zero"},
	{24, 4, 1, "an own pack under another number"},
	{32, 8, 411, "lengths that no pack has"},
	{32, 8, 1 + ((uint64_t)4 << 30), "lengths that no pack has"},
	{40, 8, 1042, "lengths that no pack has"},
	{80, 8, 1, "an offset without a bundle"},
	{80, 8, UINT64_MAX - 1042, "an offset that is too great"},
	{88, 4, 255, "a block table that is not in the pack"},
	{88, 4, 728, "a block table that is not in the pack"},
	{92, 4, UINT32_MAX, "a block table that is not in the pack"},
};
/* clang-format on */

static void a_row_that_cannot_be_is_refused(void **state)
{
	struct bk_table table = {0}, again = {0};
	struct bk_buf bytes = {0};

	(void)state;
	fill(bk_table_add(&table), this_set);
	(void)bk_table_encode(&table, 0, &bytes);
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(*spoilt); i++) {
		uint8_t row[BK_TABLE_ROW_LEN];
		struct bk_err err = {0};
		memcpy(row, bytes.data, sizeof(row));
		for (unsigned b = 0; b < spoilt[i].len; b++)
			row[spoilt[i].at + b] =
				(uint8_t)(spoilt[i].value >> (8 * b));
		assert_int_equal(
			bk_table_decode(&again, this_set,
					(struct bk_view){row, sizeof(row)},
					&err),
			-1);
		assert_int_equal(err.kind, BK_CORRUPT);
		assert_non_null(strstr(err.text, spoilt[i].said));
		assert_int_equal(again.n, 0);
	}
	bk_buf_clear(&bytes);
	bk_table_clear(&table);
	bk_table_clear(&again);
}

static void a_block_of_another_length_is_refused(void **state)
{
	static const size_t lengths[] = {0, 1, 95, 97, 683 * 96};
	static const uint8_t bytes[683 * 96];
	struct bk_table table = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct bk_err err = {0};
		assert_int_equal(
			bk_table_decode(&table, this_set,
					(struct bk_view){bytes, lengths[i]},
					&err),
			-1);
		assert_int_equal(err.kind, BK_CORRUPT);
	}
	bk_table_clear(&table);
}

static void a_pack_with_two_rows_is_refused(void **state)
{
	struct bk_table table = {0};
	struct bk_err err = {0};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		fill(bk_table_add(&table), its_base);
	assert_int_equal(bk_table_check(&table, &err), 0);
	table.rows[2].owner_ordinal = 0;
	assert_int_equal(bk_table_check(&table, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	memcpy(table.rows[2].owner, this_set, BK_ID_LEN);
	assert_int_equal(bk_table_check(&table, &err), 0);
	bk_table_clear(&table);
}

static void an_empty_table_is_fine(void **state)
{
	struct bk_table table = {0};
	struct bk_buf bytes = {0};
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_table_encode(&table, 0, &bytes), 0);
	assert_int_equal(bytes.len, 0);
	assert_int_equal(bk_table_check(&table, &err), 0);
	assert_null(bk_table_find(&table, this_set, 0));
	bk_table_clear(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manuals_table_is_read_and_written_alike),
		cmocka_unit_test(rows_come_back_over_several_blocks),
		cmocka_unit_test(a_row_that_cannot_be_is_refused),
		cmocka_unit_test(a_block_of_another_length_is_refused),
		cmocka_unit_test(a_pack_with_two_rows_is_refused),
		cmocka_unit_test(an_empty_table_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
