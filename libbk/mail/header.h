/*
 * Header fields (RFC 5322 section 2.2) as they are, not as they should be:
 * whatever looks like a field is one.  Works on canonical (LF) bytes; nothing
 * is copied and no length is believed.
 */

#ifndef BK_MAIL_HEADER_H
#define BK_MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct bk_field {
	struct bk_view name;  /* without the colon */
	struct bk_view value; /* what follows it, folded lines and all, up to
				 the last line's LF */
};

/*
 * The field that begins at *at, which moves behind it: 1.  0 where the header
 * ends: *at is then behind the empty line, or at a line that is no field, or
 * at the end.
 */
int bk_field_next(struct bk_view text, size_t *at, struct bk_field *out);

/* ASCII case does not count. */
bool bk_field_is(const struct bk_field *field, const char *name);
bool bk_field_begins(const struct bk_field *field, const char *prefix);

/* Whether a line of `text` at `at` begins with "From ", as mbox files have it,
 * and the length of that line with its LF. */
size_t bk_from_line(struct bk_view text, size_t at);

/* The value's first word, up to ';' or white space: "multipart/mixed". */
struct bk_view bk_field_word(struct bk_view value);

/*
 * A parameter of a value, `boundary` of "multipart/mixed; boundary=x": its
 * text without the quotes, as it stands (no escape is undone).  false if it is
 * not there.  RFC 2231's continuations are not joined.
 */
bool bk_field_param(struct bk_view value, const char *name,
		    struct bk_view *out);

#endif
