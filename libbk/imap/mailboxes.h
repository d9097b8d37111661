/*
 * What LIST, STATUS, SELECT and NAMESPACE say.  Strings are copied to the
 * arena.  A name may hold any byte but NUL (CR and LF too, where it came as a
 * literal) and any levels ("../"): who makes files of names must look.
 * BK_CORRUPT for what is not as it must be.
 */

#ifndef BK_IMAP_MAILBOXES_H
#define BK_IMAP_MAILBOXES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "imap/answer.h"
#include "imap/response.h"

/*
 * LIST, LSUB and XLIST: the `rest` of one.  Extended data (CHILDINFO, OLDNAME)
 * is passed over.  That LSUB means SUBSCRIBED is the caller's to add: the rest
 * does not say which it is.  Google's \AllMail, \Spam and \Starred are given
 * as \All, \Junk and \Flagged.
 */
int bk_imap_parse_list(struct bk_view rest, struct bk_arena *arena,
		       struct bk_imap_mailbox *out, struct bk_err *err);

/* The mailbox's name, and what is said of it; unknown items are passed over. */
int bk_imap_parse_status(struct bk_view rest, struct bk_arena *arena,
			 struct bk_view *mailbox, struct bk_imap_status *out,
			 struct bk_err *err);

/*
 * A SELECT's untagged responses and the tagged one, one after the other; what
 * is none of a SELECT's, and a PERMANENTFLAGS without a list, are passed over.
 * [CLOSED] makes *out {0}: what came before it was said of the mailbox that was
 * left.  Keywords are sorted without regard to case, each once, at most
 * BK_KEYWORDS_MAX.
 */
int bk_imap_parse_selected(const struct bk_imap_response *response,
			   struct bk_arena *arena, struct bk_imap_selected *out,
			   struct bk_err *err);

/* The first personal namespace; an empty prefix and 0 where there is none. */
int bk_imap_parse_namespace(struct bk_view rest, struct bk_arena *arena,
			    struct bk_view *prefix, char *delimiter,
			    struct bk_err *err);

#endif
