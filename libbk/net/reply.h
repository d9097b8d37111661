/* What an FTP server says on its control connection: RFC 959, 4217. */

#ifndef BK_NET_REPLY_H
#define BK_NET_REPLY_H

#include "base/buf.h"
#include "base/err.h"

#define BK_REPLY_TEXT 200

/*
 * What a caller should do about a refusal, "552 No room": BK_BUSY and BK_LOST
 * for what may pass, BK_FULL, BK_DENIED for logins and certificates, BK_GONE
 * for 550, which servers also say of what is not allowed, BK_MISUSE for what
 * the server does not know, BK_FAILED.  Some servers have one code for
 * everything: the words decide where they are plain.
 */
enum bk_kind bk_reply_kind(const char *reply);

/* The last reply of what was said, "" if there is none: its last line, without
 * the line end and, for it comes from outside, with '?' for what is no
 * printable ASCII. */
void bk_reply_last(char out[BK_REPLY_TEXT], struct bk_view said);

#endif
