/*
 * A run of a job, from its schedule to its copies:
 *
 *	is it due? -> hook before -> set -> hook after -> ship to its targets
 *	-> prune here, and where the copy is complete -> tell
 *
 * A store without a job gets its set, and nothing else.  So does a job whose
 * set is to go into another repository than its own, or that is asked for no
 * more.
 */

#ifndef BK_JOB_JOBRUN_H
#define BK_JOB_JOBRUN_H

#include <stdbool.h>

#include "base/err.h"
#include "job/backup.h"
#include "job/exit.h"
#include "job/settings.h"
#include "sync/progress.h"

struct bk_jobrun_request {
	struct bk_settings *settings;
	struct bk_job_settings *job;
	struct bk_backup_request backup; /* its repo is opened here */
	bool only_due; /* nothing is done where nothing is due */
	bool only_set; /* hooks and the set, nothing after it */
};

/*
 * Returns 0 when the set was made, or none was due, and outcome->ending says
 * whether something lacks, a copy included; else as bk_backup_run.  BK_BUSY,
 * place lock, while another run of this job is under way.
 *
 * A run that was cut off, so that it could tell nobody, is told by the next
 * one, as a run of its own; so is one that cannot take its lock, but for a run
 * that is under way for less than a day.
 *
 * A set that fails is followed by no prune.  What an earlier run left undone at
 * a target is shipped all the same.
 */
int bk_jobrun(const struct bk_jobrun_request *request,
	      struct bk_progress *progress, struct bk_outcome *outcome,
	      struct bk_err *err);

/* Since when, in UTC seconds, a run of this job is under way; 0: none is. */
int64_t bk_jobrun_since(const char *state_dir,
			const struct bk_job_settings *job);

#endif
