/*
 * Is a standby's store still as it was left?  Disks that are not mounted, mail
 * that somebody removed, mail that a program delivered there: a folder where
 * the directories are not those that the last pass left is looked at again.
 */

#ifndef BK_JOB_STANDBY_LOOK_H
#define BK_JOB_STANDBY_LOOK_H

#include "job/standby_state.h"
#include "store/store.h"

struct bk_standby_look {
	uint64_t changed; /* folders that were applied wholly, and are not as
			     they were left; */
	uint64_t missing; /* of these, not there at all */
	uint64_t touched; /* others that are not as they were left */
	uint64_t others;  /* messages in folders that no set has */
};

/* Sets `changed` of folders.  A tree that is not there has none of them.
 * `counts`: and counts `others`, by names. */
int bk_standby_look(struct bk_standby_state *state,
		    const struct bk_store_config *config, bool counts,
		    struct bk_standby_look *out, struct bk_err *err);

/* Folders that are due are as they were left now. */
int bk_standby_look_note(struct bk_standby_state *state, struct bk_store *store,
			 struct bk_err *err);

#endif
