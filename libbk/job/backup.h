/*
 * Making a set of a store: full, differential or incremental.
 *
 *	choose the base -> intent -> walk accounts and folders, plan, read,
 *	split, pack -> index, manifest, table -> root -> checks
 *
 * The store is only read.  Until the root is put nothing is visible; whatever
 * happens before leaves the repository as it was, but for complete packs that
 * the next run takes over.
 */

#ifndef BK_JOB_BACKUP_H
#define BK_JOB_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pattern.h"
#include "job/exit.h"
#include "job/settings.h"
#include "repo/repo.h"
#include "report/listing.h"
#include "sync/progress.h"

enum bk_backup_wish {
	BK_BACKUP_AUTO, /* as the job's schedule says; without one,
			   differential */
	BK_BACKUP_FULL,
	BK_BACKUP_DIFFERENTIAL, /* since the last full set */
	BK_BACKUP_INCREMENTAL,  /* since the last set of any kind */
};

struct bk_backup_request {
	const struct bk_job_settings *job;
	const struct bk_repo *repo;
	const char *state_dir;
	const struct bk_filter *only; /* from options: other accounts stay as
					 the last set has them; empty: all */
	enum bk_backup_wish wish;
	bool accept_shrink;
	bool stat;    /* compare sizes and dates of unchanged names too */
	bool dry_run; /* only list what would be read, in this style: */
	struct bk_listing_style style;
	unsigned threads;
	int64_t wait_ms; /* for the lock */
};

/*
 * Returns 0 when a set was made, complete or (outcome->ending) not; the
 * summary has been given to `progress`.  BK_UNSAFE when the store shrank, or
 * too many messages could not be read; BK_GONE, place source, when there is no
 * store or no account in it.
 *
 * A dry run fails where listing the store shows that the real one would.  It
 * opens no message and takes no lock: nothing is written anywhere.
 */
int bk_backup_run(const struct bk_backup_request *request,
		  struct bk_progress *progress, struct bk_outcome *outcome,
		  struct bk_err *err);

#endif
