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

/* One that was told, since the job was last in order. */
struct bk_job_trouble {
	char *text;   /* one line */
	int64_t told; /* when */
};

/* Times are UTC seconds; 0: never. */
struct bk_job_state {
	char *path;
	struct bk_names lacking; /* targets that lack sets of this job */
	int status;              /* of the last run */
	int64_t ended;           /* the last run */
	int64_t since; /* runs fail, or are incomplete; 0: the last was fine */
	uint64_t bad;  /* so many of them in a row */
	uint64_t untold; /* runs that were not told since one was */
	struct bk_job_trouble *troubles; /* owned */
	size_t n_troubles, cap_troubles;
};

/* A file that is not there, or cannot be understood, is an empty state. */
void bk_job_state_load(struct bk_job_state *out, const char *state_dir,
		       const char *job);
/* This trouble was told now. */
void bk_job_state_told(struct bk_job_state *state, const char *trouble,
		       int64_t now);
/* When it was; 0: not. */
int64_t bk_job_state_when(const struct bk_job_state *state,
			  const char *trouble);
/* The job is in order again. */
void bk_job_state_calm(struct bk_job_state *state);
int bk_job_state_save(const struct bk_job_state *state, struct bk_err *err);
void bk_job_state_clear(struct bk_job_state *state);

#endif
