/* Words, strings and parentheses of a response: see lexer.h. */

#include "imap/lexer.h"

#include <string.h>
#include <strings.h>

/* ---- words ---- */

bool bk_imap_word_is(struct bk_view word, const char *text)
{
	return word.len == strlen(text) &&
	       (!word.len ||
		!strncasecmp((const char *)word.data, text, word.len));
}

bool bk_imap_word_number(struct bk_view word, uint64_t most, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < word.len; i++) {
		uint8_t c = word.data[i];
		if (c < '0' || c > '9' ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, c - '0', &value) ||
		    value > most)
			return false;
	}
	*out = value;
	return word.len > 0;
}

static bool begins(struct bk_view word, const char *text)
{
	word.len = word.len < strlen(text) ? word.len : strlen(text);
	return bk_imap_word_is(word, text);
}

bool bk_imap_word_is_body(struct bk_view word)
{
	static const char *const names[] = {"BODY[]", "BINARY[]"};

	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(names[i]);
		if (begins(word, names[i]) &&
		    (word.len == len || word.data[len] == '<'))
			return true;
	}
	return bk_imap_word_is(word, "RFC822");
}

/* ---- literals ---- */

/* Of "{5}\r\n", at the beginning of `at`: its length, and the literal's; 0:
 * there is none. */
static size_t announcement(struct bk_view at, uint64_t *size)
{
	size_t i = 1;

	if (!at.len || at.data[0] != '{')
		return 0;
	while (i < at.len && at.data[i] >= '0' && at.data[i] <= '9')
		i++;
	struct bk_view digits = {at.data + 1, i - 1};
	if (!bk_imap_word_number(digits, INT64_MAX, size))
		return 0;
	if (i < at.len && at.data[i] == '+')
		i++;
	if (i == at.len || at.data[i++] != '}')
		return 0;
	if (i < at.len && at.data[i] == '\r')
		i++;
	return i < at.len && at.data[i] == '\n' ? i + 1 : 0;
}

int bk_imap_literal_announced(struct bk_view line, size_t *start,
			      uint64_t *size, struct bk_err *err)
{
	size_t to = line.len, from;

	if (!to || line.data[--to] != '}')
		return 0;
	if (to && line.data[to - 1] == '+')
		to--;
	for (from = to;
	     from && line.data[from - 1] >= '0' && line.data[from - 1] <= '9';)
		from--;
	if (from == to || !from || line.data[from - 1] != '{')
		return 0;
	struct bk_view digits = {line.data + from, to - from};
	if (!bk_imap_word_number(digits, INT64_MAX, size))
		return bk_fail(err, BK_CORRUPT,
			       "a literal of %.*s bytes was announced",
			       (int)(digits.len < 40 ? digits.len : 40),
			       (const char *)digits.data);
	*start = from - 1;
	if (*start && line.data[*start - 1] == '~')
		--*start;
	return 1;
}

/* ---- tokens ---- */

static void pass(struct bk_imap_lexer *lexer, size_t n)
{
	lexer->left.data += n;
	lexer->left.len -= n;
}

static struct bk_view from_here(const struct bk_imap_lexer *lexer, size_t n)
{
	return (struct bk_view){lexer->left.data + n, lexer->left.len - n};
}

static struct bk_view unescaped(struct bk_view text, size_t escapes,
				struct bk_arena *arena)
{
	uint8_t *copy = bk_arena_alloc(arena, text.len - escapes + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\\' && i + 1 < text.len &&
		    (text.data[i + 1] == '"' || text.data[i + 1] == '\\'))
			i++;
		copy[n++] = text.data[i];
	}
	return (struct bk_view){copy, n};
}

static enum bk_imap_token quoted(struct bk_imap_lexer *lexer,
				 struct bk_view *out)
{
	struct bk_view text = from_here(lexer, 1);
	size_t escapes = 0, i = 0;

	while (i < text.len && text.data[i] != '"') {
		if (text.data[i] == 0 || text.data[i] == '\n')
			return BK_IMAP_WRONG;
		if (text.data[i++] == '\\' && i < text.len &&
		    (text.data[i] == '"' || text.data[i] == '\\')) {
			escapes++;
			i++;
		}
	}
	if (i == text.len)
		return BK_IMAP_WRONG;
	text.len = i;
	*out = escapes && lexer->arena ? unescaped(text, escapes, lexer->arena)
				       : text;
	pass(lexer, i + 2);
	return BK_IMAP_STRING;
}

/* `head`: bytes that announce it. */
static enum bk_imap_token literal(struct bk_imap_lexer *lexer, size_t head,
				  uint64_t size, struct bk_view *out)
{
	struct bk_view text = from_here(lexer, head);

	if (size > text.len)
		return BK_IMAP_WRONG;
	text.len = (size_t)size;
	*out = text;
	pass(lexer, head + text.len);
	return BK_IMAP_STRING;
}

static bool ends_atom(uint8_t c)
{
	switch (c) {
	case 0:
	case '\t':
	case '\n':
	case '\r':
	case ' ':
	case '"':
	case '(':
	case ')':
		return true;
	default:
		return false;
	}
}

static bool has_section(struct bk_view name)
{
	return bk_imap_word_is(name, "BODY") ||
	       bk_imap_word_is(name, "BODY.PEEK") ||
	       bk_imap_word_is(name, "BINARY") ||
	       bk_imap_word_is(name, "BINARY.PEEK") ||
	       bk_imap_word_is(name, "BINARY.SIZE");
}

/* Bytes of "[HEADER.FIELDS (X)]"; 0: it does not end. */
static size_t section_length(struct bk_view at)
{
	bool in_quotes = false;

	for (size_t i = 1; i < at.len; i++) {
		uint8_t c = at.data[i];
		if (c == 0 || c == '\n' || c == '\r')
			return 0;
		if (c == '"')
			in_quotes = !in_quotes;
		if (c == ']' && !in_quotes)
			return i + 1;
	}
	return 0;
}

/* Where an atom ends; 0: there is none. */
static size_t atom_length(struct bk_view left)
{
	uint64_t size;
	size_t i = 0;

	while (i < left.len && !ends_atom(left.data[i])) {
		struct bk_view here = {left.data + i, left.len - i};
		if (left.data[i] == '{' && announcement(here, &size))
			break;
		size_t n = 1;
		if (left.data[i] == '[' &&
		    has_section((struct bk_view){left.data, i}))
			n = section_length(here);
		if (!n)
			return 0;
		i += n;
	}
	return i;
}

static enum bk_imap_token atom(struct bk_imap_lexer *lexer, struct bk_view *out)
{
	size_t n = atom_length(lexer->left);

	if (!n)
		return BK_IMAP_WRONG;
	*out = (struct bk_view){lexer->left.data, n};
	pass(lexer, n);
	return bk_imap_word_is(*out, "NIL") ? BK_IMAP_NIL : BK_IMAP_ATOM;
}

static enum bk_imap_token parenthesis(struct bk_imap_lexer *lexer)
{
	if (*lexer->left.data == '(') {
		if (lexer->depth == BK_IMAP_DEPTH_MAX)
			return BK_IMAP_WRONG;
		lexer->depth++;
		pass(lexer, 1);
		return BK_IMAP_OPEN;
	}
	if (!lexer->depth)
		return BK_IMAP_WRONG;
	lexer->depth--;
	pass(lexer, 1);
	return BK_IMAP_CLOSE;
}

static void pass_blanks(struct bk_imap_lexer *lexer)
{
	while (lexer->left.len &&
	       (*lexer->left.data == ' ' || *lexer->left.data == '\t'))
		pass(lexer, 1);
}

enum bk_imap_token bk_imap_lex(struct bk_imap_lexer *lexer, struct bk_view *out)
{
	uint64_t size = 0;

	*out = (struct bk_view){0};
	pass_blanks(lexer);
	if (!lexer->left.len)
		return BK_IMAP_END;
	uint8_t c = *lexer->left.data;
	if (c == '(' || c == ')')
		return parenthesis(lexer);
	if (c == '"')
		return quoted(lexer, out);
	size_t tilde = c == '~';
	size_t head = announcement(from_here(lexer, tilde), &size);
	if (head)
		return literal(lexer, tilde + head, size, out);
	return atom(lexer, out);
}
