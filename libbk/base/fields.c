/* Lines of fields: see fields.h. */

#include "base/fields.h"

#include <string.h>

void bk_fields_add(struct bk_buf *line, const char *text)
{
	bk_buf_add_u8(line, '\t');
	for (; text && *text; text++) {
		char c = *text;
		if (c != '\t' && c != '\n' && c != '\\')
			bk_buf_add_u8(line, (uint8_t)c);
		else
			bk_buf_printf(line, "\\%c",
				      c == '\t'   ? 't'
				      : c == '\n' ? 'n'
						  : c);
	}
}

void bk_fields_add_number(struct bk_buf *line, uint64_t n)
{
	bk_buf_printf(line, "\t%ju", (uintmax_t)n);
}

static char *unescape(struct bk_arena *arena, const char *from, size_t len)
{
	char *out = bk_arena_alloc(arena, len + 1), *to = out;

	for (size_t i = 0; i < len; i++) {
		char c = from[i];
		if (c == '\\' && i + 1 < len) {
			c = from[++i];
			c = (char)(c == 't' ? '\t' : c == 'n' ? '\n' : c);
		}
		*to++ = c;
	}
	return out;
}

size_t bk_fields_split(struct bk_arena *arena, struct bk_view line,
		       const char **fields, size_t most)
{
	size_t n = 0;

	for (size_t at = 0; n < most; at++) {
		const uint8_t *from = line.data + at;
		const uint8_t *end = line.len > at
					     ? memchr(from, '\t', line.len - at)
					     : NULL;
		size_t len = end ? (size_t)(end - from) : line.len - at;
		fields[n++] = unescape(arena, (const char *)from, len);
		at += len;
		if (at >= line.len)
			break;
	}
	return n;
}
