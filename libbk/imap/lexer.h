/*
 * The words of a response that is there as a whole, literals in place
 * ("{5}\r\nhello", "{5+}\r\nhello", "~{5}\r\nhello").  Linear, without
 * recursion; nothing is believed.
 *
 * What is read though no RFC allows it: blanks (and tabs) anywhere between
 * words, 8-bit bytes and control characters in quoted strings, any character
 * in an atom but blanks, parentheses, '"', NUL, CR and LF, a backslash before
 * another character than '"' and '\' (both stay), a literal whose line ends in
 * a bare LF.  What is not: NUL outside of literals, strings across lines.
 */

#ifndef BK_IMAP_LEXER_H
#define BK_IMAP_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define BK_IMAP_DEPTH_MAX 64 /* of parentheses */

enum bk_imap_token {
	BK_IMAP_END,
	BK_IMAP_ATOM,   /* atoms, flags with their backslash, numbers,
			   "BODY[HEADER.FIELDS (X)]<0>" as one */
	BK_IMAP_STRING, /* quoted or literal, unescaped */
	BK_IMAP_NIL,    /* the atom, in any case; its letters are given */
	BK_IMAP_OPEN,
	BK_IMAP_CLOSE,
	BK_IMAP_WRONG, /* what can be none of these, a parenthesis too many or
			  too deep; the lexer stays there */
};

struct bk_imap_lexer {
	struct bk_view left;
	struct bk_arena *arena; /* of quoted strings with escapes; NULL: they
				   are given as they are written */
	unsigned depth;
};

/* Blanks before it are passed over.  *out is empty but for words and strings.
 */
enum bk_imap_token bk_imap_lex(struct bk_imap_lexer *lexer,
			       struct bk_view *out);

/* ---- what parsers expect: BK_CORRUPT, with the place in it ---- */

/* Passes over one value: a word, a string, or a list with all in it. */
int bk_imap_skip(struct bk_imap_lexer *lexer, struct bk_err *err);
int bk_imap_expect(struct bk_imap_lexer *lexer, enum bk_imap_token token,
		   struct bk_err *err);
/* A word or a string (RFC 9051's astring; of NIL, the word). */
int bk_imap_expect_text(struct bk_imap_lexer *lexer, struct bk_view *out,
			struct bk_err *err);
/* The same without a NUL in it, copied to the arena with a NUL behind it. */
int bk_imap_expect_name(struct bk_imap_lexer *lexer, struct bk_view *out,
			struct bk_err *err);
/* Digits, at most `most`. */
int bk_imap_expect_number(struct bk_imap_lexer *lexer, uint64_t most,
			  uint64_t *out, struct bk_err *err);
/* Here is something that should not be: "expected: ...here...". */
int bk_imap_unexpected(const struct bk_imap_lexer *lexer, const char *expected,
		       struct bk_err *err);

/* ---- words ---- */

bool bk_imap_word_is(struct bk_view word, const char *text); /* in any case */
/* Digits only, at least one; false beyond `most`. */
bool bk_imap_word_number(struct bk_view word, uint64_t most, uint64_t *out);

/*
 * Does this line, without its end, end in the announcement of a literal?  Then
 * *start is where it begins ('{' or '~').  One of 2^63 bytes and more is none.
 */
bool bk_imap_literal_announced(struct bk_view line, size_t *start,
			       uint64_t *size);
/* Is the word BODY[], BODY[]<0>, BINARY[] or RFC822: a whole message? */
bool bk_imap_word_is_body(struct bk_view word);

#endif
