/*
 * What was deleted between a time and a set: messages that the state at that
 * time or a later set has, and the chosen set has no longer.
 *
 * A message is known by its content, within its account: one that was moved to
 * another folder is still there.  Of sets that have it the newest says what it
 * was like.
 */

#ifndef BK_JOB_RESTORE_DELETED_H
#define BK_JOB_RESTORE_DELETED_H

#include <stdbool.h>

#include "base/err.h"
#include "job/restore_plan.h"
#include "repo/id.h"
#include "repo/repo.h"
#include "repo/set.h"
#include "store/name_table.h"
#include "sync/progress.h"

/* A set that messages come from, and what of it.  {0} is a valid empty one. */
struct bk_restore_source {
	struct bk_set *set;
	struct bk_restore_plan plan;
};

/* What is kept of a set that is not open: there may be hundreds. */
struct bk_restore_older {
	uint8_t id[BK_ID_LEN];
	enum bk_set_kind kind;
};

/* {0} is a valid empty one. */
struct bk_restore_deleted {
	const struct bk_repo *repo;
	const struct bk_restore_wish *wish;
	struct bk_progress *progress;
	struct bk_restore_older *sets; /* newest first */
	size_t n, cap;
	size_t unread;              /* sets that could not be opened */
	struct bk_name_table known; /* address and digest */
	struct bk_name_key *taken;  /* of the source that is at work */
	size_t n_taken, cap_taken;
	uint64_t found; /* messages */
};

/*
 * Lists the sets between the time and `chosen`, and reads what `chosen` has;
 * wish and progress are used until the end.  A set that cannot be read is told
 * and counted.  BK_MISUSE when the chosen set is older than the time.
 */
int bk_restore_deleted_open(struct bk_restore_deleted *out,
			    struct bk_set *chosen,
			    const struct bk_restore_wish *wish,
			    struct bk_progress *progress, struct bk_err *err);
void bk_restore_deleted_clear(struct bk_restore_deleted *deleted);

/*
 * Opens and plans the i'th of the sets.  *out is {0} before, and the caller
 * clears it in any case.  1; 0: there is nothing in it that the wish names, or
 * it does not open, which is told and counted: it is none of the sets any more,
 * and the next one is the i'th.
 */
int bk_restore_deleted_source(struct bk_restore_deleted *deleted, size_t i,
			      struct bk_restore_source *out,
			      struct bk_err *err);
void bk_restore_source_clear(struct bk_restore_source *source);

/* Is the row of that account one that was deleted?  If so it is taken: older
 * sources need not bring it. */
bool bk_restore_deleted_takes(struct bk_restore_deleted *deleted,
			      const char *address, const struct bk_row *row);

/* All rows of a source were looked at. */
void bk_restore_deleted_next(struct bk_restore_deleted *deleted);

#endif
