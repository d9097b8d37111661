/*
 * Dovecot's doveadm, over HTTP or as a program on its host, for what IMAP
 * cannot say: a mailbox's UIDVALIDITY, and the next UID that it gives out;
 * which accounts there are.
 */

#ifndef BK_STORE_DOVEADM_H
#define BK_STORE_DOVEADM_H

#include <stdint.h>

#include "base/err.h"
#include "base/pattern.h"
#include "net/access.h"

struct bk_doveadm;

/*
 * `where`: http://HOST:PORT of doveadm's HTTP listener, or https.  With a user
 * (http://doveadm@HOST:PORT) the password is doveadm_password, without one it
 * is doveadm_api_key.  Takes the secret from where `access` says.  Or a
 * command, "doveadm -c FILE", whose first word is doveadm or a path; of
 * `access` it takes the time limit alone.  `access` and `where` are the
 * caller's, and stay.
 */
int bk_doveadm_open(struct bk_doveadm **out, const char *where,
		    const struct bk_access *access, struct bk_err *err);
void bk_doveadm_close(struct bk_doveadm *doveadm); /* NULL is fine */

/* Logs in and asks for nothing; as a program, opens the account of `user`
 * (NULL: none): BK_DENIED, BK_LOST, BK_BUSY, BK_REFUSED when it is no doveadm.
 */
int bk_doveadm_try(struct bk_doveadm *doveadm, const char *user,
		   struct bk_err *err);

/* A mailbox as IMAP has it. */
struct bk_doveadm_known {
	const char *user;
	const char *mailbox; /* UTF-8, with the server's separator and prefix */
	uint32_t uid_validity;
	const char *guid; /* hexadecimal digits */
};

/* Has doveadm the same mailbox?  BK_MISUSE: it has another, or none; it is of
 * another server, and is not to change anything.  Any thread. */
int bk_doveadm_prove(struct bk_doveadm *doveadm,
		     const struct bk_doveadm_known *known, struct bk_err *err);

/* What a mailbox should become.  0: stays as it is.  Dovecot only raises the
 * last two. */
struct bk_doveadm_update {
	const char *user;
	const char *mailbox; /* UTF-8, with the server's separator and prefix */
	uint32_t uid_validity;
	uint32_t min_next_uid;
	uint64_t min_highest_modseq;
};

/* Any thread.  BK_DENIED: a wrong password or key; BK_LOST, BK_BUSY: it
 * may go later; BK_REFUSED when doveadm could not do it. */
int bk_doveadm_update(struct bk_doveadm *doveadm,
		      const struct bk_doveadm_update *update,
		      struct bk_err *err);

/* A mailbox goes, the inbox too, which mail and logins make again: BK_REFUSED
 * where it is a Maildir.  Else as above. */
int bk_doveadm_delete(struct bk_doveadm *doveadm, const char *user,
		      const char *mailbox, struct bk_err *err);

/* Adds the accounts that Dovecot's userdb iterates over, in any order.  Errors
 * as above; BK_REFUSED too where a userdb cannot list its users. */
int bk_doveadm_users(struct bk_doveadm *doveadm, struct bk_names *out,
		     struct bk_err *err);

#endif
