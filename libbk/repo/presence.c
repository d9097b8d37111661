/* Whether the files that a set needs are there: see presence.h. */

#include "repo/presence.h"

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

int bk_presence_packs(const struct bk_blob_list *data,
		      const struct bk_table *table, struct bk_err *err)
{
	char name[BK_NAME_MAX];

	for (size_t i = 0; i < table->n; i++) {
		const struct bk_table_row *row = &table->rows[i];
		if (bk_presence_blob(data, bk_table_row_name(name, row),
				     row->offset + row->file_len, err) < 0)
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
		if (bk_presence_blob(data, bk_root_part_name(name, part, set),
				     part->offset + part->file_len, err) < 0)
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
