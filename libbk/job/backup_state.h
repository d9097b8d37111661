/*
 * What a host remembers of a pair of store and repository between runs, in
 * the state directory: the sets that were begun and not completed (so that the
 * next run takes over what dead ones left) and the newest one that was
 * completed (so that a repository that was set back is noticed).
 */

#ifndef BK_JOB_BACKUP_STATE_H
#define BK_JOB_BACKUP_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "repo/id.h"

/* So many interrupted runs are remembered. */
#define BK_STATE_OPEN_MAX 16

struct bk_backup_state {
	char *path;
	/* Sets of runs that did not end well, the newest last: a run that is
	 * interrupted in its turn loses nothing of those before it. */
	uint8_t open[BK_STATE_OPEN_MAX][BK_ID_LEN];
	size_t n_open;
	bool has_head; /* the newest completed set */
	uint8_t head[BK_ID_LEN];
	uint8_t repo[BK_ID_LEN]; /* the repository, */
	uint8_t at[BK_ID_LEN];   /* and a digest of where it lies */
};

/* The newest sets that this host completed in a repository, one a store. */
struct bk_state_heads {
	uint8_t (*ids)[BK_ID_LEN]; /* owned */
	size_t n;
};

/* `store` is a name that is the same in every run, `repo` a path however spelt,
 * or a URL, of the repository with that identifier.  A file that is not there,
 * cannot be understood or is of another repository in the same place is an
 * empty state.  Writes nothing. */
void bk_backup_state_load(struct bk_backup_state *out, const char *state_dir,
			  const char *store, const char *repo,
			  const uint8_t repo_id[BK_ID_LEN]);
/* The end of a file's name, in `out`, which is returned: one for the repository
 * with that identifier in that place. */
#define BK_STATE_NAME 17
const char *bk_backup_state_name(char out[BK_STATE_NAME], const char *repo,
				 const uint8_t repo_id[BK_ID_LEN]);

/* Of all stores.  Only of the repository in that very place: a copy of it
 * elsewhere may well be older.  What cannot be read is left out. */
void bk_backup_state_heads(struct bk_state_heads *out, const char *state_dir,
			   const char *repo, const uint8_t repo_id[BK_ID_LEN]);
void bk_state_heads_clear(struct bk_state_heads *heads);
/* One more set is being written; beyond the limit the oldest is forgotten. */
void bk_backup_state_open(struct bk_backup_state *state,
			  const uint8_t set[BK_ID_LEN]);
/* Into the state directory, which the run's lock has made. */
int bk_backup_state_save(const struct bk_backup_state *state,
			 struct bk_err *err);
void bk_backup_state_clear(struct bk_backup_state *state);

#endif
