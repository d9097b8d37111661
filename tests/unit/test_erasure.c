/* Erasure codes: against the formula of bk-format(5), byte by byte, and every
 * loss that they promise to give back. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/erasure.h"
#include "lib/dice.h"

#define LEN 67 /* no multiple of anything that a processor likes */

/* ---- GF(2^8), as slowly as it is defined ---- */

static uint8_t multiply(uint8_t a, uint8_t b)
{
	unsigned product = 0;

	for (unsigned i = 0; i < 8; i++)
		if (b >> i & 1)
			product ^= (unsigned)a << i;
	for (unsigned i = 15; i >= 8; i--)
		if (product >> i & 1)
			product ^= 0x11du << (i - 8);
	return (uint8_t)product;
}

static uint8_t inverse(uint8_t a)
{
	unsigned b = 1;

	while (multiply(a, (uint8_t)b) != 1)
		b++;
	return (uint8_t)b;
}

/* ---- pieces ---- */

static uint8_t bytes[BK_ERASURE_DATA_MOST + BK_ERASURE_PARITY_MOST][LEN];
static uint8_t right[BK_ERASURE_DATA_MOST + BK_ERASURE_PARITY_MOST][LEN];
static uint8_t *pieces[BK_ERASURE_DATA_MOST + BK_ERASURE_PARITY_MOST];

static struct bk_erasure *make(unsigned k, unsigned m)
{
	struct bk_erasure *code = bk_erasure_new(k, m);
	struct dice dice = {k * 100 + m};

	memset(bytes, 0, sizeof(bytes));
	for (unsigned i = 0; i < k + m; i++)
		pieces[i] = bytes[i];
	for (unsigned i = 0; i < k; i++)
		for (unsigned b = 0; b < LEN; b++)
			bytes[i][b] = (uint8_t)dice_below(&dice, 256);
	for (unsigned i = k; i-- > 0;) /* in any order, in two parts */
		for (size_t at = 0; at < LEN; at += 40) {
			uint8_t *to[BK_ERASURE_PARITY_MOST];
			for (unsigned p = 0; p < m; p++)
				to[p] = bytes[k + p] + at;
			bk_erasure_add(code, i, bytes[i] + at,
				       LEN - at < 40 ? LEN - at : 40, to);
		}
	memcpy(right, bytes, sizeof(bytes));
	return code;
}

static void parity_is_what_the_page_says(void **state)
{
	static const unsigned shapes[][2] = {
		{1,  1 },
                {2,  1 },
                {5,  2 },
                {64, 2 },
                {33, 16}
        };

	(void)state;
	for (size_t s = 0; s < sizeof(shapes) / sizeof(*shapes); s++) {
		unsigned k = shapes[s][0], m = shapes[s][1];
		struct bk_erasure *code = make(k, m);
		for (unsigned p = 0; p < m; p++)
			for (unsigned b = 0; b < LEN; b++) {
				uint8_t want = 0;
				for (unsigned j = 0; j < k; j++)
					want ^= multiply(
						inverse((uint8_t)((k + p) ^ j)),
						bytes[j][b]);
				assert_int_equal(bytes[k + p][b], want);
			}
		bk_erasure_free(code);
	}
}

/* The pieces of a bit mask are lost. */
static void lose(unsigned k, unsigned m, unsigned lost,
		 const struct bk_erasure *code)
{
	bool good[BK_ERASURE_DATA_MOST + BK_ERASURE_PARITY_MOST];
	unsigned n = 0;

	memcpy(bytes, right, sizeof(bytes));
	for (unsigned i = 0; i < k + m; i++) {
		good[i] = !(lost >> i & 1);
		n += !good[i];
		if (!good[i])
			memset(bytes[i], 0xdb, LEN);
	}
	bool done = bk_erasure_rebuild(code, pieces, good, LEN);
	assert_int_equal(done, n <= m);
	for (unsigned i = 0; i < k; i++)
		if (done || good[i])
			assert_memory_equal(bytes[i], right[i], LEN);
}

static void any_pieces_up_to_the_number_of_parity_come_back(void **state)
{
	(void)state;
	for (unsigned k = 1; k <= 6; k++)
		for (unsigned m = 1; m <= 4; m++) {
			struct bk_erasure *code = make(k, m);
			for (unsigned lost = 0; lost < 1u << (k + m); lost++)
				lose(k, m, lost, code);
			bk_erasure_free(code);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parity_is_what_the_page_says),
		cmocka_unit_test(
			any_pieces_up_to_the_number_of_parity_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
