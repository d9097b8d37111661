/*
 * From settings to an open repository: where it lies, who this host is, what
 * opens it.
 */

#ifndef BK_JOB_OPEN_H
#define BK_JOB_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/exit.h"
#include "job/seen.h"
#include "job/settings.h"
#include "repo/id.h"
#include "repo/repo.h"

enum bk_open_for {
	BK_OPEN_READ,  /* leaves no trace there: for list, check, restore */
	BK_OPEN_WRITE, /* sets will be written: this host gets its identifier */
	BK_OPEN_TRY,   /* could they be?  Leaves no trace */
};

/* {0} is a valid empty one. */
struct bk_opened {
	struct bk_target *target;
	struct bk_repo *repo;
	struct bk_seen *seen; /* what it is held against */
};

/*
 * Looks for the repository, and only then asks for its password or takes the
 * key file.  outcome->place is right for whatever failed.  Errors are those
 * of bk_repo_open and bk_password_get; BK_NEWER also for a repository that
 * this version may only read, where it is to be written.  Its listings are held
 * against what was seen there before (job/seen.h), for which the outcome must
 * stay.
 */
int bk_opened_open(struct bk_opened *out, const struct bk_settings *settings,
		   const struct bk_repo_settings *which, enum bk_open_for what,
		   struct bk_outcome *outcome, struct bk_err *err);
void bk_opened_close(struct bk_opened *opened);

/* The first half of it: the target is open and holds a repository that this
 * version can read.  *out is left with repo NULL. */
int bk_opened_look(struct bk_opened *out, const struct bk_repo_settings *which,
		   struct bk_marker *marker, struct bk_outcome *outcome,
		   struct bk_err *err);

/*
 * The identifier of this host, 16 random bytes in the file `host-id` of the
 * state directory.  Without `make`, a host that has none yet gets zero; with
 * it, the file is made, by one of several runs at a time.  BK_CORRUPT when it
 * holds anything else: who guesses here writes sets as another host.
 */
int bk_host_id(const char *state_dir, bool make, uint8_t out[BK_ID_LEN],
	       struct bk_err *err);

#endif
