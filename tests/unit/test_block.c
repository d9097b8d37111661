/* Blocks: they open in their own place, and nothing that was changed does. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "repo/container.h"

#define LOG2 16

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
	out = in;
	data.len = 0;
	bk_buf_add(&data, view.data, view.len);
	assert_int_equal(bk_block_open_in_place(ctx, &out, LOG2, &data, &err),
			 0);
	assert_int_equal(data.len, 5);
	assert_memory_equal(data.data, "hello", 5);
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
		got = info;
		bk_buf_add(&data, stored.data, stored.len);
		assert_int_equal(
			bk_block_open_in_place(ctx, &got, LOG2, &data, &err),
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_opens_to_what_was_sealed),
		cmocka_unit_test(every_flipped_bit_of_a_block_is_found),
		cmocka_unit_test(a_block_opens_in_its_own_place_only),
		cmocka_unit_test(
			fields_that_cannot_be_are_refused_under_a_right_seal),
		cmocka_unit_test(padding_is_zero_and_only_where_it_may_be),
		cmocka_unit_test(
			a_block_above_its_limit_is_refused_before_it_is_opened),
	};

	return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
