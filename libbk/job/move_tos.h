/*
 * The destinations of a move: one end, or several [server]s as "mx2,mx3" or
 * "mx2:3,mx3:1", each with its share of the accounts.
 */

#ifndef BK_JOB_MOVE_TOS_H
#define BK_JOB_MOVE_TOS_H

#include <stddef.h>

#include "base/err.h"
#include "base/opt.h"
#include "job/move.h"
#include "job/settings.h"

/* {0} is a valid empty one. */
struct bk_move_tos {
	struct bk_move_to *items; /* owned */
	struct bk_move_end *ends; /* owned */
	size_t n;
	char *name; /* owned; of all of them, for people */
};

/* Finds out what is meant by --to; connects to nothing.  The weight is that of
 * the word, or else of the section, or else the capacity where all have one, or
 * else 1.  BK_MISUSE. */
int bk_move_tos_find(struct bk_move_tos *out, struct bk_settings *settings,
		     const char *word, const struct bk_opt_list *options,
		     struct bk_err *err);
/* What leads from the source to each of them: the routes of those names, or all
 * of the file (NULL).  BK_MISUSE where an end has no section, or none leads. */
int bk_move_tos_routes(struct bk_move_tos *tos, struct bk_settings *settings,
		       const struct bk_move_end *from, const char *names,
		       struct bk_err *err);
void bk_move_tos_clear(struct bk_move_tos *tos);

#endif
