/*
 * A growing buffer of bytes, and the encoders that append to it.  {0} is a
 * valid empty one.  Small allocations die on exhaustion (every job can be run
 * again); a size that came from outside goes through bk_buf_try_grow() or
 * bk_try_alloc(), which have a ceiling.
 */

#ifndef BK_BASE_BUF_H
#define BK_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bk_buf {
	uint8_t *data; /* owned; NULL while cap is 0 */
	size_t len;    /* bytes in use */
	size_t cap;    /* bytes allocated */
};

/* A read-only stretch of somebody else's bytes. */
struct bk_view {
	const uint8_t *data;
	size_t len;
};

void bk_buf_clear(struct bk_buf *buf); /* frees; the buffer is {0} again */

/* Room for n more bytes; the returned pointer is where they go; len stays. */
uint8_t *bk_buf_room(struct bk_buf *buf, size_t n);

/* Appends n bytes, uninitialised, and returns them. */
uint8_t *bk_buf_grow(struct bk_buf *buf, size_t n);

/* As bk_buf_grow, but BK_CORRUPT when len would pass `limit`: for sizes that
 * came from outside.  Returns NULL on failure. */
uint8_t *bk_buf_try_grow(struct bk_buf *buf, size_t n, size_t limit,
			 struct bk_err *err);

void bk_buf_add(struct bk_buf *buf, const void *data, size_t n);
void bk_buf_add_u8(struct bk_buf *buf, uint8_t v);
void bk_buf_add_u16(struct bk_buf *buf, uint16_t v);
void bk_buf_add_u32(struct bk_buf *buf, uint32_t v);
void bk_buf_add_u64(struct bk_buf *buf, uint64_t v);
void bk_buf_add_varint(struct bk_buf *buf, uint64_t v); /* unsigned LEB128 */
void bk_buf_add_zigzag(struct bk_buf *buf, int64_t v);
void bk_buf_add_string(struct bk_buf *buf,
		       const char *s); /* varint length, bytes */
void bk_buf_add_blob(struct bk_buf *buf, const void *data, size_t n);
void bk_buf_printf(struct bk_buf *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Ends the text with a NUL that len does not count. */
const char *bk_buf_text(struct bk_buf *buf);

static inline struct bk_view bk_buf_view(const struct bk_buf *buf)
{
	return (struct bk_view){buf->data, buf->len};
}

/*
 * Sets the allocator of a whole process up for buffers of megabytes in a few
 * threads: they are given back when they are freed, instead of staying in
 * heaps that each thread keeps.  Once, before the first thread.
 */
void bk_alloc_init(void);
/* Gives pages back that were freed, from all heaps: after much of what was
 * small, and before much is to be kept. */
void bk_alloc_trim(void);

/* malloc, realloc, strdup that die with a line on stderr when memory is out. */
void *bk_alloc(size_t n); /* zeroed */
void *bk_realloc(void *p, size_t n);
char *bk_strdup(const char *s);
char *bk_strndup(const char *s, size_t n);
char *bk_asprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* An allocation whose size came from outside: NULL and BK_CORRUPT above limit,
 * NULL and BK_FAILED when memory is out.  Zeroed. */
void *bk_try_alloc(size_t n, size_t limit, struct bk_err *err);

/*
 * Grows an array by doubling: `items` points to count elements of `size`
 * bytes, *cap is its capacity.  Returns the array with room for one more.
 */
void *bk_array_room(void *items, size_t count, size_t *cap, size_t size);

#endif
