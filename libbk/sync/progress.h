/*
 * What a running job tells about itself.  The engine never prints: it calls
 * the bk_progress_* functions below, and report/ implements the ops (a
 * terminal, JSON lines).  A NULL progress is a silent one.
 *
 * All of them may be called from several threads at a time, and none blocks
 * for longer than a line of output takes.  bk_progress_message is an atomic
 * addition: call it for every message.  Strings are the caller's and are
 * copied where they are kept; names may hold any bytes, the reporter escapes.
 *
 * Order: start once, then anything, then finish at most once.  A job that
 * fails before start reports by its bk_err alone.
 */

#ifndef BK_SYNC_PROGRESS_H
#define BK_SYNC_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/carried.h"

enum bk_act {
	BK_ACT_BACKUP,
	BK_ACT_RESTORE,
	BK_ACT_CHECK,
	BK_ACT_SHIP,
	BK_ACT_MOVE,
	BK_ACT_COMPARE, /* both ends of a move, message by message */
};

/* What there is to do as far as is known; 0: not known. */
struct bk_totals {
	uint64_t accounts;
	uint64_t messages;
	uint64_t bytes;
};

/* How the run begins.  NULL where there is none. */
struct bk_run {
	enum bk_act act;
	const char *store; /* name or URL of the store */
	const char *repo;  /* name or path of the repository; MOVE, COMPARE: of
			      the other end */
	const char *kind;  /* "full", "differential", "incremental" */
	const char *set;   /* restore, check: the set that is read, as text */
	struct bk_totals totals;
};

/* One message, folder or account that could not be done.  NULL or 0 where it
 * does not apply. */
struct bk_item_error {
	enum bk_kind kind;
	const char *account;
	const char *folder;
	uint32_t uid;
	const char *name; /* the store's name for it, where there is no uid */
	const char *text; /* "read error (EIO)" */
	const char *outcome; /* "previous copy kept", "left out" */
	const char *next;    /* a command that helps, to copy; or NULL */
};

enum bk_result {
	BK_RESULT_COMPLETE,   /* all done */
	BK_RESULT_INCOMPLETE, /* committed, but items are missing */
	BK_RESULT_FAILED,     /* nothing committed */
	BK_RESULT_PLANNED,    /* a dry run: what would be done */
};

/*
 * How the run ended.  For a restore, messages.added are those restored,
 * messages.kept those that were there already, messages.gone those taken away
 * by --replace; for a check or comparison, messages.total are those looked at.
 * For a move, messages.kept are those that were at the other end already,
 * messages.left those that could not be carried over.
 */
struct bk_summary {
	enum bk_act act;
	enum bk_result result;
	const char *set;  /* "20261119T1230-d"; NULL: none was made */
	const char *base; /* the set it stands on, or NULL */
	const char *kind; /* "full", "differential", "incremental", or NULL */
	const char *store;
	const char *repo;
	uint64_t accounts;
	uint64_t accounts_left; /* MOVE: of them, not or not wholly moved;
				   COMPARE: that differ */
	uint64_t cutovers;      /* MOVE: accounts that changed servers */
	double downtime_most;   /* of them; seconds */
	struct {
		uint64_t total; /* in the set, or chosen to be restored */
		uint64_t added; /* "new" */
		uint64_t kept;  /* unchanged */
		uint64_t flags; /* only flags, keywords or folder changed;
				   restore: came back with theirs */
		uint64_t dates; /* restore: came back with theirs */
		uint64_t gone;  /* in the base, no longer in the store */
		uint64_t left;
	} messages;
	struct {
		uint64_t source; /* of what was read, as the source has it */
		uint64_t stored; /* written by this run */
	} bytes;
	uint64_t errors; /* items that could not be done */
	double seconds;
	const char *next; /* what to do next, a command to copy, or NULL */
};

enum bk_target_state {
	BK_TARGET_COMPLETE,
	BK_TARGET_INCOMPLETE, /* sets lack, or are damaged there */
	BK_TARGET_FAILED,     /* it was left out, or nothing can be said */
	BK_TARGET_PLANNED,    /* a dry run */
	BK_TARGET_UNDER_WAY,  /* not at its end yet: for programs */
};

/* What became of one of the targets of a copy. */
struct bk_target_report {
	const char *name;
	enum bk_target_state state;
	uint64_t sets;         /* complete there */
	uint64_t sets_of;      /* of so many that belong there */
	uint64_t files, bytes; /* copied; status, dry run: to be copied;
				  verify: read back */
	double seconds;
	const char *newest; /* set that is complete there, or NULL */
	const char *why;    /* it failed, or what lacks; or NULL */
	const char *next;   /* a command to copy, or NULL */
};

enum bk_move_state {
	BK_MOVE_DONE,       /* all of it is at the other end */
	BK_MOVE_INCOMPLETE, /* but for some messages */
	BK_MOVE_FAILED,     /* it ended before its end */
	BK_MOVE_PUT_OFF,    /* a server asked to come again later */
	BK_MOVE_PLANNED,    /* a dry run */
};

/* What came of changing servers. */
enum bk_cutover_end {
	BK_CUTOVER_NOT_TRIED, /* nothing was held: it lives where it did */
	BK_CUTOVER_MOVED,     /* at the destination */
	BK_CUTOVER_UNDONE,    /* something failed: the source stays active */
	BK_CUTOVER_RETURNED,  /* rolled back: at the source again */
	BK_CUTOVER_STUCK,     /* held, and neither end is active: a person must
				 see to it */
};

/* What became of one account of a move. */
struct bk_move_report {
	const char *account; /* address at the source */
	const char *to;      /* and at the destination */
	const char *server;  /* which of several; NULL: there is one alone */
	enum bk_move_state state;
	uint64_t folders, messages; /* at the source */
	uint64_t added, bytes;      /* copied */
	uint64_t found;             /* were there already, not by us */
	uint64_t kept, flags, gone; /* known; flags set of those; taken away */
	uint64_t refused, unread;   /* messages, by destination and source */
	uint64_t lost_flags;        /* messages some flag of which was
				       refused */
	double seconds;
	enum bk_cutover_end cutover;
	double downtime;  /* seconds it was held by this cutover; 0: not */
	const char *why;  /* it failed, or NULL */
	const char *next; /* a command to copy, or NULL */
};

struct bk_progress;

/* What a reporter implements; none may be NULL but `warning` and `moved`. */
struct bk_progress_ops {
	void (*start)(struct bk_progress *to, const struct bk_run *run);
	void (*totals)(struct bk_progress *to, const struct bk_totals *totals);
	void (*account)(struct bk_progress *to, const char *address);
	void (*item_error)(struct bk_progress *to,
			   const struct bk_item_error *error);
	void (*note)(struct bk_progress *to, const char *text);
	/* NULL: told as a note. */
	void (*warning)(struct bk_progress *to, const char *text);
	void (*target)(struct bk_progress *to,
		       const struct bk_target_report *report);
	void (*moved)(struct bk_progress *to,
		      const struct bk_move_report *report);
	void (*finish)(struct bk_progress *to,
		       const struct bk_summary *summary);
};

/* Embedded first in each reporter's own struct. */
struct bk_progress {
	const struct bk_progress_ops *ops;
	/* Done so far; a reporter reads them when it shows them. */
	_Atomic uint64_t accounts; /* begun */
	_Atomic uint64_t messages;
	_Atomic uint64_t bytes;
	_Atomic uint64_t errors;
	/* The job's, set before its threads start, or NULL: told of each
	 * item_error first, so that it can be kept.  False: it was told before,
	 * and does not count again. */
	bool (*watch)(void *arg, const struct bk_item_error *error);
	/* The same of what became of what goes along with the mail. */
	void (*carried)(void *arg, const char *account,
			const struct bk_carried *row);
	void *watch_arg; /* of both */
	/* Another reporter that is told the same, but for what is counted
	 * above; set before threads start, or NULL. */
	struct bk_progress *also;
};

/* For reporters: an act begins, and what was done before is not its. */
static inline void bk_progress_reset(struct bk_progress *to)
{
	atomic_store(&to->accounts, 0);
	atomic_store(&to->messages, 0);
	atomic_store(&to->bytes, 0);
	atomic_store(&to->errors, 0);
}

static inline void bk_progress_start(struct bk_progress *to,
				     const struct bk_run *run)
{
	if (to)
		to->ops->start(to, run);
	if (to && to->also)
		to->also->ops->start(to->also, run);
}

/* More is known now: all three are the new totals, not additions. */
static inline void bk_progress_totals(struct bk_progress *to,
				      const struct bk_totals *totals)
{
	if (to)
		to->ops->totals(to, totals);
}

static inline void bk_progress_account(struct bk_progress *to,
				       const char *address)
{
	if (!to)
		return;
	atomic_fetch_add_explicit(&to->accounts, 1, memory_order_relaxed);
	to->ops->account(to, address);
}

/* `messages` more are done (0 while a large one is under way), `bytes` more of
 * the source are read. */
static inline void bk_progress_message(struct bk_progress *to,
				       uint64_t messages, uint64_t bytes)
{
	if (!to)
		return;
	atomic_fetch_add_explicit(&to->messages, messages,
				  memory_order_relaxed);
	atomic_fetch_add_explicit(&to->bytes, bytes, memory_order_relaxed);
}

static inline void bk_progress_item_error(struct bk_progress *to,
					  const struct bk_item_error *error)
{
	if (!to || (to->watch && !to->watch(to->watch_arg, error)))
		return;
	atomic_fetch_add_explicit(&to->errors, 1, memory_order_relaxed);
	to->ops->item_error(to, error);
	if (to->also)
		to->also->ops->item_error(to->also, error);
}

/* For who keeps it: people are told in a note. */
static inline void bk_progress_carried(struct bk_progress *to,
				       const char *account,
				       const struct bk_carried *row)
{
	if (to && to->carried)
		to->carried(to->watch_arg, account, row);
}

/* A line of talk: "no full set to stand on; making a full one". */
static inline void bk_progress_note(struct bk_progress *to, const char *text)
{
	if (to)
		to->ops->note(to, text);
	if (to && to->also)
		to->also->ops->note(to->also, text);
}

/* The same of what has consequences: shown even to who wants no talk. */
static inline void bk_progress_warning(struct bk_progress *to, const char *text)
{
	for (; to; to = to->also) {
		if (to->ops->warning)
			to->ops->warning(to, text);
		else
			to->ops->note(to, text);
	}
}

/* Now and then while a target is under way, and once when all is done there. */
static inline void bk_progress_target(struct bk_progress *to,
				      const struct bk_target_report *report)
{
	if (to)
		to->ops->target(to, report);
	if (to && to->also)
		to->also->ops->target(to->also, report);
}

/* Once for each account of a move. */
static inline void bk_progress_moved(struct bk_progress *to,
				     const struct bk_move_report *report)
{
	if (to && to->ops->moved)
		to->ops->moved(to, report);
}

static inline void bk_progress_finish(struct bk_progress *to,
				      const struct bk_summary *summary)
{
	if (to)
		to->ops->finish(to, summary);
	if (to && to->also)
		to->also->ops->finish(to->also, summary);
}

#endif
