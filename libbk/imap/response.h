/* One response of a server, cut into its parts (RFC 9051, 7). */

#ifndef BK_IMAP_RESPONSE_H
#define BK_IMAP_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum bk_imap_kind {
	BK_IMAP_CONTINUE, /* "+ ..." */
	BK_IMAP_TAGGED,   /* "a1 OK ..." */
	BK_IMAP_UNTAGGED, /* "* ..." */
};

enum bk_imap_state {
	BK_IMAP_NO_STATE, /* data: "* LIST ..." */
	BK_IMAP_OK,
	BK_IMAP_NO,
	BK_IMAP_BAD,
	BK_IMAP_PREAUTH,
	BK_IMAP_BYE,
};

struct bk_imap_response {
	enum bk_imap_kind kind;
	struct bk_view tag; /* of TAGGED */
	enum bk_imap_state state;
	struct bk_view code; /* "UIDVALIDITY 17" between [ and ]; may be empty
			      */
	struct bk_view text; /* for people, behind it; may be empty */
	uint32_t number;     /* "* 23 EXISTS": 23; has_number */
	bool has_number;
	struct bk_view word; /* "EXISTS", "FETCH", "LIST"; compare without
				case: bk_imap_word_is() */
	struct bk_view rest; /* what follows it, without the line end */
};

/*
 * From bytes that are all there; a line end at their end is passed over.
 * BK_CORRUPT: nothing, a tag without a state, a number beyond 32 bits, message
 * 0 of FETCH or EXPUNGE.  A code's ']' is the one that closes it, where
 * brackets, parentheses and quotes are even; else the first one.  A '[' that
 * nothing closes is text.  A line that is a code alone, "[COPYUID 1 2 3]", is
 * read as "* OK [COPYUID 1 2 3]", which Exchange means by it.
 */
int bk_imap_response_parse(struct bk_view bytes, struct bk_imap_response *out,
			   struct bk_err *err);

#endif
