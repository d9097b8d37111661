/*
 * Makes the mail of an account at one store what it is at another: again and
 * again, each time only what is new.  Any two stores.
 *
 * A *journal* (sync/journal.h, SQLite, one file a move) remembers for each
 * folder what both sides were after the last pass, and for each message which
 * one it is at the other end.  It is written after each batch that the
 * destination acknowledged; before a batch is sent it says which messages are
 * on their way and which UIDs were there, so a run that was killed anywhere is
 * followed by one that finds by content what arrived: nothing is lost, nothing
 * is there twice.
 *
 * What the source no longer has goes from the destination too, if it was we
 * who brought it; what others put there stays, always.
 */

#ifndef BK_SYNC_SYNC_H
#define BK_SYNC_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"
#include "sync/folder_map.h"
#include "sync/progress.h"

struct bk_journal;
struct bk_rights_map;

#define BK_SYNC_BATCH_MESSAGES 500
#define BK_SYNC_FETCH_MESSAGES ((size_t)16 * BK_SYNC_BATCH_MESSAGES)
#define BK_SYNC_BATCH_BYTES    ((uint64_t)16 << 20)

/* One end: an account of a store of this thread's own. */
struct bk_sync_end {
	struct bk_store *store;
	const struct bk_account *account;
};

struct bk_sync_request {
	struct bk_sync_end from, to;
	const char *name; /* the account, in journal and reports */
	struct bk_journal *journal;
	const struct bk_folder_rules *rules;
	const struct bk_rights_map *identities; /* or NULL */
	bool dry_run;
	bool keep_deleted; /* what is gone at the source stays */
	/* What was brought once is left to people: what they took away or moved
	 * at the destination does not come back. */
	bool once;
	bool old; /* the source is older than what was seen of it: flags of what
		     is known stay */
	bool full;             /* trust no MODSEQ: compare everything */
	uint64_t bad_items;    /* so many messages may fail; more end it */
	size_t batch_messages; /* at most, at a time; 0: 500 */
	size_t fetch_messages; /* at most, of one fetch; 0: 8,000 */
	struct bk_progress *progress; /* or NULL */
};

struct bk_sync_counts {
	uint64_t folders, folders_made, folders_gone;
	uint64_t folders_written; /* by this pass */
	uint64_t folders_uids;    /* of them: UIDs and UIDVALIDITY are kept */
	uint64_t folders_own;     /* of them: the store keeps no UIDs at all */
	uint64_t messages;        /* at the source */
	uint64_t added;           /* copied by this pass */
	uint64_t bytes;           /* of them */
	uint64_t found;      /* were at the destination, from elsewhere or an
				earlier run */
	uint64_t kept;       /* known */
	uint64_t flags;      /* of those found or kept: flags or keywords set */
	uint64_t gone;       /* taken away after the source */
	uint64_t refused;    /* the destination would not have them */
	uint64_t unread;     /* the source would not give them */
	uint64_t lost_flags; /* messages some flag of which was refused */
	uint64_t unset;      /* of them: the next pass tries again */
};

/*
 * One pass.  Messages that could not be carried over are reported and counted,
 * and tried again by the next pass; the rest goes on.  BK_UNSAFE when more
 * than bad_items failed; other errors end the account where it is: the next
 * pass goes on there.  A folder may be made before it was listed at the source:
 * where that fails, or it is gone there by then, an empty one may stay, which a
 * later pass fills or removes.
 */
int bk_sync_account(const struct bk_sync_request *request,
		    struct bk_sync_counts *out, struct bk_err *err);

/* ---- is it the same? ---- */

enum bk_sync_is {
	BK_SYNC_MISSING,   /* at the source only: a message; without a UID
			      rights, an annotation or, without a folder, a
			      Sieve script; likewise EXTRA, DIFFERENT */
	BK_SYNC_EXTRA,     /* at the destination only */
	BK_SYNC_DIFFERENT, /* other bytes, date, flags or keywords */
	BK_SYNC_NO_FOLDER, /* the folder is missing */
	BK_SYNC_NO_SUBSCRIPTION,
	BK_SYNC_SUBSCRIPTION, /* at the destination only */
};

struct bk_sync_difference {
	enum bk_sync_is is;
	const char *folder; /* the source's; of EXTRA the destination's; NULL:
			       of the account */
	uint32_t uid;       /* there; 0: of a folder */
	const char *what;   /* "flags: \\Seen there, none here" */
};

struct bk_sync_verify {
	struct bk_sync_end from, to;
	const struct bk_folder_rules *rules;
	const struct bk_rights_map *identities; /* or NULL */
	struct bk_journal *journal;             /* NULL: all by content */
	bool mail_only; /* not subscriptions, rights, annotations, scripts */
	bool bodies;    /* compare every byte, not headers and sizes alone */
	bool no_extra;  /* what is at the destination alone is no difference */
	void (*tell)(void *arg, const struct bk_sync_difference *difference);
	void *arg;
	struct bk_progress *progress;
};

struct bk_sync_verified {
	uint64_t folders, messages, bytes;
	uint64_t missing, extra, different;
};

/* Looks at every message of both, and at what hangs on folders and account;
 * changes nothing. */
int bk_sync_verify(const struct bk_sync_verify *request,
		   struct bk_sync_verified *out, struct bk_err *err);

#endif
