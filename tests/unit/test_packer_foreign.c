/* A packer that stands on other sets: what lies in their packs is not stored
 * again, and only packs that are referred to get a row in the table. */

#include "lib/test.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "lib/testrepo.h"
#include "repo/packer.h"

static struct testrepo t;
static struct bk_packer *packer;
static struct bk_packer_hand *hand;
static struct bk_err err;
static struct bk_buf rows; /* of the index, after finish() */

/* Two packs of an earlier set. */
static const struct bk_table_row packs[2] = {
	{.ordinal = 0,
	 .flags = BK_TABLE_OWN | BK_TABLE_BUNDLED,
	 .owner = "older",
	 .owner_ordinal = 0,
	 .chunks = 10,
	 .offset = 77},
	{.ordinal = 1,
	 .flags = BK_TABLE_REUSED,
	 .owner = "oldest",
	 .owner_ordinal = 5,
	 .chunks = 10},
};

/* The base has every chunk that begins with 'b'; the letter behind it says in
 * which pack. */
static uint8_t in_base[2][BK_SHA256_LEN];

static int ask(void *arg, const uint8_t id[BK_CHUNK_ID_LEN], uint64_t *ref,
	       struct bk_err *why)
{
	(void)arg;
	(void)why;
	for (uint32_t i = 0; i < 2; i++) {
		if (memcmp(id, in_base[i], BK_CHUNK_ID_LEN) != 0)
			continue;
		*ref = bk_packer_foreign(packer, &packs[i], 3 + i);
		return 1;
	}
	return 0;
}

static void id_of(const char *text, uint8_t id[BK_SHA256_LEN])
{
	bk_mac_tagged(&t.repo.keys.id, BK_CHUNK_TEXT,
		      (struct bk_view){(const uint8_t *)text, strlen(text)},
		      id);
}

static int start(void **state)
{
	struct bk_packer_config config = {
		.pack_size = (uint64_t)1 << 20,
		.block_size = (size_t)1 << 16,
		.level = 1,
		.base = ask,
	};

	(void)state;
	err = (struct bk_err){0};
	testrepo_make(&t);
	config.repo = &t.repo;
	config.target = t.repo.target;
	memset(config.set, 's', sizeof(config.set));
	id_of("b0", in_base[0]);
	id_of("b1", in_base[1]);
	testrepo_done(bk_packer_open(&packer, &config, &err), &err);
	hand = bk_packer_hand_new(packer);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_packer_hand_free(hand);
	bk_packer_free(packer);
	bk_buf_clear(&rows);
	testrepo_drop(&t);
	return 0;
}

static uint64_t keep(const char *text)
{
	struct bk_chunk_sink *sink = bk_packer_hand_sink(hand);
	uint64_t ref = 0;

	testrepo_done(sink->keep(sink, BK_CHUNK_TEXT, BK_LANE_TEXT,
				 (struct bk_view){(const uint8_t *)text,
						  strlen(text)},
				 &ref, &err),
		      &err);
	return ref;
}

static uint64_t place_of(uint64_t ref)
{
	uint64_t place = 0;

	assert_true(bk_packer_place(packer, ref, &place));
	return place;
}

static const struct bk_table *finish(void)
{
	testrepo_done(bk_packer_flush(hand, &err), &err);
	testrepo_done(bk_packer_finish(packer, &err), &err);
	bk_packer_index_rows(packer, &rows);
	return bk_packer_table(packer);
}

/* The place that the index rows give an id; -1: none. */
static int64_t indexed(const uint8_t id[BK_SHA256_LEN])
{
	int64_t place = -1;

	for (size_t at = 0; at < rows.len; at += 24) {
		const uint8_t *row = rows.data + at;
		if (at)
			assert_true(memcmp(row - 24, row, 16) < 0);
		if (memcmp(row, id, BK_CHUNK_ID_LEN) == 0)
			place = (int64_t)((uint64_t)bk_get_u32(row + 16) << 32 |
					  bk_get_u32(row + 20));
	}
	return place;
}

static void what_the_base_has_is_not_stored_again(void **state)
{
	uint8_t own[BK_SHA256_LEN];

	(void)state;
	uint64_t base = keep("b1"), mine = keep("own"), again = keep("b1");
	assert_int_equal(base, again);
	assert_int_equal((uint32_t)place_of(base), 4);
	uint32_t ordinal = (uint32_t)(place_of(base) >> 32);
	const struct bk_table *table = finish();
	assert_int_equal(table->n, 2);
	const struct bk_table_row *row = &table->rows[ordinal];
	assert_int_equal(row->ordinal, ordinal);
	assert_int_equal(row->flags, BK_TABLE_REUSED);
	assert_string_equal((const char *)row->owner, "oldest");
	assert_int_equal(row->owner_ordinal, 5);
	assert_int_equal(row->chunks, 10);
	assert_int_equal(table->rows[place_of(mine) >> 32].flags, BK_TABLE_OWN);
	id_of("own", own);
	assert_int_equal(indexed(own), place_of(mine));
	assert_int_equal(indexed(in_base[1]), -1); /* the base's index has it */
}

static void a_pack_keeps_its_place_in_its_owners_bundle(void **state)
{
	(void)state;
	uint32_t ordinal = (uint32_t)(place_of(keep("b0")) >> 32);
	const struct bk_table *table = finish();
	assert_int_equal(table->n, 1);
	assert_int_equal(table->rows[ordinal].flags,
			 BK_TABLE_REUSED | BK_TABLE_BUNDLED);
	assert_int_equal(table->rows[ordinal].offset, 77);
}

static void a_pack_that_nothing_refers_to_has_no_row(void **state)
{
	uint8_t id[BK_SHA256_LEN];

	(void)state;
	id_of("left", id);
	(void)keep("b0"); /* named, but no place was asked for */
	bk_packer_know(packer, id, bk_packer_foreign(packer, &packs[1], 9));
	(void)keep("own");
	const struct bk_table *table = finish();
	assert_int_equal(table->n, 1);
	assert_int_equal(table->rows[0].flags, BK_TABLE_OWN);
	assert_int_equal(indexed(id), -1);
}

static void what_is_known_is_not_stored_and_is_indexed_with_its_pack(
	void **state)
{
	uint8_t left[BK_SHA256_LEN], other[BK_SHA256_LEN];

	(void)state;
	id_of("left", left);
	id_of("other", other);
	bk_packer_know(packer, left, bk_packer_foreign(packer, &packs[1], 8));
	bk_packer_know(packer, other, bk_packer_foreign(packer, &packs[1], 9));
	uint64_t place = place_of(keep("left"));
	assert_int_equal((uint32_t)place, 8);
	const struct bk_table *table = finish();
	assert_int_equal(table->n, 1);
	assert_int_equal(table->rows[0].flags, BK_TABLE_REUSED);
	assert_int_equal(indexed(left), place);
	assert_int_equal(indexed(other), place + 1);
}

static void one_pack_has_one_row_whatever_chunks_are_named(void **state)
{
	uint64_t ref = bk_packer_foreign(packer, &packs[0], 1);
	uint64_t same = bk_packer_foreign(packer, &packs[0], 1);
	uint64_t other = bk_packer_foreign(packer, &packs[0], 2);

	(void)state;
	assert_int_equal(ref, same);
	assert_int_not_equal(ref, other);
	assert_int_equal(place_of(other) - place_of(ref), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_the_base_has_is_not_stored_again, start, end),
		cmocka_unit_test_setup_teardown(
			a_pack_keeps_its_place_in_its_owners_bundle, start,
			end),
		cmocka_unit_test_setup_teardown(
			a_pack_that_nothing_refers_to_has_no_row, start, end),
		cmocka_unit_test_setup_teardown(
			what_is_known_is_not_stored_and_is_indexed_with_its_pack,
			start, end),
		cmocka_unit_test_setup_teardown(
			one_pack_has_one_row_whatever_chunks_are_named, start,
			end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
