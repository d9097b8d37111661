/* Making a repository, with its first key slot. */

#ifndef BK_JOB_INIT_H
#define BK_JOB_INIT_H

#include "base/err.h"
#include "job/open.h"

/*
 * Makes the folder if need be, and in it a repository whose first slot has
 * `label` and the password that `which` leads to (typed twice where it is
 * prompted for).  *out is open afterwards, for the caller to close.  Nothing is
 * made where there is a repository (BK_EXISTS) or anything else (BK_UNSAFE),
 * and then nobody is asked for a password.
 */
int bk_init_run(struct bk_opened *out, const struct bk_settings *settings,
		const struct bk_repo_settings *which, const char *label,
		struct bk_outcome *outcome, struct bk_err *err);

/* The first half of it: may a repository be made there?  Makes nothing; *out
 * has the target open where there is one already. */
int bk_init_look(struct bk_opened *out, const struct bk_repo_settings *which,
		 struct bk_err *err);

/* The other one: makes it, with that password and label.  On failure *out is
 * still the caller's to close. */
int bk_init_make(struct bk_opened *out, const struct bk_settings *settings,
		 const struct bk_repo_settings *which,
		 const struct bk_repo_plan *plan, struct bk_outcome *outcome,
		 struct bk_err *err);

#endif
