/* Modified UTF-7: see utf7.h. */

#include "mail/utf7.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool is_printable(uint32_t code)
{
	return code >= 0x20 && code <= 0x7e;
}

static void add_character(struct bk_buf *to, uint32_t code)
{
	static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
	unsigned more = (code >= 0x80) + (code >= 0x800) + (code >= 0x10000);

	bk_buf_add_u8(to, (uint8_t)(lead[more] | code >> 6 * more));
	while (more--)
		bk_buf_add_u8(to, (uint8_t)(0x80 | (code >> 6 * more & 0x3f)));
}

/* UTF-16, six bits at a time. */
struct units {
	uint32_t bits;
	unsigned n_bits; /* below 16 between two units */
	uint32_t high;   /* a surrogate that waits for its other half */
};

static bool take_unit(struct units *units, uint32_t unit, struct bk_buf *to)
{
	bool low = unit >= 0xdc00 && unit <= 0xdfff;

	if (low != (units->high != 0))
		return false;
	if (low) {
		add_character(to, 0x10000 + ((units->high - 0xd800) << 10) +
					  (unit - 0xdc00));
		units->high = 0;
		return true;
	}
	if (unit >= 0xd800 && unit <= 0xdbff) {
		units->high = unit;
		return true;
	}
	if (!unit || is_printable(unit))
		return false;
	add_character(to, unit);
	return true;
}

static bool take_digit(struct units *units, uint8_t c, struct bk_buf *to)
{
	const char *digit = c ? strchr(digits, c) : NULL;

	if (!digit)
		return false;
	units->bits = units->bits << 6 | (uint32_t)(digit - digits);
	units->n_bits += 6;
	if (units->n_bits < 16)
		return true;
	units->n_bits -= 16;
	return take_unit(units, units->bits >> units->n_bits & 0xffff, to);
}

/* Behind '&': everything up to '-', which is taken too.  0 if it is wrong. */
static size_t decode_shift(struct bk_view raw, struct bk_buf *to)
{
	struct units units = {0};
	size_t n = 0;

	for (; n < raw.len && raw.data[n] != '-'; n++) {
		if (!take_digit(&units, raw.data[n], to))
			return 0;
	}
	uint32_t left_over = units.bits & ((1U << units.n_bits) - 1);
	if (n == raw.len || units.high || units.n_bits >= 6 || left_over)
		return 0;
	if (!n)
		bk_buf_add_u8(to, '&');
	return n + 1;
}

static bool decode(struct bk_view raw, struct bk_buf *to)
{
	size_t base64_end = SIZE_MAX;

	for (size_t at = 0; at < raw.len;) {
		uint8_t c = raw.data[at++];
		if (!is_printable(c))
			return false;
		if (c != '&') {
			bk_buf_add_u8(to, c);
			continue;
		}
		size_t n = decode_shift(
			(struct bk_view){raw.data + at, raw.len - at}, to);
		if (!n || (n > 1 && at - 1 == base64_end))
			return false;
		at += n;
		if (n > 1)
			base64_end = at;
	}
	return true;
}

bool bk_utf7_decode(struct bk_view raw, struct bk_buf *utf8)
{
	size_t before = utf8->len;

	if (decode(raw, utf8))
		return true;
	utf8->len = before;
	return false;
}

static void give_unit(struct units *units, uint32_t unit, struct bk_buf *to)
{
	units->bits = units->bits << 16 | unit;
	for (units->n_bits += 16; units->n_bits >= 6;) {
		units->n_bits -= 6;
		char digit = digits[units->bits >> units->n_bits & 0x3f];
		bk_buf_add_u8(to, (uint8_t)digit);
	}
}

static void give_character(struct units *units, uint32_t code,
			   struct bk_buf *to)
{
	if (code < 0x10000) {
		give_unit(units, code, to);
		return;
	}
	code -= 0x10000;
	give_unit(units, 0xd800 + (code >> 10), to);
	give_unit(units, 0xdc00 + (code & 0x3ff), to);
}

static void end_shift(struct units *units, bool *shifted, struct bk_buf *to)
{
	if (!*shifted)
		return;
	if (units->n_bits) {
		char digit = digits[units->bits << (6 - units->n_bits) & 0x3f];
		bk_buf_add_u8(to, (uint8_t)digit);
	}
	bk_buf_add_u8(to, '-');
	*units = (struct units){0};
	*shifted = false;
}

static void encode(struct bk_view utf8, struct bk_buf *to)
{
	struct units units = {0};
	bool shifted = false;
	uint32_t code = 0;

	for (size_t at = 0; at < utf8.len;) {
		at += bk_utf8_next(utf8.data + at, utf8.len - at, &code);
		if (!is_printable(code)) {
			if (!shifted)
				bk_buf_add_u8(to, '&');
			shifted = true;
			give_character(&units, code, to);
			continue;
		}
		end_shift(&units, &shifted, to);
		bk_buf_add_u8(to, (uint8_t)code);
		if (code == '&')
			bk_buf_add_u8(to, '-');
	}
	end_shift(&units, &shifted, to);
}

bool bk_utf7_encode(struct bk_view utf8, struct bk_buf *raw)
{
	if (utf8.len && (memchr(utf8.data, 0, utf8.len) ||
			 !bk_utf8_valid(utf8.data, utf8.len)))
		return false;
	encode(utf8, raw);
	return true;
}
