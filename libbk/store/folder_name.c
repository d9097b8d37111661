/* Names of folders in a Maildir tree: see folder_name.h. */

#include "store/folder_name.h"

#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/utf8.h"
#include "mail/utf7.h"

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
		if (bk_utf7_decode(joined, &decoded))
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
	else if (!bk_utf7_encode(level, raw))
		return bk_fail(err, BK_REFUSED, "the name is not UTF-8");
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
