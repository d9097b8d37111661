/*
 * What is to be done so that an account's scripts at the destination, or its
 * annotations, become those of the source; pure.  What somebody changed at the
 * destination stays as it is, and is told: what both sides were after the last
 * pass (the journal) says who changed what.
 */

#ifndef BK_SYNC_SCRIPT_PLAN_H
#define BK_SYNC_SCRIPT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"
#include "sync/journal.h"

enum bk_script_act {
	BK_SCRIPT_KEEP,   /* both are alike, or the destination turned it
			     down */
	BK_SCRIPT_PUT,    /* the source's is written */
	BK_SCRIPT_REMOVE, /* the source has it no longer */
	BK_SCRIPT_FORGET, /* nobody has it any longer */
	BK_SCRIPT_LEAVE,  /* it stays as it is, because of `why` */
};

struct bk_script_task {
	enum bk_script_act act;
	const char *name;             /* of a list that was given */
	const struct bk_script *from; /* NULL: not there */
	const char *why;
	bool done;    /* whoever carries it out says so; */
	bool refused; /* and that the destination would not have it */
};

struct bk_script_plan {
	struct bk_script_task *tasks; /* owned; by name */
	size_t n, cap;
	const char *activate;   /* ""; NULL: which one is active stays */
	const char *active_why; /* ..., because of this; or NULL */
};

/* Both lists and `known` are sorted by name; they outlive the plan. */
void bk_script_plan_make(struct bk_script_plan *out,
			 const struct bk_script_list *from,
			 const struct bk_script_list *to,
			 const struct bk_journal_scripts *known,
			 bool keep_deleted);
/* NULL: it has none of that name. */
struct bk_script_task *bk_script_plan_find(const struct bk_script_plan *plan,
					   const char *name);
void bk_script_plan_clear(struct bk_script_plan *plan);

/* *out becomes the names of a list (or NULL) and of what is known, without
 * their texts, sorted; the names stay theirs. */
void bk_texts_name(struct bk_script_list *out,
		   const struct bk_script_list *list,
		   const struct bk_journal_scripts *known);

/* What tells one text from another. */
void bk_script_sum(struct bk_view text, uint8_t sum[BK_JOURNAL_SCRIPT_SUM]);
/* The active one's name; "": none is. */
const char *bk_script_active(const struct bk_script_list *list);

#endif
