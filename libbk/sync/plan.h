/*
 * What differs between two listings of a folder: a pure function, used to
 * make a differential (base set against store), later to restore and to move.
 *
 * Both listings are in set order, by (uid, name).  A message is trusted to be
 * the same where it has the same name (Maildir: a base name's content never
 * changes) or, in stores without names, the same uid under the same
 * UIDVALIDITY; the caller says which by `same_uids`.
 */

#ifndef BK_SYNC_PLAN_H
#define BK_SYNC_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "mail/message.h"

enum bk_step_kind {
	BK_STEP_KEEP,  /* base row stays as it is */
	BK_STEP_FLAGS, /* stays, with other flags, keywords or modseq */
	BK_STEP_DROP,  /* base row goes */
	BK_STEP_CARRY, /* the base row's message under another uid: a new row,
			  the old content; its old row has a DROP of its own */
	BK_STEP_ADD,   /* a new message: it must be read */
};

struct bk_step {
	enum bk_step_kind kind;
	size_t base; /* KEEP FLAGS DROP CARRY: index of the base row */
	size_t now;  /* KEEP FLAGS CARRY ADD: index of the listed message */
};

/* {0} is a valid empty one. */
struct bk_plan {
	struct bk_step *steps; /* owned; in set order, drops before adds */
	size_t n, cap;
	size_t count[BK_STEP_ADD + 1]; /* steps of each kind */
};

/* One listing: n messages, each `stride` bytes after the one before. */
struct bk_listing {
	const struct bk_message *first;
	size_t n, stride;
};

static inline const struct bk_message *bk_listing_at(
	const struct bk_listing *listing, size_t i)
{
	const char *at = (const char *)listing->first;

	return (const struct bk_message *)(const void *)(at +
							 i * listing->stride);
}

/*
 * Fills *out, which is emptied first.  same_uids is false when UIDVALIDITY
 * changed: then only names are trusted.  A size or date that the listing
 * gives (not 0) and that differs from the base's makes the message a new one.
 */
void bk_plan_make(const struct bk_listing *base, const struct bk_listing *now,
		  bool same_uids, struct bk_plan *out);
void bk_plan_clear(struct bk_plan *plan);

/* Nothing to do: every row is kept as it is. */
bool bk_plan_is_empty(const struct bk_plan *plan);

#endif
