/*
 * Programs that an administrator has run around a job's set: before it a
 * snapshot of the file system, a dump of LDAP or SQL; after it whatever takes
 * that away again.  No shell, no secret in their environment, and a limit on
 * their time.
 */

#ifndef BK_JOB_JOB_HOOKS_H
#define BK_JOB_JOB_HOOKS_H

#include "base/err.h"
#include "job/exit.h"
#include "job/settings.h"

/* What became of the set, for the hook after it. */
struct bk_hook_outcome {
	enum bk_exit status; /* as if the run ended here */
	const char *set;     /* "20261119T1230-d", or "" */
};

/*
 * The job's `before`; 0 where it has none.  BK_FAILED when it ends with another
 * status than 0, does not end in time or cannot be run, with the beginning of
 * what it complained about; BK_CANCELLED when we are asked to stop.
 */
int bk_hook_before(const struct bk_job_settings *job, struct bk_err *err);

/* The same of `after`, which is told how it went, and runs to its end though we
 * are asked to stop. */
int bk_hook_after(const struct bk_job_settings *job,
		  const struct bk_hook_outcome *outcome, struct bk_err *err);

#endif
