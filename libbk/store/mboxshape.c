/* What is around a message: see mboxshape.h. */

#include "store/mboxshape.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"

#define PLAIN 16

static size_t line_length(struct bk_view text, size_t at)
{
	const uint8_t *lf = memchr(text.data + at, '\n', text.len - at);

	return lf ? (size_t)(lf - text.data) + 1 - at : text.len - at;
}

static bool is_empty(struct bk_view text, size_t at, size_t len)
{
	return (len == 1 && text.data[at] == '\n') ||
	       (len == 2 && memcmp(text.data + at, "\r\n", 2) == 0);
}

size_t bk_mbox_head_length(struct bk_view text, bool *ends)
{
	size_t most = text.len < BK_MBOX_HEAD_MAX ? text.len : BK_MBOX_HEAD_MAX;
	size_t at = 0;

	*ends = false;
	while (at < most) {
		size_t len = line_length(text, at);
		if (is_empty(text, at, len)) {
			*ends = true;
			return at + len;
		}
		at += len;
	}
	return text.len < BK_MBOX_HEAD_MAX ? at : 0;
}

/* Lines of a header, but the empty one. */
static size_t count_lines(struct bk_view head)
{
	size_t n = 0;

	for (size_t at = 0, len; at < head.len; at += len) {
		len = line_length(head, at);
		n += !is_empty(head, at, len);
	}
	return n;
}

/* ---- of a part ---- */

static void add_head(struct bk_buf *out, const struct bk_mbox_part *part,
		     unsigned plain, size_t n)
{
	bk_buf_add_u8(out, (uint8_t)(part->from_eol |
				     (unsigned)part->separator << 2 | plain));
	bk_buf_add_varint(out, n);
}

void bk_mbox_shape_plain(const struct bk_mbox_part *part, struct bk_buf *out)
{
	out->len = 0;
	add_head(out, part, PLAIN, 0);
}

/* The line's text, its number being what `what` stands for. */
static void add_text(struct bk_buf *out, const struct bk_mbox_reader *reader,
		     const struct bk_mbox_line *line, uint8_t what,
		     uint64_t number)
{
	struct bk_view value = bk_mbox_line_value(reader, line);
	const uint8_t *text = reader->head.data + line->at;
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu",
			   (unsigned long long)number);

	if (!what || value.len != (size_t)len ||
	    memcmp(value.data, digits, value.len) != 0) {
		bk_buf_add_blob(out, text, line->len);
		return;
	}
	size_t before = (size_t)(value.data - text);
	bk_buf_add_varint(out, line->len - value.len + 1);
	bk_buf_add(out, text, before);
	bk_buf_add_u8(out, what);
	bk_buf_add(out, value.data + value.len, line->len - before - value.len);
}

static bool has_marks(const struct bk_mbox_reader *reader,
		      const struct bk_mbox_line *line)
{
	const uint8_t *text = reader->head.data + line->at;

	return memchr(text, BK_MBOX_SHAPE_UID, line->len) ||
	       memchr(text, BK_MBOX_SHAPE_BODY, line->len);
}

static struct bk_view piece(const struct bk_mbox_reader *reader, size_t from,
			    size_t to)
{
	return (struct bk_view){reader->head.data + from, to - from};
}

bool bk_mbox_shape_of(const struct bk_mbox_reader *reader,
		      const struct bk_mbox_part *part, uint32_t uid,
		      struct bk_buf *out)
{
	uint64_t body = part->end - part->content - reader->head.len;
	size_t total = 0, before = 0, at = 0;

	out->len = 0;
	add_head(out, part, 0, reader->n_lines);
	for (size_t i = 0; i < reader->n_lines; i++) {
		const struct bk_mbox_line *line = &reader->lines[i];
		if (has_marks(reader, line))
			return false;
		total += count_lines(piece(reader, at, line->at));
		at = line->at + line->len;
	}
	total += reader->head.len > at
			 ? count_lines(piece(reader, at, reader->head.len))
			 : 0;
	at = 0;
	for (size_t i = 0; i < reader->n_lines; i++) {
		const struct bk_mbox_line *line = &reader->lines[i];
		bool uids = line->field == BK_MBOX_X_UID && uid;
		bool length = line->field == BK_MBOX_CONTENT_LENGTH &&
			      reader->head_ends;
		before += count_lines(piece(reader, at, line->at));
		bk_buf_add_varint(out, total - before);
		add_text(out, reader, line,
			 uids     ? BK_MBOX_SHAPE_UID
			 : length ? BK_MBOX_SHAPE_BODY
				  : 0,
			 uids ? uid : body);
		at = line->at + line->len;
	}
	return out->len <= BK_MBOX_SHAPE_MAX;
}

void bk_mbox_shape_make(struct bk_buf *out, struct bk_view head,
			const struct bk_buf *lines, size_t n)
{
	/* Where the last line has no end, ours stand before the first. */
	bool open = head.len && head.data[head.len - 1] != '\n';
	size_t behind = open ? count_lines(head) : 0;
	bool crlf = head.len >= 2 &&
		    memcmp(head.data + head.len - 2, "\r\n", 2) == 0;
	struct bk_mbox_part part = {.from_eol = crlf ? 2 : 1,
				    .separator = crlf ? 2 : 1};

	out->len = 0;
	add_head(out, &part, 0, n);
	for (size_t i = 0; i < n; i++) {
		bk_buf_add_varint(out, behind);
		bk_buf_add_varint(out, lines[i].len + (crlf ? 2 : 1));
		bk_buf_add(out, lines[i].data, lines[i].len);
		bk_buf_add(out, &"\r\n"[!crlf], crlf ? 2 : 1);
	}
}

/* ---- reading one ---- */

struct line {
	uint64_t behind;
	struct bk_view text;
};

static bool next_line(struct bk_cursor *from, uint64_t *left, struct line *out)
{
	if (!*left)
		return false;
	(*left)--;
	out->behind = bk_cursor_varint(from);
	out->text = bk_cursor_blob(from);
	return !from->bad;
}

static struct bk_cursor open_shape(struct bk_view shape, uint8_t *head,
				   uint64_t *n)
{
	struct bk_cursor from = bk_cursor_over(shape.data, shape.len);

	*head = bk_cursor_u8(&from);
	*n = bk_cursor_varint_max(&from, BK_MBOX_SHAPE_MAX);
	return from;
}

int bk_mbox_shape_check(struct bk_view shape, struct bk_err *err)
{
	uint8_t head;
	uint64_t n;
	struct line line;
	struct bk_cursor from = open_shape(shape, &head, &n);

	while (next_line(&from, &n, &line))
		;
	if ((head & 3) > 2 || (head >> 2 & 3) > 2 || head > 31 ||
	    bk_cursor_left(&from))
		from.bad = true;
	return bk_cursor_check(&from, "shape of a message", err);
}

bool bk_mbox_shape_is_plain(struct bk_view shape)
{
	return shape.len && shape.data[0] & PLAIN;
}

void bk_mbox_shape_lines(struct bk_view shape,
			 void (*line)(void *arg, struct bk_view text),
			 void *arg)
{
	uint8_t head;
	uint64_t n;
	struct line one;
	struct bk_cursor from = open_shape(shape, &head, &n);

	while (next_line(&from, &n, &one))
		line(arg, one.text);
}

/* ---- writing a part ---- */

static int write_text(const struct bk_mbox_written *what, struct bk_view text,
		      struct bk_sink *to, struct bk_err *err)
{
	struct bk_buf line = {0};

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == BK_MBOX_SHAPE_UID)
			bk_buf_printf(&line, "%u", what->uid);
		else if (text.data[i] == BK_MBOX_SHAPE_BODY)
			bk_buf_printf(&line, "%llu",
				      (unsigned long long)(what->size -
							   what->head.len));
		else
			bk_buf_add_u8(&line, text.data[i]);
	}
	int rc = line.len ? to->write(to, line.data, line.len, err) : 0;
	bk_buf_clear(&line);
	return rc;
}

/* The message's header from *at up to the line that `behind` others follow. */
static int write_head(const struct bk_mbox_written *what, size_t *at,
		      size_t *left, uint64_t behind, struct bk_sink *to,
		      struct bk_err *err)
{
	size_t begin = *at;

	for (; *left > behind; (*left)--)
		*at += line_length(what->head, *at);
	return *at > begin ? to->write(to, what->head.data + begin, *at - begin,
				       err)
			   : 0;
}

static int write_eol(struct bk_sink *to, unsigned bytes, struct bk_err *err)
{
	return bytes ? to->write(to, &"\r\n"[2 - bytes], bytes, err) : 0;
}

int bk_mbox_write(const struct bk_mbox_written *what, struct bk_sink *to,
		  struct bk_err *err)
{
	uint8_t head;
	uint64_t n;
	struct line line;
	struct bk_cursor from = open_shape(what->shape, &head, &n);
	size_t left = count_lines(what->head);
	size_t at = 0;

	if (to->write(to, what->from.data, what->from.len, err) < 0 ||
	    write_eol(to, head & 3, err) < 0)
		return -1;
	while (next_line(&from, &n, &line))
		if (write_head(what, &at, &left, line.behind, to, err) < 0 ||
		    write_text(what, line.text, to, err) < 0)
			return -1;
	if (at < what->head.len &&
	    to->write(to, what->head.data + at, what->head.len - at, err) < 0)
		return -1;
	if (what->size > what->head.len &&
	    what->rest(what->arg, what->head.len, to, err) < 0)
		return -1;
	return write_eol(to, head >> 2 & 3, err);
}
