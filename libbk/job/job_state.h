/*
 * What a host remembers of a job between its runs, in the file jobs/NAME of the
 * state directory: what is still to be done at targets, and since when
 * something is wrong, and when that was told last.
 */

#ifndef BK_JOB_JOB_STATE_H
#define BK_JOB_JOB_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pattern.h"

/* One that was told, since the job was last in order. */
struct bk_job_trouble {
	char *text;   /* one line */
	int64_t told; /* when */
};

/* A run that is over. */
struct bk_job_past {
	int64_t ended;
	int status;
	bool has_set;
	uint64_t added, stored; /* new messages, and bytes of its set */
};

/* Times are UTC seconds; 0: never. */
struct bk_job_state {
	char *path;
	struct bk_names lacking; /* targets that lack sets of this job */
	int status;              /* of the last run */
	int64_t ended;           /* the last run */
	int64_t running; /* one began then, and has not said that it ended */
	int64_t since; /* runs fail, or are incomplete; 0: the last was fine */
	uint64_t bad;  /* so many of them in a row */
	uint64_t untold; /* runs that were not told since one was */
	struct bk_job_trouble *troubles; /* owned */
	size_t n_troubles, cap_troubles;
	struct bk_job_past *past; /* since the last digest; owned */
	size_t n_past, cap_past;
	int64_t digested; /* the last digest, or what began the first week */
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
/* A run for the next digest, the oldest of very many is forgotten; and after
 * that digest. */
void bk_job_state_ran(struct bk_job_state *state,
		      const struct bk_job_past *run);
void bk_job_state_digested(struct bk_job_state *state, int64_t now);
/* The job is in order again. */
void bk_job_state_calm(struct bk_job_state *state);
int bk_job_state_save(const struct bk_job_state *state, struct bk_err *err);
void bk_job_state_clear(struct bk_job_state *state);

#endif
