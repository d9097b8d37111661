/* A restore under way: what its parts share. */

#ifndef BK_JOB_RESTORE_RUN_H
#define BK_JOB_RESTORE_RUN_H

#include <pthread.h>

#include "job/restore.h"
#include "job/restore_deleted.h"
#include "job/restore_folder.h"
#include "job/restore_texts.h"
#include "job/restore_write.h"
#include "job/server_store.h"
#include "store/store.h"

#define BK_RESTORE_REMARKS 16 /* different ones that are told */

#define BK_RESTORE_UNMADE  3 /* errors that are told */

/* What accounts-first could not make; the run's lock. */
struct bk_restore_unmade {
	uint64_t accounts, folders;
	const char *who[BK_RESTORE_UNMADE]; /* the first, the set's; and */
	struct bk_err why[BK_RESTORE_UNMADE];
};

/* What a store had to say about a folder, and about how many. */
struct bk_restore_remark {
	char text[256];
	uint64_t folders;
	const char *first; /* "ann@a.example: Sent" */
};

struct bk_restore {
	const struct bk_restore_request *request;
	struct bk_progress *progress;
	struct bk_outcome *outcome;
	struct bk_set *chosen;
	struct bk_restore_plan whole; /* of the chosen set */
	struct bk_restore_deleted deleted;
	/* What is at work: the chosen set, or one of those where deleted
	 * messages are. */
	struct bk_set *set;
	const struct bk_restore_plan *plan;
	struct bk_store_settings to;
	struct bk_server_store server; /* that it is on */
	struct bk_store *store;
	struct bk_restore_into into;
	struct bk_restore_writing writing;
	struct bk_name_table counted; /* addresses, in `accounts` */
	struct bk_restore_texts texts[BK_TEXT_KINDS];
	size_t folders_most;  /* that can be open at a time */
	pthread_mutex_t lock; /* of all that follows */
	struct bk_restore_remark remarks[BK_RESTORE_REMARKS];
	size_t n_remarks;
	struct bk_restore_unmade unmade;
	struct bk_arena arena; /* of their names */
	uint64_t accounts, there, flags, removed;
	uint64_t missing; /* heal: perhaps deleted, perhaps lost */
	bool denied;      /* some of what was reported */
	uint64_t errors;  /* besides messages that were not restored */
	uint64_t kept_uids, new_uids; /* folders */
};

/* An account of the destination, while folders of it are to come. */
struct bk_restore_account {
	const struct bk_set_account *from;
	struct bk_account here; /* strings in arena */
	struct bk_arena arena;
	bool made;
	bool failed; /* it could not be made: its folders are passed over */
};

struct bk_restore_batch {
	struct bk_restore_account **accounts; /* owned, each of them too */
	size_t n_accounts, cap_accounts;
	struct bk_restore_folder **folders; /* likewise */
	size_t n, cap;
	size_t messages;
	struct bk_restore_opener *opener; /* owned; or NULL */
};

/* Does it for each set that messages come from, with run->set and run->plan
 * set.  A set that was deleted from is open only meanwhile: what is kept of it
 * is copied. */
int bk_restore_each_source(struct bk_restore *run,
			   int (*act)(struct bk_restore *run, void *arg,
				      struct bk_err *err),
			   void *arg, struct bk_err *err);

/* Tells the store of all folders of a set, chosen or not, so that what each is
 * called does not depend on what is chosen. */
void bk_restore_expect(struct bk_restore *run, const struct bk_set *set);

/* Counts an account once. */
void bk_restore_count_account(struct bk_restore *run, const char *address);

/* The same, for bk_restore_each_source(): first all accounts and folders, then
 * the newest mail of all of them, then the rest. */
int bk_restore_accounts_first(struct bk_restore *run, void *arg,
			      struct bk_err *err);

/* Restores all items of the plan, some folders at a time; `arg` is not used. */
int bk_restore_folders(struct bk_restore *run, void *arg, struct bk_err *err);

/*
 * Opens folders that were read, and compares, while more of them are read: many
 * accounts at a time, where the store lets it.  A folder that cannot be opened
 * is told of, and cleared; nobody else looks at one before the join.
 */
struct bk_restore_opener;
int bk_restore_opener_start(struct bk_restore_opener **out,
			    struct bk_restore *run, struct bk_err *err);
/* An account's come one after the other. */
void bk_restore_opener_add(struct bk_restore_opener *opener,
			   struct bk_restore_account *account,
			   struct bk_restore_folder *folder);
/* When all are open; frees it either way. */
int bk_restore_opener_join(struct bk_restore_opener *opener,
			   struct bk_err *err);
/* Of a run that has failed: opens no more of them, and frees it. */
void bk_restore_opener_stop(struct bk_restore_opener *opener);

/*
 * Finishes the folders of a batch, and its accounts but for the one that the
 * `next` item belongs to (NULL: there is none).  Most of it is waiting for
 * disks, so many accounts are done at a time.
 */
int bk_restore_finish(struct bk_restore *run, struct bk_restore_batch *batch,
		      const struct bk_set_account *next, struct bk_err *err);

/* Only lists what would be restored and, with --replace, what would be taken
 * away, as the request's style has it.  Makes and locks nothing. */
int bk_restore_preview(struct bk_restore *run, struct bk_err *err);

/* Keeps what a store had to say about a folder, "": nothing, for the end; the
 * caller has the lock. */
void bk_restore_remember(struct bk_restore *run,
			 const struct bk_restore_item *item, const char *text);

/* Remarks and summary; sets outcome->ending. */
void bk_restore_tell_end(struct bk_restore *run, const char *label,
			 int64_t start_ms);
/* --heal: messages that are not there. */
void bk_restore_tell_missing(struct bk_restore *run);
/* Adds what to do to an error that ended it, where the destination is full. */
void bk_restore_tell_full(const struct bk_restore *run, struct bk_err *err);

/* Tell what could not be done; `lost` messages are not restored because of it,
 * with none it is an error by itself.  Any thread. */
void bk_restore_report_folder(struct bk_restore *run,
			      const struct bk_restore_item *item, uint64_t lost,
			      const char *outcome, const struct bk_err *why);
void bk_restore_report_account(struct bk_restore *run,
			       const struct bk_set_account *account,
			       const char *outcome, const struct bk_err *why);
void bk_restore_report_item(struct bk_restore *run,
			    const struct bk_item_error *error);
void bk_restore_count_lost(struct bk_restore *run, uint64_t lost);
/* Who keeps a copy tries again what the account lacks. */
void bk_restore_lacking(struct bk_restore *run,
			const struct bk_restore_account *account);
/* Did all that belongs to the account come with a run before this one, and
 * people since? */
bool bk_restore_is_theirs(const struct bk_restore *run,
			  const struct bk_restore_account *account);

#endif
