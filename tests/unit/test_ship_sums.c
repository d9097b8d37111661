/* Bytes proved as they pass: whatever is wrong in a file or a bundle shows, in
 * pieces of whatever size it comes. */

#include "lib/test.h"

#include <string.h>

#include "job/ship_sums.h"

#define FIRST 40
#define THEN  30
#define GAP   7

static struct bk_ship_stretch stretches[2];
static struct bk_ship_blob blob;
static uint8_t bytes[FIRST + THEN + GAP + 2 * BK_FOOTER_LEN];

static void write_file(struct bk_ship_stretch *stretch, uint64_t offset,
		       uint64_t len)
{
	struct bk_sha256 sha;

	*stretch =
		(struct bk_ship_stretch){offset, len, len + BK_FOOTER_LEN, {0}};
	for (uint64_t i = 0; i < len; i++)
		bytes[offset + i] = (uint8_t)(i * 7 + offset);
	bk_sha256_init(&sha);
	bk_sha256_update(&sha, bytes + offset, len);
	bk_sha256_final(&sha, stretch->sha256);
	bk_footer_encode(len, false, stretch->sha256, bytes + offset + len);
}

static int start(void **state)
{
	(void)state;
	write_file(&stretches[0], 0, FIRST);
	write_file(&stretches[1], FIRST + BK_FOOTER_LEN + GAP, THEN);
	blob = (struct bk_ship_blob){
		.size = sizeof(bytes), .stretches = stretches, .n = 2};
	return 0;
}

static bool is_right(const uint8_t *data, size_t len, size_t piece)
{
	struct bk_ship_sums sums;

	bk_ship_sums_init(&sums, &blob);
	for (size_t at = 0; at < len; at += piece)
		bk_ship_sums_add(&sums, data + at,
				 len - at < piece ? len - at : piece);
	bool right = bk_ship_sums_right(&sums);
	bk_ship_sums_clear(&sums);
	return right;
}

static void what_is_right_is_right_in_pieces_of_any_size(void **state)
{
	(void)state;
	for (size_t piece = 1; piece <= sizeof(bytes); piece++)
		assert_true(is_right(bytes, sizeof(bytes), piece));
}

static void every_byte_of_a_file_and_its_footer_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		size_t gap = FIRST + BK_FOOTER_LEN;
		bool unused = i >= gap && i < gap + GAP;
		bytes[i] ^= 1;
		assert_int_equal(is_right(bytes, sizeof(bytes), 11), unused);
		bytes[i] ^= 1;
	}
}

static void what_is_cut_short_is_not_right(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(bytes); len++)
		assert_false(is_right(bytes, len, 13));
}

static void what_is_too_long_is_not_right(void **state)
{
	uint8_t longer[sizeof(bytes) + 1] = {0};

	(void)state;
	memcpy(longer, bytes, sizeof(bytes));
	assert_false(is_right(longer, sizeof(longer), sizeof(longer)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_is_right_in_pieces_of_any_size),
		cmocka_unit_test(every_byte_of_a_file_and_its_footer_counts),
		cmocka_unit_test(what_is_cut_short_is_not_right),
		cmocka_unit_test(what_is_too_long_is_not_right),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
