/* Names as Cyrus lists them: see sieve_name.h. */

#include "imap/sieve_name.h"

#include <string.h>
#include <strings.h>

static const char head[] = "=?UTF-8?Q?";
static const char tail[] = "?=";

#define HEAD (sizeof(head) - 1)
#define TAIL (sizeof(tail) - 1)

static int digit_of(uint8_t c)
{
	static const char digits[] = "0123456789ABCDEF0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)((at - digits) % 16) : -1;
}

static bool decode_word(struct bk_view text, struct bk_buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		if (c == '=') {
			int high = i + 2 < text.len ? digit_of(text.data[i + 1])
						    : -1;
			int low = high < 0 ? -1 : digit_of(text.data[i + 2]);
			if (low < 0)
				return false;
			c = (uint8_t)(high << 4 | low);
			i += 2;
		} else if (c == '_') {
			c = ' ';
		}
		bk_buf_add_u8(out, c);
	}
	return true;
}

/* One word from *from on, which is behind it then. */
static bool take_word(struct bk_view *from, struct bk_buf *out)
{
	if (from->len < HEAD + TAIL ||
	    strncasecmp((const char *)from->data, head, HEAD) != 0)
		return false;
	const uint8_t *text = from->data + HEAD;
	const uint8_t *end = memmem(text, from->len - HEAD, tail, TAIL);
	if (!end ||
	    !decode_word((struct bk_view){text, (size_t)(end - text)}, out))
		return false;
	size_t used = (size_t)(end - from->data) + TAIL;
	from->data += used;
	from->len -= used;
	return true;
}

bool bk_sieve_name_decode(struct bk_view raw, struct bk_buf *out)
{
	size_t had = out->len;

	while (take_word(&raw, out)) {
		/* What parts two words is no part of the text. */
		while (raw.len && strchr(" \t\r\n", *raw.data) && *raw.data) {
			raw.data++;
			raw.len--;
		}
		if (!raw.len)
			return true;
	}
	out->len = had;
	return false;
}
