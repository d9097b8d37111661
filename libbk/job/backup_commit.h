/*
 * What one run of a backup holds, and its last stage: index, manifest and
 * table are written, the root is put.
 */

#ifndef BK_JOB_BACKUP_COMMIT_H
#define BK_JOB_BACKUP_COMMIT_H

#include "base/err.h"
#include "base/lock.h"
#include "job/backup.h"
#include "job/backup_base.h"
#include "job/backup_state.h"
#include "job/backup_walk.h"
#include "repo/bundle.h"
#include "repo/manifest_writer.h"
#include "repo/packer.h"
#include "repo/publish.h"
#include "repo/root.h"

/* Everything that one run holds; released in one place. */
struct bk_backup {
	const struct bk_backup_request *request;
	struct bk_progress *progress;
	struct bk_outcome *outcome;
	int64_t start_ms;
	struct bk_store *store;
	struct bk_account_list accounts;
	struct bk_names missing; /* asked for, and not in the store */
	uint64_t n_missing;      /* of them, reported */
	struct bk_lock *lock;
	struct bk_backup_state state;
	struct bk_backup_base base;
	uint8_t set[BK_ID_LEN];
	struct bk_publish *publish;
	struct bk_bundle *bundle;
	struct bk_packer *packer;
	struct bk_base_lookup *lookup;
	struct bk_manifest_writer *manifest;
	struct bk_backup_walk walk;
	uint64_t errors; /* items that could not be read or listed */
};

/* After the walk: everything is written and published.  *root is {0} before;
 * the caller clears it. */
int bk_backup_commit(struct bk_backup *run, struct bk_root *root,
		     struct bk_err *err);

#endif
