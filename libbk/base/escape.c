/* Text from outside made safe for a terminal: see escape.h. */

#include "base/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

struct range {
	uint32_t first, last;
};

/* Controls (C0 apart, they have escapes of their own), marks, embeddings and
 * isolates of bidirectional text (UAX 9), line separators, the byte order
 * mark, interlinear annotation, tags. */
static const struct range hidden[] = {
	{0x7f,    0x9f   },
        {0x61c,   0x61c  },
        {0x200b,  0x200b },
	{0x200e,  0x200f },
        {0x2028,  0x202e },
        {0x2060,  0x206f },
	{0xfeff,  0xfeff },
        {0xfff9,  0xfffb },
        {0xe0000, 0xe007f},
};

static bool is_hidden(uint32_t code)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return true;
	return false;
}

static void add_byte(struct bk_buf *out, uint8_t byte)
{
	if (byte == '\n')
		bk_buf_add(out, "\\n", 2);
	else if (byte == '\t')
		bk_buf_add(out, "\\t", 2);
	else if (byte == '\r')
		bk_buf_add(out, "\\r", 2);
	else
		bk_buf_printf(out, "\\x%02x", byte);
}

void bk_escape(struct bk_buf *out, const void *text, size_t n)
{
	const uint8_t *p = text;
	uint32_t code = 0;

	while (n > 0) {
		size_t len = bk_utf8_next(p, n, &code);

		if (len == 0 || code < 0x20 || code == 0x7f) {
			len = 1;
			add_byte(out, *p);
		} else if (is_hidden(code)) {
			bk_buf_printf(out, "\\u{%x}", (unsigned)code);
		} else {
			bk_buf_add(out, p, len);
		}
		p += len;
		n -= len;
	}
}

char *bk_escaped(const char *text)
{
	struct bk_buf out = {0};

	bk_escape(&out, text, strlen(text));
	char *copy = bk_strdup(bk_buf_text(&out));
	bk_buf_clear(&out);
	return copy;
}
