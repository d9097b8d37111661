/*
 * Folders that are read and wait for the places of their chunks: a block's
 * place is known when it is sealed.  They are written in the order in which
 * they came.
 */

#ifndef BK_JOB_BACKUP_WAITING_H
#define BK_JOB_BACKUP_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct bk_backup_task;
struct bk_backup_walk;

/* {0} is an empty one. */
struct bk_backup_waiting {
	struct bk_backup_task *first, *last;
	uint64_t added; /* messages whose content is on its way */
	uint64_t rows;  /* all that their listings and bases hold */
};

/* Takes the task over. */
void bk_backup_waiting_add(struct bk_backup_waiting *waiting,
			   struct bk_backup_task *task);

/* Writes into the walk's manifest what has its places; with `all`, or when too
 * much waits, open blocks are sealed for it. */
int bk_backup_waiting_write(struct bk_backup_walk *walk, bool all,
			    struct bk_err *err);

void bk_backup_waiting_clear(struct bk_backup_waiting *waiting);

#endif
