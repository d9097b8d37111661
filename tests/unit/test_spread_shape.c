/* Where bytes of a blob are in its shards, and what shards are called: nothing
 * twice, nothing left out, and back again. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/spread_shape.h"

#define SET "data/01a2001f9700b1b1b1b1b1b1b1b1b1b1"

static struct bk_err err;

static const uint64_t lengths[] = {
	0,      1,      2,      3,      15,     16,     65535,   65536,   65537,
	131071, 131072, 131073, 196607, 196608, 262143, 1048576, 1048577,
};
#define N_LENGTHS (sizeof(lengths) / sizeof(*lengths))

static void check_cells(unsigned d, uint64_t length)
{
	struct bk_shard_layout layout;
	uint64_t at = 0, payload = 0;

	assert_int_equal(bk_shard_layout(&layout, d, length, &err), 0);
	for (uint32_t row = 0; row < layout.rows; row++) {
		size_t piece = bk_shard_piece(&layout, row);
		assert_true(piece > 0 && piece <= BK_PIECE);
		payload += piece;
		for (unsigned c = 0; c < d; c++) {
			uint64_t offset;
			size_t n = bk_shard_cell(&layout, row, c, &offset);
			assert_true(n <= piece);
			if (n)
				assert_int_equal(offset, at);
			at += n;
		}
	}
	assert_int_equal(at, length);
	assert_int_equal(payload, layout.payload);
	assert_true(layout.payload * d >= length);
	assert_true(layout.payload * d < length + d);
}

static void every_byte_is_in_one_cell(void **state)
{
	(void)state;
	for (unsigned d = 1; d <= 14; d++)
		for (size_t i = 0; i < N_LENGTHS; i++)
			for (uint64_t k = 0; k < 3; k++)
				check_cells(d,
					    lengths[i] * (d == 1 ? 1 : d) + k);
}

static void the_size_of_a_copy_tells_the_length(void **state)
{
	struct bk_shard_layout layout;
	uint64_t got;

	(void)state;
	for (uint64_t k = 0; k < 4; k++)
		for (uint64_t near = 0; near < 20; near++) {
			uint64_t length = k * BK_PIECE + near;
			if (length >= 10)
				length -= 10;
			(void)bk_shard_layout(&layout, 1, length, &err);
			assert_true(bk_shard_copy_length(
				layout.start + layout.payload, &got));
			assert_int_equal(got, length);
		}
	assert_false(bk_shard_copy_length(0, &got));
	assert_false(bk_shard_copy_length(131, &got));
	/* One byte more would be one piece, which has a CRC. */
	assert_false(bk_shard_copy_length(132 + 65536 + 4 + 1, &got));
	assert_false(bk_shard_copy_length(UINT64_MAX, &got));
}

static void lengths_from_outside_are_not_believed(void **state)
{
	struct bk_shard_layout layout;

	(void)state;
	assert_int_equal(bk_shard_layout(&layout, 2, UINT64_MAX, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

static int parse(const char *where, struct bk_spread_shape *shape)
{
	const char *names = NULL;

	err = (struct bk_err){0};
	return bk_spread_parse(shape, where, &names, &err);
}

static void shapes_that_promise_too_much_are_refused(void **state)
{
	static const char *const wrong[] = {
		"spread:",
		"spread:2+1",
		"spread:2+1:",
		"spread:2+1:a,b",
		"spread:1+1:a,b",
		"spread:1+1:a,b,c",
		"spread:2+2:a,b,c,d",
		"spread:0+1:a,b,c",
		"spread:3+0:a,b,c",
		"spread:2-1:a,b,c",
		"spread:2+1a,b,c",
		"spread:9999999999+1:a",
		"spread:2+1:a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
	};
	struct bk_spread_shape shape;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		if (parse(wrong[i], &shape) == 0)
			fail_msg("%s", wrong[i]);
		assert_int_equal(err.kind, BK_MISUSE);
	}
	assert_int_equal(parse("spread:2+1:a,b,c", &shape), 0);
	assert_int_equal(shape.n, 3);
	assert_int_equal(parse("spread:3+2:a,b,c,d,e", &shape), 0);
	assert_int_equal(parse("spread:2+1:a,b,c,d,e", &shape), 0);
	assert_int_equal(shape.n, 5);
}

static void each_shard_has_a_target_of_its_own(void **state)
{
	const struct bk_spread_shape shape = {.d = 3, .p = 2, .n = 7};

	(void)state;
	for (uint32_t turn = 0; turn < 20; turn++) {
		unsigned seen = 0;
		for (unsigned i = 0; i < 5; i++) {
			unsigned at = bk_spread_place_of(&shape, turn, i);
			assert_int_equal(bk_spread_shard_at(&shape, turn, at),
					 i);
			seen |= 1U << at;
		}
		assert_int_equal(__builtin_popcount(seen), 5);
		for (unsigned at = 0; at < 7; at++)
			if (!(seen >> at & 1))
				assert_int_equal(
					bk_spread_shard_at(&shape, turn, at),
					7);
	}
	assert_int_equal(bk_spread_place_of(&shape, UINT32_MAX, 0),
			 UINT32_MAX % 7);
}

static void names_lead_there_and_back(void **state)
{
	static const char *const names[][2] = {
		{SET "/p00000000.bkp",        SET "/p00000000.bkp.0004000000.bkf"},
		{SET "/p0000000a.bkp.mended",
		 SET "/p0000000a.bkp.mended.0004000000.bkf"                      },
		{SET ".bkb",                  SET "/bkb.0004000000.bkf"          },
		{SET ".bkb.mended",           SET "/bkb.mended.0004000000.bkf"   },
		{SET "/i00000000.bki",        SET "/i00000000.bki"               },
		{"bkrepo",                    "bkrepo"                           },
		{"sets/01a2.bks",             "sets/01a2.bks"                    },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		uint64_t length = 0;
		bool cut = false;
		char *there = bk_spread_name_there(names[i][0], 0x4000000);
		assert_string_equal(there, names[i][1]);
		char *here = bk_spread_name_here(there, &cut, &length);
		assert_string_equal(here, names[i][0]);
		assert_int_equal(cut, bk_spread_is_cut(here));
		if (cut)
			assert_int_equal(length, 0x4000000);
		free(here);
		free(there);
	}
	assert_int_equal(bk_spread_turn(SET "/p0000000a.bkp"), 10);
	assert_int_equal(bk_spread_turn(SET ".bkb"), 0xb1b1b1b1);
	assert_int_equal(bk_spread_turn("bkrepo"), 0);
}

static void what_is_no_name_there_is_nothing_here(void **state)
{
	static const char *const wrong[] = {
		/* A whole pack has no place at one target. */
		SET "/p00000000.bkp",
		SET ".bkb",
		SET "/p00000000.bkp.000400000g.bkf",
		SET "/p00000000.bkp.04000000.bkf",
		SET "/p00000000.bkp.bkf",
		SET "/i00000000.bki.0004000000.bkf",
		"sets/x.0004000000.bkf",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		uint64_t length;
		bool cut;
		if (bk_spread_name_here(wrong[i], &cut, &length))
			fail_msg("%s", wrong[i]);
	}
}

static void a_header_with_any_bit_flipped_is_refused(void **state)
{
	struct bk_shard_head head = {
		.d = 2,
		.p = 1,
		.targets = 3,
		.position = 2,
		.number = 1,
		.code = BK_SHARD_REED_SOLOMON,
		.turn = 7,
		.length = 1000,
	};
	struct bk_shard_head got;
	uint8_t bytes[BK_SHARD_HEADER];

	(void)state;
	memset(head.name, 1, sizeof(head.name));
	memset(head.original, 2, sizeof(head.original));
	memset(head.payload, 3, sizeof(head.payload));
	bk_shard_head_encode(&head, bytes);
	assert_int_equal(bk_shard_head_decode(bytes, &got, &err), 0);
	assert_int_equal(got.length, 1000);
	assert_int_equal(got.turn, 7);
	for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(bk_shard_head_decode(bytes, &got, &err), -1);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_in_one_cell),
		cmocka_unit_test(the_size_of_a_copy_tells_the_length),
		cmocka_unit_test(lengths_from_outside_are_not_believed),
		cmocka_unit_test(shapes_that_promise_too_much_are_refused),
		cmocka_unit_test(each_shard_has_a_target_of_its_own),
		cmocka_unit_test(names_lead_there_and_back),
		cmocka_unit_test(what_is_no_name_there_is_nothing_here),
		cmocka_unit_test(a_header_with_any_bit_flipped_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
