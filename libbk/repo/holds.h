/*
 * Pins and legal holds: sets that no pruner deletes.  bk-format(5), Hold.
 */

#ifndef BK_REPO_HOLDS_H
#define BK_REPO_HOLDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "repo/id.h"
#include "repo/intent.h"
#include "repo/repo.h"

/* A hold as it lies there. */
struct bk_held {
	uint8_t set[BK_ID_LEN];
	struct bk_hold hold; /* {0} but for its identifier where it does not
				open: what is meant to stay, stays */
};

/* {0} is a valid empty one. */
struct bk_holds {
	struct bk_held *items; /* owned; sorted by set */
	size_t n, cap;
};

/* All of them, those whose time is over too.  A listing that fails is an
 * error, never an empty list. */
int bk_holds_read(const struct bk_repo *repo, struct bk_holds *out,
		  struct bk_err *err);
void bk_holds_clear(struct bk_holds *holds);

/* The hold that keeps the set at that moment, or NULL. */
const struct bk_hold *bk_holds_find(const struct bk_holds *holds,
				    const uint8_t set[BK_ID_LEN],
				    int64_t now_ms);

/* Puts one; `until_ms` 0: until it is taken away.  The set need not be there:
 * whoever must know looks after that. */
int bk_hold_put(const struct bk_repo *repo, const uint8_t set[BK_ID_LEN],
		const struct bk_hold *hold, struct bk_err *err);

/* Takes all pins of the set away, and what does not open; legal holds stay.
 * How many there were. */
int bk_holds_unpin(const struct bk_repo *repo, const uint8_t set[BK_ID_LEN],
		   size_t *n, struct bk_err *err);

#endif
