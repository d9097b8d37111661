/* A move under way: what its parts share. */

#ifndef BK_JOB_MOVE_WORK_H
#define BK_JOB_MOVE_WORK_H

#include <pthread.h>
#include <stdbool.h>

#include "base/lock.h"
#include "job/move.h"
#include "job/move_record.h"
#include "job/move_turns.h"
#include "store/store.h"
#include "sync/journal.h"
#include "sync/sync.h"

/* The source and one destination, and what is remembered of them. */
struct bk_move_pair {
	const struct bk_move_to *to;
	char *identity; /* of the destination */
	struct bk_lock *lock;
	bool running;       /* of who only looks: another run of it is
			       under way */
	char *folder;       /* of journal and record */
	char *record_path;  /* in it */
	char *placed_path;  /* in it: job/move_placed.h */
	char *ends_path;    /* in it: job/move_elsewhere.h */
	char *journal_path; /* in it */
	char *scratch;      /* folder that goes at the end, or NULL */
	bool fresh;         /* who only looks has found no journal */
	char *notes;        /* folder of job/cutover_note.h */
	char *letters;      /* that of job/move_letter.h */
	bool once;          /* mail came from a set, now or before */
	struct bk_move_routes *routes; /* owned; job/move_turns.h */
	struct bk_journal *journal;
	uint64_t free;  /* bytes, of a disk for all; UINT64_MAX: not known */
	uint64_t bytes; /* of mail that preflight found for it */
};

/* One account. */
struct bk_move_task {
	struct bk_move *move;
	const struct bk_move_account *account;
	struct bk_move_pair *pair;     /* its place; NULL: it has none, and: */
	const struct bk_err *unplaced; /* why, NULL: nobody asked for one */
	/* It has its place at a server that --to does not name; NULL: none is
	 * known. */
	const struct bk_move_elsewhere *elsewhere;
	const char *name; /* in the journal */
	/* From the destination to the source: */
	bool reverse;
	const struct bk_folder_rules *rules; /* NULL: the request's */
	bool hurried;                        /* it is held meanwhile */
	bool moved;                          /* people are there already */
};

/* What a pass over it has brought so far; one thread's. */
struct bk_move_session {
	struct bk_store *from, *to;
	struct bk_arena arena; /* of the accounts, and of the record */
	struct bk_account from_account, to_account;
	bool to_missing;     /* it is not there, and was not to be made */
	enum bk_place place; /* which end is to blame for an error */
};

struct bk_move {
	const struct bk_move_request *request;
	struct bk_progress *progress;
	struct bk_outcome *outcome;
	struct bk_move_accounts accounts;
	struct bk_move_task *tasks; /* owned; one for each account */
	struct bk_arena arena;
	struct bk_move_pair *pairs; /* owned; one for each destination */
	size_t n_pairs;
	struct bk_move_placing *placing; /* job/move_place.h; or NULL */
	struct bk_move_turns turns;      /* of accounts that change servers */
	bool data_only;                  /* this round */
	/* Of the data stage; and for what goes back. */
	const struct bk_rights_map *identities, *identities_back;
	int64_t start_ms;
	int64_t began; /* UTC seconds */

	pthread_mutex_t lock; /* of all that follows, and of listings */
	struct bk_summary summary;
	size_t ended;       /* accounts */
	size_t failed;      /* of them, FAILED and PUT_OFF */
	size_t put_off;     /* of those */
	size_t undone;      /* of `failed`, those whose cutover was undone */
	size_t switched;    /* of `failed`, those whose routes were touched */
	bool lacks_scripts; /* of some account scripts would stay behind */
	bool one_place;     /* all that failed did so at one end: */
	struct bk_err why;  /* the first */
	enum bk_place place;
	const char *why_account, *why_next;
	struct bk_listing *listing;
	/* Records of the accounts that are under way, for what is told of
	 * them. */
	struct bk_move_record **under_way; /* owned */
	size_t n_under_way;
};

/* ---- move_state.c ---- */

/* The pairs of the request: where each remembers things, one folder for each,
 * by what its ends are; and whether others are at it.  BK_MISUSE where the
 * destination is the source. */
int bk_move_pairs_make(struct bk_move *move, struct bk_err *err);
void bk_move_pairs_free(struct bk_move *move);

/* Where what is remembered of a move between these ends, by their identities,
 * lies; the caller's to free. */
char *bk_move_pair_folder(const char *state_dir, const char *from,
			  const char *to);

/* Its destination, for people; NULL: there is one alone. */
const char *bk_move_pair_name(const struct bk_move *move,
			      const struct bk_move_pair *pair);
/* What came of the last pass of its accounts. */
int bk_move_pair_records(const struct bk_move *move,
			 const struct bk_move_pair *pair,
			 struct bk_move_records *out, struct bk_err *err);

/* Opens the journals, or scratch ones for who only looks; a record holds each
 * account once from then on, and `once` is known. */
int bk_move_state_open(struct bk_move *move, bool writes, struct bk_err *err);
void bk_move_state_close(struct bk_move *move);

/* ---- move_place.c ---- */

/* Each task has its pair, as it is known; with `all` the others find one, and
 * with `writes` that is noted.  One whose place is at a server that --to does
 * not name has none, and `unplaced` says so; where one server is named that is
 * all.  -1 where not all servers can be asked. */
int bk_move_place(struct bk_move *move, bool all, bool writes,
		  struct bk_err *err);

/* Prints which account goes where, and what each server gets. */
int bk_move_place_print(const struct bk_move *move, struct bk_err *err);
void bk_move_place_free(struct bk_move *move);

/* ---- move_choose.c ---- */

/* Fills move->accounts. */
int bk_move_choose(struct bk_move *move, struct bk_err *err);

/* ---- move_each.c ---- */

/* Runs act on each account, request->jobs at a time, and at each server as many
 * as it bears; the next one is for the server with the fewest.  -1 ends it all.
 */
typedef int bk_move_act(struct bk_move_task *task, struct bk_err *err);
int bk_move_each(struct bk_move *move, bk_move_act *act, struct bk_err *err);

/* Opens stores at both ends, and finds the account there; `make`: or makes it.
 * BK_GONE at the destination is none without `make`: to_missing. */
int bk_move_session_open(struct bk_move_session *out,
			 const struct bk_move_task *task, bool make,
			 struct bk_err *err);
void bk_move_session_close(struct bk_move_session *session);

/* Which end an error of both together came from. */
enum bk_place bk_move_place_of(const struct bk_err *why);

/* The account ended so; report->state says how.  `why` is for FAILED and
 * PUT_OFF.  -1 with BK_UNSAFE when too many have failed. */
int bk_move_ended(const struct bk_move_task *task,
		  struct bk_move_record *record, const struct bk_err *why,
		  enum bk_place place, struct bk_err *err);

/* It ended so where there is no place for it. */
int bk_move_unplaced(const struct bk_move_task *task, struct bk_err *err);

/* The error of an account that ends the whole run. */
bool bk_move_is_end(const struct bk_err *err);

/* "bk move VERB ... --account ADDRESS", in the move's arena; the verb may be
 * "", and the address NULL: all that this run is about.  Under the lock, or
 * where one thread is left. */
const char *bk_move_next(struct bk_move *move, const char *verb,
			 const char *address);

/* ---- move_data.c ---- */

/* An account that is tried until it is done. */
struct bk_move_trying {
	struct bk_move_task *task;
	struct bk_move_report *report; /* of all tries */
	enum bk_place place;           /* where the last one failed */
	uint64_t unset; /* of report->lost_flags: to be tried again */
};

/* A pass in this session, to be counted. */
int bk_move_pass(struct bk_move_session *session,
		 const struct bk_move_task *task, bool dry_run,
		 struct bk_sync_counts *counts, struct bk_err *err);
void bk_move_count(struct bk_move_trying *t,
		   const struct bk_sync_counts *counts);

/* Do its accounts change servers, in this round? */
bool bk_move_switches(const struct bk_move *move);

/* ---- move_keep.c ---- */

/* What is told of the account from now on is kept in the record, which is the
 * caller's until it is ended or dropped. */
void bk_move_keep_begin(struct bk_move *move, struct bk_move_record *record);
void bk_move_keep_drop(struct bk_move *move,
		       const struct bk_move_record *record);
/* Writes it, unless it is a dry run. */
void bk_move_keep_end(const struct bk_move_task *task,
		      struct bk_move_record *record);
/* A pass begins: what it says takes the place of what others said. */
void bk_move_keep_anew(struct bk_move *move, const char *name);
/* Before there are threads, and after. */
void bk_move_keep_watch(struct bk_move *move, bool on);

/* ---- move_people.c ---- */

/* Sends who the account is of this mail, if it is wanted, and was not sent
 * before; AFTER: if it is due.  -1: the progress has been told already, and
 * nobody need stop. */
int bk_move_tell(const struct bk_move_task *task, enum bk_letter letter,
		 struct bk_err *err);

/* Before the account is touched: when it has moved, AFTER is due. */
int bk_move_tell_later(const struct bk_move_task *task, struct bk_err *err);

/* It is back where it was: when it moves again it is another move. */
int bk_move_tell_anew(const struct bk_move_task *task, struct bk_err *err);

/* The verb: BEFORE to all of them. */
int bk_move_announce(struct bk_move *move, struct bk_err *err);

/* ---- move_cutover.c ---- */

/*
 * The account changes servers, after its passes, or goes `back`; what was cut
 * off is gone on with.  0: it lives where it is wanted; -1 with the report's
 * `cutover` saying where it does.
 */
int bk_move_cutover(struct bk_move_trying *t, bool back, struct bk_err *err);

/* Before its passes, and whether it has moved is known from then on: none are
 * made of one that has, unless its mail came from a set, or is under way; -1
 * when it is under way and nobody wants to go on with it. */
int bk_move_cutover_before(struct bk_move_trying *t, bool *pass_first,
			   struct bk_err *err);

/* Does the request's front lead to the destination?  Changes nothing, in the
 * end. */
int bk_move_probe(const struct bk_move_task *task, struct bk_err *err);

/* Which server is active now, for people. */
const char *bk_move_cutover_text(enum bk_cutover_end end);

/* A task in the other direction, with what both ends have in common in the
 * journal; clear it when no pass is made any more. */
struct bk_move_reverse {
	struct bk_move_task task;
	struct bk_folder_rules rules;
	struct bk_folder_rule *items; /* owned */
	struct bk_journal_folders folders;
	char *name;
};
int bk_move_reverse_make(struct bk_move_reverse *out,
			 const struct bk_move_task *task, struct bk_err *err);
/* Before it goes forward: what came back by then is the source's own. */
int bk_move_reverse_forget(const struct bk_move_task *task, struct bk_err *err);
void bk_move_reverse_clear(struct bk_move_reverse *reverse);

/* ---- move_data.c, move_plan.c, move_preflight.c, move_verify.c ---- */

/* Whose rights become whose.  Accounts that are called otherwise there have
 * theirs under that name, too; in a rehearsal they are not there. */
int bk_move_map_identities(const struct bk_move *move,
			   struct bk_rights_map *out, struct bk_err *err);

int bk_move_data(struct bk_move *move, struct bk_err *err);
int bk_move_plan(struct bk_move *move, struct bk_err *err);
int bk_move_preflight(struct bk_move *move, struct bk_err *err);
int bk_move_verify(struct bk_move *move, struct bk_err *err);

/* ---- move_status.c ---- */

int bk_move_status(struct bk_move *move, struct bk_err *err);
int bk_move_report(struct bk_move *move, struct bk_err *err);

#endif
