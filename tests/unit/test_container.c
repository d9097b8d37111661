/* Headers, trailers, footers: the known answer, and that nothing else opens. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "crypto/secret.h"
#include "repo/container.h"

#define LOG2 16

static struct bk_repo repo;
static const struct bk_file_id pack = {BK_FILE_PACK, {0xb2}, 0};

static void assert_hex(const uint8_t *got, const char *hex)
{
	for (size_t i = 0; hex[2 * i]; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
		assert_int_equal(got[i], strtoul(pair, NULL, 16));
	}
}

/* R = 00 01 ... 1F, as in the format's known answer. */
static int start(void **state)
{
	struct bk_key_entry master = {.what = BK_KEY_MASTER, .generation = 1};
	struct bk_err err = {0};

	(void)state;
	for (uint8_t i = 0; i < BK_KEY_LEN; i++)
		master.key[i] = i;
	memset(repo.id, 0xa1, sizeof(repo.id));
	memset(repo.host, 0xc3, sizeof(repo.host));
	return bk_keys_add(&repo.keys, &master, &err);
}

static void assert_head_refused(const struct bk_file_id *id,
				const uint8_t head[BK_HEAD_LEN],
				enum bk_kind kind, const char *text)
{
	uint8_t key[BK_KEY_LEN];
	unsigned log2_block = 0;
	struct bk_err err = {0};

	assert_int_equal(bk_head_open(&repo, id, head, key, &log2_block, &err),
			 -1);
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, text))
		fail_msg("'%s' does not say '%s'", err.text, text);
}

static void renew_crc(uint8_t head[BK_HEAD_LEN])
{
	bk_put_u32(head + 252, bk_crc32(0, head, 252));
}

static void the_known_answer_of_the_format_opens(void **state)
{
	struct bk_file_id id = {.type = BK_FILE_PACK};
	uint8_t head[BK_HEAD_LEN] = {0}, key[BK_KEY_LEN];
	unsigned log2_block = 0;
	struct bk_err err = {0};

	(void)state;
	memset(id.set, 0xb2, sizeof(id.set));
	memcpy(head,
	       "\x89"
	       "BKF\r\n\x1a\n\1\0\1\1\1\x14",
	       14);
	bk_put_u16(head + 14, 256);
	bk_put_u32(head + 24, 1);
	memset(head + 32, 0xa1, 16);
	memset(head + 48, 0xb2, 16);
	memset(head + 64, 0xc3, 16);
	memset(head + 80, 0x55, 32);
	static const uint8_t commitment[] = {
		0x99, 0x73, 0x20, 0xcb, 0x5a, 0xab, 0x15, 0x7c,
		0x5a, 0x47, 0xc3, 0x30, 0xe3, 0x06, 0x4a, 0xf3,
		0xde, 0xc9, 0x3e, 0xa2, 0xf4, 0xc1, 0x2b, 0x68,
		0xb6, 0x08, 0xcd, 0xff, 0x7a, 0x71, 0xcc, 0x9f};
	memcpy(head + 220, commitment, sizeof(commitment));
	renew_crc(head);
	assert_int_equal(bk_head_open(&repo, &id, head, key, &log2_block, &err),
			 0);
	assert_int_equal(log2_block, 20);
	assert_hex(key,
		   "336cb7ef8e59aa4d90cc52948b96bc0d"
		   "60b03892848b2efb2c87148ddef66707");
}

static void a_header_that_was_made_opens_for_its_own_name_only(void **state)
{
	uint8_t head[BK_HEAD_LEN], made[BK_KEY_LEN], key[BK_KEY_LEN];
	unsigned log2_block = 0;
	struct bk_err err = {0};

	(void)state;
	for (unsigned type = BK_FILE_PACK; type <= BK_FILE_HOLD; type++) {
		struct bk_file_id id = {
			type, {7, 8},
                         9
                };
		assert_int_equal(
			bk_head_make(&repo, &id, LOG2, head, made, &err), 0);
		assert_int_equal(
			bk_head_open(&repo, &id, head, key, &log2_block, &err),
			0);
		assert_memory_equal(key, made, sizeof(key));
		assert_int_equal(log2_block, LOG2);
		id.ordinal++;
		assert_head_refused(&id, head, BK_CORRUPT, "another number");
		id.ordinal--;
		id.set[15]++;
		assert_head_refused(&id, head, BK_CORRUPT, "another set");
		id.set[15]--;
		id.type = type % 8 + 1;
		assert_head_refused(&id, head, BK_CORRUPT, "another type");
		id.type = type;
		repo.id[0]++;
		assert_head_refused(&id, head, BK_CORRUPT,
				    "another repository");
		repo.id[0]--;
	}
}

static void no_two_headers_have_one_salt_or_key(void **state)
{
	uint8_t a[BK_HEAD_LEN], b[BK_HEAD_LEN], key_a[BK_KEY_LEN];
	uint8_t key_b[BK_KEY_LEN];
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_head_make(&repo, &pack, LOG2, a, key_a, &err), 0);
	assert_int_equal(bk_head_make(&repo, &pack, LOG2, b, key_b, &err), 0);
	assert_false(bk_bytes_equal(a + 80, b + 80, 32));
	assert_false(bk_bytes_equal(key_a, key_b, sizeof(key_a)));
}

static void every_flipped_bit_of_a_header_is_found(void **state)
{
	uint8_t head[BK_HEAD_LEN], key[BK_KEY_LEN];
	unsigned log2_block = 0;
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_head_make(&repo, &pack, LOG2, head, key, &err), 0);
	for (size_t bit = 0; bit < sizeof(head) * 8; bit++) {
		head[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(bk_head_open(&repo, &pack, head, key,
					      &log2_block, &err),
				 -1);
		assert_int_equal(err.kind, BK_CORRUPT);
		head[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(
		bk_head_open(&repo, &pack, head, key, &log2_block, &err), 0);
}

/* Who writes to the target can compute a CRC, but no commitment. */
static void every_flipped_bit_with_a_right_crc_is_found_too(void **state)
{
	uint8_t head[BK_HEAD_LEN], key[BK_KEY_LEN];
	unsigned log2_block = 0;
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_head_make(&repo, &pack, LOG2, head, key, &err), 0);
	for (size_t bit = 0; bit < (size_t)252 * 8; bit++) {
		head[bit / 8] ^= (uint8_t)(1 << bit % 8);
		renew_crc(head);
		assert_int_equal(bk_head_open(&repo, &pack, head, key,
					      &log2_block, &err),
				 -1);
		head[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void a_newer_format_is_said_to_be_newer(void **state)
{
	uint8_t head[BK_HEAD_LEN], key[BK_KEY_LEN];
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_head_make(&repo, &pack, LOG2, head, key, &err), 0);
	head[8] = 3;
	renew_crc(head);
	assert_head_refused(
		&pack, head, BK_NEWER,
		"made by a newer version (format 3); upgrade this host first");
	head[8] = 1;
	head[17] = 1;
	renew_crc(head);
	assert_head_refused(&pack, head, BK_NEWER, "upgrade this host first");
}

/* Another set may be based on this one under another generation's key. */
static void a_generation_that_is_not_held_is_named(void **state)
{
	uint8_t head[BK_HEAD_LEN], key[BK_KEY_LEN];
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_head_make(&repo, &pack, LOG2, head, key, &err), 0);
	bk_put_u32(head + 24, 2);
	renew_crc(head);
	assert_head_refused(&pack, head, BK_NO_KEY,
			    "the data key of generation 2");
}

/* ---- trailer and footer ---- */

static void trailer_and_footer_come_back(void **state)
{
	const struct bk_trailer in = {1, 2, 3, 4, 5, UINT64_MAX, 7, 8};
	uint8_t bytes[BK_TRAILER_LEN], footer[BK_FOOTER_LEN], sum[32] = {9};
	struct bk_trailer out;
	struct bk_err err = {0};
	uint64_t body = 0;

	(void)state;
	bk_trailer_encode(&in, bytes);
	struct bk_view view = {bytes, sizeof(bytes)};
	assert_int_equal(bk_trailer_decode(view, &out, &err), 0);
	uint8_t again[BK_TRAILER_LEN];
	bk_trailer_encode(&out, again); /* the struct has padding */
	assert_memory_equal(bytes, again, sizeof(again));
	bytes[115] = 1;
	assert_int_equal(bk_trailer_decode(view, &out, &err), -1);
	bytes[115] = 0;
	view.len--;
	assert_int_equal(bk_trailer_decode(view, &out, &err), -1);
	bk_footer_encode(5000, false, sum, footer);
	assert_int_equal(bk_footer_decode(footer, 5064, &body, &err), 0);
	assert_int_equal(body, 5000);
	assert_int_equal(bk_footer_decode(footer, 5065, &body, &err), -1);
	for (size_t bit = 0; bit < sizeof(footer) * 8; bit++) {
		footer[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(bk_footer_decode(footer, 5064, &body, &err),
				 -1);
		footer[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_memory_equal(footer, "BKF1END\n", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_known_answer_of_the_format_opens),
		cmocka_unit_test(
			a_header_that_was_made_opens_for_its_own_name_only),
		cmocka_unit_test(no_two_headers_have_one_salt_or_key),
		cmocka_unit_test(every_flipped_bit_of_a_header_is_found),
		cmocka_unit_test(
			every_flipped_bit_with_a_right_crc_is_found_too),
		cmocka_unit_test(a_newer_format_is_said_to_be_newer),
		cmocka_unit_test(a_generation_that_is_not_held_is_named),
		cmocka_unit_test(trailer_and_footer_come_back),
	};

	return cmocka_run_group_tests_name("container", tests, start, NULL);
}
