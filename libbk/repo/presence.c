/* Whether the files that a set needs are there: see presence.h. */

#include "repo/presence.h"

#include <stdbool.h>
#include <string.h>

#include "crypto/digest.h"

int bk_presence_blob(const struct bk_blob_list *data, const char *name,
		     uint64_t size, struct bk_err *err)
{
	const struct bk_blob *blob = bk_blob_list_find(data, name);

	if (!blob)
		return bk_fail(err, BK_CORRUPT, "%s is not there", name);
	if (blob->size < size)
		return bk_fail(err, BK_CORRUPT, "%s has %ju bytes, not %ju",
			       name, (uintmax_t)blob->size, (uintmax_t)size);
	return 0;
}

/* A file of its own is as long as it should be, one in a bundle ends in it. */
static int check_length(const struct bk_blob_list *data, const char *name,
			uint64_t end, bool bundled, struct bk_err *err)
{
	if (bk_presence_blob(data, name, end, err) < 0)
		return -1;
	const struct bk_blob *blob = bk_blob_list_find(data, name);
	if (bundled || blob->size == end)
		return 0;
	return bk_fail(err, BK_CORRUPT, "%s has %ju bytes, not %ju", name,
		       (uintmax_t)blob->size, (uintmax_t)end);
}

int bk_presence_packs(const struct bk_blob_list *data,
		      const struct bk_table *table, struct bk_err *err)
{
	char name[BK_NAME_MAX];

	for (size_t i = 0; i < table->n; i++) {
		const struct bk_table_row *row = &table->rows[i];
		if (check_length(data, bk_table_row_name(name, row),
				 row->offset + row->file_len,
				 row->flags & BK_TABLE_BUNDLED, err) < 0)
			return -1;
	}
	return 0;
}

int bk_presence_parts(const struct bk_blob_list *data,
		      const struct bk_root *root, const uint8_t set[BK_ID_LEN],
		      struct bk_err *err)
{
	char name[BK_NAME_MAX];

	for (size_t i = 0; i < root->n_parts; i++) {
		const struct bk_root_part *part = &root->parts[i];
		if (check_length(data, bk_root_part_name(name, part, set),
				 part->offset + part->file_len, part->bundled,
				 err) < 0)
			return -1;
	}
	return 0;
}

int bk_presence_set(const struct bk_blob_list *data, const struct bk_set *set,
		    struct bk_err *err)
{
	for (size_t i = 0; i < set->n_levels; i++) {
		const struct bk_set_level *level = &set->levels[i];
		if (bk_presence_packs(data, &level->table, err) < 0 ||
		    bk_presence_parts(data, &level->root, level->id, err) < 0)
			return -1;
	}
	return 0;
}

int bk_presence_info(const struct bk_blob_list *data,
		     const struct bk_repo *repo, const struct bk_set_info *info,
		     struct bk_err *err)
{
	struct bk_table table = {0};

	int rc = bk_presence_parts(data, &info->root, info->id, err);
	if (rc == 0)
		rc = bk_set_info_table(repo, info, &table, err);
	if (rc == 0)
		rc = bk_presence_packs(data, &table, err);
	bk_table_clear(&table);
	return rc;
}

static int sum_part(const struct bk_set *set, const struct bk_set_level *level,
		    const struct bk_root_part *part, struct bk_err *err)
{
	struct bk_file_reader *file = NULL;
	uint8_t sum[BK_SHA256_LEN];
	char name[BK_NAME_MAX];

	if (bk_set_part_open(&file, set->repo, level->id, &level->root,
			     (enum bk_part_type)part->type, err) < 0)
		return -1;
	uint64_t body_len = bk_file_reader_body_len(file);
	bk_file_reader_close(file);
	(void)bk_root_part_name(name, part, level->id);
	if (bk_target_sum(set->repo->target, name, part->offset, body_len, sum,
			  err) < 0)
		return -1;
	if (memcmp(sum, part->sha256, sizeof(sum)) == 0)
		return 0;
	return bk_fail(err, BK_CORRUPT, "%s is damaged", name);
}

/* What a cache has of it may be right when what lies there is not. */
static int sum_root(const struct bk_set *set, const struct bk_set_level *level,
		    struct bk_err *err)
{
	char name[BK_NAME_MAX];
	struct bk_file_place place = {.name = bk_name_root(name, level->id)};
	struct bk_file_id id = {.type = BK_FILE_ROOT};
	struct bk_file_reader *file = NULL;
	uint8_t sum[BK_SHA256_LEN];

	memcpy(id.set, level->id, sizeof(id.set));
	if (bk_file_reader_open(&file, set->repo, set->repo->target, &place,
				&id, err) < 0)
		return -1;
	uint64_t body_len = bk_file_reader_body_len(file);
	bk_file_reader_close(file);
	if (bk_target_sum(set->repo->target, name, 0, body_len, sum, err) < 0)
		return -1;
	if (memcmp(sum, level->root_sha256, sizeof(sum)) == 0)
		return 0;
	return bk_fail(err, BK_CORRUPT, "%s is damaged", name);
}

int bk_presence_sums(const struct bk_set *set, struct bk_err *err)
{
	for (size_t i = 0; i < set->n_levels; i++) {
		const struct bk_set_level *level = &set->levels[i];
		const struct bk_root_part *index =
			bk_root_part(&level->root, BK_PART_INDEX);
		const struct bk_root_part *manifest =
			bk_root_part(&level->root, BK_PART_MANIFEST);
		if (!index || !manifest)
			return bk_fail(err, BK_CORRUPT,
				       "a root names no index or no manifest");
		if (sum_root(set, level, err) < 0 ||
		    sum_part(set, level, index, err) < 0 ||
		    sum_part(set, level, manifest, err) < 0)
			return -1;
	}
	return 0;
}
