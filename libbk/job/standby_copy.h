/*
 * Applying a set to a standby's store: what changed since the one that was
 * applied, and no more.
 *
 *	choose  compares what was applied with the set (standby_plan.h); a
 *		folder that says the same is not touched
 *	begin	folders get their new names
 *	...     the restore writes what is left (restore_follow.h)
 *	end     folders that are gone go, if the set is complete
 */

#ifndef BK_JOB_STANDBY_COPY_H
#define BK_JOB_STANDBY_COPY_H

#include <pthread.h>

#include "base/pattern.h"
#include "job/restore.h"
#include "job/standby_plan.h"
#include "job/standby_state.h"

struct bk_standby_copy {
	struct bk_standby_state *state;
	struct bk_progress *progress;
	/* Promoting a host without mail: what it has to say when mail may
	 * start. */
	int (*may_start)(void *arg, uint64_t messages, uint64_t unmade,
			 struct bk_err *err);
	void *may_start_arg;
	struct bk_restore_follow follow; /* for the request; set by init */
	bool far;                        /* the store is a mail server */
	bool goes_on;                    /* more sets are to come */
	bool takes_over; /* a standby that followed: it is live from the first
			    thing that is written */
	/* Its own: */
	struct bk_set *set;
	struct bk_standby_state now; /* folders of the set */
	struct bk_standby_plan plan;
	struct bk_names touched; /* accounts with folders that were renamed or
				    went; */
	struct bk_names
		lacking_accounts; /* whose scripts or settings did not come */
	pthread_mutex_t lock;     /* of all that follows, and of the state */
	uint64_t changed, gone;   /* folders */
	uint64_t renamed, left;   /* likewise; left: not wholly applied */
	uint64_t lacking;         /* messages of the set that are not here */
	uint64_t away; /* likewise, and they were: people took them away */
	struct bk_standby_brought *brought; /* owned; not durable yet */
	size_t n_brought, cap_brought;
};

enum bk_standby_kind {
	BK_STANDBY_PLAIN = 0,
	BK_STANDBY_LIVE = 1,    /* people are there already */
	BK_STANDBY_FAR = 2,     /* the store is a mail server */
	BK_STANDBY_GOES_ON = 4, /* more sets are to come */
	BK_STANDBY_AGAIN = 8,   /* people were there when it began */
};

/* state and progress are the caller's; `kind`: any of those together. */
void bk_standby_copy_init(struct bk_standby_copy *copy,
			  struct bk_standby_state *state,
			  struct bk_progress *progress, unsigned kind);
void bk_standby_copy_clear(struct bk_standby_copy *copy);

#endif
