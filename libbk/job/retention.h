/*
 * Retention: which sets go, at the repository and at each place that it is
 * shipped to, and why; pins; taking back what was condemned.  How it is done
 * without ever losing a set that was reported good is repo/prune.h's.
 */

#ifndef BK_JOB_RETENTION_H
#define BK_JOB_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "job/exit.h"
#include "job/prune_places.h"
#include "repo/repo.h"
#include "report/listing.h"
#include "report/problems.h"

enum bk_prune_verb {
	BK_PRUNE_RULES,
	BK_PRUNE_PIN,
	BK_PRUNE_UNPIN,
	BK_PRUNE_UNDELETE,
};

struct bk_prune_request {
	enum bk_prune_verb verb;
	const struct bk_repo *repo;           /* its keys open all places */
	const struct bk_repo_settings *which; /* it, for commands to paste */
	const struct bk_prune_place *places;
	size_t n_places;
	const char *set;     /* of pin, unpin, undelete, as it was typed */
	int64_t until_ms;    /* of a pin; 0: until it is taken away */
	const char *host;    /* its sets only: a name, or the beginning of an
				identifier; NULL: this host's */
	bool all_hosts;      /* instead */
	unsigned min_keep;   /* complete sets of each host and store */
	int64_t grace_ms;    /* between condemning and deleting */
	bool incomplete;     /* what is not whole for 30 days goes too */
	bool accept_missing; /* go on where an earlier state was seen */
	bool dry_run;
	const char *state_dir; /* for locks */
	int64_t wait_ms;       /* for another prune of this place */
	struct bk_listing_style style;
	/* Or NULL: comes to have what is left to be done at each place, and
	 * how; it was told, too. */
	struct bk_problems *left;
};

/*
 * One place after the other.  One that fails is told and left out: -1 with its
 * error when none was done, else the outcome says that something lacks.  What
 * a run under way needs is put off, and so said.
 */
int bk_prune_run(const struct bk_prune_request *request,
		 struct bk_outcome *outcome, struct bk_err *err);

#endif
