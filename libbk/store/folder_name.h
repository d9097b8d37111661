/*
 * How a Maildir tree spells the names of its folders, and how a person does.
 *
 *	Maildir++    ".Entw&APw-rfe.2026"    "Entwürfe/2026"    INBOX is "."
 *	fs           "Entw&APw-rfe/2026"     the same           INBOX is "."
 *
 * Names on disk are modified UTF-7 (RFC 3501 section 5.1.3) or, with Dovecot's
 * UTF-8 parameter, UTF-8.  What is neither is shown as it lies, with its
 * control characters and stray bytes as \x0a, and is restored as it lies.
 */

#ifndef BK_STORE_FOLDER_NAME_H
#define BK_STORE_FOLDER_NAME_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum bk_layout {
	BK_LAYOUT_AUTO,
	BK_LAYOUT_MAILDIRPP,
	BK_LAYOUT_FS,
};

/* "auto", "maildir++", "fs"; NULL is auto.  BK_MISUSE for others. */
int bk_layout_parse(const char *text, enum bk_layout *out, struct bk_err *err);

/* Appends the name that people see.  layout is not BK_LAYOUT_AUTO. */
void bk_folder_name_decode(struct bk_view raw, enum bk_layout layout,
			   struct bk_buf *name);

/* Appends bytes for the eye: what is no UTF-8 and control characters as \x0a.
 */
void bk_folder_name_show(struct bk_view text, struct bk_buf *out);

/*
 * Appends the spelling on disk of a name that people see, as UTF-8 if
 * `utf8`.  BK_REFUSED for what the layout cannot hold: '.' inside a level of
 * Maildir++, "cur" in fs, levels that are empty or too long.
 */
int bk_folder_name_encode(const char *name, enum bk_layout layout, bool utf8,
			  struct bk_buf *raw, struct bk_err *err);

/* Is a name on disk spelt as UTF-8 rather than modified UTF-7? */
bool bk_folder_name_is_utf8(struct bk_view raw);

#endif
