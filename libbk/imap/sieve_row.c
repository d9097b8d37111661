/* Lines of a ManageSieve server: see sieve_row.h. */

#include "imap/sieve_row.h"

#include <string.h>
#include <strings.h>

/* Of one line, literals apart. */
#define LINE_MAX_BYTES ((size_t)16 << 10)

struct reading {
	struct bk_sieve_row *row;
	struct bk_wire *wire;
	size_t spent;    /* bytes of the line outside literals */
	size_t literals; /* and in them */
};

void bk_sieve_row_clear(struct bk_sieve_row *row)
{
	bk_buf_clear(&row->text);
	*row = (struct bk_sieve_row){0};
}

static int broken(const char *why, struct bk_err *err)
{
	return bk_fail(err, BK_LOST,
		       "the server says what is no ManageSieve: %s", why);
}

/* The next byte, which stays; -1. */
static int peek(struct reading *r, struct bk_err *err)
{
	if (r->wire->in.len == 0 && bk_wire_fill(r->wire, err) < 0)
		return -1;
	return r->wire->in.data[0];
}

static int take(struct reading *r, struct bk_err *err)
{
	int c = peek(r, err);

	if (c < 0)
		return -1;
	bk_wire_take(r->wire, 1);
	if (++r->spent > LINE_MAX_BYTES)
		return broken("a line without an end", err);
	return c;
}

/* ---- words ---- */

static void begin_word(struct reading *r, enum bk_sieve_is is)
{
	struct bk_sieve_row *row = r->row;

	/* What is too many takes the last one's place. */
	if (row->n == BK_SIEVE_ROW_WORDS + 1)
		row->text.len = row->at[--row->n];
	row->at[row->n] = row->text.len;
	if (row->n < BK_SIEVE_ROW_WORDS)
		row->words[row->n].is = is;
	row->n++;
}

static int read_quoted(struct reading *r, struct bk_err *err)
{
	begin_word(r, BK_SIEVE_STRING);
	for (;;) {
		int c = take(r, err);
		if (c == '"')
			return 0;
		if (c == '\\')
			c = take(r, err);
		if (c < 0)
			return -1;
		if (c == '\r' || c == '\n' || c == 0)
			return broken("a \"string\" with a line end", err);
		bk_buf_add_u8(&r->row->text, (uint8_t)c);
	}
}

/* Up to what ends them, which is returned. */
static int read_digits(struct reading *r, size_t *n, struct bk_err *err)
{
	*n = 0;
	for (;;) {
		int c = take(r, err);
		if (c < '0' || c > '9')
			return c;
		*n = *n * 10 + (size_t)(c - '0');
		if (*n > BK_SIEVE_LITERAL_MAX)
			return broken("a string above 1 MiB", err);
	}
}

/* Behind the '{', to the end of its line. */
static int read_length(struct reading *r, size_t *out, struct bk_err *err)
{
	int c = read_digits(r, out, err);

	if (c == '+')
		c = take(r, err);
	if (c < 0)
		return -1;
	if (c != '}')
		return broken("a {length} that is none", err);
	c = take(r, err);
	if (c == '\r')
		c = take(r, err);
	if (c < 0)
		return -1;
	if (c != '\n')
		return broken("a {length} that no line end follows", err);
	r->literals += *out;
	return r->literals <= BK_SIEVE_LITERAL_MAX
		       ? 0
		       : broken("strings above 1 MiB", err);
}

static int read_literal(struct reading *r, struct bk_err *err)
{
	size_t left = 0;

	begin_word(r, BK_SIEVE_STRING);
	if (read_length(r, &left, err) < 0)
		return -1;
	while (left > 0) {
		if (peek(r, err) < 0)
			return -1;
		size_t n = r->wire->in.len < left ? r->wire->in.len : left;
		bk_buf_add(&r->row->text, r->wire->in.data, n);
		bk_wire_take(r->wire, n);
		left -= n;
	}
	return 0;
}

/* A response code, as it stands, with the strings that it holds. */
static int read_code(struct reading *r, struct bk_err *err)
{
	bool quoted = false;

	begin_word(r, BK_SIEVE_CODE);
	for (;;) {
		int c = take(r, err);
		if (c < 0)
			return -1;
		if (c == ')' && !quoted)
			return 0;
		if (c == '\r' || c == '\n' || c == 0)
			return broken("a (code) without an end", err);
		if (c == '"')
			quoted = !quoted;
		bk_buf_add_u8(&r->row->text, (uint8_t)c);
		if (c == '\\' && quoted && (c = take(r, err)) >= ' ')
			bk_buf_add_u8(&r->row->text, (uint8_t)c);
	}
}

static int read_atom(struct reading *r, struct bk_err *err)
{
	begin_word(r, BK_SIEVE_ATOM);
	for (;;) {
		int c = peek(r, err);
		if (c < 0)
			return -1;
		if (c <= ' ' || c == '(' || c == '"' || c == '{')
			return 0;
		if (take(r, err) < 0)
			return -1;
		bk_buf_add_u8(&r->row->text, (uint8_t)c);
	}
}

/* 1: a word came; 0: the line is over. */
static int read_word(struct reading *r, struct bk_err *err)
{
	int c = peek(r, err);
	int rc = -1;

	if (c < 0)
		return -1;
	if (c > ' ' && c != '"' && c != '{' && c != '(')
		return read_atom(r, err) < 0 ? -1 : 1;
	if (take(r, err) < 0)
		return -1;
	switch (c) {
	case ' ':
		return 1;
	case '\r':
		return take(r, err) == '\n' ? 0 : broken("a CR alone", err);
	case '\n':
		return 0;
	case '"':
		rc = read_quoted(r, err);
		break;
	case '{':
		rc = read_literal(r, err);
		break;
	case '(':
		rc = read_code(r, err);
		break;
	default:
		return broken("a control character", err);
	}
	return rc < 0 ? -1 : 1;
}

static void show_words(struct bk_sieve_row *row)
{
	row->at[row->n] = row->text.len;
	for (size_t i = 0; i < row->n && i < BK_SIEVE_ROW_WORDS; i++)
		row->words[i].text =
			(struct bk_view){row->text.data + row->at[i],
					 row->at[i + 1] - row->at[i]};
	if (row->n > BK_SIEVE_ROW_WORDS)
		row->n = BK_SIEVE_ROW_WORDS;
}

int bk_sieve_row_read(struct bk_sieve_row *row, struct bk_wire *wire,
		      struct bk_err *err)
{
	struct reading reading = {.row = row, .wire = wire};
	int rc;

	row->text.len = 0;
	row->n = 0;
	do {
		rc = read_word(&reading, err);
	} while (rc > 0);
	if (rc == 0)
		show_words(row);
	return rc;
}

bool bk_sieve_row_is(const struct bk_sieve_row *row, size_t word,
		     const char *atom)
{
	if (word >= row->n || row->words[word].is != BK_SIEVE_ATOM)
		return false;
	struct bk_view text = row->words[word].text;
	return text.len == strlen(atom) &&
	       strncasecmp((const char *)text.data, atom, text.len) == 0;
}
