/*
 * Moving accounts from one mail store to another, while people work: pass
 * after pass, each time only what is new (sync/sync.h), many accounts at a
 * time.  An account that fails never stops the others.  Where there are several
 * destinations each account has its place at one of them, for good
 * (job/placing.h).
 *
 *	run        the data stage: a pass over each account, and the account
 *	           stage: one after the other changes servers
 *	plan       which folder becomes which, and what a pass would copy
 *	preflight  every login, room and limits; names that have to be changed
 *	verify     compares both ends, message by message
 *	status     what the journal says of the accounts
 *	report     what came of the last pass of each
 *	rollback   accounts that changed servers go back
 *	announce   people are told that their accounts will move
 *
 * Only run and rollback write anything: at the destination, in the state
 * directory, in the account stage the routes, and rollback at the source; and
 * announce notes who was told.
 */

#ifndef BK_JOB_MOVE_H
#define BK_JOB_MOVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pattern.h"
#include "job/exit.h"
#include "job/move_accounts.h"
#include "job/move_end.h"
#include "job/move_letter.h"
#include "job/notify.h"
#include "report/listing.h"
#include "route/route.h"
#include "sync/folder_map.h"
#include "sync/progress.h"

enum bk_move_verb {
	BK_MOVE_RUN,
	BK_MOVE_PLAN,
	BK_MOVE_PREFLIGHT,
	BK_MOVE_VERIFY,
	BK_MOVE_STATUS,
	BK_MOVE_REPORT,
	BK_MOVE_ROLLBACK,
	BK_MOVE_ANNOUNCE,
};

/* Where accounts go: one of several destinations, or the only one. */
struct bk_move_to {
	struct bk_move_end *end;              /* found, not open */
	uint64_t weight, capacity;            /* job/placing.h */
	const struct bk_route_config *routes; /* that lead there; at least one
						 in the account stage */
	size_t n_routes;
};

/* The account stage: job/cutover_plan.h.  Settings of it that are 0 or NULL are
 * nothing. */
struct bk_move_cutover {
	bool wanted;
	int64_t at;         /* UTC seconds: not before; 0 */
	bool data_now;      /* a round of passes until then */
	bool leave_some;    /* though messages stay behind */
	const char *reason; /* what who logs in meanwhile is told */
};

/* Mail that the configuration has a name for: job/move_known.h. */
struct bk_move_known {
	const char *name, *identity;
};

struct bk_move_request {
	enum bk_move_verb verb;
	struct bk_move_end *from;    /* found, not open */
	const struct bk_move_to *to; /* n_to of them, at least one */
	size_t n_to;
	const char *to_name;       /* of all of them, for people */
	struct bk_move_end *front; /* what people reach; NULL */
	/* Which accounts: of a file, or of options and the source's list. */
	const char *accounts_file; /* or NULL */
	const struct bk_filter *only;
	const char *as; /* under which address there, or NULL */
	const struct bk_folder_rules *rules;
	const char *identities; /* file: who rights are for there, or NULL */
	const char *state_dir;
	const struct bk_move_known *known; /* n_known of them */
	size_t n_known;
	const struct bk_notify_settings *notify;  /* or NULL */
	const struct bk_letter_settings *letters; /* to people; or NULL */
	int64_t wait_ms; /* for another run of the same move */
	unsigned jobs;   /* accounts at a time */
	uint64_t bad_items;
	uint32_t error_stop_ppm; /* of the accounts: more that fail end it, */
	size_t error_stop_few;   /* but so many may in any case */
	/* The set that `from` is read from, for people; NULL: from itself. What
	 * is known by an earlier pass stays as it is then. */
	const char *set;
	bool dry_run, keep_deleted, full;
	bool bodies, no_extra, mail_only; /* of verify */
	/* Passes are made until one took no longer than that, and not more
	 * than so many; 1: one, however long. */
	int64_t until_delta_ms;
	unsigned max_passes;
	struct bk_move_cutover cutover;
	struct bk_listing_style style;
	/* For what to do next: "--from a --to b ...", of this move but for its
	 * accounts; " --stages data,account ...", what a run says besides; and
	 * " --domains a", the accounts. */
	const char *command, *stages, *selection;
};

/*
 * 0 when every account was dealt with, whatever came of each (the outcome says
 * whether something lacks); -1 when nothing was done, with the error that all
 * accounts had, or the first of them.  BK_GONE, place set, when no account
 * fits.
 */
int bk_move_run(const struct bk_move_request *request,
		struct bk_progress *progress, struct bk_outcome *outcome,
		struct bk_err *err);

#endif
