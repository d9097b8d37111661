/* Line ends taken away and given back: see lines.h. */

#include "mail/lines.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* So that a run of messages of nearly one size does not allocate each time. */
#define COPY_SLACK ((size_t)4096)

static const uint8_t *find_crlf(const uint8_t *at, const uint8_t *end)
{
	while ((at = memchr(at, '\r', (size_t)(end - at)))) {
		if (++at < end && *at == '\n')
			return at - 1;
	}
	return NULL;
}

static bool note_line(struct bk_recipe *out, uint64_t line)
{
	if (out->n_lines >= BK_LINE_EXCEPTIONS_MAX || line > UINT32_MAX)
		return false;
	out->lines = bk_array_room(out->lines, out->n_lines, &out->cap_lines,
				   sizeof(*out->lines));
	out->lines[out->n_lines++] = (uint32_t)line;
	return true;
}

struct line_count {
	uint64_t lf; /* lines that end in LF alone */
	uint64_t crlf;
};

/* Copies with LF alone, and says how many lines were of either kind.  `into`
 * has room for all of the message. */
static size_t copy_lines(struct bk_view message, uint8_t *into,
			 struct line_count *count)
{
	const uint8_t *at = message.data;
	const uint8_t *end = at + message.len;
	uint8_t *to = into;

	while (at < end) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((lf ? lf : end) - at);
		memcpy(to, at, len);
		to += len;
		if (!lf)
			break;
		if (len && lf[-1] == '\r') {
			to--;
			count->crlf++;
		} else {
			count->lf++;
		}
		*to++ = '\n';
		at = lf + 1;
	}
	return (size_t)(to - into);
}

/* The numbers of the lines that did not end as the style says. */
static bool note_exceptions(struct bk_view message, struct bk_recipe *out)
{
	const uint8_t *at = message.data;
	const uint8_t *end = at + message.len;
	bool wanted = out->style == BK_STYLE_CRLF;
	const uint8_t *lf;

	for (uint64_t line = 0;
	     at < end && (lf = memchr(at, '\n', (size_t)(end - at))); line++) {
		bool crlf = lf > at && lf[-1] == '\r';
		if (crlf != wanted && !note_line(out, line))
			return false;
		at = lf + 1;
	}
	return true;
}

static int make_room(struct bk_buf *copy, size_t len, struct bk_err *err)
{
	copy->len = 0;
	if (copy->cap >= len)
		return 0;
	bk_buf_clear(copy);
	copy->data = bk_try_alloc(len + COPY_SLACK, SIZE_MAX, err);
	if (!copy->data)
		return bk_context(err, "message with CRLF line ends");
	copy->cap = len + COPY_SLACK;
	return 0;
}

int bk_lines_canonical(struct bk_view message, struct bk_buf *copy,
		       struct bk_recipe *out, struct bk_view *canonical,
		       struct bk_err *err)
{
	struct line_count count = {0};

	out->style = BK_STYLE_LF;
	out->n_lines = 0;
	*canonical = message;
	if (!message.len ||
	    !find_crlf(message.data, message.data + message.len))
		return 0;

	if (make_room(copy, message.len, err) < 0)
		return -1;
	copy->len = copy_lines(message, copy->data, &count);
	out->style = count.crlf > count.lf ? BK_STYLE_CRLF : BK_STYLE_LF;
	if (count.lf && !note_exceptions(message, out)) {
		out->style = BK_STYLE_VERBATIM;
		out->n_lines = 0;
		return 0;
	}
	*canonical = bk_buf_view(copy);
	return 0;
}

void bk_line_writer_init(struct bk_line_writer *writer,
			 const struct bk_recipe *recipe, struct bk_sink *to)
{
	writer->to = to;
	writer->recipe = recipe;
	writer->next = 0;
	writer->line = 0;
	writer->len = 0;
}

static int flush(struct bk_line_writer *writer, struct bk_err *err)
{
	size_t len = writer->len;

	writer->len = 0;
	if (!len)
		return 0;
	return writer->to->write(writer->to, writer->room, len, err);
}

static int put(struct bk_line_writer *writer, const uint8_t *bytes, size_t len,
	       struct bk_err *err)
{
	if (len > sizeof(writer->room) - writer->len) {
		if (flush(writer, err) < 0)
			return -1;
		if (len >= sizeof(writer->room))
			return writer->to->write(writer->to, bytes, len, err);
	}
	memcpy(writer->room + writer->len, bytes, len);
	writer->len += len;
	return 0;
}

/* How the line that ends here ended. */
static bool ends_in_crlf(struct bk_line_writer *writer)
{
	const struct bk_recipe *recipe = writer->recipe;
	bool crlf = recipe->style == BK_STYLE_CRLF;

	if (writer->next < recipe->n_lines &&
	    recipe->lines[writer->next] == writer->line) {
		writer->next++;
		crlf = !crlf;
	}
	writer->line++;
	return crlf;
}

int bk_line_writer_add(struct bk_line_writer *writer, struct bk_view bytes,
		       struct bk_err *err)
{
	if (!bytes.len)
		return 0;
	if (writer->recipe->style != BK_STYLE_CRLF &&
	    writer->next == writer->recipe->n_lines)
		return put(writer, bytes.data, bytes.len, err);

	const uint8_t *at = bytes.data;
	const uint8_t *end = at + bytes.len;
	while (at < end) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
		if (!lf)
			return put(writer, at, (size_t)(end - at), err);
		if (put(writer, at, (size_t)(lf - at), err) < 0)
			return -1;
		const char *eol = ends_in_crlf(writer) ? "\r\n" : "\n";
		if (put(writer, (const uint8_t *)eol, strlen(eol), err) < 0)
			return -1;
		at = lf + 1;
	}
	return 0;
}

int bk_line_writer_end(struct bk_line_writer *writer, struct bk_err *err)
{
	if (writer->next != writer->recipe->n_lines)
		return bk_fail(err, BK_CORRUPT,
			       "line %u is an exception, but there is none",
			       writer->recipe->lines[writer->next]);
	return flush(writer, err);
}
