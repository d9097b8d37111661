/* Which chunks a set's packs hold: see index.h. */

#include "repo/index.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define ROWS_TO_A_BLOCK ((uint64_t)2730)
#define ROW_BLOCK_LEN   ((uint64_t)65560)

struct bk_index {
	pthread_mutex_t lock;
	struct bk_file_reader *file;
	uint64_t n_rows;
	struct bk_buf *blocks; /* read so far; empty ones were not */
	size_t n_blocks;
};

int bk_index_open(struct bk_index **out, const struct bk_repo *repo,
		  const struct bk_file_place *place, const uint8_t set[16],
		  struct bk_err *err)
{
	struct bk_file_id id = {.type = BK_FILE_INDEX};
	struct bk_file_reader *file = NULL;

	memcpy(id.set, set, sizeof(id.set));
	if (bk_file_reader_open(&file, repo, repo->target, place, &id, err) < 0)
		return -1;
	uint64_t n = bk_file_reader_trailer(file)->n_items;
	uint64_t blocks = (n + ROWS_TO_A_BLOCK - 1) / ROWS_TO_A_BLOCK;
	/* The rows are most of the file, so their number cannot lie. */
	if (n * BK_INDEX_ROW_LEN > bk_file_reader_body_len(file)) {
		bk_file_reader_close(file);
		return bk_fail(err, BK_CORRUPT, "%s: more rows than bytes",
			       place->name);
	}
	struct bk_index *index = bk_alloc(sizeof(*index));
	(void)pthread_mutex_init(&index->lock, NULL);
	index->file = file;
	index->n_rows = n;
	index->n_blocks = (size_t)blocks;
	index->blocks = bk_alloc(index->n_blocks * sizeof(*index->blocks));
	*out = index;
	return 0;
}

void bk_index_close(struct bk_index *index)
{
	if (!index)
		return;
	for (size_t i = 0; i < index->n_blocks; i++)
		bk_buf_clear(&index->blocks[i]);
	free(index->blocks);
	bk_file_reader_close(index->file);
	(void)pthread_mutex_destroy(&index->lock);
	free(index);
}

uint64_t bk_index_rows(const struct bk_index *index)
{
	return index->n_rows;
}

static uint64_t rows_in(const struct bk_index *index, uint64_t block)
{
	uint64_t left = index->n_rows - block * ROWS_TO_A_BLOCK;

	return left < ROWS_TO_A_BLOCK ? left : ROWS_TO_A_BLOCK;
}

static int read_rows(struct bk_index *index, uint64_t block, struct bk_err *err)
{
	struct bk_buf *rows = &index->blocks[block];
	struct bk_block_at at = {BK_HEAD_LEN + block * ROW_BLOCK_LEN,
				 (uint32_t)block};

	if (rows->len)
		return 0;
	if (bk_file_reader_block(index->file, &at, BK_BLOCK_ROWS, rows, err) <
	    0)
		return -1;
	if (rows->len == rows_in(index, block) * BK_INDEX_ROW_LEN)
		return 0;
	rows->len = 0;
	return bk_fail(err, BK_CORRUPT, "index: block %ju has another length",
		       (uintmax_t)block);
}

/* In which block of [low, high) an id should lie, given the ids around. */
static uint64_t guess(uint64_t key, uint64_t low, uint64_t high,
		      uint64_t low_key, uint64_t high_key)
{
	if (key <= low_key || high_key <= low_key)
		return low;
	if (key >= high_key)
		return high - 1;
	double part = (double)(key - low_key) / (double)(high_key - low_key);
	uint64_t at = low + (uint64_t)(part * (double)(high - low));
	return at < high ? at : high - 1;
}

static const uint8_t *row_at(const struct bk_buf *rows, size_t i)
{
	return rows->data + i * BK_INDEX_ROW_LEN;
}

static bool find_in_block(const struct bk_buf *rows, const uint8_t *id,
			  uint64_t *place)
{
	size_t low = 0, high = rows->len / BK_INDEX_ROW_LEN;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const uint8_t *row = row_at(rows, middle);
		int order = memcmp(row, id, BK_CHUNK_ID_LEN);
		if (!order) {
			*place = (uint64_t)bk_get_u32(row + 16) << 32 |
				 bk_get_u32(row + 20);
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static uint64_t key_of(const uint8_t *id)
{
	return __builtin_bswap64(bk_get_u64(id));
}

static int find_locked(struct bk_index *index, const uint8_t *id,
		       uint64_t *place, struct bk_err *err)
{
	uint64_t low = 0, high = index->n_blocks;
	uint64_t low_key = 0, high_key = UINT64_MAX;

	while (low < high) {
		uint64_t at = guess(key_of(id), low, high, low_key, high_key);
		if (read_rows(index, at, err) < 0)
			return -1;
		const struct bk_buf *rows = &index->blocks[at];
		size_t n = rows->len / BK_INDEX_ROW_LEN;
		if (memcmp(id, row_at(rows, 0), BK_CHUNK_ID_LEN) < 0) {
			high = at;
			high_key = key_of(row_at(rows, 0));
		} else if (memcmp(id, row_at(rows, n - 1), BK_CHUNK_ID_LEN) >
			   0) {
			low = at + 1;
			low_key = key_of(row_at(rows, n - 1));
		} else {
			return find_in_block(rows, id, place);
		}
	}
	return 0;
}

int bk_index_find(struct bk_index *index, const uint8_t id[BK_CHUNK_ID_LEN],
		  uint64_t *place, struct bk_err *err)
{
	pthread_mutex_lock(&index->lock);
	int rc = find_locked(index, id, place, err);
	pthread_mutex_unlock(&index->lock);
	return rc;
}

static int write_rows(struct bk_file_writer *file, struct bk_view rows,
		      struct bk_err *err)
{
	size_t step = ROWS_TO_A_BLOCK * BK_INDEX_ROW_LEN;

	for (size_t at = 0; at < rows.len; at += step) {
		size_t n = rows.len - at < step ? rows.len - at : step;
		if (bk_file_writer_block(file, BK_BLOCK_ROWS,
					 (struct bk_view){rows.data + at, n}, 0,
					 NULL, err) < 0)
			return -1;
	}
	return 0;
}

int bk_index_write(const struct bk_repo *repo, struct bk_target *target,
		   const uint8_t set[16], struct bk_view rows,
		   struct bk_file_sum *sum, struct bk_err *err)
{
	struct bk_file_id id = {.type = BK_FILE_INDEX};
	struct bk_file_writer *file = NULL;
	char name[BK_NAME_MAX];
	struct bk_trailer trailer = {
		.n_items = (uint32_t)(rows.len / BK_INDEX_ROW_LEN),
		.rows_offset = rows.len ? BK_HEAD_LEN : 0,
		.rows_extra = ROWS_TO_A_BLOCK,
	};

	memcpy(id.set, set, sizeof(id.set));
	if (bk_file_writer_open(&file, repo, target,
				bk_name_index(name, set, 0), &id, err) < 0)
		return -1;
	if (write_rows(file, rows, err) < 0) {
		bk_file_writer_abort(file);
		return -1;
	}
	return bk_file_writer_finish(file, &trailer, sum, err);
}
