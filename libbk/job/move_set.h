/* The set of a repository that a move takes its mail from: what is left where
 * the server itself is dead. */

#ifndef BK_JOB_MOVE_SET_H
#define BK_JOB_MOVE_SET_H

#include "base/err.h"
#include "job/choose.h"
#include "job/exit.h"
#include "job/open.h"
#include "job/settings.h"
#include "repo/set.h"

/* {0} is a valid empty one. */
struct bk_move_set {
	struct bk_opened opened;
	struct bk_set *set;
	const char *store;       /* that it was made of */
	char label[BK_SET_NAME]; /* "20261119T1230-d" */
};

/* Opens the repository of the settings, and the set that is meant; outcome as
 * bk_choose_and_open().  `choice` may be written to. */
int bk_move_set_open(struct bk_move_set *out, struct bk_settings *settings,
		     struct bk_choice *choice, struct bk_outcome *outcome,
		     struct bk_err *err);
void bk_move_set_close(struct bk_move_set *set);

#endif
