/*
 * What a target lacks, in the order in which it is to be copied.  Pure: from
 * what a repository has (job/ship_world.h) and what the target lists.
 */

#ifndef BK_JOB_SHIP_PLAN_H
#define BK_JOB_SHIP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/ship_world.h"
#include "target/target.h"

/* A blob at the target. */
enum bk_ship_state {
	BK_SHIP_ABSENT,
	BK_SHIP_THERE, /* with the right size: an earlier run may have left it,
			  or another one may be at work */
	BK_SHIP_SOUND, /* likewise, and a root there vouches for it, or it was
			  proved */
	BK_SHIP_OTHER, /* with another size */
	BK_SHIP_BAD,   /* could not be copied, or is damaged there */
};

enum bk_ship_verdict {
	BK_SHIP_COMPLETE,  /* root and all that it needs are there */
	BK_SHIP_TO_DO,     /* something lacks, and can be copied */
	BK_SHIP_BROKEN,    /* cannot be copied from here */
	BK_SHIP_DAMAGED,   /* a file of it has another size there */
	BK_SHIP_CONDEMNED, /* a prune there removed it: it stays away */
	BK_SHIP_BASELESS,  /* what it stands on is not there and cannot come */
};

struct bk_ship_plan {
	enum bk_ship_verdict *verdicts; /* owned; one for each set */
	enum bk_ship_state *states;     /* owned; one for each blob */
	size_t *culprits; /* owned; for each set that is damaged, a blob */
	size_t n_todo;    /* sets */
	size_t n_blobs;   /* to be copied, roots too */
	uint64_t bytes;
	bool mend;
};

/* Sets are taken in the world's order, so that a base comes before what stands
 * on it.  `gone` has one flag for each set: a prune there says it is gone.  To
 * mend is to take nothing for granted: what is there is to be proved, and of
 * another size to be put anew. */
void bk_ship_plan_make(struct bk_ship_plan *out,
		       const struct bk_ship_world *world,
		       const struct bk_blob_list *there, const bool *gone,
		       bool mend);
void bk_ship_plan_clear(struct bk_ship_plan *plan);

/* Are all blobs that the set needs of that state at least: there, or sound?
 * *culprit is the first that is not. */
bool bk_ship_plan_has(const struct bk_ship_plan *plan,
		      const struct bk_ship_set *set, bool sound,
		      size_t *culprit);

#endif
