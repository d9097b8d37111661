/* What goes into one end comes out of the other, however it is cut. */

#include "lib/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/dice.h"
#include "net/deflate.h"

#define LEN ((size_t)300000)

static uint8_t plain[LEN], packed[2 * LEN], again[LEN];
static struct bk_err err;

/* Long and short repetitions, and what cannot be packed. */
static void make_plain(struct dice *dice)
{
	for (size_t at = 0; at < LEN;) {
		size_t n = 1 + dice_below(dice, 2000);
		uint8_t byte = (uint8_t)dice_throw(dice);
		bool noise = dice_one_in(dice, 3);
		for (; n > 0 && at < LEN; n--, at++)
			plain[at] = noise ? (uint8_t)dice_throw(dice) : byte;
	}
}

/* In random pieces, with flushes in between; how long it became. */
static size_t pack_all(struct bk_deflate *d, struct dice *dice)
{
	size_t len = 0;

	for (size_t at = 0; at < LEN;) {
		size_t n = 1 + dice_below(dice, 5000);
		bool flush = dice_one_in(dice, 4);
		bool more = true;
		n = n < LEN - at ? n : LEN - at;
		flush = flush || at + n == LEN;
		struct bk_view from = {plain + at, n};
		at += n;
		while (more) {
			size_t cap = 16 + dice_below(dice, 3000);
			size_t got = bk_deflate_pack(d, &from, flush,
						     packed + len, cap);
			len += got;
			more = from.len > 0 || got == cap;
		}
	}
	return len;
}

static size_t unpack_all(struct bk_deflate *d, size_t len, struct dice *dice)
{
	size_t out = 0, got = 1;

	for (size_t at = 0; at < len;) {
		size_t n = 1 + dice_below(dice, 3000);
		n = n < len - at ? n : len - at;
		struct bk_view from = {packed + at, n};
		at += n;
		for (got = 1; got > 0; out += got) {
			size_t cap = 1 + dice_below(dice, 5000);
			cap = cap < LEN - out ? cap : LEN - out;
			if (cap == 0)
				break;
			assert_int_equal(bk_deflate_unpack(d, &from,
							   again + out, cap,
							   &got, &err),
					 0);
			if (got == 0)
				assert_int_equal(from.len, 0);
		}
	}
	return out;
}

static void any_chunking_comes_out_as_it_went_in(void **state)
{
	struct dice dice = {4};

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		struct bk_deflate *one = bk_deflate_new();
		struct bk_deflate *other = bk_deflate_new();
		make_plain(&dice);
		size_t len = pack_all(one, &dice);
		assert_true(len < LEN);
		assert_int_equal(unpack_all(other, len, &dice), LEN);
		assert_memory_equal(plain, again, LEN);
		bk_deflate_free(one);
		bk_deflate_free(other);
	}
}

static void a_flush_lets_all_so_far_be_read(void **state)
{
	struct bk_deflate *one = bk_deflate_new();
	struct bk_deflate *other = bk_deflate_new();
	char said[32];
	size_t got = 0;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		char text[32];
		int n = snprintf(text, sizeof(text), "a%u NOOP\r\n", i);
		struct bk_view from = {(uint8_t *)text, (size_t)n};
		size_t len = bk_deflate_pack(one, &from, true, packed, 1000);
		assert_true(len < 1000);
		from = (struct bk_view){packed, len};
		assert_int_equal(bk_deflate_unpack(other, &from, said,
						   sizeof(said), &got, &err),
				 0);
		assert_int_equal(got, n);
		assert_memory_equal(said, text, got);
	}
	bk_deflate_free(one);
	bk_deflate_free(other);
}

/* Of a server that sends what grows without end, no more comes out than was
 * asked for. */
static void a_bomb_comes_out_in_pieces(void **state)
{
	struct bk_deflate *one = bk_deflate_new();
	struct bk_deflate *other = bk_deflate_new();
	size_t len = 0, out = 0, got = 1;

	(void)state;
	memset(plain, 'x', LEN);
	for (unsigned i = 0; i < 100; i++) {
		struct bk_view from = {plain, LEN};
		len += bk_deflate_pack(one, &from, true, packed + len,
				       sizeof(packed) - len);
		assert_int_equal(from.len, 0);
	}
	struct bk_view from = {packed, len};
	while (got > 0) {
		assert_int_equal(bk_deflate_unpack(other, &from, again, 1000,
						   &got, &err),
				 0);
		assert_true(got <= 1000);
		out += got;
	}
	assert_int_equal(out, 100 * LEN);
	bk_deflate_free(one);
	bk_deflate_free(other);
}

static void what_is_no_deflate_is_corrupt(void **state)
{
	struct bk_deflate *d = bk_deflate_new();
	static const char text[] = "* OK not compressed at all\r\n";
	struct bk_view from = {(const uint8_t *)text, sizeof(text) - 1};
	size_t got = 1;
	int rc = 0;

	(void)state;
	while (rc == 0 && got > 0)
		rc = bk_deflate_unpack(d, &from, again, LEN, &got, &err);
	assert_int_equal(rc, -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	assert_int_equal(bk_deflate_unpack(d, &from, again, LEN, &got, &err),
			 -1);
	bk_deflate_free(d);
}

/* RFC 1951: a final block, stored, with "ab". */
static void behind_the_end_nothing_comes(void **state)
{
	static const uint8_t final[] = {1, 2, 0, 0xfd, 0xff, 'a', 'b', 'c'};
	struct bk_deflate *d = bk_deflate_new();
	struct bk_view from = {final, sizeof(final)};
	size_t got = 0;

	(void)state;
	assert_int_equal(bk_deflate_unpack(d, &from, again, LEN, &got, &err),
			 0);
	assert_int_equal(got, 2);
	assert_memory_equal(again, "ab", 2);
	assert_int_equal(bk_deflate_unpack(d, &from, again, LEN, &got, &err),
			 -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	assert_non_null(strstr(err.text, "ended"));
	bk_deflate_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_chunking_comes_out_as_it_went_in),
		cmocka_unit_test(a_flush_lets_all_so_far_be_read),
		cmocka_unit_test(a_bomb_comes_out_in_pieces),
		cmocka_unit_test(what_is_no_deflate_is_corrupt),
		cmocka_unit_test(behind_the_end_nothing_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
