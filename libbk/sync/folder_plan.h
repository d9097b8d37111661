/*
 * What is to be done in one folder: a pure function of what the journal says
 * and of what both sides are now.
 *
 * A message is the one of the journal that has the same name (Maildir: its
 * content never changes) or, in stores without names, the same UID under the
 * same UIDVALIDITY.  What neither tells is found by content, by the caller:
 * that is what `free` and ADD tasks are compared for before they are done.
 */

#ifndef BK_SYNC_FOLDER_PLAN_H
#define BK_SYNC_FOLDER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/message.h"
#include "mail/uid_set.h"
#include "sync/journal.h"

#define BK_NO_INDEX UINT32_MAX

enum bk_heard {
	BK_HEARD_ALL,     /* everything is listed */
	BK_HEARD_CHANGES, /* what is not listed is as the journal has it, but
			     for what is in `gone` */
	BK_HEARD_NOTHING, /* everything is as the journal has it */
};

/* A side now.  Keywords are indexes of a table that both sides and the journal
 * share. */
struct bk_folder_side {
	enum bk_heard heard;
	bool same_uids; /* UIDVALIDITY is the journal's; HEARD_ALL otherwise */
	const struct bk_message *items; /* in set order */
	size_t n;
	const struct bk_uid_set *gone; /* sorted; of CHANGES */
};

enum bk_task_kind {
	BK_TASK_ADD,    /* not at the destination */
	BK_TASK_FOUND,  /* there, from elsewhere: bk_folder_plan_found */
	BK_TASK_FLAGS,  /* known; flags or keywords are to be set */
	BK_TASK_REMOVE, /* ours, and no longer at the source */
	BK_TASK_ORPHAN, /* which one it was at the source is not known: like
			   REMOVE if it is not found and nothing was left */
	BK_TASK_NOTE,   /* the journal is to say what is now */
	BK_TASK_FORGET, /* the journal's row goes */
	BK_TASK_NONE,
};

struct bk_task {
	enum bk_task_kind kind;
	uint32_t pair;     /* of the journal's; BK_NO_INDEX */
	uint32_t from, to; /* of the listed messages; BK_NO_INDEX: as in the
			      pair, or not there */
};

/* {0} is a valid empty one. */
struct bk_folder_plan {
	struct bk_task *tasks; /* owned; ADD in the source's order, then the
				  others */
	size_t n, cap;
	size_t n_add;
	size_t kept;       /* known, and there */
	uint32_t *to_pair; /* owned; of each listed at the destination, its
			      pair, or BK_NO_INDEX: it is free */
	uint32_t *partner; /* owned; of each listed at the source, the listed
			      one of its pair, or BK_NO_INDEX */
	uint32_t *orphan;  /* owned; of each pair, its task, or BK_NO_INDEX */
};

/* As struct bk_sync_request has them. */
struct bk_folder_policy {
	bool keep_deleted, once, old;
};

void bk_folder_plan_make(const struct bk_pair_list *pairs,
			 const struct bk_folder_side *from,
			 const struct bk_folder_side *to,
			 const struct bk_folder_policy *policy,
			 struct bk_folder_plan *out);
void bk_folder_plan_clear(struct bk_folder_plan *plan);

/* How many pairs have a message of the destination that another one has, too: a
 * server may take a message that it has already for that one, and give out its
 * UID again, as Gmail does. */
size_t bk_pairs_twins(const struct bk_pair_list *pairs);

/* May a listed message of the destination be found to be one that is to be
 * added: nobody's, or an orphan's? */
bool bk_folder_plan_is_free(const struct bk_folder_plan *plan, size_t to);

/* An ADD task's message is this one. */
void bk_folder_plan_found(struct bk_folder_plan *plan, size_t task,
			  uint32_t to);

/*
 * What flags and keywords a message of the destination should have: those that
 * it has, and whatever changed at the source since `was` (NULL: all that the
 * source has, and no others).  *out gets flags and keywords alone; the latter
 * lie in `arena`.
 */
void bk_marks_merge(const struct bk_journal_message *was,
		    const struct bk_journal_message *from,
		    const struct bk_journal_message *to,
		    struct bk_journal_message *out, struct bk_arena *arena);
bool bk_marks_equal(const struct bk_journal_message *a,
		    const struct bk_journal_message *b);

/* A listed message as the journal has it; strings stay the list's. */
struct bk_journal_message bk_journal_message_of(const struct bk_message *msg);

#endif
