/*
 * Why a server refuses, and for how long it wants to be left alone: from
 * response codes (RFC 5530 and others), and from the sentences of servers that
 * have no codes for it.
 */

#ifndef BK_IMAP_RESPCODE_H
#define BK_IMAP_RESPCODE_H

#include <stdint.h>

#include "base/buf.h"
#include "imap/answer.h"

/* The longest wait that is believed. */
#define BK_IMAP_WAIT_MAX_MS ((int64_t)3600 * 1000)

/*
 * Of a response that is NO, BAD or BYE.  A known code decides, but that
 * Gmail's [OVERQUOTA] for too much traffic is THROTTLED; without one, known
 * sentences of Cyrus, Exchange, Gmail and others.
 */
enum bk_imap_code bk_imap_parse_code(struct bk_view code, struct bk_view text);

/*
 * The wait that the text asks for: "Suggested Backoff Time: 299923
 * milliseconds", "try again in 30 seconds", "retry after 5 minutes"; 0: it says
 * none.  At most BK_IMAP_WAIT_MAX_MS.
 */
int64_t bk_imap_parse_wait(struct bk_view text);

#endif
