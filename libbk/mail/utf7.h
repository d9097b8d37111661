/*
 * Modified UTF-7 (RFC 3501, 5.1.3), in which IMAP and Maildir++ spell folder
 * names, and UTF-8.  Strict: of each name there is one spelling, and what is
 * not that spelling is not modified UTF-7.  So a name that is decoded is
 * encoded to the very bytes that it came from.
 */

#ifndef BK_MAIL_UTF7_H
#define BK_MAIL_UTF7_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Appends the UTF-8 of a name; false, and nothing is appended, for
 *   - a byte that is not printable ASCII,
 *   - '&' without a '-', or with something between that is not base64,
 *   - left over bits that are not 0, or six of them and more,
 *   - half a pair of surrogates, and U+0000,
 *   - a printable ASCII character in base64, and base64 that begins where
 *     other base64 has just ended.
 */
bool bk_utf7_decode(struct bk_view raw, struct bk_buf *utf8);

/* Appends the spelling of a name; false, and nothing is appended, for what is
 * not UTF-8 (RFC 3629) or has a NUL. */
bool bk_utf7_encode(struct bk_view utf8, struct bk_buf *raw);

#endif
