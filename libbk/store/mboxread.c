/* Taking an mbox file apart: see mboxread.h. */

#include "store/mboxread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/mboxfrom.h"
#include "store/mboxhead.h"

#define WINDOW ((size_t)1 << 20)
#define STEP   ((size_t)64 << 10)

/* ---- the file, a window at a time ---- */

static int fill(struct bk_mbox_reader *reader, uint64_t at, struct bk_err *err)
{
	struct bk_buf *window = &reader->window;

	window->len = 0;
	reader->window_at = at;
	(void)bk_buf_room(window, WINDOW);
	while (window->len < WINDOW && at + window->len < reader->size) {
		size_t want = WINDOW - window->len;
		if (want > reader->size - at - window->len)
			want = (size_t)(reader->size - at - window->len);
		ssize_t n = pread(reader->fd, window->data + window->len, want,
				  (off_t)(at + window->len));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bk_fail_errno(err, "read");
		if (!n)
			break;
		window->len += (size_t)n;
	}
	return 0;
}

/* Up to `want` bytes (of WINDOW) at `at`; fewer at the end of the file. */
int bk_mbox_see(struct bk_mbox_reader *reader, uint64_t at, size_t want,
		struct bk_view *out, struct bk_err *err)
{
	struct bk_buf *window = &reader->window;

	*out = (struct bk_view){NULL, 0};
	if (at >= reader->size)
		return 0;
	if (want > reader->size - at)
		want = (size_t)(reader->size - at);
	if (at < reader->window_at ||
	    at + want > reader->window_at + window->len) {
		if (fill(reader, at, err) < 0)
			return -1;
		if (window->len < want) {
			(void)bk_fail(err, BK_GONE, "the file became shorter");
			return -1;
		}
	}
	out->data = window->data + (at - reader->window_at);
	out->len = want;
	return 0;
}

int bk_mbox_copy(struct bk_mbox_reader *reader, struct bk_stretch bytes,
		 struct bk_sink *to, struct bk_err *err)
{
	struct bk_view piece;

	while (bytes.len) {
		size_t want = bytes.len < STEP ? (size_t)bytes.len : STEP;
		if (bk_mbox_see(reader, bytes.offset, want, &piece, err) < 0)
			return -1;
		if (piece.len < want)
			return bk_fail(err, BK_GONE, "the file became shorter");
		if (to->write(to, piece.data, piece.len, err) < 0)
			return -1;
		bytes.offset += piece.len;
		bytes.len -= piece.len;
	}
	return 0;
}

/* ---- where a part ends ---- */

static int is_from_at(struct bk_mbox_reader *reader, uint64_t at,
		      struct bk_err *err)
{
	struct bk_view line;

	if (bk_mbox_see(reader, at, BK_MBOX_FROM_MAX + 2, &line, err) < 0)
		return -1;
	return bk_mbox_is_from(line);
}

static bool content_length(const struct bk_mbox_reader *reader, uint64_t *out)
{
	for (size_t i = 0; i < reader->n_lines; i++) {
		if (reader->lines[i].field != BK_MBOX_CONTENT_LENGTH)
			continue;
		struct bk_view value =
			bk_mbox_line_value(reader, &reader->lines[i]);
		*out = 0;
		if (!value.len || value.len > 18)
			return false;
		for (size_t k = 0; k < value.len; k++) {
			if (value.data[k] < '0' || value.data[k] > '9')
				return false;
			*out = *out * 10 + (uint64_t)(value.data[k] - '0');
		}
		return true;
	}
	return false;
}

/* 1: the part may end at `end`: a line end and a From_ line follow, or at most
 * a line end is left. */
static int is_end(struct bk_mbox_reader *reader, uint64_t end, uint8_t *eol,
		  struct bk_err *err)
{
	struct bk_view text;

	if (bk_mbox_see(reader, end, BK_MBOX_FROM_MAX + 4, &text, err) < 0)
		return -1;
	size_t len = text.len >= 2 && memcmp(text.data, "\r\n", 2) == 0 ? 2
		     : text.len && text.data[0] == '\n'                 ? 1
									: 0;
	*eol = (uint8_t)len;
	if (text.len == len && end + len == reader->size)
		return 1;
	return len && bk_mbox_is_from((struct bk_view){text.data + len,
						       text.len - len});
}

/* 1: where Content-Length says. */
static int end_as_told(struct bk_mbox_reader *reader, struct bk_mbox_part *part,
		       struct bk_err *err)
{
	uint64_t body = part->content + reader->head.len;
	uint64_t len;

	if (!reader->head_ends || !content_length(reader, &len) ||
	    len > reader->size - body)
		return 0;
	int rc = is_end(reader, body + len, &part->separator, err);
	if (rc > 0)
		part->end = body + len;
	return rc;
}

/* The end of the file, or the end of the line before `at`. */
static int end_before(struct bk_mbox_reader *reader, struct bk_mbox_part *part,
		      uint64_t at, struct bk_err *err)
{
	uint64_t from = at - part->content < 2 ? part->content : at - 2;
	struct bk_view last;

	if (bk_mbox_see(reader, from, (size_t)(at - from), &last, err) < 0)
		return -1;
	part->separator = 0;
	if (last.len && last.data[last.len - 1] == '\n')
		part->separator = last.len == 2 && last.data[0] == '\r' ? 2 : 1;
	part->end = at - part->separator;
	return 0;
}

/* The next From_ line from `at` on, which is no line's start itself. */
static int find_end(struct bk_mbox_reader *reader, struct bk_mbox_part *part,
		    uint64_t at, struct bk_err *err)
{
	struct bk_view text;

	while (at < reader->size) {
		if (bk_mbox_see(reader, at, STEP, &text, err) < 0)
			return -1;
		const uint8_t *lf = memmem(text.data, text.len, "\nFrom ", 6);
		if (lf) {
			uint64_t from = at + (uint64_t)(lf - text.data) + 1;
			int rc = is_from_at(reader, from, err);
			if (rc < 0)
				return -1;
			if (rc)
				return end_before(reader, part, from, err);
			at = from;
			continue;
		}
		if (at + text.len >= reader->size)
			break;
		at += text.len > 5 ? text.len - 5 : text.len;
	}
	return end_before(reader, part, reader->size, err);
}

/* ---- parts ---- */

static int read_from(struct bk_mbox_reader *reader, struct bk_mbox_part *part,
		     struct bk_err *err)
{
	struct bk_mbox_date date;
	struct bk_view text;
	size_t eol;

	if (bk_mbox_see(reader, part->at, BK_MBOX_FROM_MAX + 2, &text, err) < 0)
		return -1;
	size_t len = bk_mbox_line_length(text, &eol);
	reader->from.len = 0;
	bk_buf_add(&reader->from, text.data, len - eol);
	part->from_eol = (uint8_t)eol;
	part->content = part->at + len;
	if (!bk_mbox_from_parse(bk_buf_view(&reader->from), &date))
		return bk_fail(err, BK_GONE, "no message begins there now");
	part->date = date.utc;
	return 0;
}

/* A header that ends without an empty line ends at a From_ line, or with the
 * file. */
static int end_as_found(struct bk_mbox_reader *reader,
			struct bk_mbox_part *part, struct bk_err *err)
{
	uint64_t at = part->content + reader->head.len;

	if (reader->head.len && !reader->head_ends)
		return end_before(reader, part, at, err);
	if (!reader->head.len && is_from_at(reader, at, err) > 0)
		return end_before(reader, part, at, err);
	return find_end(reader, part, at > part->content ? at - 1 : at, err);
}

int bk_mbox_part_next(struct bk_mbox_reader *reader, struct bk_mbox_part *part,
		      struct bk_err *err)
{
	if (reader->next >= reader->size)
		return 0;
	*part = (struct bk_mbox_part){.at = reader->next};
	if (read_from(reader, part, err) < 0 ||
	    bk_mbox_head_find(reader, part->content, reader->size, true, err) <
		    0)
		return -1;
	int told = end_as_told(reader, part, err);
	if (told < 0)
		return -1;
	if (!told && end_as_found(reader, part, err) < 0)
		return -1;
	part->next = part->end + part->separator;
	reader->next = part->next;
	bk_mbox_head_clip(reader, part);
	return 1;
}

int bk_mbox_part_look(struct bk_mbox_reader *reader,
		      const struct bk_mbox_part *part, struct bk_err *err)
{
	struct bk_mbox_part now = {.at = part->at};

	if (part->end > reader->size)
		return bk_fail(err, BK_GONE, "the file became shorter");
	if (read_from(reader, &now, err) < 0)
		return -1;
	if (now.content != part->content)
		return bk_fail(err, BK_GONE, "another message begins there");
	return bk_mbox_head_find(reader, part->content, part->end, false, err);
}

int bk_mbox_head_read(struct bk_mbox_reader *reader,
		      const struct bk_mbox_part *part, struct bk_err *err)
{
	return bk_mbox_head_find(reader, part->content, part->end, false, err);
}

int bk_mbox_part_copy(struct bk_mbox_reader *reader,
		      const struct bk_mbox_part *part, bool plain,
		      struct bk_sink *to, struct bk_err *err)
{
	uint64_t at = part->content;

	for (size_t i = 0; !plain && i < reader->n_lines; i++) {
		const struct bk_mbox_line *line = &reader->lines[i];
		uint64_t begin = part->content + line->at;
		if (bk_mbox_copy(reader, (struct bk_stretch){at, begin - at},
				 to, err) < 0)
			return -1;
		at = begin + line->len;
	}
	return bk_mbox_copy(reader, (struct bk_stretch){at, part->end - at}, to,
			    err);
}

/* ---- the beginning ---- */

int bk_mbox_reader_open(struct bk_mbox_reader *reader, int fd, uint64_t size,
			struct bk_buf *prologue, struct bk_err *err)
{
	struct bk_view text;

	*reader = (struct bk_mbox_reader){.fd = fd, .size = size};
	prologue->len = 0;
	if (bk_mbox_see(reader, 0, BK_MBOX_PROLOGUE_MAX + BK_MBOX_FROM_MAX,
			&text, err) < 0)
		return -1;
	size_t at = 0;
	for (size_t eol; at < text.len && at <= BK_MBOX_PROLOGUE_MAX;) {
		struct bk_view rest = {text.data + at, text.len - at};
		if (bk_mbox_is_from(rest))
			break;
		at += bk_mbox_line_length(rest, &eol);
	}
	if (at > BK_MBOX_PROLOGUE_MAX)
		return bk_fail(err, BK_REFUSED,
			       "no mbox file: no message begins in its first "
			       "%zu KiB; name it in trees if it is to be kept",
			       BK_MBOX_PROLOGUE_MAX >> 10);
	if (at)
		bk_buf_add(prologue, text.data, at);
	reader->next = at;
	return 0;
}

void bk_mbox_reader_close(struct bk_mbox_reader *reader)
{
	bk_buf_clear(&reader->from);
	bk_buf_clear(&reader->head);
	bk_buf_clear(&reader->window);
	free(reader->lines);
	*reader = (struct bk_mbox_reader){.fd = -1};
}
