/* The copies of a job's sets: shipping to its targets, and pruning by its rules
 * and theirs. */

#ifndef BK_JOB_JOB_COPIES_H
#define BK_JOB_JOB_COPIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/exit.h"
#include "job/job_record.h"
#include "job/prune_places.h"
#include "job/settings.h"
#include "job/ship_ends.h"
#include "repo/repo.h"
#include "report/listing.h"

/* {0} is a valid empty one: no copies. */
struct bk_job_copies {
	struct bk_ship_ends ends;
	struct bk_prune_places places;
	struct bk_job_record *record;
	struct bk_progress *progress;
	const struct bk_repo *repo; /* open */
	const char *state_dir;
	int64_t wait_ms;
	struct bk_listing_style style;
};

/* Where they lie; BK_MISUSE. */
int bk_job_copies_find(struct bk_job_copies *out, struct bk_settings *settings,
		       const struct bk_job_settings *job, struct bk_err *err);
void bk_job_copies_clear(struct bk_job_copies *copies);

/* What the targets lack.  What does not go well is told, and makes *ending
 * worse; `lacking` becomes the targets that are not complete.  -1 when we are
 * asked to stop. */
int bk_job_ship(struct bk_job_copies *copies, struct bk_names *lacking,
		enum bk_ending *ending, struct bk_err *err);

/* By their rules: the repository, if `here`, and each target that has its copy
 * by the record.  Like bk_job_ship. */
int bk_job_prune(struct bk_job_copies *copies, bool here,
		 enum bk_ending *ending, struct bk_err *err);

/* The one that needs somebody more. */
enum bk_ending bk_job_worse(enum bk_ending a, enum bk_ending b);

#endif
