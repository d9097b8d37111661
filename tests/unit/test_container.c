/* Headers and blocks: the known answer, and that nothing else opens. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "repo/container.h"
#include "repo/crc32.h"

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
	assert_head_refused(&pack, head, BK_DENIED,
			    "the data key of generation 2");
}

/* ---- blocks ---- */

static struct bk_aead *aead(void)
{
	static const uint8_t key[BK_KEY_LEN] = "a file key";

	return bk_aead_new(key);
}

static struct bk_view text(const char *s)
{
	return (struct bk_view){(const uint8_t *)s, strlen(s)};
}

static void a_block_opens_to_what_was_sealed(void **state)
{
	struct bk_block_info in = {.type = BK_FILE_INDEX,
				   .kind = BK_BLOCK_DATA,
				   .number = 7,
				   .plain_len = 5};
	struct bk_block_info out = in;
	struct bk_buf stored = {0}, data = {0};
	struct bk_aead *ctx = aead();
	struct bk_err err = {0};

	(void)state;
	bk_buf_add(&stored, "before", 6); /* it is appended */
	assert_int_equal(bk_block_seal(ctx, &in, text("hello"), &stored, &err),
			 0);
	assert_int_equal(stored.len, 6 + 5 + BK_BLOCK_OVERHEAD);
	struct bk_view view = {stored.data + 6, stored.len - 6};
	assert_int_equal(bk_block_open(ctx, &out, LOG2, view, &data, &err), 0);
	assert_int_equal(data.len, 5);
	assert_memory_equal(data.data, "hello", 5);
	assert_int_equal(out.codec, BK_CODEC_RAW);
	assert_int_equal(out.plain_len, 5);
	bk_buf_clear(&stored);
	bk_buf_clear(&data);
	bk_aead_free(ctx);
}

static void every_flipped_bit_of_a_block_is_found(void **state)
{
	struct bk_block_info info = {.type = BK_FILE_INDEX,
				     .kind = BK_BLOCK_TRAILER,
				     .number = 1000,
				     .last = true,
				     .plain_len = 31};
	struct bk_buf stored = {0}, data = {0};
	struct bk_aead *ctx = aead();
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_block_seal(ctx, &info,
				       text("thirty and one, as one may say."),
				       &stored, &err),
			 0);
	for (size_t bit = 0; bit < stored.len * 8; bit++) {
		stored.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct bk_block_info got = info;
		assert_int_equal(bk_block_open(ctx, &got, LOG2,
					       bk_buf_view(&stored), &data,
					       &err),
				 -1);
		assert_int_equal(err.kind, BK_CORRUPT);
		assert_int_equal(data.len, 0);
		/* and with a right CRC */
		uint32_t crc = bk_crc32(0, stored.data, 8);
		uint32_t was = bk_get_u32(stored.data + 8);
		crc = bk_crc32(crc, stored.data + 12, stored.len - 12);
		bk_put_u32(stored.data + 8, crc);
		if (bit / 32 != 2)
			assert_int_equal(bk_block_open(ctx, &got, LOG2,
						       bk_buf_view(&stored),
						       &data, &err),
					 -1);
		bk_put_u32(stored.data + 8, was);
		stored.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < stored.len; len++)
		assert_int_equal(
			bk_block_open(ctx, &info, LOG2,
				      (struct bk_view){stored.data, len}, &data,
				      &err),
			-1);
	assert_int_equal(bk_block_open(ctx, &info, LOG2, bk_buf_view(&stored),
				       &data, &err),
			 0);
	bk_buf_clear(&stored);
	bk_buf_clear(&data);
	bk_aead_free(ctx);
}

static void a_block_opens_in_its_own_place_only(void **state)
{
	const struct bk_block_info info = {.type = BK_FILE_INDEX,
					   .kind = BK_BLOCK_ROWS,
					   .number = 3,
					   .plain_len = 4};
	struct bk_buf stored = {0}, data = {0};
	struct bk_aead *ctx = aead();
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_block_seal(ctx, &info, text("rows"), &stored, &err),
			 0);
	struct bk_block_info wrong[] = {info, info, info, info};
	wrong[0].number = 4;
	wrong[1].type = BK_FILE_PACK;
	wrong[2].kind = BK_BLOCK_DATA;
	wrong[3].last = true;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(bk_block_open(ctx, &wrong[i], LOG2,
					       bk_buf_view(&stored), &data,
					       &err),
				 -1);
		assert_int_equal(err.kind, BK_CORRUPT);
	}
	bk_buf_clear(&stored);
	bk_buf_clear(&data);
	bk_aead_free(ctx);
}

/* Seals 12 bytes of fields and what is behind them, whatever they say. */
static void seal_fields(struct bk_aead *ctx, const uint8_t *inner, size_t len,
			struct bk_buf *stored)
{
	uint8_t nonce[12] = {0}, aad[12] = {BK_FILE_MANIFEST};
	struct bk_err err = {0};

	stored->len = 0;
	uint8_t *at = bk_buf_grow(stored, len + 28);
	bk_put_u32(at, (uint32_t)len + 16);
	bk_put_u32(at + 4, 0);
	memcpy(aad + 8, at, 4);
	assert_int_equal(
		bk_aead_seal(ctx, nonce, (struct bk_view){aad, sizeof(aad)},
			     (struct bk_view){inner, len}, at + 12, &err),
		0);
	bk_put_u32(at + 8, bk_crc32(bk_crc32(0, at, 8), at + 12, len + 16));
}

static int open_fields(struct bk_aead *ctx, const uint8_t *inner, size_t len,
		       enum bk_block_kind kind)
{
	struct bk_block_info info = {.type = BK_FILE_MANIFEST, .kind = kind};
	struct bk_buf stored = {0}, data = {0};
	struct bk_err err = {0};

	seal_fields(ctx, inner, len, &stored);
	int rc = bk_block_open(ctx, &info, LOG2, bk_buf_view(&stored), &data,
			       &err);
	if (rc == 0)
		assert_int_equal(data.len, bk_get_u32(inner + 4));
	else
		assert_int_equal(err.kind, BK_CORRUPT);
	bk_buf_clear(&stored);
	bk_buf_clear(&data);
	return rc;
}

static void fields_that_cannot_be_are_refused_under_a_right_seal(void **state)
{
	struct bk_aead *ctx = aead();
	uint8_t inner[32] = {0};

	(void)state;
	bk_put_u32(inner + 4, 20);
	bk_put_u32(inner + 8, 20);
	assert_int_equal(open_fields(ctx, inner, 32, BK_BLOCK_DATA), 0);
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {
		{0, 2   }, /* an unknown codec */
		{1, 1   }, /* another kind */
		{2, 1   }, /* not zero */
		{4, 21  }, /* more data than there is */
		{4, 19  }, /* raw, and shorter than its plain length */
		{8, 21  }, /* the other way round */
		{7, 0x80}  /* far more */
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		uint8_t was = inner[wrong[i].at];
		inner[wrong[i].at] = wrong[i].value;
		assert_int_equal(open_fields(ctx, inner, 32, BK_BLOCK_DATA),
				 -1);
		inner[wrong[i].at] = was;
	}
	inner[0] = BK_CODEC_ZSTD; /* says nothing of its plain length */
	bk_put_u32(inner + 8, 1 << LOG2);
	assert_int_equal(open_fields(ctx, inner, 32, BK_BLOCK_DATA), 0);
	bk_put_u32(inner + 8, (1 << LOG2) + 1);
	assert_int_equal(open_fields(ctx, inner, 32, BK_BLOCK_DATA), -1);
	bk_aead_free(ctx);
}

static void padding_is_zero_and_only_where_it_may_be(void **state)
{
	struct bk_aead *ctx = aead();
	uint8_t inner[32] = {0};

	(void)state;
	bk_put_u32(inner + 4, 10);
	bk_put_u32(inner + 8, 10);
	assert_int_equal(open_fields(ctx, inner, 32, BK_BLOCK_DATA), 0);
	inner[1] = BK_BLOCK_DIRECTORY;
	assert_int_equal(open_fields(ctx, inner, 32, BK_BLOCK_DIRECTORY), 0);
	inner[31] = 1;
	assert_int_equal(open_fields(ctx, inner, 32, BK_BLOCK_DIRECTORY), -1);
	inner[31] = 0;
	inner[1] = BK_BLOCK_ROWS;
	assert_int_equal(open_fields(ctx, inner, 32, BK_BLOCK_ROWS), -1);
	bk_aead_free(ctx);
}

static void a_block_above_its_limit_is_refused_before_it_is_opened(void **state)
{
	struct bk_aead *ctx = aead();
	size_t most = (size_t)1 << LOG2;
	uint8_t *inner = bk_alloc(most + 1);

	(void)state;
	bk_put_u32(inner + 4, (uint32_t)most - 12);
	bk_put_u32(inner + 8, (uint32_t)most - 12);
	assert_int_equal(open_fields(ctx, inner, most, BK_BLOCK_DATA), 0);
	assert_int_equal(open_fields(ctx, inner, most + 1, BK_BLOCK_DATA), -1);
	free(inner);
	bk_aead_free(ctx);
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
	assert_memory_equal(&in, &out, sizeof(in));
	bytes[115] = 1;
	assert_int_equal(bk_trailer_decode(view, &out, &err), -1);
	bytes[115] = 0;
	view.len--;
	assert_int_equal(bk_trailer_decode(view, &out, &err), -1);
	bk_footer_encode(5000, sum, footer);
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
		cmocka_unit_test(a_block_opens_to_what_was_sealed),
		cmocka_unit_test(every_flipped_bit_of_a_block_is_found),
		cmocka_unit_test(a_block_opens_in_its_own_place_only),
		cmocka_unit_test(
			fields_that_cannot_be_are_refused_under_a_right_seal),
		cmocka_unit_test(padding_is_zero_and_only_where_it_may_be),
		cmocka_unit_test(
			a_block_above_its_limit_is_refused_before_it_is_opened),
		cmocka_unit_test(trailer_and_footer_come_back),
	};

	return cmocka_run_group_tests_name("container", tests, start, NULL);
}
