/*
 * What Cyrus's replication says of a mailbox, as its administrator may ask and
 * set it over IMAP (SYNCGET, SYNCAPPLY): the one way to give a mailbox a
 * UIDVALIDITY, and the UIDs that it gives out next.
 *
 *	%(UNIQUEID 8a9q... MBOXNAME a.test!user.ann.Work LAST_UID 41
 *	  HIGHESTMODSEQ 77 UIDVALIDITY 1700000001 ACL "ann\tlrs\t" ...)
 *
 * A mailbox is applied as it was told, with other numbers and no messages:
 * those that it has stay.
 */

#ifndef BK_IMAP_REPLICA_H
#define BK_IMAP_REPLICA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct bk_imap;

struct bk_imap_replica {
	uint32_t uid_validity;
	uint32_t last_uid;
	uint64_t highest_modseq;
};

/* Appends the server's name of a folder inside itself, "a.test!user.ann.Work",
 * from what its administrator calls it, "user/ann/Work@a.test". */
void bk_imap_replica_name(const char *name, char delimiter, struct bk_buf *out);

/* Reads the numbers of what was told; BK_REFUSED when they are not there, or it
 * is no such thing. */
int bk_imap_replica_parse(struct bk_view told, struct bk_imap_replica *out,
			  struct bk_err *err);
/* Appends the same with these numbers, and with no messages. */
int bk_imap_replica_write(struct bk_view told,
			  const struct bk_imap_replica *now, struct bk_buf *out,
			  struct bk_err *err);

/* Asks for a mailbox, by its inner name: appends what is told.  BK_GONE; what
 * the login may not, or the server does not know, is BK_REFUSED. */
int bk_imap_replica_get(struct bk_imap *imap, struct bk_view name,
			struct bk_buf *out, struct bk_err *err);
/* BK_BUSY: it is another one meanwhile, ask again.  `force`: also to a lower
 * UIDVALIDITY; for the rest of the connection. */
int bk_imap_replica_apply(struct bk_imap *imap, struct bk_view what, bool force,
			  struct bk_err *err);

#endif
