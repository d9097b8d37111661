/* Bytes as printable text: see route_saved.h. */

#include "route/route_saved.h"

void bk_route_encode(struct bk_buf *out, struct bk_view bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t c = bytes.data[i];
		if (c < ' ' || c == 0x7f || c == '*' || c == '%')
			bk_buf_printf(out, "%%%02X", c);
		else
			bk_buf_add_u8(out, c);
	}
}

static unsigned digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A') + 10;
}

void bk_route_decode_one(struct bk_buf *out, const char **at)
{
	const char *p = *at;

	if (*p == '%' && p[1] && p[2]) {
		bk_buf_add_u8(out, (uint8_t)(digit(p[1]) << 4 | digit(p[2])));
		*at += 3;
	} else {
		bk_buf_add(out, p, 1);
		*at += 1;
	}
}

void bk_route_decode(struct bk_buf *out, const char *text)
{
	while (*text)
		bk_route_decode_one(out, &text);
}
