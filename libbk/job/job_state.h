/*
 * What a host remembers of a job between its runs, in the file jobs/NAME of the
 * state directory: what is still to be done at targets, and since when
 * something is wrong, and when that was told last.
 */

#ifndef BK_JOB_JOB_STATE_H
#define BK_JOB_JOB_STATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/pattern.h"

/* Times are UTC seconds; 0: never. */
struct bk_job_state {
	char *path;
	struct bk_names lacking; /* targets that lack sets of this job */
	int status;              /* of the last run */
	int64_t ended;           /* the last run */
	int64_t since; /* runs fail, or are incomplete; 0: the last was fine */
	uint64_t bad;  /* so many of them in a row */
	char *trouble; /* which trouble was told last; or NULL */
	int64_t told;  /* when */
	uint64_t untold; /* runs since then that were not told */
};

/* A file that is not there, or cannot be understood, is an empty state. */
void bk_job_state_load(struct bk_job_state *out, const char *state_dir,
		       const char *job);
int bk_job_state_save(const struct bk_job_state *state, struct bk_err *err);
void bk_job_state_clear(struct bk_job_state *state);

#endif
