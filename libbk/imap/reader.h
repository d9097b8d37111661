/*
 * Cuts whole responses out of a connection's stream.  A response is read into
 * memory with its literals in it as they came ("{5}\r\nhello"), but for the
 * body of a message, which is handed on while it comes.  So parsing works on
 * bytes that are there.  Everything has a ceiling; time is linear in what
 * came, however it is cut.  A response of which less than 16 bytes a second
 * come for as long as the link's timeout is BK_LOST.
 *
 * Read though no RFC allows it: lines that end in a bare LF, empty lines
 * between responses, CR within a line (a part of it).  Refused (BK_CORRUPT,
 * and only free may follow): NUL outside of literals, what passes a ceiling,
 * two bodies in one response.  Status responses ("* OK ...{5}") and "+" have
 * no literals, whatever their text ends in.
 */

#ifndef BK_IMAP_READER_H
#define BK_IMAP_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"
#include "imap/response.h"
#include "net/wire.h"

#define BK_IMAP_RESPONSE_MAX ((size_t)16 << 20) /* without bodies */
#define BK_IMAP_LINE_MAX     ((size_t)8 << 20)  /* between two literals */

struct bk_imap_reader;

/* Keeps the wire by pointer. */
struct bk_imap_reader *bk_imap_reader_new(struct bk_wire *wire);
void bk_imap_reader_free(struct bk_imap_reader *reader); /* NULL is fine */

/*
 * Told of a body: the literal or the quoted string behind BODY[], BINARY[] or
 * RFC822 in a FETCH; not of NIL.  `before` is the response up to it, from
 * "* n FETCH (" to "BODY[] ": bk_imap_response_parse() and
 * bk_imap_parse_row() read it; it lives until the callback returns.  Read
 * `size` bytes by bk_imap_reader_copy(), or fewer: the reader drops the rest.
 * -1 ends it all.
 */
struct bk_imap_literal {
	int (*body)(void *arg, struct bk_imap_reader *reader,
		    struct bk_view before, uint64_t size, struct bk_err *err);
	void *arg;
};

/*
 * The next response, read whole; its views live until the next one.  In `rest`
 * a body that came as a literal is an empty one, "{0}\r\n"; one that was quoted
 * is still there.  `literal` may be NULL: bodies are dropped.  BK_CORRUPT, and
 * what the wire and the callback return.
 */
int bk_imap_reader_next(struct bk_imap_reader *reader,
			const struct bk_imap_literal *literal,
			struct bk_imap_response *out, struct bk_err *err);

/* The next n bytes of the body, only from within the callback; more than are
 * left of it are BK_MISUSE.  `to` may be NULL. */
int bk_imap_reader_copy(struct bk_imap_reader *reader, struct bk_sink *to,
			uint64_t n, struct bk_err *err);

#endif
