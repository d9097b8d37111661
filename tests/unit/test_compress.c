/* Frames of zstd: exactly one, of exactly the size it says. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "crypto/random.h"
#include "repo/compress.h"

static void what_is_compressed_comes_back_at_every_level(void **state)
{
	struct bk_buf plain = {0}, packed = {0}, again = {0};
	struct bk_zstd *zstd = bk_zstd_new();
	struct bk_err err = {0};

	(void)state;
	for (int i = 0; i < 20000; i++)
		bk_buf_printf(&plain, "line %d of many\n", i % 700);
	for (int level = 1; level <= 9; level++) {
		packed.len = 0;
		bk_buf_add(&packed, "before", 6);
		assert_int_equal(bk_zstd_compress(zstd, bk_buf_view(&plain),
						  level, &packed, &err),
				 0);
		assert_true(packed.len < plain.len / 5);
		struct bk_view frame = {packed.data + 6, packed.len - 6};
		assert_int_equal(bk_zstd_decompress(zstd, frame, plain.len,
						    &again, &err),
				 0);
		assert_int_equal(again.len, plain.len);
		assert_memory_equal(again.data, plain.data, plain.len);
	}
	bk_buf_clear(&plain);
	bk_buf_clear(&packed);
	bk_buf_clear(&again);
	bk_zstd_free(zstd);
	bk_zstd_free(NULL);
}

static void refused(struct bk_zstd *zstd, struct bk_view frame, size_t len)
{
	struct bk_buf out = {0};
	struct bk_err err = {0};

	assert_int_equal(bk_zstd_decompress(zstd, frame, len, &out, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	assert_int_equal(out.len, 0);
	bk_buf_clear(&out);
}

static void what_is_not_one_frame_of_that_size_is_refused(void **state)
{
	static const uint8_t plain[1000];
	struct bk_zstd *zstd = bk_zstd_new();
	struct bk_buf packed = {0};
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_zstd_compress(zstd, (struct bk_view){plain, 1000},
					  3, &packed, &err),
			 0);
	struct bk_view frame = bk_buf_view(&packed);
	refused(zstd, frame, 999);
	refused(zstd, frame, 1001);
	refused(zstd, frame, 0);
	for (size_t len = 0; len < frame.len; len++)
		refused(zstd, (struct bk_view){frame.data, len}, 1000);
	bk_buf_add_u8(&packed, 0);
	refused(zstd, bk_buf_view(&packed), 1000);
	packed.len--;
	bk_buf_add(&packed, packed.data, packed.len); /* two frames */
	refused(zstd, bk_buf_view(&packed), 1000);
	refused(zstd, bk_buf_view(&packed), 2000);
	bk_buf_clear(&packed);
	bk_zstd_free(zstd);
}

static void a_frame_that_does_not_tell_its_size_is_refused(void **state)
{
	static const uint8_t plain[1000];
	struct bk_zstd *zstd = bk_zstd_new();
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	uint8_t frame[1024];

	(void)state;
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_contentSizeFlag, 0);
	size_t n =
		ZSTD_compress2(ctx, frame, sizeof(frame), plain, sizeof(plain));
	assert_false(ZSTD_isError(n));
	refused(zstd, (struct bk_view){frame, n}, 1000);
	ZSTD_freeCCtx(ctx);
	bk_zstd_free(zstd);
}

static void random_bytes_are_never_a_crash(void **state)
{
	struct bk_zstd *zstd = bk_zstd_new();
	struct bk_buf packed = {0}, out = {0};
	uint8_t plain[300];
	struct bk_err err = {0};

	(void)state;
	memset(plain, 'x', sizeof(plain));
	bk_random_bytes(plain, 100);
	assert_int_equal(
		bk_zstd_compress(zstd, (struct bk_view){plain, sizeof(plain)},
				 3, &packed, &err),
		0);
	for (size_t i = 0; i < packed.len * 8; i++) {
		packed.data[i / 8] ^= (uint8_t)(1 << i % 8);
		(void)bk_zstd_decompress(zstd, bk_buf_view(&packed),
					 sizeof(plain), &out, &err);
		packed.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	bk_buf_clear(&packed);
	bk_buf_clear(&out);
	bk_zstd_free(zstd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_compressed_comes_back_at_every_level),
		cmocka_unit_test(what_is_not_one_frame_of_that_size_is_refused),
		cmocka_unit_test(
			a_frame_that_does_not_tell_its_size_is_refused),
		cmocka_unit_test(random_bytes_are_never_a_crash),
	};

	return cmocka_run_group_tests_name("compress", tests, NULL, NULL);
}
