/*
 * What tells a message from others, wherever it lies: a sink that a message is
 * written to, in pieces of any length.
 *
 * A Maildir has LF where an IMAP server sends CRLF; some servers show each
 * byte above 127 of a header as 'X', and cannot send a NUL.  None of it makes
 * a message another one.
 */

#ifndef BK_MAIL_IDENTITY_H
#define BK_MAIL_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stream.h"
#include "crypto/digest.h"
#include "mail/message.h"

/* What tells a message from others without its body. */
struct bk_identity {
	uint8_t header[BK_DIGEST_LEN]; /* of the lines before the first empty
					  one, each ended by LF and each byte
					  above 127 taken for 'X' */
	uint64_t wire_size; /* with CRLF for each line end; 0: not known,
			       UINT64_MAX: it is gone or cannot be read */
};

/* Belongs to one thread; small enough for a stack. */
struct bk_identifier {
	struct bk_sink sink; /* first; it takes everything */
	struct bk_sha256 header, whole;
	bool wants_whole;
	bool in_body;    /* the header has ended */
	bool cr;         /* the last byte was a CR, which is not taken yet */
	bool line_begun; /* the header's line has a byte */
	uint64_t wire_size;
	size_t len; /* of waiting */
	uint8_t waiting[1024];
};

/* `whole`: a digest of all bytes is wanted too. */
void bk_identifier_init(struct bk_identifier *it, bool whole);

/* All of it came, or only its header (then the wire size is that of what
 * came). */
void bk_identifier_end(struct bk_identifier *it, struct bk_identity *out);

/* The digest of the whole message, after bk_identifier_end. */
void bk_identifier_whole(struct bk_identifier *it,
			 uint8_t digest[BK_DIGEST_LEN]);

/* A header of no lines at all: it tells nothing. */
bool bk_identity_is_bare(const struct bk_identity *identity);

#endif
