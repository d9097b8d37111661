/*
 * Names of folders, subjects and files come from strangers and go to a
 * terminal: what could move the cursor, change colours or turn the reading
 * direction is shown as an escape instead.
 */

#ifndef BK_BASE_ESCAPE_H
#define BK_BASE_ESCAPE_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends `text` of n bytes: control characters as \n, \t or \x1b, bytes that
 * are no UTF-8 as \xff, characters that steer bidirectional text or break
 * lines as \u{202e}; the rest as it is.  A backslash stays single: this is for
 * reading, not for decoding.
 */
void bk_escape(struct bk_buf *out, const void *text, size_t n);

/* The same as a string of its own; the caller frees it. */
char *bk_escaped(const char *text);

#endif
