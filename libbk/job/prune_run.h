/* What the acts at one place share. */

#ifndef BK_JOB_PRUNE_RUN_H
#define BK_JOB_PRUNE_RUN_H

#include "base/buf.h"
#include "base/err.h"
#include "job/exit.h"
#include "job/retention.h"
#include "repo/prune.h"

/* A place that is open. */
struct bk_prune_run {
	const struct bk_prune_request *request;
	const struct bk_prune_place *place;
	const struct bk_repo *repo;         /* the keys, for what lies there */
	const struct bk_prune_known *known; /* at a target: what the repository
					       has; else NULL */
	int64_t now_ms;
	bool put_off;    /* a run under way needs what was to go */
	bool incomplete; /* something is left to be done, and was told */
	bool nothing;    /* the set of pin and the like is not there */
	enum bk_place failed_at; /* what an error is about */
};

/* Rules: prune_rules.c. */
int bk_prune_by_rules(struct bk_prune_run *run, struct bk_err *err);

/* Pin, unpin, undelete: prune_hold.c. */
int bk_prune_hold(struct bk_prune_run *run, struct bk_err *err);

/* ---- what is told: prune_report.c ---- */

struct bk_keep_item;
struct bk_keep_verdict;

/* "bk prune OPTION SET PLACE", for people to paste, at this place alone. */
void bk_prune_command(struct bk_buf *line, const struct bk_prune_run *run,
		      const char *option, const char *set);

/* Something is left to be done, and was told: for request->left. */
void bk_prune_left(struct bk_prune_run *run, enum bk_kind kind,
		   const char *text, const char *next);

/* Each set, and why it stays or goes. */
int bk_prune_tell_sets(const struct bk_prune_run *run,
		       const struct bk_prune_view *view,
		       const struct bk_keep_item *items,
		       const struct bk_keep_verdict *verdicts,
		       struct bk_err *err);

/* What was condemned (or would be), and what was deleted. */
int bk_prune_tell_end(const struct bk_prune_run *run,
		      const struct bk_prune_tally *condemned,
		      const struct bk_prune_tally *deleted, struct bk_err *err);

#endif
