/*
 * Is a set of a job due?  Its schedule says when, and the sets that are there
 * say what was done: a time that was missed, because the host was off or the
 * run failed, is caught up by whoever asks next.
 *
 * A clock that was ahead leaves sets behind that seem to be later than now.
 * They do not count here: else nothing would be due until it is their time.
 */

#ifndef BK_JOB_JOB_DUE_H
#define BK_JOB_JOB_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/schedule.h"
#include "job/settings.h"
#include "repo/repo.h"
#include "repo/set.h"

/* By so much a clock may be put back without anybody noticing. */
#define BK_DUE_AHEAD_S 600

/* When sets of one host and store were begun, UTC seconds; INT64_MIN: there is
 * none. */
struct bk_due_times {
	int64_t full;  /* the latest full one that is not ahead, */
	int64_t any;   /* and full or differential one */
	int64_t ahead; /* the latest that is */
};

/* Is it one of this host's sets of the store of that name? */
bool bk_due_is_ours(const struct bk_set_info *info, const struct bk_repo *repo,
		    const char *store);

void bk_due_look(struct bk_due_times *out, const struct bk_set_info_list *sets,
		 const struct bk_repo *repo, const char *store, int64_t now);

/* A full set has become due; without `full` in the job, never. */
bool bk_due_full(const struct bk_job_settings *job,
		 const struct bk_due_times *times, int64_t now);

/* Any set has; without a schedule, and while there is none, always. */
bool bk_due_any(const struct bk_job_settings *job,
		const struct bk_due_times *times, int64_t now);

/* When the next one will be; INT64_MAX: nobody knows. */
int64_t bk_due_next(const struct bk_job_settings *job, int64_t now);

#endif
