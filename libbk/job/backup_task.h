/*
 * A folder on its way into a set: what it was (base), what it is (listing),
 * the plan between them, what became of the messages that had to be read, and
 * at last its records in the manifest.
 */

#ifndef BK_JOB_BACKUP_TASK_H
#define BK_JOB_BACKUP_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "mail/message.h"
#include "repo/manifest_writer.h"
#include "repo/packer.h"
#include "repo/set.h"
#include "sync/plan.h"

/* What became of a message that the plan adds. */
enum bk_fate {
	BK_FATE_WAITING,
	BK_FATE_KEPT,
	BK_FATE_GONE,   /* expunged since the listing: it is not in the set */
	BK_FATE_FAILED, /* could not be read, and there is no older copy */
};

struct bk_added {
	enum bk_fate fate;
	uint8_t digest[BK_DIGEST_LEN];
	struct bk_buf recipe; /* a body record whose places are references */
};

struct bk_backup_list;

struct bk_backup_task {
	const struct bk_account *account;
	uint32_t account_id, folder_id;
	struct bk_folder folder;          /* owned */
	const struct bk_set_folder *base; /* the base's, NULL: a new folder */
	struct bk_message_list now;   /* owned; keywords index folder's table */
	struct bk_row_list base_rows; /* owned */
	bool from_previous; /* the store could not list it: its messages come
			       from the previous set */
	struct bk_plan plan;
	struct bk_added *added;      /* by index of `now` */
	_Atomic size_t left;         /* messages still to be read */
	struct bk_backup_list *list; /* its account's, or NULL: it is alone */
	struct bk_backup_task *next; /* in a list of the owner's */
};

void bk_backup_task_free(struct bk_backup_task *task); /* NULL is fine */

/*
 * Brings the listing's keywords into the base's table, of which the new one
 * must be a continuation.
 */
void bk_backup_task_adopt_keywords(struct bk_backup_task *task);

/* Messages that were no longer there when they were to be read. */
size_t bk_backup_task_gone(const struct bk_backup_task *task);

/*
 * `task` lists a folder once more and is planned; `was` listed it before and
 * is read: what was read of the same messages goes over.
 */
void bk_backup_task_take_over(struct bk_backup_task *task,
			      struct bk_backup_task *was);

/* Does the later listing have messages that the earlier has not? */
bool bk_backup_task_has_more(const struct bk_backup_task *task,
			     const struct bk_backup_task *was);

/* All that was read has a place: the records can be made. */
bool bk_backup_task_is_placed(const struct bk_backup_task *task,
			      struct bk_packer *packer);

/* What a task adds to the set's totals. */
struct bk_backup_counts {
	uint64_t messages, bytes; /* in the folder as it is now */
	uint64_t added, kept, flags, gone;
	uint64_t failed;
	uint64_t read_bytes;
};

/* What a task is written into. */
struct bk_backup_into {
	const struct bk_set *base; /* its tables give foreign packs places */
	struct bk_packer *packer;
	struct bk_manifest_writer *manifest;
	struct bk_backup_counts *counts;
};

/* Makes the folder's records and, if it changed, its name record; *sum is the
 * folder's state. */
int bk_backup_task_write(struct bk_backup_task *task,
			 const struct bk_backup_into *into,
			 uint8_t sum[BK_SHA256_LEN], struct bk_err *err);

#endif
