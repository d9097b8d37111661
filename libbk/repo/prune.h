/*
 * How sets and packs go, and nothing that was reported good is ever lost: the
 * pruner's side of bk-format(5), WRITING.
 *
 *	bk_prune_look       what there is, and what is spoken for
 *	... somebody chooses which sets go ...
 *	bk_prune_condemn    they vanish from view; nothing is deleted yet
 *	... the grace time passes, in which bk_prune_undelete saves a set ...
 *	bk_prune_execute    what this host condemned and nothing needs now goes
 *
 * Two of these at work for one host and repository would be one too many: the
 * caller has a lock.  Other hosts may prune, write and ship meanwhile.
 */

#ifndef BK_REPO_PRUNE_H
#define BK_REPO_PRUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "repo/condemned.h"
#include "repo/holds.h"
#include "repo/repo.h"
#include "repo/set.h"
#include "repo/table.h"
#include "repo/writers.h"
#include "target/target.h"

#define BK_PRUNE_NONE SIZE_MAX

/* Files without a set are left alone for so long: a slow run goes on there. */
#define BK_PRUNE_ORPHAN_MS ((int64_t)30 * 24 * 3600 * 1000)

/* ---- what there is ---- */

/* A visible set. */
struct bk_prune_set {
	const struct bk_set_info *info;
	size_t base;                /* the set it stands on; BK_PRUNE_NONE */
	struct bk_table table;      /* {0} unless packs_known */
	bool packs_known;           /* root and table open */
	const struct bk_hold *hold; /* that keeps it now, or NULL */
	const char *writer; /* of a set under way that stands on it, or NULL */
	bool needed;        /* by a set that was condemned, and is held, or in
			       another host's hands */
	char *fault;        /* owned; why it is not complete, or NULL */
};

/* What must stay. */
struct bk_live {
	struct {
		uint8_t id[BK_ID_LEN];
	} * sets; /* owned */
	size_t n, cap;
	struct bk_pack_ids packs;
	int64_t unknown_ms; /* of the newest set whose packs nobody knows: all
			       up to then may be among them */
};

struct bk_prune_view {
	struct bk_set_info_list infos;
	struct bk_prune_set *sets; /* owned; as infos, oldest first */
	struct bk_writers writers;
	struct bk_holds holds;
	struct bk_live live;       /* of what is not visible, and stays */
	struct bk_condemned trash; /* all lists, and tombstones */
	struct bk_blob_list data;  /* all files, as listed before the rest */
	struct bk_blob_list later; /* data/, as listed after the rest: read only
				      if a set lacks something in the first */
	int64_t now_ms;
};

/*
 * Lists data, then open, hold and sets, in this order.  BK_UNSAFE when the
 * listing does not show the repository itself; BK_LOST and the like when any
 * of it cannot be read; what is damaged is said of its set.
 */
int bk_prune_look(struct bk_prune_view *out, const struct bk_repo *repo,
		  int64_t now_ms, struct bk_err *err);
/* The set's place in the view, or BK_PRUNE_NONE. */
size_t bk_prune_find(const struct bk_prune_view *view,
		     const uint8_t id[BK_ID_LEN]);
void bk_prune_view_clear(struct bk_prune_view *view);

/* What the repository knows of which this place is a copy. */
struct bk_prune_known {
	struct bk_set_info_list sets;
	struct bk_condemned trash;
	struct bk_holds holds;
};

/* {0} is a valid empty one; to be cleared after a failure too. */
int bk_prune_known_read(struct bk_prune_known *out, const struct bk_repo *repo,
			struct bk_err *err);
void bk_prune_known_clear(struct bk_prune_known *known);

/*
 * Is this what its hosts have seen before?  BK_UNSAFE when a set is newer than
 * `now_ms` (five minutes are forgiven: clocks differ), or when a set that
 * another one has seen is not there though no prune took it: an old state, or
 * not all of it; that is not asked with `accept_missing`, nor of a set that
 * `known` (or NULL) has, or knows to be pruned.
 */
int bk_prune_check(const struct bk_prune_view *view,
		   const struct bk_prune_known *known, bool accept_missing,
		   struct bk_err *err);

/* ---- acts ---- */

struct bk_prune_terms {
	int64_t now_ms;
	int64_t grace_ms; /* from being condemned to being deleted */
	int64_t until_ms; /* of a hold; 0: until it is taken away */
	const char *why;  /* for people; or NULL */
};

/* What came of it. */
struct bk_prune_tally {
	size_t sets, packs, files;
	uint64_t bytes;
	size_t spared;   /* sets that stay after all: held, or needed again */
	size_t waiting;  /* sets whose grace time is not over */
	int64_t next_ms; /* when the first of these may go; 0: none waits */
	char writer[96]; /* a run under way that needs what was to be condemned:
			    nothing was; or "" */
};

/*
 * Condemns the sets that go (one flag for each of the view), the packs that
 * only they need, and what was left behind by nobody who is still at work.  A
 * set that goes while one that stands on it stays, or that is held, is
 * BK_MISUSE.  When there is nothing to condemn, nothing is written.
 */
int bk_prune_condemn(const struct bk_repo *repo,
		     const struct bk_prune_view *view, const bool *goes,
		     const struct bk_prune_terms *terms,
		     struct bk_prune_tally *tally, struct bk_err *err);

/* The same as numbers only: nothing is written. */
void bk_prune_preview(const struct bk_prune_view *view, const bool *goes,
		      struct bk_prune_tally *tally);

/* Deletes what this host condemned and whose grace time is over.  What a hold,
 * or a set that is visible, needs by now is spared.  Goes on where an earlier
 * run was cut short. */
int bk_prune_execute(const struct bk_repo *repo,
		     const struct bk_prune_terms *terms,
		     struct bk_prune_tally *tally, struct bk_err *err);

enum bk_undelete {
	BK_UNDELETE_SAVED,   /* it stays, and is visible when the prune that
				condemned it was carried out */
	BK_UNDELETE_LATE,    /* deleting may have begun */
	BK_UNDELETE_VISIBLE, /* it was not condemned */
	BK_UNDELETE_GONE,    /* it is not there */
};

/* Puts a hold on the set, then looks whether that was in time. */
int bk_prune_undelete(const struct bk_repo *repo, const uint8_t set[BK_ID_LEN],
		      const struct bk_prune_terms *terms, enum bk_undelete *out,
		      struct bk_err *err);

#endif
