/*
 * A restore that keeps a copy as the store that it is a copy of: again and
 * again, each time with a newer set.  Messages are known by their names, which
 * stand for the same bytes as long as both sides live; what the set no longer
 * has goes, if it is known that we brought it; anything else that is there
 * stays, always.
 *
 * Who keeps the copy (job/standby_copy.h) chooses folders, and remembers what
 * was done.  Hooks return -1 to end it all; known and done may be called from
 * several threads.
 */

#ifndef BK_JOB_RESTORE_FOLLOW_H
#define BK_JOB_RESTORE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/restore_plan.h"
#include "repo/set.h"
#include "store/store.h"

struct bk_digester;
struct bk_restore_end;
struct bk_restore_folder;
struct bk_restore_into;

struct bk_restore_follow {
	/* Leaves in the plan what is to be written. */
	int (*choose)(void *arg, struct bk_set *set,
		      struct bk_restore_plan *plan, struct bk_err *err);
	/* Before and after the folders of the plan. */
	int (*begin)(void *arg, struct bk_store *store, struct bk_err *err);
	int (*end)(void *arg, struct bk_store *store, struct bk_err *err);
	/* All folders are there, and take mail, but for some of `unmade`
	 * accounts; so many messages are to come.  With accounts_first alone.
	 */
	int (*made)(void *arg, uint64_t messages, uint64_t unmade,
		    struct bk_err *err);
	/* Fills folder->ours; what is written from now on is ours, too. */
	int (*known)(void *arg, struct bk_restore_folder *folder,
		     struct bk_digester *digester, struct bk_err *err);
	/* Folders that are known are about to be written: what was noted of
	 * them is on disk before anything in them can be seen. */
	int (*settle)(void *arg, struct bk_err *err);
	/* The folder is as the set has it, but for what `end` says. */
	int (*done)(void *arg, const struct bk_restore_folder *folder,
		    const struct bk_restore_end *end, struct bk_err *err);
	/* What belongs to the account and to none of its folders, as scripts
	 * do, is not as the set has it.  Any thread. */
	void (*lacking)(void *arg, const char *account);
	/* All that did is, unless lacking() said otherwise; and was it before
	 * people came?  Then it is theirs.  Any thread. */
	void (*give)(void *arg, const char *account);
	bool (*gave)(void *arg, const char *account);
	/* All that was done is durable. */
	int (*save)(void *arg, struct bk_err *err);
	void *arg;
	bool keeps;   /* nothing is taken away */
	bool live;    /* people are there: nor do flags change */
	bool again;   /* likewise, and were when it began: nor does what it has
			 of subscriptions and UIDs */
	bool goes_on; /* a server: more sets are to come, whose messages have
			 the UIDs behind those of this one */
};

/* Is nothing that is there to go or to change? */
static inline bool bk_restore_follow_only_adds(
	const struct bk_restore_follow *follow)
{
	return follow->keeps || follow->live;
}

/* What its writer is told of the folder besides what the set says. */
void bk_restore_follow_want(const struct bk_restore_follow *follow,
			    struct bk_folder *want);

/* A message that its store knew by no name that a Maildir could give it gets
 * one that follows from its UID: the same one each time; on a server all do. */
void bk_restore_follow_names(struct bk_restore_folder *folder,
			     const struct bk_restore_into *into);

/* Which of what is there is known by its name, and which is ours; again, when
 * more was found by its content. */
int bk_restore_follow_known(struct bk_restore_folder *folder,
			    const struct bk_restore_into *into,
			    struct bk_err *err);
/* Is anything there that is neither?  It may be one of the set's under another
 * name. */
bool bk_restore_follow_has_strangers(const struct bk_restore_folder *folder);

/* In place of settle and remove (restore_folder.c): flags, keywords and UIDs
 * become the set's; what is ours and not in the set goes. */
int bk_restore_follow_settle(struct bk_restore_folder *folder,
			     const struct bk_restore_into *into,
			     struct bk_restore_end *end, struct bk_err *err);

#endif
