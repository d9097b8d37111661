/* A restore under way: what its parts share. */

#ifndef BK_JOB_RESTORE_RUN_H
#define BK_JOB_RESTORE_RUN_H

#include "job/restore.h"
#include "job/restore_folder.h"
#include "job/restore_write.h"
#include "store/store.h"

#define BK_RESTORE_REMARKS 16 /* different ones that are told */

/* What a store had to say about a folder, and about how many. */
struct bk_restore_remark {
	char text[256];
	uint64_t folders;
	const struct bk_restore_item *first;
};

struct bk_restore {
	const struct bk_restore_request *request;
	struct bk_progress *progress;
	struct bk_outcome *outcome;
	struct bk_set *set;
	struct bk_restore_plan plan;
	struct bk_store_settings to;
	struct bk_store *store;
	struct bk_restore_into into;
	struct bk_restore_writing writing;
	struct bk_restore_remark remarks[BK_RESTORE_REMARKS];
	size_t n_remarks;
	size_t folders_most; /* that can be open at a time */
	uint64_t accounts, there, flags, removed;
	uint64_t errors; /* besides messages that were not restored */
	uint64_t kept_uids, new_uids; /* folders */
};

/* Restores all items of the plan, some folders at a time. */
int bk_restore_folders(struct bk_restore *run, struct bk_err *err);

#endif
