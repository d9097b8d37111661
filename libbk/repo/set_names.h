/* The accounts and folders of a chain of sets, merged: what set.c needs of
 * the name blocks of manifests. */

#ifndef BK_REPO_SET_NAMES_H
#define BK_REPO_SET_NAMES_H

#include "repo/set.h"

/* Applies the name blocks of one level (the full first) to set->accounts and
 * set->folders; takes counts and sums from its record 8. */
int bk_set_names_apply(struct bk_set *set, const struct bk_set_level *level,
		       struct bk_err *err);
void bk_set_names_clear(struct bk_set *set);

/* After all levels: makes lookups by address and by account ready. */
void bk_set_lookup_init(struct bk_set *set);

#endif
