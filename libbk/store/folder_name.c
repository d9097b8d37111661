/* Names of folders in a Maildir tree: see folder_name.h. */

#include "store/folder_name.h"

#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/utf8.h"

static const char base64[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

int bk_layout_parse(const char *text, enum bk_layout *out, struct bk_err *err)
{
	if (!text || strcmp(text, "auto") == 0)
		*out = BK_LAYOUT_AUTO;
	else if (strcasecmp(text, "maildir++") == 0)
		*out = BK_LAYOUT_MAILDIRPP;
	else if (strcasecmp(text, "fs") == 0)
		*out = BK_LAYOUT_FS;
	else
		return bk_fail(err, BK_MISUSE,
			       "layout '%s': there are auto, maildir++ and fs",
			       text);
	return 0;
}

static void add_utf8(struct bk_buf *out, uint32_t code)
{
	if (code < 0x80) {
		bk_buf_add_u8(out, (uint8_t)code);
		return;
	}
	if (code < 0x800) {
		bk_buf_add_u8(out, (uint8_t)(0xc0 | code >> 6));
	} else {
		if (code < 0x10000) {
			bk_buf_add_u8(out, (uint8_t)(0xe0 | code >> 12));
		} else {
			bk_buf_add_u8(out, (uint8_t)(0xf0 | code >> 18));
			bk_buf_add_u8(out,
				      (uint8_t)(0x80 | (code >> 12 & 0x3f)));
		}
		bk_buf_add_u8(out, (uint8_t)(0x80 | (code >> 6 & 0x3f)));
	}
	bk_buf_add_u8(out, (uint8_t)(0x80 | (code & 0x3f)));
}

/* UTF-16 in big-endian bits, as between '&' and '-'. */
struct utf16 {
	uint32_t bits;
	unsigned n_bits;
	uint32_t high; /* a surrogate that waits for the other */
};

static bool take_unit(struct utf16 *u, uint32_t unit, struct bk_buf *out)
{
	if (u->high) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return false;
		add_utf8(out, 0x10000 + ((u->high - 0xd800) << 10) +
				      (unit - 0xdc00));
		u->high = 0;
		return true;
	}
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return false;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		u->high = unit;
		return true;
	}
	/* What can stand for itself must: one name, one spelling. */
	if (unit >= 0x20 && unit <= 0x7e)
		return false;
	add_utf8(out, unit);
	return true;
}

/* What follows a '&' up to its '-': its length, or 0 if it is none. */
static size_t decode_shift(const uint8_t *p, size_t n, struct bk_buf *out)
{
	struct utf16 u = {0};
	size_t i;

	for (i = 0; i < n && p[i] != '-'; i++) {
		const char *digit = p[i] ? strchr(base64, p[i]) : NULL;
		if (!digit)
			return 0;
		u.bits = u.bits << 6 | (uint32_t)(digit - base64);
		u.n_bits += 6;
		if (u.n_bits < 16)
			continue;
		u.n_bits -= 16;
		if (!take_unit(&u, u.bits >> u.n_bits & 0xffff, out))
			return 0;
	}
	if (i == n || u.high || u.n_bits >= 6 ||
	    (u.bits & ((1U << u.n_bits) - 1)))
		return 0;
	if (i == 0)
		bk_buf_add_u8(out, '&');
	return i + 1;
}

static bool decode_utf7(struct bk_view raw, struct bk_buf *out)
{
	size_t i = 0;

	while (i < raw.len) {
		uint8_t c = raw.data[i++];
		if (c < 0x20 || c > 0x7e)
			return false;
		if (c != '&') {
			bk_buf_add_u8(out, c);
			continue;
		}
		size_t len = decode_shift(raw.data + i, raw.len - i, out);
		if (!len)
			return false;
		i += len;
	}
	return true;
}

static void encode_units(struct bk_buf *out, uint32_t code, struct utf16 *u)
{
	uint32_t units[2] = {code, 0};
	size_t n = 1;

	if (code >= 0x10000) {
		code -= 0x10000;
		units[0] = 0xd800 + (code >> 10);
		units[1] = 0xdc00 + (code & 0x3ff);
		n = 2;
	}
	for (size_t i = 0; i < n; i++) {
		u->bits = u->bits << 16 | units[i];
		for (u->n_bits += 16; u->n_bits >= 6; u->n_bits -= 6)
			bk_buf_add_u8(
				out,
				(uint8_t)base64[u->bits >> (u->n_bits - 6) &
						0x3f]);
	}
}

static void end_shift(struct bk_buf *out, struct utf16 *u, bool *shifted)
{
	if (!*shifted)
		return;
	if (u->n_bits)
		bk_buf_add_u8(
			out,
			(uint8_t)base64[u->bits << (6 - u->n_bits) & 0x3f]);
	bk_buf_add_u8(out, '-');
	*shifted = false;
}

static void encode_utf7(struct bk_view text, struct bk_buf *out)
{
	struct utf16 u = {0};
	bool shifted = false;
	uint32_t code = 0;

	for (size_t i = 0; i < text.len;) {
		i += bk_utf8_next(text.data + i, text.len - i, &code);
		if (code >= 0x20 && code <= 0x7e) {
			end_shift(out, &u, &shifted);
			bk_buf_add_u8(out, (uint8_t)code);
			if (code == '&')
				bk_buf_add_u8(out, '-');
			continue;
		}
		if (!shifted) {
			bk_buf_add_u8(out, '&');
			u = (struct utf16){0};
			shifted = true;
		}
		encode_units(out, code, &u);
	}
	end_shift(out, &u, &shifted);
}

/* For the eye, and still one text for one name: a backslash of the name itself
 * stays single, which only matters to somebody who sets out to confuse. */
void bk_folder_name_show(struct bk_view text, struct bk_buf *out)
{
	uint32_t code = 0;

	for (size_t i = 0; i < text.len;) {
		size_t len = bk_utf8_next(text.data + i, text.len - i, &code);
		if (len && code >= 0x20 && code != 0x7f)
			bk_buf_add(out, text.data + i, len);
		else
			bk_buf_printf(out, "\\x%02x", text.data[i]);
		i += len ? len : 1;
	}
}

bool bk_folder_name_is_utf8(struct bk_view raw)
{
	bool high = false;

	for (size_t i = 0; i < raw.len; i++)
		high |= raw.data[i] >= 0x80;
	return high && bk_utf8_valid(raw.data, raw.len);
}

/* The levels on disk joined by '/', without what a layout puts before them;
 * false if there is an empty one or a '/' that is no separator. */
static bool split_levels(struct bk_view raw, enum bk_layout layout,
			 struct bk_buf *out)
{
	char separator = layout == BK_LAYOUT_FS ? '/' : '.';
	uint8_t last = '/';

	if (layout == BK_LAYOUT_MAILDIRPP) {
		if (!raw.len || raw.data[0] != '.')
			return false;
		raw.data++;
		raw.len--;
	}
	for (size_t i = 0; i < raw.len; i++) {
		uint8_t c = raw.data[i];
		if (c == '/' && separator != '/')
			return false;
		c = c == (uint8_t)separator ? '/' : c;
		if (c == '/' && last == '/')
			return false;
		bk_buf_add_u8(out, c);
		last = c;
	}
	return last != '/';
}

void bk_folder_name_decode(struct bk_view raw, enum bk_layout layout,
			   struct bk_buf *name)
{
	struct bk_buf levels = {0};
	struct bk_buf decoded = {0};
	struct bk_view shown = raw;

	if (raw.len == 1 && raw.data[0] == '.') {
		bk_buf_add(name, "INBOX", 5);
		return;
	}
	if (split_levels(raw, layout, &levels)) {
		struct bk_view joined = bk_buf_view(&levels);
		if (decode_utf7(joined, &decoded))
			shown = bk_buf_view(&decoded);
		else
			shown = joined;
	}
	/* Not to be taken for the inbox. */
	if (shown.len == 5 &&
	    strncasecmp((const char *)shown.data, "INBOX", 5) == 0) {
		if (layout == BK_LAYOUT_FS)
			bk_buf_add(name, "./", 2);
		shown = raw;
	}
	bk_folder_name_show(shown, name);
	bk_buf_clear(&decoded);
	bk_buf_clear(&levels);
}

static int check_level(struct bk_view level, enum bk_layout layout,
		       struct bk_err *err)
{
	const char *text = (const char *)level.data;
	int len = (int)level.len;

	if (!bk_path_is_name(text, level.len))
		return bk_fail(err, BK_REFUSED,
			       "a level is empty, '.', '..' or longer than "
			       "255 bytes");
	if (layout == BK_LAYOUT_MAILDIRPP) {
		if (memchr(text, '.', level.len))
			return bk_fail(
				err, BK_REFUSED,
				"Maildir++ separates levels with '.', so "
				"'%.*s' cannot be the name of one; the "
				"fs layout can hold it",
				len, text);
		return 0;
	}
	if (text[0] == '.')
		return bk_fail(err, BK_REFUSED,
			       "'%.*s' would be a hidden folder", len, text);
	if (level.len == 3 &&
	    (memcmp(text, "cur", 3) == 0 || memcmp(text, "new", 3) == 0 ||
	     memcmp(text, "tmp", 3) == 0))
		return bk_fail(
			err, BK_REFUSED,
			"'%.*s' is a part of every Maildir and cannot be "
			"a folder's name in the fs layout",
			len, text);
	return 0;
}

static int encode_level(struct bk_view level, enum bk_layout layout, bool utf8,
			struct bk_buf *raw, struct bk_err *err)
{
	size_t start = raw->len;

	if (utf8)
		bk_buf_add(raw, level.data, level.len);
	else
		encode_utf7(level, raw);
	struct bk_view written = {raw->data + start, raw->len - start};
	for (size_t i = 0; i < written.len; i++)
		if (written.data[i] < 0x20 || written.data[i] == 0x7f)
			return bk_fail(err, BK_REFUSED,
				       "control characters in a folder's name");
	return check_level(written, layout, err);
}

int bk_folder_name_encode(const char *name, enum bk_layout layout, bool utf8,
			  struct bk_buf *raw, struct bk_err *err)
{
	size_t start = raw->len;

	if (!bk_utf8_valid(name, strlen(name)))
		return bk_fail(err, BK_REFUSED, "the name is not UTF-8");
	if (strcasecmp(name, "INBOX") == 0) {
		bk_buf_add_u8(raw, '.');
		return 0;
	}
	for (const char *at = name;; at++) {
		struct bk_view level = {(const uint8_t *)at, strcspn(at, "/")};
		if (layout == BK_LAYOUT_MAILDIRPP)
			bk_buf_add_u8(raw, '.');
		else if (raw->len > start)
			bk_buf_add_u8(raw, '/');
		if (encode_level(level, layout, utf8, raw, err) < 0)
			return bk_context(err, "folder '%s'", name);
		at += level.len;
		if (!*at)
			break;
	}
	if (layout == BK_LAYOUT_MAILDIRPP && raw->len - start > 255)
		return bk_fail(err, BK_REFUSED,
			       "folder '%s': longer than a file name can be",
			       name);
	return 0;
}
