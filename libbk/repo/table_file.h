/* The pack table of a set as a file: bk-format(5), PACK TABLE. */

#ifndef BK_REPO_TABLE_FILE_H
#define BK_REPO_TABLE_FILE_H

#include "base/err.h"
#include "repo/container.h"
#include "repo/table.h"

int bk_table_file_write(const struct bk_repo *repo, struct bk_target *target,
			const uint8_t set[BK_ID_LEN],
			const struct bk_table *table, struct bk_file_sum *sum,
			struct bk_err *err);

/* All rows of an opened table file; *out is {0} before, the caller's. */
int bk_table_file_read(struct bk_file_reader *file,
		       const uint8_t set[BK_ID_LEN], struct bk_table *out,
		       struct bk_err *err);

#endif
