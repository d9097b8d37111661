/* Names of folders on an IMAP server: see imapname.h. */

#include "store/imapname.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "mail/utf7.h"

#define LENGTH_MAX 4096 /* bytes of a name; no server of ours takes more */
#define SHOWN_MAX  100

static bool is_inbox(struct bk_view name)
{
	return name.len == 5 &&
	       strncasecmp((const char *)name.data, "INBOX", 5) == 0;
}

static bool has_prefix(const struct bk_imapname_style *style,
		       struct bk_view raw)
{
	return style->prefix.len && raw.len > style->prefix.len &&
	       memcmp(raw.data, style->prefix.data, style->prefix.len) == 0;
}

/* NULL, or why this cannot be one level of a name. */
static const char *check_level(struct bk_view level)
{
	if (!level.len)
		return "a level of its name is empty";
	if (level.data[0] == '.' &&
	    (level.len == 1 || (level.len == 2 && level.data[1] == '.')))
		return "a level of its name is '.' or '..'";
	for (size_t i = 0; i < level.len; i++) {
		if (level.data[i] < 0x20 || level.data[i] == 0x7f)
			return "its name has control characters";
		if (level.data[i] == '/')
			return "a level of its name has a '/' in it";
	}
	return NULL;
}

/* ---- from the server ---- */

static const char *decode_level(const struct bk_imapname_style *style,
				struct bk_view raw, struct bk_buf *name)
{
	size_t start = name->len;

	if (style->utf8) {
		if (!bk_utf8_valid(raw.data, raw.len))
			return "its name is not UTF-8";
		bk_buf_add(name, raw.data, raw.len);
	} else if (!bk_utf7_decode(raw, name)) {
		return "its name is not modified UTF-7";
	}
	return check_level(
		(struct bk_view){name->data + start, name->len - start});
}

static size_t level_length(const struct bk_imapname_style *style,
			   struct bk_view rest)
{
	const uint8_t *end =
		style->delimiter && rest.len
			? memchr(rest.data, style->delimiter, rest.len)
			: NULL;

	return end ? (size_t)(end - rest.data) : rest.len;
}

static const char *decode_levels(const struct bk_imapname_style *style,
				 struct bk_view rest, struct bk_buf *name)
{
	for (;;) {
		size_t len = level_length(style, rest);
		struct bk_view level = {rest.data, len};
		const char *why = decode_level(style, level, name);
		if (why || len == rest.len)
			return why;
		bk_buf_add_u8(name, '/');
		rest.data += len + 1;
		rest.len -= len + 1;
	}
}

/* As it lies, and not to be taken for another name; where it is too long to be
 * one, its beginning. */
static void show(struct bk_view raw, struct bk_buf *name)
{
	uint32_t code = 0;
	bool whole = raw.len <= LENGTH_MAX;

	if (!whole)
		raw.len = SHOWN_MAX;

	for (size_t i = 0; i < raw.len;) {
		size_t len = bk_utf8_next(raw.data + i, raw.len - i, &code);
		if (len && code >= 0x20 && code != 0x7f && code != '/' &&
		    code != '&')
			bk_buf_add(name, raw.data + i, len);
		else
			bk_buf_printf(name, "\\x%02x", raw.data[i]);
		i += len ? len : 1;
	}
	if (!whole)
		bk_buf_printf(name, "...");
}

const char *bk_imapname_decode(const struct bk_imapname_style *style,
			       struct bk_view raw, struct bk_buf *name)
{
	size_t start = name->len;
	struct bk_view rest = raw;

	if (is_inbox(raw)) {
		bk_buf_add(name, "INBOX", 5);
		return NULL;
	}
	if (has_prefix(style, raw)) {
		rest.data += style->prefix.len;
		rest.len -= style->prefix.len;
	}
	const char *why = raw.len > LENGTH_MAX
				  ? "its name is too long"
				  : decode_levels(style, rest, name);
	if (!why &&
	    is_inbox((struct bk_view){name->data + start, name->len - start}))
		why = "it would be taken for the inbox";
	if (why) {
		name->len = start;
		show(raw, name);
	}
	return why;
}

/* ---- to the server ---- */

static int encode_level(const struct bk_imapname_style *style,
			struct bk_view level, struct bk_buf *raw,
			struct bk_err *err)
{
	const char *why = check_level(level);

	if (why)
		return bk_fail(err, BK_REFUSED, "%s", why);
	if (style->delimiter && memchr(level.data, style->delimiter, level.len))
		return bk_fail(err, BK_REFUSED,
			       "this server separates levels with '%c', so "
			       "'%.*s' cannot be the name of one",
			       style->delimiter, (int)level.len,
			       (const char *)level.data);
	if (style->utf8)
		bk_buf_add(raw, level.data, level.len);
	else if (!bk_utf7_encode(level, raw))
		return bk_fail(err, BK_REFUSED, "its name is not UTF-8");
	return 0;
}

static int encode_levels(const struct bk_imapname_style *style,
			 const char *name, struct bk_buf *raw,
			 struct bk_err *err)
{
	for (;;) {
		struct bk_view level = {(const uint8_t *)name,
					strcspn(name, "/")};
		if (encode_level(style, level, raw, err) < 0)
			return -1;
		name += level.len;
		if (!*name)
			return 0;
		if (!style->delimiter)
			return bk_fail(err, BK_REFUSED,
				       "this server has no folders inside "
				       "folders");
		bk_buf_add_u8(raw, (uint8_t)style->delimiter);
		name++;
	}
}

int bk_imapname_encode(const struct bk_imapname_style *style, const char *name,
		       struct bk_buf *raw, struct bk_err *err)
{
	if (!bk_utf8_valid(name, strlen(name)))
		return bk_fail(err, BK_REFUSED, "its name is not UTF-8");
	if (is_inbox((struct bk_view){(const uint8_t *)name, strlen(name)})) {
		bk_buf_add(raw, "INBOX", 5);
		return 0;
	}
	bk_buf_add(raw, style->prefix.data, style->prefix.len);
	return encode_levels(style, name, raw, err);
}
