/* A spread target: every loss and every damage within its bound is read, and
 * every one beyond it told. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/spread_world.h"
#include "target/spread_parts.h"

static struct spread_world world;

static struct bk_target *begin_three(void)
{
	spread_begin(&world);
	return spread_open(&world, 2, 1, 3);
}

/* Takes those shards away, or brings them back. */
static void move_shards(unsigned which, size_t length, bool back)
{
	for (unsigned i = 0; which >> i; i++) {
		unsigned at = bk_spread_place_of(&world.plan.shape, 1, i);
		char *path = spread_file(&world, at, SPREAD_PACK, length);
		char *away = bk_asprintf("%s/away%u", world.scratch.path, i);
		if (which >> i & 1)
			assert_int_equal(back ? rename(away, path)
					      : rename(path, away),
					 0);
		free(away);
		free(path);
	}
}

static void try_losses(const unsigned shape[3], size_t length)
{
	struct bk_buf bytes = spread_bytes(length);
	unsigned shards = shape[0] + shape[1];

	spread_begin(&world);
	struct bk_target *target =
		spread_open(&world, shape[0], shape[1], shape[2]);
	spread_must_put(target, SPREAD_PACK, &bytes);
	for (unsigned lost = 0; lost < 1U << shards; lost++) {
		unsigned n = (unsigned)__builtin_popcount(lost);
		move_shards(lost, length, false);
		assert_int_equal(spread_reads(target, SPREAD_PACK, &bytes),
				 n <= shape[1]);
		move_shards(lost, length, true);
	}
	spread_end(&world, target);
	bk_buf_clear(&bytes);
}

static void any_p_shards_may_be_lost_and_no_more(void **state)
{
	static const unsigned shapes[][3] = {
		{2, 1, 3},
                {2, 1, 5},
                {3, 2, 5},
                {4, 2, 7},
                {5, 1, 6}
        };
	static const size_t lengths[] = {1, 2, 131072, 131073, 300000};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < 5; k++)
			try_losses(shapes[i], lengths[k]);
}

#define LENGTH (5 * BK_PIECE) /* three rows of two */

/* Piece k is of row k / 3, at target k % 3. */
static void flip_pieces(unsigned which)
{
	struct bk_shard_layout layout;

	(void)bk_shard_layout(&layout, 2, LENGTH, &world.err);
	assert_int_equal(layout.rows, 3);
	for (unsigned k = 0; k < 9; k++)
		if (which >> k & 1)
			spread_flip(&world, k % 3, SPREAD_PACK, LENGTH,
				    layout.start + k / 3 * BK_PIECE + 5);
}

/* One row; what was found in others says nothing of this one. */
static bool reads_row(struct bk_target *target, const struct bk_buf *bytes,
		      unsigned row)
{
	size_t at = row * 2 * BK_PIECE, left = LENGTH - at;
	struct bk_buf got = {0};
	size_t n = left < 2 * BK_PIECE ? left : 2 * BK_PIECE;

	bk_spread_blob_forget(bk_spread_of(target), SPREAD_PACK);
	int rc = bk_target_read(target, SPREAD_PACK, at, n, &got, &world.err);
	if (rc == 0)
		assert_memory_equal(got.data, bytes->data + at, n);
	bk_buf_clear(&got);
	return rc == 0;
}

static void any_piece_of_each_row_may_be_damaged_and_no_more(void **state)
{
	struct bk_buf bytes = spread_bytes(LENGTH);
	struct bk_target *target = begin_three();

	(void)state;
	spread_must_put(target, SPREAD_PACK, &bytes);
	for (unsigned bad = 0; bad < 512; bad++) {
		flip_pieces(bad);
		for (unsigned row = 0; row < 3; row++)
			assert_int_equal(
				reads_row(target, &bytes, row),
				__builtin_popcount(bad >> 3 * row & 7) <= 1);
		flip_pieces(bad);
	}
	bk_buf_clear(&bytes);
	spread_end(&world, target);
}

/* All of it at once: each row from whoever has it right. */
static void shards_damaged_at_different_rows_are_read_together(void **state)
{
	struct bk_buf bytes = spread_bytes(LENGTH);
	struct bk_target *target = begin_three();

	(void)state;
	spread_must_put(target, SPREAD_PACK, &bytes);
	for (unsigned bad = 0; bad < 512; bad++) {
		bool enough = true;
		for (unsigned row = 0; row < 3; row++)
			enough &= __builtin_popcount(bad >> 3 * row & 7) <= 1;
		flip_pieces(bad);
		assert_int_equal(spread_reads(target, SPREAD_PACK, &bytes),
				 enough);
		flip_pieces(bad);
	}
	bk_buf_clear(&bytes);
	spread_end(&world, target);
}

/* Piece k is of row k / 3, of the copy at target k % 3. */
static void flip_rows_of_copies(unsigned which)
{
	struct bk_shard_layout layout;

	(void)bk_shard_layout(&layout, 1, 2 * BK_PIECE + 9, &world.err);
	assert_int_equal(layout.rows, 3);
	for (unsigned k = 0; k < 9; k++)
		if (which >> k & 1)
			spread_flip(&world, k % 3, SPREAD_ROOT, 0,
				    layout.start + k / 3 * BK_PIECE + 5);
}

static void copies_damaged_at_different_rows_are_read_together(void **state)
{
	struct bk_buf bytes = spread_bytes(2 * BK_PIECE + 9);
	struct bk_target *target = begin_three();

	(void)state;
	spread_must_put(target, SPREAD_ROOT, &bytes);
	for (unsigned bad = 0; bad < 512; bad++) {
		bool enough = true;
		for (unsigned row = 0; row < 3; row++)
			enough &= (bad >> 3 * row & 7) != 7;
		flip_rows_of_copies(bad);
		assert_int_equal(spread_reads(target, SPREAD_ROOT, &bytes),
				 enough);
		flip_rows_of_copies(bad);
	}
	bk_buf_clear(&bytes);
	spread_end(&world, target);
}

static void flip_copies(unsigned which)
{
	for (unsigned i = 0; i < 3; i++)
		if (which >> i & 1)
			spread_flip(&world, i, SPREAD_ROOT, 0, 300);
}

static void a_copy_is_read_from_whoever_has_it_right(void **state)
{
	struct bk_buf bytes = spread_bytes(1000);
	struct bk_target *target = begin_three();

	(void)state;
	spread_must_put(target, SPREAD_ROOT, &bytes);
	for (unsigned bad = 0; bad < 8; bad++) {
		flip_copies(bad);
		assert_int_equal(spread_reads(target, SPREAD_ROOT, &bytes),
				 bad < 7);
		flip_copies(bad);
	}
	bk_buf_clear(&bytes);
	spread_end(&world, target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_p_shards_may_be_lost_and_no_more),
		cmocka_unit_test(
			any_piece_of_each_row_may_be_damaged_and_no_more),
		cmocka_unit_test(
			shards_damaged_at_different_rows_are_read_together),
		cmocka_unit_test(
			copies_damaged_at_different_rows_are_read_together),
		cmocka_unit_test(a_copy_is_read_from_whoever_has_it_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
