/*
 * Runs of several moves from one source may go on at a time, each with its own
 * destinations (the pair's lock keeps two runs of one move apart).  What they
 * must not do at a time is here: give accounts their places, and work on one
 * account.
 */

#ifndef BK_JOB_MOVE_ALONE_H
#define BK_JOB_MOVE_ALONE_H

#include "base/lock.h"
#include "job/move_work.h"

/* Nobody else gives accounts of the source their places until it is released.
 * BK_BUSY: another run does, and did so for all of the request's wait. */
int bk_move_alone_placing(struct bk_lock **out, const struct bk_move *move,
			  struct bk_err *err);

/* Nobody else works on the account until it is released, whatever comes of
 * this; NULL for who only looks.  BK_BUSY as above; BK_MISUSE: by now it has
 * changed to another server, or is about to. */
int bk_move_alone_with(struct bk_lock **out, const struct bk_move_task *task,
		       struct bk_err *err);

#endif
