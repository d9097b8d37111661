/* The two transfer encodings of MIME: see encode.h. */

#include "corpus/encode.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

const char base64_alphabet[65] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Four characters of the up to three bytes at `from`. */
static void encode_group(uint8_t to[4], const uint8_t *from, size_t n)
{
	uint32_t bits = (uint32_t)from[0] << 16;

	if (n > 1)
		bits |= (uint32_t)from[1] << 8;
	if (n > 2)
		bits |= from[2];
	to[0] = (uint8_t)base64_alphabet[bits >> 18];
	to[1] = (uint8_t)base64_alphabet[bits >> 12 & 63];
	to[2] = n > 1 ? (uint8_t)base64_alphabet[bits >> 6 & 63] : '=';
	to[3] = n > 2 ? (uint8_t)base64_alphabet[bits & 63] : '=';
}

void encode_base64(struct bk_buf *out, struct bk_view from, size_t line)
{
	size_t groups = (from.len + 2) / 3;
	uint8_t *at = bk_buf_room(out, groups * 4 + groups * 4 / line + 1);
	const uint8_t *start = at;
	size_t column = 0;

	for (size_t i = 0; i < from.len; i += 3) {
		size_t left = from.len - i;
		encode_group(at, from.data + i, left < 3 ? left : 3);
		at += 4;
		column += 4;
		if (column >= line) {
			*at++ = '\n';
			column = 0;
		}
	}
	if (column)
		*at++ = '\n';
	out->len += (size_t)(at - start);
}

void encode_quoted(struct bk_buf *out, struct bk_view from)
{
	static const char hex[] = "0123456789ABCDEF";
	uint8_t *at = bk_buf_room(out, from.len * 4);
	const uint8_t *start = at;
	size_t column = 0;

	for (size_t i = 0; i < from.len; i++) {
		uint8_t c = from.data[i];
		if (c == '\n') {
			*at++ = '\n';
			column = 0;
			continue;
		}
		bool plain = c != '=' && c <= 126 && (c >= ' ' || c == '\t');
		if (column + (plain ? 1 : 3) > 75) {
			*at++ = '=';
			*at++ = '\n';
			column = 0;
		}
		column += plain ? 1 : 3;
		if (plain) {
			*at++ = c;
			continue;
		}
		*at++ = '=';
		*at++ = (uint8_t)hex[c >> 4];
		*at++ = (uint8_t)hex[c & 15];
	}
	out->len += (size_t)(at - start);
}
