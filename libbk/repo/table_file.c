/* The pack table of a set as a file: see table_file.h. */

#include "repo/table_file.h"

#include <string.h>

static int write_rows(struct bk_file_writer *file, const struct bk_table *table,
		      struct bk_err *err)
{
	struct bk_buf block = {0};
	size_t first = 0, n;
	int rc = 0;

	while (rc == 0 && (n = bk_table_encode(table, first, &block)) > 0) {
		rc = bk_file_writer_block(file, BK_BLOCK_ROWS,
					  bk_buf_view(&block), 0, NULL, err);
		first += n;
		block.len = 0;
	}
	bk_buf_clear(&block);
	return rc;
}

int bk_table_file_write(const struct bk_repo *repo, struct bk_target *target,
			const uint8_t set[BK_ID_LEN],
			const struct bk_table *table, struct bk_file_sum *sum,
			struct bk_err *err)
{
	struct bk_file_id id = {.type = BK_FILE_TABLE};
	struct bk_file_writer *file = NULL;
	char name[BK_NAME_MAX];
	struct bk_trailer trailer = {
		.n_items = (uint32_t)table->n,
		.rows_offset = table->n ? BK_HEAD_LEN : 0,
		.rows_extra = BK_TABLE_BLOCK_ROWS,
	};

	memcpy(id.set, set, sizeof(id.set));
	if (bk_file_writer_open(&file, repo, target,
				bk_name_table(name, set, 0), &id, err) < 0)
		return -1;
	if (write_rows(file, table, err) < 0) {
		bk_file_writer_abort(file);
		return -1;
	}
	return bk_file_writer_finish(file, &trailer, sum, err);
}

int bk_table_file_read(struct bk_file_reader *file,
		       const uint8_t set[BK_ID_LEN], struct bk_table *out,
		       struct bk_err *err)
{
	const struct bk_trailer *trailer = bk_file_reader_trailer(file);
	struct bk_block_at at = {BK_HEAD_LEN, 0};
	struct bk_buf block = {0};
	int rc = 0;

	while (rc == 0 && out->n < trailer->n_items) {
		rc = bk_file_reader_block(file, &at, BK_BLOCK_ROWS, &block,
					  err);
		if (rc == 0)
			rc = bk_table_decode(out, set, bk_buf_view(&block),
					     err);
	}
	bk_buf_clear(&block);
	if (rc == 0 && out->n != trailer->n_items)
		rc = bk_fail(err, BK_CORRUPT,
			     "more rows than its trailer says");
	if (rc == 0)
		rc = bk_table_check(out, err);
	return rc < 0 ? bk_context(err, "pack table") : 0;
}
