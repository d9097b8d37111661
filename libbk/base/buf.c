/* Growing buffers and the allocations that may not fail: see buf.h. */

#include "base/buf.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define LARGE  (256 << 10) /* has pages of its own */
#define ARENAS 2

static _Noreturn void out_of_memory(size_t n)
{
	(void)fprintf(stderr,
		      "bk: out of memory (%zu bytes); run again with "
		      "less to do at a time (--jobs 1)\n",
		      n);
	abort();
}

void bk_alloc_init(void)
{
#ifdef M_ARENA_MAX
	/* Left alone, glibc raises the first to the largest block that was
	 * freed, up to 32 MiB, and what is below it stays in an arena. */
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
	(void)mallopt(M_TRIM_THRESHOLD, LARGE);
	(void)mallopt(M_ARENA_MAX, ARENAS);
#endif
}

void bk_alloc_trim(void)
{
#ifdef M_ARENA_MAX
	(void)malloc_trim(0);
#endif
}

void *bk_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		out_of_memory(n);
	return p;
}

void *bk_realloc(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);

	if (!q)
		out_of_memory(n);
	return q;
}

char *bk_strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = bk_alloc(len + 1);

	memcpy(copy, s, len);
	return copy;
}

char *bk_strdup(const char *s)
{
	return bk_strndup(s, strlen(s));
}

char *bk_asprintf(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		out_of_memory(0);
	va_end(args);
	return text;
}

void *bk_try_alloc(size_t n, size_t limit, struct bk_err *err)
{
	if (n > limit) {
		bk_fail(err, BK_CORRUPT,
			"%zu bytes wanted where %zu is the most", n, limit);
		return NULL;
	}
	void *p = calloc(1, n ? n : 1);
	if (!p)
		bk_fail(err, BK_FAILED, "out of memory (%zu bytes)", n);
	return p;
}

void *bk_array_room(void *items, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return items;
	size_t more = *cap ? *cap * 2 : 16;
	size_t bytes;
	if (__builtin_mul_overflow(more, size, &bytes))
		out_of_memory(more);
	*cap = more;
	return bk_realloc(items, bytes);
}

void bk_buf_clear(struct bk_buf *buf)
{
	free(buf->data);
	*buf = (struct bk_buf){0};
}

uint8_t *bk_buf_room(struct bk_buf *buf, size_t n)
{
	size_t want;

	if (__builtin_add_overflow(buf->len, n, &want))
		out_of_memory(n);
	if (want > buf->cap || !buf->data) {
		size_t cap = buf->cap + buf->cap / 2;
		if (cap < want)
			cap = want;
		if (cap < 64)
			cap = 64;
		buf->data = bk_realloc(buf->data, cap);
		buf->cap = cap;
	}
	return buf->data + buf->len;
}

uint8_t *bk_buf_grow(struct bk_buf *buf, size_t n)
{
	uint8_t *at = bk_buf_room(buf, n);

	buf->len += n;
	return at;
}

uint8_t *bk_buf_try_grow(struct bk_buf *buf, size_t n, size_t limit,
			 struct bk_err *err)
{
	if (buf->len > limit || n > limit - buf->len) {
		bk_fail(err, BK_CORRUPT,
			"%zu bytes wanted where %zu is the most", n, limit);
		return NULL;
	}
	return bk_buf_grow(buf, n);
}

void bk_buf_add(struct bk_buf *buf, const void *data, size_t n)
{
	if (n)
		memcpy(bk_buf_grow(buf, n), data, n);
}

void bk_buf_add_u8(struct bk_buf *buf, uint8_t v)
{
	*bk_buf_grow(buf, 1) = v;
}

void bk_buf_add_u16(struct bk_buf *buf, uint16_t v)
{
	bk_put_u16(bk_buf_grow(buf, 2), v);
}

void bk_buf_add_u32(struct bk_buf *buf, uint32_t v)
{
	bk_put_u32(bk_buf_grow(buf, 4), v);
}

void bk_buf_add_u64(struct bk_buf *buf, uint64_t v)
{
	bk_put_u64(bk_buf_grow(buf, 8), v);
}

void bk_buf_add_varint(struct bk_buf *buf, uint64_t v)
{
	uint8_t *p = bk_buf_room(buf, 10);

	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	buf->len = (size_t)(p - buf->data);
}

void bk_buf_add_zigzag(struct bk_buf *buf, int64_t v)
{
	bk_buf_add_varint(buf, bk_zigzag(v));
}

void bk_buf_add_blob(struct bk_buf *buf, const void *data, size_t n)
{
	bk_buf_add_varint(buf, n);
	bk_buf_add(buf, data, n);
}

void bk_buf_add_string(struct bk_buf *buf, const char *s)
{
	bk_buf_add_blob(buf, s, strlen(s));
}

void bk_buf_printf(struct bk_buf *buf, const char *fmt, ...)
{
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n > 0) {
		char *at = (char *)bk_buf_room(buf, (size_t)n + 1);
		(void)vsnprintf(at, (size_t)n + 1, fmt, again);
		buf->len += (size_t)n;
	}
	va_end(again);
}

const char *bk_buf_text(struct bk_buf *buf)
{
	*bk_buf_room(buf, 1) = 0;
	return (const char *)buf->data;
}
