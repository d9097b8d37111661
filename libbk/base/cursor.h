/*
 * Reading from bytes that came from outside: every step is checked against
 * what is left, and the first failure sticks, so that a run of reads needs one
 * test at its end.  After a failure every read gives zero or an empty view.
 */

#ifndef BK_BASE_CURSOR_H
#define BK_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct bk_cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool bad; /* something was missing, or a varint was not canonical */
};

static inline struct bk_cursor bk_cursor_over(const void *data, size_t len)
{
	const uint8_t *at = data;
	return (struct bk_cursor){at, at + len, false};
}

static inline size_t bk_cursor_left(const struct bk_cursor *c)
{
	return (size_t)(c->end - c->at);
}

uint8_t bk_cursor_u8(struct bk_cursor *c);
uint16_t bk_cursor_u16(struct bk_cursor *c);
uint32_t bk_cursor_u32(struct bk_cursor *c);
uint64_t bk_cursor_u64(struct bk_cursor *c);
uint64_t bk_cursor_varint(struct bk_cursor *c); /* canonical LEB128 only */
int64_t bk_cursor_zigzag(struct bk_cursor *c);

/* A varint that must not pass `most`. */
uint64_t bk_cursor_varint_max(struct bk_cursor *c, uint64_t most);

/* n bytes in place: they live as long as what the cursor runs over. */
struct bk_view bk_cursor_bytes(struct bk_cursor *c, size_t n);

/* n bytes copied to `out`; zeros after a failure. */
void bk_cursor_copy(struct bk_cursor *c, void *out, size_t n);

/* A varint length and that many bytes, in place. */
struct bk_view bk_cursor_blob(struct bk_cursor *c);

/* The same as text, copied and NUL-terminated (caller frees); bytes of NUL
 * inside are a failure.  NULL when bad. */
char *bk_cursor_string(struct bk_cursor *c);

/* 0, or -1 with BK_CORRUPT "what: cut short or malformed". */
int bk_cursor_check(const struct bk_cursor *c, const char *what,
		    struct bk_err *err);

#endif
