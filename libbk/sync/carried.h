/*
 * What became of what goes along with the mail: subscriptions, rights,
 * annotations, UIDs, scripts, the quota.  Each is moved, not possible at the
 * destination, or skipped; what a later pass says of the same takes the place
 * of what an earlier one did.
 */

#ifndef BK_SYNC_CARRIED_H
#define BK_SYNC_CARRIED_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum bk_became { BK_BECAME_MOVED, BK_BECAME_IMPOSSIBLE, BK_BECAME_SKIPPED };

struct bk_carried {
	const char *what;   /* "rights" */
	const char *folder; /* the source's name; "": of the account */
	enum bk_became became;
	uint64_t n;      /* of them; 0: of that folder none is any more */
	const char *why; /* "": there is nothing to say */
};

/* {0} is an empty one. */
struct bk_carried_list {
	struct bk_arena arena; /* of the texts */
	struct bk_carried *items;
	size_t n, cap;
	size_t old; /* of them, an earlier pass told */
};
void bk_carried_list_clear(struct bk_carried_list *list);

/* What is there was told by an earlier pass from now on. */
void bk_carried_list_age(struct bk_carried_list *list);
/* Copies the row; what an earlier pass said of that, and that folder, goes. */
void bk_carried_list_add(struct bk_carried_list *list,
			 const struct bk_carried *row);

/* "moved", "not possible here", "skipped": for people and programs. */
const char *bk_became_word(enum bk_became became);
/* -1: it is none of them. */
int bk_became_named(const char *word, enum bk_became *out);

#endif
