/* An account and a folder under way: what the files of a pass share. */

#ifndef BK_SYNC_PASS_H
#define BK_SYNC_PASS_H

#include <pthread.h>

#include "sync/carried.h"
#include "sync/folder_plan.h"
#include "sync/journal.h"
#include "sync/name_order.h"
#include "sync/rights_plan.h"
#include "sync/sync.h"

/* A writer that is being opened. */
struct bk_opening {
	bool begun;  /* and not known to have ended */
	bool beside; /* in a thread of its own */
	pthread_t thread;
	struct bk_folder_writer *writer;
	int rc;
	struct bk_err err;
};

/* A folder of a pass. */
struct bk_folder_pass {
	struct bk_pass *pass;
	struct bk_folder *from;
	struct bk_folder *to; /* NULL: not there */
	const char *name;     /* at the destination */
	struct bk_journal_folder row;
	bool dry_run;
	bool first; /* the journal does not know it yet */
	bool begun; /* a run that was cut off has made it, and no more */
	bool wrote; /* something, at the destination */
	bool holds; /* what is to go stays until the next pass */
	struct bk_folder words; /* the table of keywords, the source's first */
	struct bk_folder want;  /* what it should become */
	struct bk_rights_plan rights;
	struct bk_acl_entry *gifts; /* what it says is to be given; in arena */
	enum bk_acl_outcome *outcomes; /* of each; likewise */
	size_t n_gifts;
	struct bk_acl_watch acl_watch; /* sets them */
	struct bk_pair_list pairs;
	struct bk_message_list from_list, to_list;
	struct bk_uid_set from_gone, to_gone;
	struct bk_folder_side from_side, to_side;
	struct bk_folder_plan plan;
	struct bk_journal_batch doubt; /* what was on its way */
	struct bk_opening opening;
	struct bk_folder_writer *writer; /* NULL until that has ended */
	uint32_t next_id;
	uint32_t to_next; /* the next UID of the destination; 0: not known */
	uint64_t to_messages;
	uint64_t failed;  /* messages that could not be carried over */
	uint64_t unnamed; /* that came, and which one it is was not told */
	struct bk_carried_list carried; /* told when it is over */
	bool not_subscribed;            /* it was turned down */
	struct bk_arena arena;
};

/* A folder that is looked at before its turn comes. */
struct bk_ahead {
	const struct bk_sync_end *from;
	struct bk_folder *folder; /* of the pass; NULL: none is listed */
	struct bk_message_list list;
	pthread_t thread;
	bool runs;  /* what the folder is belongs to the thread */
	bool makes; /* the destination may be asked to make it */
	int rc;
	struct bk_folder_pass next; /* what is known of it before */
};

/* Places in lists, by name. */
struct bk_pass_names {
	struct bk_name_order from, to, pairs, rows;
};

/* A pass over an account. */
struct bk_pass {
	const struct bk_sync_request *request;
	struct bk_sync_counts *counts;
	int64_t account; /* in the journal */
	uint64_t failed; /* messages that could not be carried over */
	bool wrote;      /* something was written at the destination */
	struct bk_folder_list from, to;
	struct bk_folder_map map;
	struct bk_journal_folders rows;
	struct bk_pass_names names;
	struct bk_journal_rights rights; /* that we gave */
	bool knows_rights; /* those of the source's folders were asked for */
	struct bk_journal_folder *after; /* owned; what was written should be */
	size_t n_after, cap_after;
	struct bk_arena arena; /* of its strings */
	size_t at;             /* the pair of the map that is under way */
	struct bk_ahead ahead;
};

/* ---- pass.c ---- */

/* Tells of a message of the folder (NULL: of the folder itself) that something
 * could not be done. */
void bk_pass_tell(const struct bk_folder_pass *folder,
		  const struct bk_message *msg, const struct bk_err *why,
		  const char *outcome);

/* A message could not be carried over: told, and counted in *count.  -1 with
 * BK_UNSAFE when that is too many. */
int bk_pass_item_failed(struct bk_folder_pass *folder,
			const struct bk_message *msg, const struct bk_err *why,
			uint64_t *count, struct bk_err *err);

/* Folders of both ends; a destination without an account has none. */
int bk_sync_list_both(const struct bk_sync_end *from_end,
		      const struct bk_sync_end *to_end,
		      struct bk_folder_list *from_list,
		      struct bk_folder_list *to_list, struct bk_err *err);
/* The same for a pass, and the map. */
int bk_pass_list(struct bk_pass *pass, struct bk_err *err);

void bk_pass_clear(struct bk_pass *pass);

/* A folder of the map, as it is before anything is asked. */
struct bk_folder_pass bk_pass_folder_of(struct bk_pass *pass,
					const struct bk_folder_pair *pair);
/* Is the pair to be made alike at all? */
bool bk_pass_wants(struct bk_pass *pass, const struct bk_folder_pair *pair);

/* ---- pass_names.c ---- */

/* Lists and map, or the journal's rows, are others than before. */
void bk_pass_names_folders(struct bk_pass *pass);
void bk_pass_names_rows(struct bk_pass *pass);
void bk_pass_names_clear(struct bk_pass *pass);

/* A folder of the source, or of the destination; NULL: there is none. */
struct bk_folder *bk_pass_from(const struct bk_pass *pass, const char *name);
struct bk_folder *bk_pass_to(const struct bk_pass *pass, const char *name);
/* The journal's, by the source's name. */
struct bk_journal_folder *bk_pass_row(const struct bk_pass *pass,
				      const char *from);
void bk_pass_row_rename(struct bk_pass *pass, struct bk_journal_folder *row,
			const char *from);
/* The pair's folder is one that the destination has. */
void bk_pass_pair_rename(struct bk_pass *pass, struct bk_folder_pair *pair,
			 struct bk_folder *to);
/* Does any folder go below this name at the destination? */
bool bk_pass_has_below(const struct bk_pass *pass, const char *name);

/* ---- folder_carried.c ---- */

/* Tells it to who keeps records; nothing in a dry run. */
void bk_pass_carried(const struct bk_pass *pass, const struct bk_carried *row);
/* A folder of the source that is not to come. */
void bk_pass_left_out(const struct bk_pass *pass,
		      const struct bk_folder_pair *pair);
/* Keeps what became of n of something until the folder is done. */
void bk_folder_pass_carried(struct bk_folder_pass *folder, const char *what,
			    enum bk_became became, size_t n, const char *why);
/* The same of all that its writer's end tells. */
void bk_folder_pass_ended(struct bk_folder_pass *folder,
			  const struct bk_folder_result *result, bool same_uids,
			  const struct bk_lacks *lacks);
/* The folder is done. */
void bk_folder_pass_tell_carried(struct bk_folder_pass *folder);

/* ---- departed.c ---- */

/* Folders with another name than before: at the destination too.  Before the
 * folders are done. */
int bk_pass_renames(struct bk_pass *pass, struct bk_err *err);
/* Folders that the source no longer has.  After. */
int bk_pass_departed(struct bk_pass *pass, struct bk_err *err);

/* ---- rights.c ---- */

/* Asks for rights and annotations of the source's folders, where there is a use
 * for them: some folder is moved for the first time, we gave rights that may
 * have changed, or all is to be compared. */
int bk_pass_rights(struct bk_pass *pass, struct bk_err *err);
/* Has anything of it changed at the source since it was settled? */
bool bk_folder_pass_rights_differ(const struct bk_folder_pass *folder);
/* Plans who is to have what at the destination, which is asked where something
 * has changed, and tells what is left. */
int bk_folder_pass_rights(struct bk_folder_pass *folder, struct bk_err *err);
/* The gifts are about to be given; were. */
int bk_folder_pass_rights_sent(const struct bk_folder_pass *folder,
			       struct bk_err *err);
int bk_folder_pass_rights_given(const struct bk_folder_pass *folder,
				struct bk_err *err);

/* ---- account_texts.c ---- */

/* The account's scripts and annotations; what cannot be carried over is told,
 * and no error. */
int bk_pass_texts(struct bk_pass *pass, struct bk_err *err);

/* ---- quota.c ---- */

/* The account's quota, in its first pass and when it has changed at the source;
 * what cannot be done is told, and no error. */
int bk_pass_quota(struct bk_pass *pass, struct bk_err *err);

/* ---- folder_listing.c ---- */

/* Reads the journal and both sides, as far as need be, and plans. */
int bk_folder_pass_look(struct bk_folder_pass *folder, struct bk_err *err);
/* May it be passed over, since both sides are as the journal says? */
bool bk_folder_pass_is_same(const struct bk_folder_pass *folder);
/* Is the subscription to be made, or taken away, at the destination? */
bool bk_folder_pass_subscribes(const struct bk_folder_pass *folder);
/* Did people take all of it away at the destination, who may? */
bool bk_folder_pass_is_away(const struct bk_folder_pass *folder);

/* ---- ahead.c ---- */

/* The source has nothing to do for this folder any more: it may list the next
 * one, and begin to send it, while the destination takes in what it was sent.
 */
void bk_pass_look_ahead(struct bk_pass *pass);
/* What the destination may make of it with its next flush; NULL: nothing. */
const struct bk_folder *bk_pass_made_next(const struct bk_pass *pass);
/* What the folder is may be read from now on: its listing has ended. */
void bk_pass_ahead_end(struct bk_pass *pass);
/* What a look ahead at `folder` gave: true, and *out is the caller's.  Any that
 * is under way has ended. */
bool bk_pass_looked_ahead(struct bk_pass *pass, const struct bk_folder *folder,
			  struct bk_message_list *out);

/* ---- folder_pass.c ---- */

/* One folder, from begin to end.  0; what the destination should look like
 * now is in *row. */
int bk_folder_pass_run(struct bk_folder_pass *folder, struct bk_err *err);
void bk_folder_pass_clear(struct bk_folder_pass *folder);
/* It is going to be made: the journal says so, and folder->want what it is to
 * be as far as that is known before it is listed. */
int bk_folder_pass_prepare(struct bk_folder_pass *folder, struct bk_err *err);
/* Waits for what opens the writer: it is there, or the error why it is not. */
int bk_folder_pass_opened(struct bk_folder_pass *folder, struct bk_err *err);

/* ---- transfer.c ---- */

/* Copies what the ADD tasks of the plan say. */
int bk_folder_pass_transfer(struct bk_folder_pass *folder, struct bk_err *err);
/* The source's message of a task; one that no list has is made up. */
struct bk_message *bk_folder_pass_source(struct bk_folder_pass *folder,
					 size_t task);

/* ---- latecomers.c ---- */

/* What was on its way before, was sent again and came twice, is there once;
 * after the transfer, while the writer is open. */
int bk_folder_pass_latecomers(struct bk_folder_pass *folder,
			      struct bk_err *err);

/* ---- transfer_batch.c ---- */

/* Writes rows to the journal, unless it is a dry run. */
int bk_folder_pass_record(struct bk_folder_pass *folder,
			  const struct bk_journal_news *news,
			  struct bk_err *err);
/* Makes what was done since the last flush sure. */
int bk_folder_pass_flush(struct bk_folder_pass *folder,
			 struct bk_message_list *told, struct bk_err *err);

#endif
