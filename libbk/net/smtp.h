/*
 * Mail given to a server by SMTP (RFC 5321), for probes and for what is to be
 * told by mail.  TLS, login, proxy and time-outs as net/access.h says; to a
 * server of this host without TLS allow_cleartext is needed.
 */

#ifndef BK_NET_SMTP_H
#define BK_NET_SMTP_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pattern.h"
#include "net/link.h"

struct bk_smtp_mail {
	const char *from; /* address; "": none, as of what must not bounce */
	const char *const *to;  /* addresses */
	size_t n_to;            /* at least 1 */
	struct bk_view message; /* RFC 5322, lines that end in CRLF */
	/* NULL: all have it, or none.  Else it goes to those whom the server
	 * does not refuse, and "ADDRESS: WHAT IT SAID" of others comes here. */
	struct bk_names *refused;
};

/*
 * One mail, over a link to smtp://host:port or smtps://host:port (with a user
 * in the URL: who logs in).  0: the server has taken it for every address, with
 * `refused` for one at least; -1, as those of net/link.h, and: none has it.
 * BK_REFUSED when it is refused for good (5xx), BK_BUSY when it is to be tried
 * again later (4xx), BK_FULL for a full mailbox or disk, BK_DENIED for the
 * login; the text has what the server said.  BK_UNSAFE when the connection
 * broke while the server had the mail, or some of it: whether it has taken it
 * is not known.
 */
int bk_smtp_send(struct bk_link *link, const struct bk_smtp_mail *mail,
		 struct bk_err *err);

#endif
