/*
 * How an IMAP server spells the names of its folders, and how a person does.
 *
 *	"Entw&APw-rfe.2026"         "Entwürfe/2026"     delimiter '.'
 *	"INBOX.Sent"                "Sent"              with the prefix "INBOX."
 *	"INBOX", "inbox"            "INBOX"
 *
 * Names are modified UTF-7 (RFC 3501, 5.1.3), or UTF-8 where that was agreed
 * upon (RFC 6855).  Every name has one spelling: what is decoded is encoded to
 * the very bytes that it came from, but for the case of INBOX.
 */

#ifndef BK_STORE_IMAPNAME_H
#define BK_STORE_IMAPNAME_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct bk_imapname_style {
	struct bk_view prefix; /* of the personal namespace, "INBOX." */
	char delimiter;        /* 0: flat */
	bool utf8;
};

/*
 * Appends the name that people see: NULL.  A name that cannot be one (no
 * modified UTF-7, a '/' inside a level, control characters, "..") is appended
 * as it lies, with \xNN for what is to blame, and a text says why.
 */
const char *bk_imapname_decode(const struct bk_imapname_style *style,
			       struct bk_view raw, struct bk_buf *name);

/* Appends the server's spelling; BK_REFUSED for what it cannot hold. */
int bk_imapname_encode(const struct bk_imapname_style *style, const char *name,
		       struct bk_buf *raw, struct bk_err *err);

#endif
