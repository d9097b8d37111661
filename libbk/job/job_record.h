/*
 * What a run of a job told while it ran, kept for whoever tells an
 * administrator about it: it listens beside the reporter (sync/progress.h,
 * `also`).
 */

#ifndef BK_JOB_JOB_RECORD_H
#define BK_JOB_JOB_RECORD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pattern.h"
#include "report/problems.h"
#include "sync/progress.h"

struct bk_job_record {
	struct bk_progress progress; /* for `also` */
	pthread_mutex_t lock;        /* of all that follows */
	struct bk_arena arena;       /* of the texts in it */
	struct bk_problems problems; /* what failed, one by one */
	struct bk_names warnings;
	bool has_set; /* the set came to its end: */
	struct bk_summary set;
	struct bk_target_report *targets; /* each once, as it was last */
	size_t n_targets, cap_targets;
	struct bk_names pruned; /* places that were pruned */
	bool set_back; /* sets that were seen are gone: see job/seen.h */
};

void bk_job_record_init(struct bk_job_record *record);
void bk_job_record_clear(struct bk_job_record *record);

/* Something that went wrong beside the acts: "after", "nas". */
void bk_job_record_problem(struct bk_job_record *record, const char *where,
			   const struct bk_err *why, const char *next);

/* NULL: nothing was told of it. */
const struct bk_target_report *bk_job_record_target(
	const struct bk_job_record *record, const char *name);

/* Is a copy of all sets there since this run? */
bool bk_job_record_has_copy(const struct bk_job_record *record,
			    const char *target);

#endif
