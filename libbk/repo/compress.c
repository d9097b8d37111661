/* Zstandard by libzstd: see compress.h. */

#include "repo/compress.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* Made when first used: who only reads needs no room for compressing. */
struct bk_zstd {
	ZSTD_CCtx *packing;
	ZSTD_DCtx *unpacking;
};

struct bk_zstd *bk_zstd_new(void)
{
	return bk_alloc(sizeof(struct bk_zstd));
}

void bk_zstd_free(struct bk_zstd *zstd)
{
	if (!zstd)
		return;
	ZSTD_freeCCtx(zstd->packing);
	ZSTD_freeDCtx(zstd->unpacking);
	free(zstd);
}

size_t bk_zstd_bound(size_t plain_len)
{
	return ZSTD_compressBound(plain_len);
}

int bk_zstd_compress(struct bk_zstd *zstd, struct bk_view plain, int level,
		     struct bk_buf *out, struct bk_err *err)
{
	size_t most = bk_zstd_bound(plain.len);

	if (ZSTD_isError(most))
		return bk_fail(err, BK_MISUSE, "%zu bytes to compress at once",
			       plain.len);
	if (!zstd->packing)
		zstd->packing = ZSTD_createCCtx();
	if (!zstd->packing)
		return bk_fail(err, BK_FAILED, "out of memory for compression");
	uint8_t *at = bk_buf_room(out, most);
	size_t n = ZSTD_compressCCtx(zstd->packing, at, most, plain.data,
				     plain.len, level);
	if (ZSTD_isError(n))
		return bk_fail(err, BK_FAILED, "zstd: %s",
			       ZSTD_getErrorName(n));
	out->len += n;
	return 0;
}

int bk_zstd_decompress(struct bk_zstd *zstd, struct bk_view data,
		       size_t plain_len, struct bk_buf *out, struct bk_err *err)
{
	out->len = 0;
	if (ZSTD_getFrameContentSize(data.data, data.len) != plain_len)
		return bk_fail(err, BK_CORRUPT,
			       "a compressed block does not say %zu bytes",
			       plain_len);
	if (ZSTD_findFrameCompressedSize(data.data, data.len) != data.len)
		return bk_fail(err, BK_CORRUPT,
			       "a compressed block is not one frame");
	if (!zstd->unpacking)
		zstd->unpacking = ZSTD_createDCtx();
	if (!zstd->unpacking)
		return bk_fail(err, BK_FAILED, "out of memory for compression");
	uint8_t *at = bk_buf_room(out, plain_len);
	size_t n = ZSTD_decompressDCtx(zstd->unpacking, at, plain_len,
				       data.data, data.len);
	if (ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
		return bk_fail(err, BK_FAILED, "out of memory for compression");
	if (ZSTD_isError(n))
		return bk_fail(err, BK_CORRUPT, "zstd: %s",
			       ZSTD_getErrorName(n));
	if (n != plain_len)
		return bk_fail(err, BK_CORRUPT,
			       "%zu bytes decompressed, not %zu", n, plain_len);
	out->len = n;
	return 0;
}
