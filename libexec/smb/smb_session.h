/*
 * A login on an SMB server, by libsmbclient: one for each process of bk-smb.
 *
 * SMB 3.0 to 3.1.1 only.  Every packet is signed, or the connection ends: what
 * a line changes is noticed.  Encryption is asked for, but libsmbclient (4.17)
 * goes on without it where a server has none; only the server can insist
 * ("server smb encrypt = required").  What goes over the line is sealed by us
 * anyway, names and sizes apart.
 *
 * Nothing of this host's Samba is used: no smb.conf, no cache, no NetBIOS.
 */

#ifndef BK_SMB_SESSION_H
#define BK_SMB_SESSION_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"

struct smb_session {
	char *host, *share, *dir, *domain, *user;
	char *base; /* the URL of the folder, for libsmbclient */
	bool moved; /* bytes were under way when an act failed */
};

/* With the fields of a BK_SMB_OPEN, at most once.  The kinds are those of
 * bk_smb_child_start(). */
int smb_session_open(struct smb_session *session, struct bk_cursor *fields,
		     struct bk_err *err);

/* The URL of a name in the folder ("" for itself), plus `tail`; the caller's.
 */
char *smb_session_url(const struct smb_session *session, const char *name,
		      const char *tail);

/* From the errno of a call of libsmbclient: "what: why", and what to do about
 * it. */
int smb_session_fail(const char *what, struct bk_err *err);

/* The same for something with a name.  That it is not there is BK_GONE only if
 * the folder of the repository is still there. */
int smb_session_fail_at(const struct smb_session *session, const char *what,
			struct bk_err *err);

/* Makes the folders that lead to a name in the folder. */
int smb_session_parents(const struct smb_session *session, const char *name,
			struct bk_err *err);

#endif
