/* Zstandard (RFC 8878), one frame at a time: the contexts of one thread. */

#ifndef BK_REPO_COMPRESS_H
#define BK_REPO_COMPRESS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct bk_zstd;

struct bk_zstd *bk_zstd_new(void);
void bk_zstd_free(struct bk_zstd *zstd); /* NULL is fine */

/* What a frame of plain_len bytes takes at most: room that never grows. */
size_t bk_zstd_bound(size_t plain_len);

/* Appends one frame that tells its content size, without checksum and
 * dictionary, to *out. */
int bk_zstd_compress(struct bk_zstd *zstd, struct bk_view plain, int level,
		     struct bk_buf *out, struct bk_err *err);

/* *out (emptied first) becomes the plain_len bytes that the frame holds.
 * BK_CORRUPT unless `data` is exactly one frame that says and has this size. */
int bk_zstd_decompress(struct bk_zstd *zstd, struct bk_view data,
		       size_t plain_len, struct bk_buf *out,
		       struct bk_err *err);

#endif
