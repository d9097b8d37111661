/*
 * The walk of a backup through accounts and folders: what is there is listed,
 * compared with the base, planned, given to the reading stage, and written
 * into the manifest when it comes back.
 */

#ifndef BK_JOB_BACKUP_WALK_H
#define BK_JOB_BACKUP_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/backup.h"
#include "job/backup_base.h"
#include "job/backup_read.h"
#include "job/backup_task.h"
#include "job/backup_texts.h"
#include "job/backup_waiting.h"

struct bk_folder_sum {
	uint32_t folder_id;
	uint8_t sha256[BK_SHA256_LEN];
};

struct bk_backup_list;
struct bk_backup_preview;

struct bk_backup_walk {
	const struct bk_backup_request *request;
	const struct bk_backup_base *base;
	struct bk_store *store;
	const struct bk_account_list *accounts; /* of the store, filtered */
	struct bk_packer *packer;
	struct bk_packer_hand *hand; /* of the walking thread */
	struct bk_manifest_writer *manifest;
	struct bk_backup_read *read;
	struct bk_progress *progress;
	/* Of a dry run: then packer, hand, manifest and read are NULL. */
	struct bk_backup_preview *preview;

	/* What came of it. */
	struct bk_backup_counts counts;
	uint64_t n_accounts, n_folders;
	uint64_t unlisted; /* folders and accounts that could not be listed */
	uint64_t listed;   /* folders that could */
	struct bk_backup_texts texts[BK_TEXT_KINDS];
	struct bk_folder_sum *sums;
	size_t n_sums, cap_sums;

	/* On the way. */
	uint32_t last_account, last_folder; /* ids given out */
	struct bk_backup_list *under_way;   /* accounts that are being read */
	struct bk_backup_waiting waiting;
	struct bk_totals totals;
	bool *base_folder_met; /* by index in base->base->folders */
};

/* All accounts; when it returns every task is written. */
int bk_backup_walk(struct bk_backup_walk *walk, struct bk_err *err);
void bk_backup_walk_clear(struct bk_backup_walk *walk);

#endif
