/*
 * A folder that is being restored: what the set has of it, what is there
 * already, what is left to do, and its end.
 *
 *	read     the set's rows
 *	begin    opens the folder for writing, compares
 *	...      the messages in `todo` are written, by any thread
 *	finish   --replace takes away what is not in the set; durable, visible
 *
 * For a dry run: read, look.
 */

#ifndef BK_JOB_RESTORE_FOLDER_H
#define BK_JOB_RESTORE_FOLDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/digester.h"
#include "job/restore_deleted.h"
#include "job/restore_follow.h"
#include "job/restore_match.h"
#include "job/restore_people.h"
#include "job/restore_plan.h"
#include "repo/set.h"
#include "store/store.h"

/* What all folders of a run share. */
struct bk_restore_into {
	struct bk_set *set; /* read by the thread that opens folders */
	struct bk_store *store;
	const struct bk_restore_wish *wish;
	struct bk_digester *digester; /* of the thread that opens folders */
	uint32_t uid_gap;
	bool replace;
	bool heal; /* only what is damaged: restore_heal.h */
	const struct bk_restore_follow *follow; /* or NULL */
	/* Of these dates only, UTC seconds: since <= date < before.  Both 0:
	 * of all. */
	int64_t since, before;
	struct bk_restore_deleted *deleted; /* NULL: all messages */
	size_t *found; /* how often each of wish->messages was met */
};

struct bk_restore_folder {
	const struct bk_restore_item *item;
	struct bk_restore_people people;
	const struct bk_account *account; /* as the destination knows it */
	struct bk_folder want; /* strings are the set's and the plan's */
	struct bk_row_list rows;
	struct bk_message_list present;
	struct bk_match match;
	struct bk_folder_writer *writer;
	uint32_t *todo; /* indexes of rows that have to be written */
	size_t n_todo;
	uint32_t *damaged; /* heal: the messages present that `todo` replaces,
			      and after them */
	size_t n_stale;    /* those that were replaced, and not taken away */
	bool *lost;        /* of each row, or NULL: it could not be written */
	bool *ours;        /* follow, of each message present: we brought it */
	bool *had;         /* likewise, of each row; or NULL: it was here, and
			      somebody took it away, so that it stays away */
	uint64_t missing;  /* heal: rows that are not there */
	uint64_t wanted;   /* rows of the dates that are asked for */
	uint64_t there;    /* of them, there already */
	bool part;         /* not all of its rows are of those dates; */
	bool rest;         /* and none is older */
	/* follow, a server: messages that have no UID yet, and wait for it */
	uint64_t waiting;
	_Atomic uint64_t failed; /* messages that could not be written */
};

/* What the set has of it that is wanted.  *out is {0} before, and the caller
 * clears it, after a failure too. */
int bk_restore_folder_read(struct bk_restore_folder *out,
			   const struct bk_restore_into *into,
			   const struct bk_restore_item *item,
			   struct bk_err *err);

/* Opens it in the destination, and compares. */
int bk_restore_folder_begin(struct bk_restore_folder *folder,
			    const struct bk_restore_into *into,
			    const struct bk_account *account,
			    struct bk_err *err);

/* Only compares, and opens nothing for writing: with the folder of the
 * destination as folders() lists it, which is filled by its scan; NULL: there
 * is none yet. */
int bk_restore_folder_look(struct bk_restore_folder *folder,
			   const struct bk_restore_into *into,
			   const struct bk_account *account,
			   struct bk_folder *listed, struct bk_err *err);

/* Messages present that are none of the set's. */
uint64_t bk_restore_folder_others(const struct bk_restore_folder *folder);

/* What it did besides writing messages. */
struct bk_restore_end {
	struct bk_folder_result result;
	uint64_t removed;
	uint64_t flags;    /* present, with the set's flags and date now */
	uint64_t refused;  /* messages present that did not get them; */
	struct bk_err why; /* the first of these */
	uint64_t strays;   /* follow: present, and not ours */
	bool kept_extra;   /* nothing was taken away, because messages failed */
};

/* Ends the writer either way. */
int bk_restore_folder_finish(struct bk_restore_folder *folder,
			     const struct bk_restore_into *into,
			     struct bk_restore_end *end, struct bk_err *err);

/* Forgets what was not finished. */
void bk_restore_folder_clear(struct bk_restore_folder *folder);

#endif
