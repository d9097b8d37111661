/* What parsers expect of a lexer: the value, or BK_CORRUPT, with the place in
 * it. */

#ifndef BK_IMAP_EXPECT_H
#define BK_IMAP_EXPECT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "imap/lexer.h"

/* Passes over one value: a word, a string, or a list with all in it. */
int bk_imap_skip(struct bk_imap_lexer *lexer, struct bk_err *err);
int bk_imap_expect_open(struct bk_imap_lexer *lexer, struct bk_err *err);
int bk_imap_expect_close(struct bk_imap_lexer *lexer, struct bk_err *err);
/* A word or a string (RFC 9051's astring; of NIL, the word). */
int bk_imap_expect_text(struct bk_imap_lexer *lexer, struct bk_view *out,
			struct bk_err *err);
/* The same without a NUL in it, copied to the arena with a NUL behind it. */
int bk_imap_expect_name(struct bk_imap_lexer *lexer, struct bk_view *out,
			struct bk_err *err);
/* A list of words and strings without NULs, at most `most` of them; NIL is an
 * empty one.  The array is in the arena. */
int bk_imap_expect_words(struct bk_imap_lexer *lexer, size_t most,
			 struct bk_view **out, size_t *n, struct bk_err *err);
/* Digits, at most `most`. */
int bk_imap_expect_number(struct bk_imap_lexer *lexer, uint64_t most,
			  uint64_t *out, struct bk_err *err);
/* In a list of names and values that ends a line, behind its '(': the next name
 * (1), its end (0), or -1; `what` a name is. */
int bk_imap_next_item(struct bk_imap_lexer *lexer, const char *what,
		      struct bk_view *name, struct bk_err *err);
/* Nothing but blanks. */
int bk_imap_expect_end(struct bk_imap_lexer *lexer, struct bk_err *err);
/* A copy with a NUL behind it; of a text without NULs. */
struct bk_view bk_imap_keep(struct bk_view text, struct bk_arena *arena);

/* Always -1: "NAME expected, not '...'". */
int bk_imap_unexpected(const struct bk_imap_lexer *lexer, const char *name,
		       struct bk_err *err);

#endif
