/*
 * One line of what a ManageSieve server says (RFC 5804, 4): words, of which
 * strings may be literals that hold line ends themselves.
 *
 *	"main" ACTIVE
 *	{31+}
 *	...31 bytes
 *	NO (QUOTA/MAXSIZE) "Too long"
 */

#ifndef BK_IMAP_SIEVE_ROW_H
#define BK_IMAP_SIEVE_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/wire.h"

#define BK_SIEVE_LITERAL_MAX ((size_t)1 << 20)
#define BK_SIEVE_ROW_WORDS   4 /* what follows them is read, and dropped */

enum bk_sieve_is {
	BK_SIEVE_ATOM,
	BK_SIEVE_STRING,
	BK_SIEVE_CODE, /* what stood in ( ) */
};

struct bk_sieve_word {
	enum bk_sieve_is is;
	struct bk_view text; /* in the row's */
};

/* {0} is a valid empty one; used again for the next. */
struct bk_sieve_row {
	struct bk_buf text;
	size_t at[BK_SIEVE_ROW_WORDS + 2]; /* private */
	struct bk_sieve_word words[BK_SIEVE_ROW_WORDS];
	size_t n;
};
void bk_sieve_row_clear(struct bk_sieve_row *row);

/* Reads the next one; views of the one before are invalid.  BK_LOST also for
 * what is no such line, or longer than any should be. */
int bk_sieve_row_read(struct bk_sieve_row *row, struct bk_wire *wire,
		      struct bk_err *err);

/* Is the word there, an atom, and this one, in whatever case? */
bool bk_sieve_row_is(const struct bk_sieve_row *row, size_t word,
		     const char *atom);

#endif
