/*
 * Bringing mail back from a set: everything, accounts, folders or messages,
 * to where it came from or elsewhere.
 *
 *	choose the set -> what of it, and where to -> for some folders at a
 *	time: read their rows, open them, compare, write, finish
 *
 * What is there stays, unless --replace was asked for.  A message appears whole
 * and with the right digest or not at all.  Every message that could not be
 * restored is reported; then the run is incomplete.  A run that was cut off is
 * simply run again: what it has done is found to be there.
 */

#ifndef BK_JOB_RESTORE_H
#define BK_JOB_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/choose.h"
#include "job/exit.h"
#include "job/restore_follow.h"
#include "job/restore_plan.h"
#include "job/settings.h"
#include "repo/repo.h"
#include "report/listing.h"
#include "sync/progress.h"

struct bk_restore_request {
	struct bk_settings *settings;
	const struct bk_repo *repo;
	const struct bk_choice *choice;
	const struct bk_restore_wish *wish;
	const char *to; /* a store; NULL: the one that the set was made of */
	bool heal;      /* only what is damaged: restore_heal.h */
	bool accounts_first; /* all folders, then the newest mail of all */
	const struct bk_restore_follow *follow; /* a copy is kept; or NULL */
	bool replace; /* folders become as they are in the set */
	bool dry_run; /* only lists, in this style: */
	struct bk_listing_style style;
	unsigned threads;
	int64_t wait_ms; /* for another restore into the same store */
};

/*
 * Returns 0 when all was restored, or (outcome->ending: incomplete, or damaged
 * where it is the repository's fault that some of it was not) all but what was
 * reported; the summary has been given to `progress`.  BK_GONE, place set, when
 * nothing fits; nothing was changed then, nor when BK_MISUSE is returned.
 */
int bk_restore_run(const struct bk_restore_request *request,
		   struct bk_progress *progress, struct bk_outcome *outcome,
		   struct bk_err *err);

#endif
