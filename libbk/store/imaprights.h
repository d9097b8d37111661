/*
 * Who may do what: identifiers and rights as IMAP has them (RFC 4314) and as
 * sets keep them, which is as Dovecot's files do.
 *
 *	IMAP                            set
 *	ann@example.org                 user=ann@example.org
 *	$staff, group:staff             group=staff
 *	anyone, authenticated           the same
 *	-ann, -$staff                   -user=ann, -group=staff
 */

#ifndef BK_STORE_IMAPRIGHTS_H
#define BK_STORE_IMAPRIGHTS_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends the set's identifier. */
void bk_imaprights_who(const char *imap, struct bk_buf *out);
/* Appends IMAP's; groups as Cyrus has them, or as Dovecot. */
void bk_imaprights_identifier(const char *who, bool cyrus, struct bk_buf *out);

/* Appends the rights without the two that stand for several others and for
 * who knows no others (RFC 4314, 2.1.1): given back, they would grant more. */
void bk_imaprights_plain(const char *rights, struct bk_buf *out);

/* Appends, to be shown and compared, those that every server knows (RFC 4314,
 * 2.1), in one order: others are not given where a server is of another make.
 * The two of before become those that they stand for. */
void bk_imaprights_spell(const char *rights, struct bk_buf *out);
/* Are they the same, as far as every server knows them and a server of before
 * can tell? */
bool bk_imaprights_same(const char *a, const char *b);

#endif
