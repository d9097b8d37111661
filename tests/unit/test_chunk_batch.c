/* Chunks that wait for their ids get the references that they would have got
 * at once. */

#include "repo/chunk_batch.h"

#include <string.h>

#include "lib/dice.h"
#include "lib/test.h"
#include "lib/testrepo.h"

#define CHUNKS 400
#define LARGE  ((size_t)300 << 10) /* several times what may wait */

static struct testrepo t;
static const uint8_t set[16] = "set";
static struct bk_packer *packer;
static struct bk_packer_hand *hand;
static struct bk_chunk_batch *batch;
static struct bk_err err;

static int start(void **state)
{
	(void)state;
	testrepo_make(&t);
	struct bk_packer_config config = {
		.repo = &t.repo,
		.target = t.repo.target,
		.pack_size = (uint64_t)16 << 20,
		.block_size = (size_t)1 << 20,
		.level = 1,
	};
	memcpy(config.set, set, sizeof(set));
	assert_int_equal(bk_packer_open(&packer, &config, &err), 0);
	hand = bk_packer_hand_new(packer);
	batch = bk_chunk_batch_new(hand, &t.repo.keys.id);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_chunk_batch_free(batch);
	bk_packer_hand_free(hand);
	bk_packer_free(packer);
	testrepo_drop(&t);
	return 0;
}

static void make_chunk(size_t number, struct bk_buf *out)
{
	struct dice dice = {number};
	size_t len = 1 + dice_below(&dice, 5000);

	if (number % 20 == 7)
		len = LARGE;
	if (number == 200)
		len = BK_CHUNK_MAX;
	out->len = 0;
	dice_fill(&dice, bk_buf_grow(out, len), len);
}

static uint64_t keep(struct bk_chunk_sink *sink, size_t number,
		     enum bk_chunk_type type)
{
	struct bk_buf bytes = {0};
	uint64_t ref = 0;

	make_chunk(number, &bytes);
	assert_int_equal(sink->keep(sink, type, BK_LANE_TEXT,
				    bk_buf_view(&bytes), &ref, &err),
			 0);
	bk_buf_clear(&bytes); /* they were ours during the call only */
	return ref;
}

static void tickets_stand_for_the_references_of_a_hand(void **state)
{
	struct bk_chunk_sink *later = bk_chunk_batch_sink(batch);
	uint64_t refs[CHUNKS];

	(void)state;
	for (size_t i = 0; i < CHUNKS; i++)
		assert_int_equal(keep(later, i, BK_CHUNK_TEXT), i);
	assert_int_equal(bk_chunk_batch_settle(batch, &err), 0);
	for (size_t i = 0; i < CHUNKS; i++)
		refs[i] = bk_chunk_batch_ref(batch, i);
	/* The packer knows them by now: the same chunk, the same place. */
	for (size_t i = 0; i < CHUNKS; i++)
		assert_int_equal(
			keep(bk_packer_hand_sink(hand), i, BK_CHUNK_TEXT),
			refs[i]);
}

static void what_was_kept_before_is_found(void **state)
{
	struct bk_chunk_sink *later = bk_chunk_batch_sink(batch);
	uint64_t refs[30];

	(void)state;
	for (size_t i = 0; i < 30; i++)
		refs[i] = keep(bk_packer_hand_sink(hand), i, BK_CHUNK_BINARY);
	for (size_t i = 0; i < 60; i++)
		(void)keep(later, i % 30, BK_CHUNK_BINARY);
	assert_int_equal(bk_chunk_batch_settle(batch, &err), 0);
	for (size_t i = 0; i < 60; i++)
		assert_int_equal(bk_chunk_batch_ref(batch, i), refs[i % 30]);
	struct bk_packer_stats stats;
	bk_packer_stats(packer, &stats);
	assert_int_equal(stats.chunks, 30);
	assert_int_equal(stats.repeated, 60);
}

/* Equal bytes as another type are another chunk, and traces never recur. */
static void the_type_counts_and_traces_do_not_recur(void **state)
{
	struct bk_chunk_sink *later = bk_chunk_batch_sink(batch);
	static const enum bk_chunk_type types[] = {
		BK_CHUNK_TRACE,    BK_CHUNK_TRACE, BK_CHUNK_TEXT,
		BK_CHUNK_SKELETON, BK_CHUNK_TEXT,  BK_CHUNK_PIECE,
	};
	uint64_t refs[6];

	(void)state;
	for (size_t i = 0; i < 6; i++)
		(void)keep(later, 3, types[i]);
	assert_int_equal(bk_chunk_batch_settle(batch, &err), 0);
	for (size_t i = 0; i < 6; i++)
		refs[i] = bk_chunk_batch_ref(batch, i);
	for (size_t i = 0; i < 6; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_equal(refs[i] == refs[k], i == 4 && k == 2);
}

static void after_a_restart_tickets_begin_at_zero(void **state)
{
	struct bk_chunk_sink *later = bk_chunk_batch_sink(batch);

	(void)state;
	(void)keep(later, 1, BK_CHUNK_TEXT);
	assert_int_equal(keep(later, 2, BK_CHUNK_TEXT), 1);
	assert_int_equal(bk_chunk_batch_settle(batch, &err), 0);
	uint64_t second = bk_chunk_batch_ref(batch, 1);
	bk_chunk_batch_restart(batch);
	assert_int_equal(keep(later, 2, BK_CHUNK_TEXT), 0);
	assert_int_equal(bk_chunk_batch_settle(batch, &err), 0);
	assert_int_equal(bk_chunk_batch_ref(batch, 0), second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tickets_stand_for_the_references_of_a_hand),
		TEST(what_was_kept_before_is_found),
		TEST(the_type_counts_and_traces_do_not_recur),
		TEST(after_a_restart_tickets_begin_at_zero),
	};

	return cmocka_run_group_tests_name("chunk_batch", tests, NULL, NULL);
}
