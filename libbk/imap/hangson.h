/*
 * What hangs on mailboxes and on the server: ACL (RFC 4314), METADATA (RFC
 * 5464), QUOTA (RFC 9208), ID (RFC 2971).  Strings are copied to the arena of
 * the list, or to the one that is given.  BK_CORRUPT.
 */

#ifndef BK_IMAP_HANGSON_H
#define BK_IMAP_HANGSON_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "imap/answer.h"

/* Entries of one response at most; more are BK_CORRUPT. */
#define BK_IMAP_ENTRIES_MAX 65536

/* "ACL INBOX ann lrs -bob w": adds to the list.  *mailbox is in its arena. */
int bk_imap_parse_acl(struct bk_view rest, struct bk_view *mailbox,
		      struct bk_acl_list *out, struct bk_err *err);

/* "METADATA INBOX (/private/comment "x")": adds what has a value; one that
 * only tells which entries changed adds nothing. */
int bk_imap_parse_metadata(struct bk_view rest, struct bk_view *mailbox,
			   struct bk_metadata_list *out, struct bk_err *err);

/* "QUOTAROOT INBOX root ...": the first root; without one *has is false (the
 * root called "" is one). */
int bk_imap_parse_quotaroot(struct bk_view rest, struct bk_arena *arena,
			    struct bk_view *mailbox, bool *has,
			    struct bk_view *root, struct bk_err *err);

/* "QUOTA root (STORAGE 10 512)": sets what it says; STORAGE as bytes.  A limit
 * below 0 is none. */
int bk_imap_parse_quota(struct bk_view rest, struct bk_arena *arena,
			struct bk_view *root, struct bk_imap_quota *out,
			struct bk_err *err);

/* "ID ("name" "Dovecot" "version" "2.3")": "Dovecot 2.3"; "" for NIL. */
int bk_imap_parse_id(struct bk_view rest, struct bk_arena *arena,
		     const char **server, struct bk_err *err);

#endif
