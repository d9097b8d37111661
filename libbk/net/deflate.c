/* DEFLATE both ways through zlib: see deflate.h. */

#include "net/deflate.h"

#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

/* Base64 gains what there is to gain at once; more costs time alone. */
#define LEVEL    3
#define MEMORY   8
#define RAW_BITS (-15)

struct bk_deflate {
	z_stream packing, unpacking;
	bool ended; /* what is unpacked */
};

struct bk_deflate *bk_deflate_new(void)
{
	struct bk_deflate *both = bk_alloc(sizeof(*both));

	if (deflateInit2(&both->packing, LEVEL, Z_DEFLATED, RAW_BITS, MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK ||
	    inflateInit2(&both->unpacking, RAW_BITS) != Z_OK)
		abort(); /* as all small allocations do */
	return both;
}

void bk_deflate_free(struct bk_deflate *both)
{
	if (!both)
		return;
	(void)deflateEnd(&both->packing);
	(void)inflateEnd(&both->unpacking);
	free(both);
}

static uInt fitting(size_t n)
{
	return n < UINT_MAX ? (uInt)n : UINT_MAX;
}

static void lend(z_stream *stream, const struct bk_view *from, void *into,
		 size_t cap)
{
	stream->next_in = from->data;
	stream->avail_in = fitting(from->len);
	stream->next_out = into;
	stream->avail_out = fitting(cap);
}

/* How many bytes came out; what was used is taken off `from`. */
static size_t settle(z_stream *stream, struct bk_view *from, void *into)
{
	size_t used = fitting(from->len) - stream->avail_in;
	size_t got = (size_t)(stream->next_out - (Bytef *)into);

	if (used)
		from->data += used;
	from->len -= used;
	stream->next_in = NULL;
	stream->next_out = NULL;
	return got;
}

/* Without errors: of a stream that was made, with room, zlib has none but "no
 * progress", which is none. */
size_t bk_deflate_pack(struct bk_deflate *both, struct bk_view *from,
		       bool flush, void *into, size_t cap)
{
	z_stream *stream = &both->packing;

	lend(stream, from, into, cap);
	(void)deflate(stream, flush ? Z_SYNC_FLUSH : Z_NO_FLUSH);
	return settle(stream, from, into);
}

int bk_deflate_unpack(struct bk_deflate *both, struct bk_view *from, void *into,
		      size_t cap, size_t *got, struct bk_err *err)
{
	z_stream *stream = &both->unpacking;

	*got = 0;
	if (both->ended)
		return bk_fail(err, BK_CORRUPT,
			       "the compressed stream has ended");
	lend(stream, from, into, cap);
	int code = inflate(stream, Z_SYNC_FLUSH);
	const char *why = stream->msg;
	*got = settle(stream, from, into);
	both->ended = code == Z_STREAM_END;
	if (code == Z_OK || code == Z_BUF_ERROR || *got > 0)
		return 0;
	return bk_fail(err, BK_CORRUPT, "what came is no DEFLATE stream: %s",
		       both->ended ? "it has ended"
		       : why       ? why
				   : "?");
}
