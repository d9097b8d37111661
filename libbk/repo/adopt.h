/*
 * Complete packs that an interrupted run left behind: a new run of the same
 * host takes them over instead of writing their chunks again.
 */

#ifndef BK_REPO_ADOPT_H
#define BK_REPO_ADOPT_H

#include <stdint.h>

#include "base/err.h"
#include "repo/condemned.h"
#include "repo/packer.h"
#include "repo/repo.h"

/* What was taken over. */
struct bk_adopted {
	uint32_t packs;
	uint64_t bytes;
};

/*
 * Every pack of the set `left` that proves whole, byte for byte, and is not
 * condemned: its chunks count as stored.  Others are left to a prune.  A set
 * that has a root is not touched.
 */
int bk_adopt(struct bk_packer *packer, const struct bk_repo *repo,
	     const uint8_t left[16], const struct bk_condemned *condemned,
	     struct bk_adopted *out, struct bk_err *err);

/* Takes the intents of a dead run away. */
int bk_adopt_clear_intents(const struct bk_repo *repo, const uint8_t left[16],
			   struct bk_err *err);

#endif
