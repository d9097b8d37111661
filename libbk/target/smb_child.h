/*
 * A process of bk-smb, which speaks SMB for us: how it is started, asked and
 * ended.  What is said is in smb_wire.h.
 *
 * The child has a socket and a piece of memory in common with us and no other
 * descriptor of ours, an environment of its own, a session of its own (the
 * terminal's signals do not reach it), and ends when the socket does: that is,
 * with this process, however that ends.  The password goes over the socket.
 */

#ifndef BK_TARGET_SMB_CHILD_H
#define BK_TARGET_SMB_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "target/smb_wire.h"

/* What a child is told at its start; all the caller's. */
struct bk_smb_login {
	char *program; /* the path of bk-smb */
	char *host, *share;
	char *dir;           /* in the share; may be empty */
	char *domain, *user; /* may be empty */
	const struct bk_secret *password;
	uint16_t port;  /* 0: as usual, 445 */
	int timeout_ms; /* without any progress; above 0 */
	bool create;    /* make the folder */
};

struct bk_smb_child {
	struct bk_smb_wire wire;
	pid_t pid;
	uint8_t *slots; /* BK_SMB_SLOTS of BK_SMB_SLOT bytes */
};

/*
 * Starts a child and logs in.  BK_DENIED for a wrong user or password or one
 * without rights, BK_GONE when the folder is not there and is not to be made,
 * BK_MISUSE when there is no such share or no program, BK_LOST when the server
 * is not reached.
 */
int bk_smb_child_start(struct bk_smb_child **out,
		       const struct bk_smb_login *login, struct bk_err *err);
/* Kills and reaps it; NULL is fine. */
void bk_smb_child_end(struct bk_smb_child *child);

/*
 * The next answer.  A FAILED becomes this function's error; a child that has
 * ended, is silent or makes no sense is BK_LOST.
 */
int bk_smb_child_answer(struct bk_smb_child *child, enum bk_smb_type *type,
			struct bk_cursor *fields, struct bk_err *err);
/* The next answer, which must be of this type; its fields are left out. */
int bk_smb_child_expect(struct bk_smb_child *child, enum bk_smb_type type,
			struct bk_err *err);
/* For an answer that makes no sense: BK_LOST. */
int bk_smb_child_senseless(struct bk_err *err);

static inline uint8_t *bk_smb_child_slot(struct bk_smb_child *child, uint64_t n)
{
	return child->slots + n % BK_SMB_SLOTS * BK_SMB_SLOT;
}

#endif
