/*
 * The runs of a job since its last digest, in words: for who wants to hear
 * once a week that all is well, and what was not.
 */

#ifndef BK_JOB_JOB_DIGEST_H
#define BK_JOB_JOB_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/schedule.h"
#include "job/job_state.h"

struct bk_job_digest {
	const char *job;
	const char *host;
	const struct bk_job_state *state; /* its `past`, since `digested` */
	int64_t now;                      /* UTC seconds */
};

/* Has a time of the schedule passed since the last one?  The first run of all
 * begins the first week; so does one after the clock was put back. */
bool bk_job_digest_due(const struct bk_schedule *schedule,
		       struct bk_job_state *state, int64_t now);

/* The caller frees all three. */
char *bk_job_digest_subject(const struct bk_job_digest *digest);
char *bk_job_digest_text(const struct bk_job_digest *digest);
char *bk_job_digest_json(const struct bk_job_digest *digest);

#endif
