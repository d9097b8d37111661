/* What a FETCH says of one message. */

#ifndef BK_IMAP_FETCHROW_H
#define BK_IMAP_FETCHROW_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "imap/answer.h"

/*
 * `rest` of a FETCH response: "(UID 5 FLAGS (\Seen) ...)".  It may end behind
 * the name of the body, without its value: what a bk_imap_literal was told
 * came before.  Views point into `rest` or the arena.
 *
 * `said` may lack anything.  A body's name with nothing behind it says NIL.
 * Unknown items are passed over; so are \Recent and other flags with a
 * backslash that are no flags of ours.  An INTERNALDATE that is no date is not
 * said.  BK_CORRUPT: seq or UID 0, a UID that is said twice, numbers beyond 64
 * bits (UID: 32), more than BK_KEYWORDS_MAX keywords or labels, keywords with a
 * NUL, and what is no list of names and values.
 */
int bk_imap_parse_row(uint32_t seq, struct bk_view rest, struct bk_arena *arena,
		      struct bk_imap_row *out, struct bk_err *err);

#endif
