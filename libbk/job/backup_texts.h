/*
 * The scripts of the accounts of a mail server, and annotations of their own,
 * which a set has with the account.  Those that cannot be read stay as the
 * newest set has them, and that is told; they are no reason to do without the
 * mail.
 */

#ifndef BK_JOB_BACKUP_TEXTS_H
#define BK_JOB_BACKUP_TEXTS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

struct bk_backup_walk;

/* Of one kind: accounts in a row of which one thing is to be told.  {0}:
 * none. */
struct bk_backup_texts {
	struct bk_err why;
	const char *first; /* address */
	uint64_t n, kept;  /* kept: as the newest set has them */
	uint64_t unasked;  /* besides n: not asked for any more */
	uint64_t errors;   /* accounts that were told */
	uint64_t not_said; /* accounts; nobody said where scripts are */
};

/* *out becomes the account as the set is to have it; strings are the account's,
 * the base's or in the arena.  -1 ends the run. */
int bk_backup_texts(struct bk_backup_walk *walk,
		    const struct bk_account *account, struct bk_arena *arena,
		    struct bk_account *out, struct bk_err *err);

/* Accounts of which something was told. */
uint64_t bk_backup_texts_errors(const struct bk_backup_walk *walk);

/* After the last account: tells what is left to be told. */
void bk_backup_texts_end(struct bk_backup_walk *walk);

#endif
