/* Whether an index says what its packs hold: see check_run.h. */

#include <string.h>

#include "base/bytes.h"
#include "job/check_run.h"
#include "mail/split.h"
#include "repo/index.h"
#include "repo/pack_reader.h"

#define ROW_TYPE 22 /* offset of the chunk's type in a row of a pack */

/* Going through the packs of a set, chunk by chunk. */
struct comparing {
	const struct bk_set *set;
	struct bk_index *index;
	uint64_t met; /* rows of the index that a chunk led to */
};

/* Of several copies of a chunk the index names the first. */
static int compare_chunk(struct comparing *comparing, const uint8_t *row,
			 uint64_t place, struct bk_err *err)
{
	uint64_t found = 0;

	if (row[ROW_TYPE] == BK_CHUNK_TRACE)
		return 0;
	int rc = bk_index_find(comparing->index, row, &found, err);
	if (rc < 0)
		return -1;
	if (!rc || found > place)
		return bk_fail(err, BK_CORRUPT,
			       "the index does not name chunk %u of pack %u",
			       (uint32_t)place, (uint32_t)(place >> 32));
	comparing->met += found == place;
	return 0;
}

static int compare_pack(struct comparing *comparing,
			const struct bk_table_row *row, struct bk_err *err)
{
	struct bk_pack_reader *pack = NULL;
	int rc = bk_pack_reader_open(&pack, comparing->set->repo, row, err);

	for (uint32_t i = 0; rc == 0 && i < row->chunks; i++) {
		const uint8_t *chunk = bk_pack_reader_row(pack, i, err);
		rc = chunk ? compare_chunk(comparing, chunk,
					   (uint64_t)row->ordinal << 32 | i,
					   err)
			   : -1;
	}
	bk_pack_reader_close(pack);
	return rc;
}

static int compare_packs(struct comparing *comparing, struct bk_err *err)
{
	const struct bk_set_level *level = &comparing->set->levels[0];

	for (size_t i = 0; i < level->table.n; i++) {
		const struct bk_table_row *row = &level->table.rows[i];
		if (!(row->flags & BK_TABLE_OWN) &&
		    level->root.kind != BK_SET_FULL)
			continue;
		if (compare_pack(comparing, row, err) < 0)
			return -1;
	}
	if (comparing->met != bk_index_rows(comparing->index))
		return bk_fail(err, BK_CORRUPT,
			       "the index names %ju chunks, of which %ju are "
			       "there",
			       (uintmax_t)bk_index_rows(comparing->index),
			       (uintmax_t)comparing->met);
	return 0;
}

void bk_check_index(struct bk_check_run *run, struct bk_set *set)
{
	const struct bk_set_level *level = &set->levels[0];
	const struct bk_root_part *part =
		bk_root_part(&level->root, BK_PART_INDEX);
	struct comparing comparing = {.set = set};
	char name[BK_NAME_MAX], label[BK_SET_NAME];
	struct bk_err err = {0};

	if (!part)
		return; /* told already */
	struct bk_file_place place = {
		.name = bk_root_part_name(name, part, level->id),
		.offset = part->offset,
		.file_len = part->file_len,
	};
	int rc = bk_index_open(&comparing.index, set->repo, &place, level->id,
			       &err);
	if (rc == 0)
		rc = compare_packs(&comparing, &err);
	bk_index_close(comparing.index);
	if (rc == 0)
		return;
	(void)bk_context(&err, "set %s",
			 bk_set_name(label, level->id, level->root.kind));
	bk_check_finding(run, &err, BK_CURE_COPY, level->id);
}
