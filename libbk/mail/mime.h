/*
 * Finds the bodies in a message: the stretches between headers and boundary
 * lines (RFC 2045, 2046).  A scanner, not a parser: it holds a stack of
 * boundaries with a ceiling, goes over the bytes once, copies nothing, and
 * cannot fail.  What is broken is a body like any other.
 */

#ifndef BK_MAIL_MIME_H
#define BK_MAIL_MIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define BK_MIME_DEPTH_MAX    16  /* a multipart below this is text */
#define BK_MIME_BOUNDARY_MAX 250 /* RFC 2046 allows 70 */

/* What lies between a header or a boundary line and the next boundary line,
 * whose own line end it does not include; preambles and epilogues too. */
struct bk_body {
	size_t start, end;
	bool base64; /* says its Content-Transfer-Encoding */
};

struct bk_mime {
	struct bk_view text; /* canonical */
	size_t at;
	bool in_header; /* at is in a header, not in front of a body */
	unsigned depth;
	struct bk_view
		open[BK_MIME_DEPTH_MAX]; /* boundaries, outermost first */
};

/* `text` stays the caller's; a header (or the rest of one) begins at `at`. */
void bk_mime_init(struct bk_mime *mime, struct bk_view text, size_t at);

/* The next body, in ascending order: 1; 0 when there are no more.  The bytes
 * between two bodies are headers and boundary lines. */
int bk_mime_next(struct bk_mime *mime, struct bk_body *out);

#endif
