/* Which server each account of a move has, or gets: what move_place.c keeps
 * while it finds out, and for who prints it. */

#ifndef BK_JOB_MOVE_PLACE_H
#define BK_JOB_MOVE_PLACE_H

#include "job/move_elsewhere.h"
#include "job/move_placed.h"
#include "job/move_work.h"
#include "job/placing.h"

/* One account. */
struct bk_move_spot {
	size_t at; /* which pair; BK_PLACING_NOWHERE */
	uint64_t bytes;
	bool sized;               /* bytes are known */
	bool before;              /* an earlier run said where */
	enum bk_move_claim claim; /* how surely, then */
	bool found;               /* its mail was there, whoever brought it */
	bool arrived;             /* that is, of a pass */
	/* What each server says of it, when it was asked: */
	struct bk_placing_room *rooms;
	uint64_t *messages; /* that are there */
	/* It gets no place in this run: the source or a server would not say
	 * what is there, or its place is elsewhere; or NULL. */
	const struct bk_err *why;
};

/* Does a server let anybody in? */
struct bk_move_door {
	size_t asked, open, placed; /* accounts */
	struct bk_err why;          /* the first that it did not */
};

struct bk_move_placing {
	struct bk_move_spot *spots;        /* of each task */
	struct bk_placing_server *servers; /* of each pair, as the others */
	struct bk_move_door *doors;
	struct bk_move_placed *placed;
	struct bk_move_records *records;
};

/* ---- move_ask.c ---- */

/* Asks the source for the size of an account, and every server whether it knows
 * it, what room it has, and whether there is mail.  -1: a server cannot be
 * asked, which ends it all. */
int bk_move_ask(struct bk_move_task *task, struct bk_err *err);

#endif
