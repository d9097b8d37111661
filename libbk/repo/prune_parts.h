/* What the acts of a pruner share: see prune.h. */

#ifndef BK_REPO_PRUNE_PARTS_H
#define BK_REPO_PRUNE_PARTS_H

#include <stdint.h>

#include "repo/prune.h"

/* ---- what must stay: prune_live.c ---- */

/* The set and all that it stands on, visible or not.  What is not there is
 * passed over.  Unsorted until bk_live_sort(). */
int bk_live_add(struct bk_live *live, const struct bk_repo *repo,
		const uint8_t set[BK_ID_LEN], struct bk_err *err);
void bk_live_add_table(struct bk_live *live, const struct bk_table *table);
void bk_live_sort(struct bk_live *live);
void bk_live_clear(struct bk_live *live);

bool bk_live_has_set(const struct bk_live *live, const uint8_t set[BK_ID_LEN]);
/* After bk_live_sort(). */
bool bk_live_has_pack(const struct bk_live *live,
		      const uint8_t owner[BK_ID_LEN], uint32_t ordinal);

/* ---- trash files: prune_condemn.c ---- */

/* Puts one file of a list: the list itself, or what became of it.  `sha256`
 * (or NULL) gets the sum of its body. */
int bk_prune_put(const struct bk_repo *repo, const uint8_t id[BK_ID_LEN],
		 struct bk_trash *trash, uint8_t sha256[BK_SHA256_LEN],
		 struct bk_err *err);

#endif
