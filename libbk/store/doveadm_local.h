/*
 * Dovecot's doveadm as a program on this host: what store/doveadm.h says, where
 * its listener over HTTP is not open.  A process for each request; no shell.
 */

#ifndef BK_STORE_DOVEADM_LOCAL_H
#define BK_STORE_DOVEADM_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/doveadm.h"

struct bk_doveadm_local {
	const char *command; /* "doveadm -c FILE"; the caller's */
	uint32_t timeout_s;  /* of each request; 0: as a connection's */
};

/* Is it a command, and not where doveadm listens?  Its first word is doveadm,
 * or a path. */
bool bk_doveadm_is_command(const char *where);

/* As in doveadm.h; BK_DENIED too when the program cannot be run, BK_LOST when
 * it was not done in time. */
int bk_doveadm_local_try(const struct bk_doveadm_local *local, const char *user,
			 struct bk_err *err);
int bk_doveadm_local_update(const struct bk_doveadm_local *local,
			    const struct bk_doveadm_update *update,
			    struct bk_err *err);
/* Adds one line for each mailbox that the name may mean: "INBOX uidvalidity=1
 * guid=f0".  BK_REFUSED: there is none. */
int bk_doveadm_local_status(const struct bk_doveadm_local *local,
			    const char *user, const char *mailbox,
			    struct bk_buf *out, struct bk_err *err);
/* An exit status that may be another one later: BK_BUSY, else BK_REFUSED. */
enum bk_kind bk_doveadm_exit_kind(int status);
int bk_doveadm_local_delete(const struct bk_doveadm_local *local,
			    const char *user, const char *mailbox,
			    struct bk_err *err);
int bk_doveadm_local_users(const struct bk_doveadm_local *local,
			   struct bk_names *out, struct bk_err *err);

#endif
