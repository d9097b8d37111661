/*
 * Scripts of accounts and annotations of their own, brought back with accounts
 * that come whole: see sync/script_plan.h.  What is there stays, unless
 * --replace was asked for; what does not come back is told, and the mail is
 * none the worse.
 */

#ifndef BK_JOB_RESTORE_TEXTS_H
#define BK_JOB_RESTORE_TEXTS_H

#include <pthread.h>
#include <stdint.h>

#include "base/err.h"
#include "mail/message.h"
#include "store/name_table.h"

struct bk_restore;
struct bk_restore_account;

/* Of one kind. */
struct bk_restore_texts {
	pthread_mutex_t lock; /* one account at a time has the session */
	struct bk_name_table done;
	uint64_t restored, there, failed;
	uint64_t left; /* accounts whose own the destination cannot take */
	/* The server does not answer: accounts that it was not asked about. */
	struct bk_err lost;
	uint64_t unasked;
};

/* Of a run that is {0}; no other thread uses it. */
void bk_restore_texts_init(struct bk_restore *run);
void bk_restore_texts_clear(struct bk_restore *run);

/* Once for each account, however often it is called.  -1 ends the run. */
int bk_restore_texts(struct bk_restore *run,
		     const struct bk_restore_account *account,
		     struct bk_err *err);

/* A dry run: tells how many the set has of what is chosen. */
void bk_restore_texts_preview(struct bk_restore *run);

/* In the end: how many there were of each. */
void bk_restore_texts_tell(struct bk_restore *run);

#endif
