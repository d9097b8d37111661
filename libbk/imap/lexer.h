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

/* ---- words ---- */

bool bk_imap_word_is(struct bk_view word, const char *text); /* in any case */
/* Digits only, at least one; false beyond `most`. */
bool bk_imap_word_number(struct bk_view word, uint64_t most, uint64_t *out);

/*
 * Does this line, without its end, end in the announcement of a literal?  1,
 * with *start where it begins ('{' or '~'), or 0; -1 and BK_CORRUPT for one of
 * 2^63 bytes and more.
 */
int bk_imap_literal_announced(struct bk_view line, size_t *start,
			      uint64_t *size, struct bk_err *err);
/* Is the word BODY[], BODY[]<0>, BINARY[] or RFC822: a whole message? */
bool bk_imap_word_is_body(struct bk_view word);

#endif
