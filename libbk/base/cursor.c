/* Checked reading of bytes from outside: see cursor.h. */

#include "base/cursor.h"

#include <string.h>

#include "base/bytes.h"

static const uint8_t *take(struct bk_cursor *c, size_t n)
{
	static const uint8_t zeros[8];

	if (c->bad || n > bk_cursor_left(c)) {
		c->bad = true;
		c->at = c->end;
		return zeros;
	}
	c->at += n;
	return c->at - n;
}

uint8_t bk_cursor_u8(struct bk_cursor *c)
{
	return *take(c, 1);
}

uint16_t bk_cursor_u16(struct bk_cursor *c)
{
	return bk_get_u16(take(c, 2));
}

uint32_t bk_cursor_u32(struct bk_cursor *c)
{
	return bk_get_u32(take(c, 4));
}

uint64_t bk_cursor_u64(struct bk_cursor *c)
{
	return bk_get_u64(take(c, 8));
}

uint64_t bk_cursor_varint(struct bk_cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = *take(c, 1);
		if (c->bad)
			return 0;
		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (!byte && shift)
			break; /* a shorter form exists */
		return v;
	}
	c->bad = true;
	c->at = c->end;
	return 0;
}

int64_t bk_cursor_zigzag(struct bk_cursor *c)
{
	return bk_unzigzag(bk_cursor_varint(c));
}

uint64_t bk_cursor_varint_max(struct bk_cursor *c, uint64_t most)
{
	uint64_t v = bk_cursor_varint(c);

	if (v <= most)
		return v;
	c->bad = true;
	c->at = c->end;
	return 0;
}

struct bk_view bk_cursor_bytes(struct bk_cursor *c, size_t n)
{
	const uint8_t *at = take(c, n);

	return (struct bk_view){at, c->bad ? 0 : n};
}

void bk_cursor_copy(struct bk_cursor *c, void *out, size_t n)
{
	struct bk_view view = bk_cursor_bytes(c, n);

	memset(out, 0, n);
	memcpy(out, view.data, view.len);
}

struct bk_view bk_cursor_blob(struct bk_cursor *c)
{
	uint64_t n = bk_cursor_varint_max(c, SIZE_MAX);

	return bk_cursor_bytes(c, (size_t)n);
}

char *bk_cursor_string(struct bk_cursor *c)
{
	struct bk_view view = bk_cursor_blob(c);

	if (c->bad || memchr(view.data, 0, view.len)) {
		c->bad = true;
		return NULL;
	}
	return bk_strndup((const char *)view.data, view.len);
}

int bk_cursor_check(const struct bk_cursor *c, const char *what,
		    struct bk_err *err)
{
	if (!c->bad)
		return 0;
	return bk_fail(err, BK_CORRUPT, "%s: cut short or malformed", what);
}
