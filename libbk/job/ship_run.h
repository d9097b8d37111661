/* What the stages of a copy share. */

#ifndef BK_JOB_SHIP_RUN_H
#define BK_JOB_SHIP_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lock.h"
#include "job/ship.h"
#include "job/ship_feed.h"
#include "job/ship_plan.h"
#include "job/ship_world.h"
#include "repo/condemned.h"

struct bk_ship_run;

/* One target. */
struct bk_ship_lane {
	struct bk_ship_run *run;
	const struct bk_ship_end *end;
	struct bk_lock *lock;
	struct bk_target *target; /* NULL: there is nothing yet (a dry run) */
	struct bk_repo *view;     /* the keys, for what lies there */
	struct bk_ship_plan plan;
	bool planned;
	bool *wanted; /* owned; blobs that are to be copied or proved now */
	bool *fresh;  /* owned; sets whose roots this batch put */
	struct bk_set_ids missed; /* that sets here name as the one before, and
				     that neither are nor come there */
	_Atomic uint64_t files, bytes;
	_Atomic unsigned problems; /* that were told */
	unsigned gaps;             /* of them: it is there, and degraded */
	atomic_bool out;           /* it failed, for the rest of the run: */
	struct bk_err why;         /* under the run's lock */
	enum bk_place place;       /* where */
	int64_t start_ms, end_ms;
	_Atomic int64_t told_ms; /* how far it is */
	bool told;               /* what came of it: */
	enum bk_target_state state;
};

struct bk_ship_run {
	const struct bk_ship_request *request;
	struct bk_progress *progress;
	struct bk_set_info_list sets; /* at the source */
	struct bk_ship_world world;
	struct bk_ship_lane *lanes;
	size_t n_lanes;
	struct bk_ship_feed *feed; /* the source's files */
	unsigned transfers; /* files on their way at a time, to each target */
	atomic_bool *bad;   /* owned; blobs that are damaged or gone at the
			       source */
	_Atomic unsigned source_problems;
	atomic_bool over;  /* nothing can be read from the source any more: */
	struct bk_err why; /* under the lock */
	pthread_mutex_t lock;
};

/* The run ends in all lanes; the first error is kept, and returned by
 * bk_ship_each_lane().  Returns -1 with it; NULL: it is over already. */
int bk_ship_over(struct bk_ship_run *run, const struct bk_err *why,
		 struct bk_err *err);

/* ---- a lane: ship_lane.c ---- */

/* Lock, marker, key slots, listing, plan; for bk_ship_each_lane. */
int bk_ship_lane_open(struct bk_ship_lane *lane, struct bk_err *err);
void bk_ship_lane_close(struct bk_ship_lane *lane);

/* It is left out from now on; the first error is kept. */
void bk_ship_lane_fail(struct bk_ship_lane *lane, const struct bk_err *why);

/* One thing there is not right; the lane goes on. */
void bk_ship_lane_problem(struct bk_ship_lane *lane, const struct bk_err *why,
			  const char *next);

/* Tells of those that the target is spread over and that lack something of what
 * is shipped; none, where it is not spread. */
void bk_ship_lane_gaps(struct bk_ship_lane *lane);

/* A file that was damaged there is so no longer. */
void bk_ship_lane_mended(struct bk_ship_lane *lane, const char *name);

/* Runs act on every lane that is not out, each at its own pace; one that fails
 * is left out.  `done` (or NULL) follows, whatever came of it.  -1 when the run
 * is over, or we are asked to stop. */
int bk_ship_each_lane(struct bk_ship_run *run,
		      int (*act)(struct bk_ship_lane *lane, struct bk_err *err),
		      void (*done)(struct bk_ship_lane *lane),
		      struct bk_err *err);

/* ---- marker and key slots: ship_keys.c ---- */

/* The target is, or becomes, a copy of the repository.  BK_UNSAFE when it is
 * something else; nothing is touched then.  *empty (only without `make`): it
 * is none yet. */
int bk_ship_keys(struct bk_ship_lane *lane, bool make, bool *empty,
		 struct bk_err *err);

/* ---- blobs: ship_copy.c ---- */

/*
 * What the lane wants of this blob: copied where it is absent, proved where it
 * is there; its state says what came of it.  -1 when the run is over.
 */
int bk_ship_blob(struct bk_ship_lane *lane, size_t blob, struct bk_err *err);

/* A root: read back in any case.  Returns 1, or 0 when it cannot be copied, or
 * is damaged there, and that was told. */
int bk_ship_root(struct bk_ship_lane *lane, size_t blob, struct bk_err *err);

/* All blobs that the lane wants, several at a time; then it wants none. */
int bk_ship_blobs(struct bk_ship_lane *lane, struct bk_err *err);

/* ---- ship_push.c, ship_verify.c: for bk_ship_each_lane ---- */

int bk_ship_push(struct bk_ship_lane *lane, struct bk_err *err);
int bk_ship_verify(struct bk_ship_lane *lane, struct bk_err *err);

/* ---- sets that never came: ship_gone.c ---- */

/* Fills lane->missed: what lies there, and is condemned there, is given. */
void bk_ship_gone_find(struct bk_ship_lane *lane,
		       const struct bk_blob_list *there,
		       const struct bk_condemned *trash);
/* Says there which of them the source knows to be pruned. */
int bk_ship_gone_tell(struct bk_ship_lane *lane, struct bk_err *err);

/* ---- what was there before: ship_seen.c ---- */

/* Tells the witness which sets `there`, a listing of the target, shows: one
 * that it misses was seen there by an earlier run. */
void bk_ship_seen(const struct bk_ship_lane *lane,
		  const struct bk_blob_list *there);

/* ---- what came of it: ship_report.c ---- */

/* Before, what there is to do. */
void bk_ship_tell_start(struct bk_ship_run *run);
/* How far a lane is, if it is long ago that this was told. */
void bk_ship_tell_progress(struct bk_ship_lane *lane);
/* What came of a lane, once. */
void bk_ship_tell_lane(struct bk_ship_lane *lane);
/* After.  As bk_ship_run. */
int bk_ship_tell_end(struct bk_ship_run *run, int64_t start_ms,
		     struct bk_outcome *outcome, struct bk_err *err);

#endif
