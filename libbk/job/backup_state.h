/*
 * What a host remembers of a pair of store and repository between runs, in
 * the state directory: the set that is being written (so that the next run
 * takes over what a dead one left) and the newest one that was completed (so
 * that a repository that was set back is noticed).
 */

#ifndef BK_JOB_BACKUP_STATE_H
#define BK_JOB_BACKUP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "repo/id.h"

struct bk_backup_state {
	char *path;
	bool has_open; /* an interrupted run's set */
	uint8_t open[BK_ID_LEN];
	bool has_head; /* the newest completed set */
	uint8_t head[BK_ID_LEN];
};

/* `store` and `repo` are names that are the same in every run.  A file that is
 * not there or cannot be understood is an empty state. */
int bk_backup_state_load(struct bk_backup_state *out, const char *state_dir,
			 const char *store, const char *repo,
			 struct bk_err *err);
int bk_backup_state_save(const struct bk_backup_state *state,
			 struct bk_err *err);
void bk_backup_state_clear(struct bk_backup_state *state);

#endif
