/*
 * One thread that reads messages for a backup: fetches them, takes them apart
 * and hands the chunks to the packer; for backup_read*.c alone.
 */

#ifndef BK_JOB_BACKUP_READER_H
#define BK_JOB_BACKUP_READER_H

#include <stdatomic.h>

#include "job/backup_read.h"
#include "mail/recipe.h"
#include "mail/split.h"
#include "repo/chunk_reader.h"

struct bk_backup_reader {
	const struct bk_backup_read_config *config;
	_Atomic uint64_t *errors; /* of all threads */
	struct bk_packer_hand *hand;
	struct bk_split_room room;
	struct bk_recipe recipe;
	struct bk_buf body;
	struct bk_chunk_reader *previous;
	struct bk_row_list rows; /* of the previous set's folder that was */
	uint32_t rows_folder;    /* needed last; 0: none */
};

void bk_backup_reader_init(struct bk_backup_reader *reader,
			   const struct bk_backup_read_config *config,
			   _Atomic uint64_t *errors);
void bk_backup_reader_clear(struct bk_backup_reader *reader);

/* n messages of a task, by their indexes: what became of each stands there.
 * -1 ends the run. */
int bk_backup_reader_read(struct bk_backup_reader *reader,
			  struct bk_backup_task *task, const size_t *at,
			  size_t n, struct bk_err *err);

#endif
