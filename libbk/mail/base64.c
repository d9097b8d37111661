/* Exact base64: see base64.h.  Whole rows go through base64_rows.c. */

#include "mail/base64.h"

#include <string.h>

#include "mail/base64_rows.h"

/* Characters taken at a time from within a line. */
#define STRETCH ((size_t)4096)

bool bk_base64_open(struct bk_base64_reader *from, struct bk_view text)
{
	const uint8_t *lf = text.len ? memchr(text.data, '\n', text.len) : NULL;
	size_t line = lf ? (size_t)(lf - text.data) : 0;

	*from = (struct bk_base64_reader){.at = text.data,
					  .start = text.data,
					  .end = text.data + text.len};
	if ((lf && !line) || line % 4 || line > UINT32_MAX) {
		from->ended = true;
		return false;
	}
	from->line = (uint32_t)line;
	from->eol = lf != NULL;
	return true;
}

static size_t left(const struct bk_base64_reader *from)
{
	return (size_t)(from->end - from->at);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
	return smaller(a, smaller(b, c));
}

/* Whole rows from the start of a line. */
static size_t read_rows(struct bk_base64_reader *from, uint8_t *into,
			size_t cap)
{
	struct bk_base64_shape shape = {.line = from->line, .gap = from->eol};

	if (!from->line || from->column || cap < BK_BASE64_SLACK)
		return 0;
	size_t bytes = shape.line / 4 * 3;
	size_t rows = smaller(left(from) / (shape.line + shape.gap),
			      (cap - BK_BASE64_SLACK) / bytes);
	rows = bk_base64_rows_decode(&shape, from->at, rows, into);
	from->at += rows * (shape.line + shape.gap);
	return rows * bytes;
}

/* What is left of a line but its last group, or some of it. */
static size_t read_stretch(struct bk_base64_reader *from, uint8_t *into,
			   size_t cap)
{
	struct bk_base64_shape shape = {0};
	size_t rest = from->line ? from->line - from->column - 4 : SIZE_MAX;

	if (cap < BK_BASE64_SLACK)
		return 0;
	shape.line = smallest(STRETCH, left(from) / 4 * 4,
			      (cap - BK_BASE64_SLACK) / 3 * 4);
	shape.line = smaller(shape.line, rest);
	if (!shape.line || !bk_base64_rows_decode(&shape, from->at, 1, into))
		return 0;
	from->at += shape.line;
	if (from->line)
		from->column += (uint32_t)shape.line;
	return shape.line / 4 * 3;
}

/* A group of four characters, the last perhaps padded; 0 if it is neither. */
static size_t decode_group(const uint8_t *in, uint8_t *out, bool *padded)
{
	uint8_t a = bk_base64_value[in[0]];
	uint8_t b = bk_base64_value[in[1]];
	uint8_t c = bk_base64_value[in[2]];
	uint8_t d = bk_base64_value[in[3]];

	if ((a | b) > 63)
		return 0;
	out[0] = (uint8_t)(a << 2 | b >> 4);
	*padded = in[3] == '=';
	if (*padded && in[2] == '=')
		return b & 15 ? 0 : 1;
	if (c > 63)
		return 0;
	out[1] = (uint8_t)(b << 4 | c >> 2);
	if (*padded)
		return c & 3 ? 0 : 2;
	if (d > 63)
		return 0;
	out[2] = (uint8_t)(c << 6 | d);
	return 3;
}

/* One group; 0 and ended if there is none. */
static size_t read_group(struct bk_base64_reader *from, uint8_t *out)
{
	bool padded = false;
	size_t n = left(from) < 4 ? 0 : decode_group(from->at, out, &padded);

	if (!n) {
		/* The LF that led to this line is not between two lines. */
		if (from->eol && !from->column && from->at > from->start)
			from->at--;
		from->ended = true;
		return 0;
	}
	from->at += 4;
	if (padded) {
		from->ended = true;
		return n;
	}
	if (!from->line)
		return n;
	from->column += 4;
	if (from->column < from->line)
		return n;
	from->column = 0;
	if (left(from) && *from->at == '\n')
		from->at++;
	else
		from->ended = true;
	return n;
}

/* Groups up to the end of the line or of a stretch: a row or a stretch that
 * could not be taken as one ends among them, and is not tried again. */
static size_t read_groups(struct bk_base64_reader *from, uint8_t *into,
			  size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < STRETCH && cap - n >= 3; i += 4) {
		n += read_group(from, into + n);
		if (from->ended || (from->line && !from->column))
			break;
	}
	return n;
}

size_t bk_base64_read(struct bk_base64_reader *from, uint8_t *into, size_t cap)
{
	size_t n = 0;

	while (!from->ended && cap - n >= 3) {
		size_t got = read_rows(from, into + n, cap - n);
		if (!got)
			got = read_stretch(from, into + n, cap - n);
		if (!got)
			got = read_groups(from, into + n, cap - n);
		n += got;
	}
	return n;
}

void bk_base64_writer_init(struct bk_base64_writer *writer, uint32_t line,
			   bool eol)
{
	*writer = (struct bk_base64_writer){.line = eol ? line : 0,
					    .eol = eol && line};
}

/* Rows from the end of a line on, LF first. */
static size_t write_rows(struct bk_base64_writer *writer, struct bk_view *from,
			 uint8_t *into, size_t cap)
{
	struct bk_base64_shape shape = {.line = writer->line, .gap = 1};

	if (writer->n_carry || !writer->line ||
	    writer->column != writer->line || from->len < BK_BASE64_SLACK)
		return 0;
	size_t bytes = shape.line / 4 * 3;
	size_t rows = smaller((from->len - BK_BASE64_SLACK) / bytes,
			      cap / (shape.line + 1));
	bk_base64_rows_encode(&shape, from->data, rows, into);
	from->data += rows * bytes;
	from->len -= rows * bytes;
	return rows * (shape.line + 1);
}

/* What is left of a line, or some of it. */
static size_t write_stretch(struct bk_base64_writer *writer,
			    struct bk_view *from, uint8_t *into, size_t cap)
{
	struct bk_base64_shape shape = {0};
	size_t rest = writer->line ? writer->line - writer->column : SIZE_MAX;

	if (writer->n_carry || from->len < BK_BASE64_SLACK)
		return 0;
	shape.line = smallest(STRETCH, cap / 4 * 4,
			      (from->len - BK_BASE64_SLACK) / 3 * 4);
	shape.line = smaller(shape.line, rest);
	if (!shape.line)
		return 0;
	bk_base64_rows_encode(&shape, from->data, 1, into);
	from->data += shape.line / 4 * 3;
	from->len -= shape.line / 4 * 3;
	if (writer->line)
		writer->column += (uint32_t)shape.line;
	return shape.line;
}

/* LF if the line is full; then the group. */
static size_t write_group(struct bk_base64_writer *writer, const uint8_t *in,
			  uint8_t *into)
{
	const char *alphabet = bk_base64_alphabet;
	size_t n = 0;

	if (writer->line && writer->column == writer->line) {
		into[n++] = '\n';
		writer->column = 0;
	}
	into[n++] = (uint8_t)alphabet[in[0] >> 2];
	into[n++] = (uint8_t)alphabet[(in[0] << 4 | in[1] >> 4) & 63];
	into[n++] = (uint8_t)alphabet[(in[1] << 2 | in[2] >> 6) & 63];
	into[n++] = (uint8_t)alphabet[in[2] & 63];
	if (writer->line)
		writer->column += 4;
	return n;
}

size_t bk_base64_write(struct bk_base64_writer *writer, struct bk_view *from,
		       uint8_t *into, size_t cap)
{
	size_t n = 0;

	while (from->len && cap - n >= 5) {
		size_t got = write_rows(writer, from, into + n, cap - n);
		if (!got)
			got = write_stretch(writer, from, into + n, cap - n);
		n += got;
		if (got)
			continue;
		while (from->len && writer->n_carry < 3) {
			writer->carry[writer->n_carry++] = *from->data++;
			from->len--;
		}
		if (writer->n_carry < 3)
			break;
		n += write_group(writer, writer->carry, into + n);
		writer->n_carry = 0;
	}
	return n;
}

size_t bk_base64_end(struct bk_base64_writer *writer, uint8_t into[8])
{
	if (!writer->n_carry)
		return 0;
	for (size_t i = writer->n_carry; i < 3; i++)
		writer->carry[i] = 0;
	size_t n = write_group(writer, writer->carry, into);
	for (size_t i = writer->n_carry; i < 3; i++)
		into[n - 3 + i] = '=';
	writer->n_carry = 0;
	return n;
}
