/*
 * A target that is spread over n others, its children: bk-format(5), "Spread
 * over several targets".  Packs and bundles are cut into d + p shards, each at
 * another child; everything else is copied to all of them.
 *
 * What counts as committed: of a copy, that a majority of the children has it;
 * of shards, that d of them are there.  What less have fails.  A child that is
 * out of reach, refuses or is empty lacks it then: bk_spread_missed() says
 * which and why, until bk_spread_mend() (target/spread_mend.h).
 *
 * A listing needs the answers of a majority and is the union of all answers, so
 * that it shows every copy that was committed; a blob with fewer than d shards
 * among those who answered is listed as empty, or not at all, though the others
 * may have it.  Pieces are proved by their CRCs whenever they are read, and
 * taken from other shards or copies where they are wrong.
 *
 * An empty child among others that are not is neither read nor written: it may
 * be a folder whose file system is not mounted.
 *
 * All ops may run in several threads at a time.
 */

#ifndef BK_TARGET_SPREAD_H
#define BK_TARGET_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "target/reach.h"
#include "target/spread_shape.h"
#include "target/target.h"

/* A child: what it is called, and how it is reached. */
struct bk_spread_child_reach {
	const char *name; /* for people */
	const char *where;
	struct bk_reach reach;
};

/* All of it stays the caller's until the target is closed. */
struct bk_spread_reach {
	struct bk_spread_shape shape;
	struct bk_spread_child_reach *children; /* shape.n of them */
};

/*
 * `where` is its URL; reach->spread says the rest.  BK_GONE when no child has a
 * repository and folders lack; with `create` they are made.  BK_UNSAFE for
 * children of different repositories, BK_MISUSE for another shape or order than
 * it was made with.  With fewer than a majority of them the error of the first
 * that lacks.
 */
int bk_spread_open(struct bk_target **out, const char *where,
		   const struct bk_reach *reach, bool create,
		   struct bk_err *err);

/* The spread behind a target, or NULL: it is another one. */
struct bk_spread;
struct bk_spread *bk_spread_of(struct bk_target *target);

/* A child that lacks something. */
struct bk_spread_gap {
	const char *child; /* its name */
	struct bk_err why;
};

/*
 * Children that are out of reach, empty, or failed with what was put in this
 * run, at most BK_SPREAD_MOST; the number of them.
 */
unsigned bk_spread_missed(struct bk_spread *spread,
			  struct bk_spread_gap out[BK_SPREAD_MOST]);

#endif
