/*
 * How a run ends for the shell: bk-exit(7).
 *
 * A kind of error says what to do about it, not where it happened: BK_GONE is
 * "no repository" (10), "nothing matched" (5) or "source unreachable" (16).
 * So a job keeps a struct bk_outcome, in which it notes *before* each stage
 * what it is dealing with:
 *
 *	outcome->place = BK_PLACE_REPO;
 *	if (bk_repo_open(&repo, ..., err) < 0)
 *		goto out;
 *	outcome->place = BK_PLACE_SOURCE;
 *	if (bk_store_open(&store, ..., err) < 0)
 *		goto out;
 *	...
 *	if (missing > 0)
 *		outcome->ending = BK_ENDING_INCOMPLETE;
 *	rc = 0;
 *
 * A job that returns -1 failed: kind and place give the status.  A job that
 * returns 0 did not, and its ending gives it.  Where stages run in threads,
 * the one whose error is kept sets the place.
 */

#ifndef BK_JOB_EXIT_H
#define BK_JOB_EXIT_H

#include <stdbool.h>

#include "base/err.h"

enum bk_place {
	BK_PLACE_REQUEST,     /* options and configuration: the start */
	BK_PLACE_LOCK,        /* the lock of this store and repository */
	BK_PLACE_REPO,        /* the repository and what it lies on */
	BK_PLACE_KEY,         /* passwords and key slots */
	BK_PLACE_SET,         /* a set, account, folder or message in it */
	BK_PLACE_SOURCE,      /* the store that is read */
	BK_PLACE_DESTINATION, /* the store that is written */
	BK_PLACE_TARGET,      /* where sets are shipped to */
};

enum bk_ending {
	BK_ENDING_DONE,
	BK_ENDING_INCOMPLETE, /* committed, and the list of what lacks is told
			       */
	BK_ENDING_NOTHING,    /* nothing matched */
	BK_ENDING_DAMAGED,    /* so is the repository, and what lacks is told */
	BK_ENDING_DIFFERENT,  /* verification found differences */
	BK_ENDING_UNDONE,  /* a cutover was undone, the source stays active */
	BK_ENDING_PUT_OFF, /* will be tried again by itself */
};

struct bk_outcome {
	enum bk_place place;
	enum bk_ending ending;
	char committed[48]; /* the set that is there from now on, or "" */
	bool set_back;      /* the repository lacks what was seen there before,
			       and that was told: not done, but incomplete */
};

enum bk_exit {
	BK_EXIT_DONE = 0,
	BK_EXIT_FAILED = 1,
	BK_EXIT_USAGE = 2,
	BK_EXIT_INCOMPLETE = 3,
	BK_EXIT_NOTHING = 5,
	BK_EXIT_NO_REPO = 10,
	BK_EXIT_LOCKED = 11,
	BK_EXIT_PASSWORD = 12,
	BK_EXIT_DAMAGED = 13,
	BK_EXIT_TARGET = 14,
	BK_EXIT_FULL = 15,
	BK_EXIT_SOURCE = 16,
	BK_EXIT_DIFFERENT = 17,
	BK_EXIT_SAFETY = 18,
	BK_EXIT_UNDONE = 20,
	BK_EXIT_PUT_OFF = 75,
	BK_EXIT_INTERRUPTED = 130,
};

/* The status of a job that returned `rc`; err is read only if rc < 0. */
enum bk_exit bk_exit_status(int rc, const struct bk_outcome *outcome,
			    const struct bk_err *err);

#endif
