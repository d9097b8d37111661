/*
 * Line ends.  A Maildir keeps a message with LF, an IMAP server sends it with
 * CRLF: stored with LF alone both are the same chunks.  What a message used,
 * and the lines that differed, are kept in its recipe, so that any mixture
 * comes back as it was.  A CR that stands alone is an ordinary byte.
 */

#ifndef BK_MAIL_LINES_H
#define BK_MAIL_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"
#include "mail/recipe.h"

/*
 * Sets *canonical to the message with every CRLF as LF, and style, lines and
 * n_lines of *out.  Where there is no CRLF, or where more than
 * BK_LINE_EXCEPTIONS_MAX lines differ (BK_STYLE_VERBATIM), *canonical is the
 * message itself; else it lies in *copy, whose old content goes.  BK_FAILED
 * when there is no memory for a copy.
 */
int bk_lines_canonical(struct bk_view message, struct bk_buf *copy,
		       struct bk_recipe *out, struct bk_view *canonical,
		       struct bk_err *err);

#define BK_LINE_WRITER_ROOM ((size_t)16 << 10)

/* Gives a canonical message, written piece by piece, its line ends back. */
struct bk_line_writer {
	struct bk_sink *to;
	const struct bk_recipe *recipe;
	size_t next;   /* of recipe->lines */
	uint64_t line; /* the number of the line that is being written */
	size_t len;    /* bytes that wait in room */
	uint8_t room[BK_LINE_WRITER_ROOM];
};

/* Both stay the caller's until the end; of the recipe style and lines are
 * used. */
void bk_line_writer_init(struct bk_line_writer *writer,
			 const struct bk_recipe *recipe, struct bk_sink *to);
int bk_line_writer_add(struct bk_line_writer *writer, struct bk_view bytes,
		       struct bk_err *err);
/* Writes what still waits.  BK_CORRUPT if lines are left that never came. */
int bk_line_writer_end(struct bk_line_writer *writer, struct bk_err *err);

#endif
