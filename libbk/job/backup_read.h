/*
 * The reading stage of a backup: threads that fetch messages, take them apart
 * and hand the chunks to the packer.  What became of each stands in its task;
 * a task whose messages are all done comes back by bk_backup_read_done.
 */

#ifndef BK_JOB_BACKUP_READ_H
#define BK_JOB_BACKUP_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/backup_task.h"
#include "repo/packer.h"
#include "repo/set.h"
#include "store/store.h"
#include "sync/progress.h"

struct bk_backup_read;

struct bk_backup_read_config {
	struct bk_store *store;
	struct bk_packer *packer;
	const struct bk_repo *repo;
	struct bk_set *previous; /* for what can no longer be read; NULL:
					  there is none */
	struct bk_progress *progress;
	unsigned threads;
	uint64_t errors_max; /* more of them stop the run; UINT64_MAX: never */
};

int bk_backup_read_open(struct bk_backup_read **out,
			const struct bk_backup_read_config *config,
			struct bk_err *err);

/* Takes a planned task; waits while too many messages are ahead.  What was read
 * of it before is not read again; a task with nothing to read is done at once.
 */
int bk_backup_read_add(struct bk_backup_read *read, struct bk_backup_task *task,
		       struct bk_err *err);

/* A task that is done, the caller's again; NULL if there is none now. */
struct bk_backup_task *bk_backup_read_done(struct bk_backup_read *read);

/* Waits until a task is done; false: none is under way, or none will be done
 * because a thread failed (bk_backup_read_end tells). */
bool bk_backup_read_wait(struct bk_backup_read *read);

/* No more tasks: waits for all threads.  Then bk_backup_read_done gives the
 * rest.  -1 with the first failure of any thread. */
int bk_backup_read_end(struct bk_backup_read *read, struct bk_err *err);

/* Messages that could not be read, previous copy kept or not. */
uint64_t bk_backup_read_errors(const struct bk_backup_read *read);

/* Frees tasks that were not taken back too; NULL is fine. */
void bk_backup_read_close(struct bk_backup_read *read);

#endif
