/*
 * What sets say of themselves: how long they took, how large they are, how a
 * repository grows and when its place is full, and who did not complete one in
 * time.  All of it stands in the roots, so any host that opens the repository
 * can tell.
 */

#ifndef BK_JOB_STAT_H
#define BK_JOB_STAT_H

#include "base/err.h"
#include "job/choose.h"
#include "job/exit.h"
#include "job/stat_forecast.h"
#include "job/stat_overdue.h"
#include "report/listing.h"

struct bk_stat_request {
	const struct bk_repo *repo;
	struct bk_choice choice; /* host and store, or NULL */
	const char *where;       /* the repository lies: a path or a URL */
	uint64_t capacity;       /* bytes that its place has; 0: not said */
	const char *prometheus;  /* a file to write, or NULL */
	const struct bk_due
		*due; /* who is overdue, and nothing else; or NULL */
	bool sets;    /* a row for each set, too */
	struct bk_listing_style style;
};

/*
 * With `due`: a row for each store of each host, and the outcome says
 * BK_ENDING_DIFFERENT unless all are in time, or BK_ENDING_INCOMPLETE where
 * nothing is wrong but that.
 */
int bk_stat_run(const struct bk_stat_request *request,
		struct bk_outcome *outcome, struct bk_err *err);

#endif
