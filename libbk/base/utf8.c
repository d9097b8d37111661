/* Decoding UTF-8: see utf8.h. */

#include "base/utf8.h"

/* How many bytes a character has that begins with this one; 0 if none does. */
static size_t length_of(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2)
		return 0;
	if (first < 0xe0)
		return 2;
	if (first < 0xf0)
		return 3;
	return first < 0xf5 ? 4 : 0;
}

size_t bk_utf8_next(const uint8_t *p, size_t n, uint32_t *code)
{
	static const uint8_t bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = length_of(p[0]);

	if (len == 0 || len > n)
		return 0;
	uint32_t c = p[0] & bits[len];
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return len;
}

bool bk_utf8_valid(const void *text, size_t n)
{
	const uint8_t *p = text;
	uint32_t code;

	while (n > 0) {
		size_t len = bk_utf8_next(p, n, &code);
		if (len == 0)
			return false;
		p += len;
		n -= len;
	}
	return true;
}
