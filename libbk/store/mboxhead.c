/* Lines and headers of an mbox file: see mboxread.h. */

#include "store/mboxhead.h"

#include <string.h>
#include <strings.h>

#include "store/mboxfrom.h"

/* ---- lines ---- */

size_t bk_mbox_line_length(struct bk_view text, size_t *eol)
{
	const uint8_t *lf = text.len ? memchr(text.data, '\n', text.len) : NULL;

	*eol = 0;
	if (!lf)
		return text.len;
	*eol = lf > text.data && lf[-1] == '\r' ? 2 : 1;
	return (size_t)(lf - text.data) + 1;
}

bool bk_mbox_is_from(struct bk_view text)
{
	struct bk_mbox_date date;
	size_t eol;

	if (text.len < 5 || memcmp(text.data, "From ", 5) != 0)
		return false;
	size_t len = bk_mbox_line_length(text, &eol);
	return bk_mbox_from_parse((struct bk_view){text.data, len - eol},
				  &date);
}

enum bk_mbox_field bk_mbox_field_of(struct bk_view line)
{
	static const char names[][16] = {
		"",           "Content-Length", "Status",   "X-IMAP",
		"X-IMAPbase", "X-Keywords",     "X-Status", "X-UID"};
	const uint8_t *colon =
		line.len ? memchr(line.data, ':', line.len) : NULL;
	size_t len = colon ? (size_t)(colon - line.data) : 0;

	while (len && (line.data[len - 1] == ' ' || line.data[len - 1] == '\t'))
		len--;
	for (int i = 1; len && i < 8; i++)
		if (len == strlen(names[i]) &&
		    strncasecmp((const char *)line.data, names[i], len) == 0)
			return (enum bk_mbox_field)i;
	return BK_MBOX_NONE;
}

bool bk_mbox_has_from(struct bk_view bytes)
{
	size_t at = 0;

	while (at < bytes.len) {
		struct bk_view rest = {bytes.data + at, bytes.len - at};
		if (bk_mbox_is_from(rest))
			return true;
		const uint8_t *lf = memmem(rest.data, rest.len, "\nFrom ", 6);
		if (!lf)
			return false;
		at = (size_t)(lf - bytes.data) + 1;
	}
	return false;
}

/* ---- the header ---- */

static bool is_folded(const struct bk_view *line)
{
	return line->len && (line->data[0] == ' ' || line->data[0] == '\t');
}

static void add_line(struct bk_mbox_reader *reader, enum bk_mbox_field field,
		     size_t at, size_t len)
{
	reader->lines =
		bk_array_room(reader->lines, reader->n_lines,
			      &reader->cap_lines, sizeof(*reader->lines));
	reader->lines[reader->n_lines++] =
		(struct bk_mbox_line){field, at, len};
}

/* Lines up to the empty one or a From_ line: how many bytes they are. */
static size_t scan_head(struct bk_mbox_reader *reader, struct bk_view text,
			bool first)
{
	size_t at = 0;
	bool own = false;

	reader->n_lines = 0;
	reader->head_ends = false;
	while (at < text.len) {
		size_t eol;
		struct bk_view line = {text.data + at, text.len - at};
		line.len = bk_mbox_line_length(line, &eol);
		if (first && bk_mbox_is_from(line))
			break;
		if (line.len == eol) {
			reader->head_ends = true;
			at += line.len;
			break;
		}
		enum bk_mbox_field field = bk_mbox_field_of(line);
		if (own && is_folded(&line)) {
			reader->lines[reader->n_lines - 1].len += line.len;
		} else {
			own = field != BK_MBOX_NONE;
			if (own)
				add_line(reader, field, at, line.len);
		}
		at += line.len;
	}
	return at;
}

static void no_head(struct bk_mbox_reader *reader)
{
	reader->head.len = 0;
	reader->head_ends = false;
	reader->n_lines = 0;
}

int bk_mbox_head_find(struct bk_mbox_reader *reader, uint64_t at, uint64_t end,
		      bool first, struct bk_err *err)
{
	static const size_t steps[] = {(size_t)16 << 10, BK_MBOX_HEAD_MAX};
	struct bk_view text;

	for (size_t i = 0; i < 2; i++) {
		size_t want =
			end - at < steps[i] ? (size_t)(end - at) : steps[i];
		if (bk_mbox_see(reader, at, want, &text, err) < 0)
			return -1;
		size_t len = scan_head(reader, text, first);
		if (len < text.len || reader->head_ends || want == end - at) {
			reader->head.len = 0;
			if (len)
				bk_buf_add(&reader->head, text.data, len);
			return 0;
		}
	}
	no_head(reader);
	return 0;
}

void bk_mbox_head_clip(struct bk_mbox_reader *reader,
		       const struct bk_mbox_part *part)
{
	uint64_t most = part->end - part->content;

	if (reader->head.len <= most)
		return;
	reader->head.len = (size_t)most;
	reader->head_ends = false;
	while (reader->n_lines) {
		struct bk_mbox_line *line = &reader->lines[reader->n_lines - 1];
		if (line->at < most) {
			if (line->at + line->len > most)
				line->len = (size_t)most - line->at;
			break;
		}
		reader->n_lines--;
	}
}

struct bk_view bk_mbox_line_value(const struct bk_mbox_reader *reader,
				  const struct bk_mbox_line *line)
{
	struct bk_view value = {reader->head.data + line->at, line->len};
	const uint8_t *colon = memchr(value.data, ':', value.len);

	if (colon) {
		value.len -= (size_t)(colon + 1 - value.data);
		value.data = colon + 1;
	}
	while (value.len && value.data[0] <= ' ') {
		value.data++;
		value.len--;
	}
	while (value.len && value.data[value.len - 1] <= ' ')
		value.len--;
	return value;
}
