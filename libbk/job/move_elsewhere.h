/*
 * Where an account of a source lives, or is to live, among all servers that it
 * was ever moved to, whatever --to names now: the folder of each pair of ends
 * says which they are, from the first run that changes something on, so all
 * pairs of one source can be found.
 */

#ifndef BK_JOB_MOVE_ELSEWHERE_H
#define BK_JOB_MOVE_ELSEWHERE_H

#include "job/move_placed.h"
#include "job/move_work.h"

/* How surely an account is at a server: one that changed servers, or was about
 * to, is there, whatever else is said; a place that was given comes before a
 * pass that was made. */
enum bk_move_claim {
	BK_CLAIM_NONE,
	BK_CLAIM_PASS,
	BK_CLAIM_PLACE,
	BK_CLAIM_CUTOVER,
};

/* `notes`: the pair's; place and record may be NULL.  -1: what is noted of its
 * cutover cannot be read. */
int bk_move_claim(enum bk_move_claim *out, const char *notes, const char *name,
		  const struct bk_move_place *place,
		  const struct bk_move_record *record, struct bk_err *err);

struct bk_move_elsewhere {
	enum bk_move_claim claim; /* PLACE or CUTOVER */
	struct bk_err why;        /* where that is, and what to do */
};

/* Fills in `elsewhere` of each task, in the move's arena.  A pass that was made
 * to another server alone is no place: people rehearse.  -1 where what is
 * remembered cannot be read. */
int bk_move_elsewhere_find(struct bk_move *move, struct bk_err *err);

/* The same of one account, that others may have given a place or moved since,
 * by claims of `least` on: BK_MISUSE where one is surer than the pair's own. */
int bk_move_elsewhere_still(const struct bk_move_task *task,
			    enum bk_move_claim least, struct bk_err *err);

/* All servers that something was moved to from the source, but those of this
 * move: "mx2, mx3". */
int bk_move_elsewhere_names(struct bk_move *move, struct bk_buf *out,
			    struct bk_err *err);

/* Says in the pair's folder, which is made, which ends it is of; durable. */
int bk_move_ends_note(const struct bk_move *move,
		      const struct bk_move_pair *pair, struct bk_err *err);

#endif
