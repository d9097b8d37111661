/*
 * Bringing trees of files back from a set: configuration alone, and no mail.
 *
 * Every tree is read twice.  First all of it is proved and compared with what
 * is there, and what would be made or overwritten is listed; then what differs
 * is written (store/tree_place.h).  Nothing is taken away.
 */

#ifndef BK_JOB_RESTORE_TREES_H
#define BK_JOB_RESTORE_TREES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/opt.h"
#include "job/choose.h"
#include "job/exit.h"
#include "repo/repo.h"
#include "report/listing.h"
#include "sync/progress.h"

struct bk_restore_trees_request {
	const struct bk_repo *repo;
	const struct bk_choice *choice;
	const struct bk_opt_list *paths; /* patterns of files; none: all */
	const char *to; /* a folder to put them beneath; NULL: "/" */
	bool dry_run;   /* only list */
	bool if_any;    /* a set without trees is told, and no error */
	struct bk_listing_style style;
};

/* 0 when all was restored, or (outcome->ending) all but what was reported.
 * BK_GONE, place set, when nothing fits. */
int bk_restore_trees_run(const struct bk_restore_trees_request *request,
			 struct bk_progress *progress,
			 struct bk_outcome *outcome, struct bk_err *err);

#endif
