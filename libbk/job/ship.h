/*
 * Copies sets from a repository to others, by their files: nothing is
 * decrypted or changed on the way, and what comes out is the same repository,
 * with the same key slots.
 *
 *	push	what a target lacks is copied: data first, roots last, a base
 *		before what stands on it, and proved as it passes; each
 *		target at its own pace
 *	status	says what a push would do
 *	verify	proves what is there
 *
 * Whoever is interrupted goes on where it stopped: what is there, with its
 * size, is not copied again, and is proved again before a root vouches for it.
 * A name that is there with another size is damage, and left alone, unless the
 * request is to mend: then everything is proved that is there, as far as the
 * request proves anything, and what is not right is put anew, after the source
 * was seen to have it whole.
 *
 * A target that fails is left out, the others go on.  A prune at either side
 * is noticed as a backup notices it (bk-format(5), WRITING): what it condemns
 * at a target is called complete by nobody.
 */

#ifndef BK_JOB_SHIP_H
#define BK_JOB_SHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "job/choose.h"
#include "job/exit.h"
#include "repo/repo.h"
#include "sync/progress.h"
#include "target/reach.h"

enum bk_ship_verb {
	BK_SHIP_PUSH,
	BK_SHIP_STATUS,
	BK_SHIP_VERIFY,
};

/* How it is known that what is there is what was sent. */
enum bk_ship_proof {
	BK_SHIP_FULL,   /* read back, against the sums of roots and tables */
	BK_SHIP_SAMPLE, /* all but packs, and an eighth of these, another one
			   each day */
	BK_SHIP_SIZE,   /* names and sizes; roots are read back in any case */
};

/* One place to copy to. */
struct bk_ship_end {
	const char *name;  /* for people, and for commands */
	const char *where; /* a path or a URL */
	struct bk_reach reach;
	const char *again; /* the command that catches up */
};

struct bk_ship_request {
	enum bk_ship_verb verb;
	enum bk_ship_proof proof;
	const struct bk_repo *repo;     /* where sets come from */
	const struct bk_choice *choice; /* one set, and what it stands on; NULL:
					   all */
	const struct bk_ship_end *ends;
	size_t n_ends;
	const char *state_dir; /* for locks */
	int64_t wait_ms;       /* for another run with the same target */
	bool dry_run;
	bool mend; /* BK_SHIP_PUSH: what is damaged there is put anew */
};

/*
 * 0 when at least one target is complete, or got further; then the outcome
 * says whether something lacks.  -1 with the first error when all of them
 * failed.  What became of each target is told to `progress`.
 */
int bk_ship_run(const struct bk_ship_request *request,
		struct bk_progress *progress, struct bk_outcome *outcome,
		struct bk_err *err);

#endif
