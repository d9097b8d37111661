/* Opening and listing sets: see set.h. */

#include "repo/set.h"

#include <stdlib.h>
#include <string.h>

#include "repo/condemned.h"
#include "repo/set_names.h"
#include "repo/signed_file.h"
#include "repo/table_file.h"

#define ENTRY_LEN ((size_t)24)

static int read_root(const struct bk_repo *repo, const uint8_t id[16],
		     struct bk_root *root, uint8_t sha256[32],
		     uint32_t *generation, struct bk_err *err)
{
	struct bk_file_id file_id = {.type = BK_FILE_ROOT};
	struct bk_signed_file file = {0};
	char name[BK_NAME_MAX];

	memcpy(file_id.set, id, sizeof(file_id.set));
	(void)bk_name_root(name, id);
	int rc = bk_signed_file_read(repo, name, &file_id, &file, err);
	if (rc == 0 && bk_root_decode(file.records, root, err) < 0)
		rc = bk_context(err, "%s", name);
	if (rc == 0 && memcmp(root->host, file.host, sizeof(file.host)) != 0)
		rc = bk_fail(err, BK_CORRUPT,
			     "%s: names another host than its header", name);
	root->parity = file.features & BK_FEATURE_PARITY;
	memcpy(sha256, file.sha256, sizeof(file.sha256));
	*generation = file.generation;
	bk_signed_file_clear(&file);
	return rc;
}

int bk_set_part_open(struct bk_file_reader **out, const struct bk_repo *repo,
		     const uint8_t set[16], const struct bk_root *root,
		     enum bk_part_type type, struct bk_err *err)
{
	const struct bk_root_part *part = bk_root_part(root, type);
	char name[BK_NAME_MAX];

	if (!part)
		return bk_fail(err, BK_CORRUPT, "root names no part of type %u",
			       type);
	struct bk_file_id id = {.type = (enum bk_file_type)type,
				.ordinal = part->ordinal};
	struct bk_file_place place = {
		.name = bk_root_part_name(name, part, set),
		.offset = part->offset,
		.file_len = part->file_len,
	};
	memcpy(id.set, set, sizeof(id.set));
	return bk_file_reader_open(out, repo, repo->target, &place, &id, err);
}

static int open_part(const struct bk_repo *repo,
		     const struct bk_set_level *level, enum bk_part_type type,
		     struct bk_file_reader **out, struct bk_err *err)
{
	if (bk_set_part_open(out, repo, level->id, &level->root, type, err) < 0)
		return -1;
	if (bk_file_reader_generation(*out) == level->generation)
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "part %u has keys of another generation than its root",
		       type);
}

static int by_place(const void *a, const void *b)
{
	const struct bk_set_entry *const *x = a, *const *y = b;

	if ((*x)->offset != (*y)->offset)
		return (*x)->offset < (*y)->offset ? -1 : 1;
	return ((*x)->record > (*y)->record) - ((*x)->record < (*y)->record);
}

static void sort_places(struct bk_set_level *level)
{
	level->places = bk_alloc((level->n_entries + 1) *
				 sizeof(struct bk_set_entry *));
	for (size_t i = 0; i < level->n_entries; i++)
		level->places[i] = &level->entries[i];
	qsort(level->places, level->n_entries, sizeof(struct bk_set_entry *),
	      by_place);
}

static int read_directory(struct bk_set_level *level, struct bk_err *err)
{
	struct bk_buf contents = {0};

	if (bk_file_reader_trailer(level->manifest)->n_directory &&
	    bk_file_reader_directory(level->manifest, &contents, err) < 0) {
		bk_buf_clear(&contents);
		return -1;
	}
	struct bk_cursor from = bk_cursor_over(contents.data, contents.len);
	size_t n = contents.len / ENTRY_LEN;
	int rc = contents.len % ENTRY_LEN
			 ? bk_fail(err, BK_CORRUPT,
				   "manifest directory: bytes left over")
			 : 0;
	level->entries = bk_alloc(n * sizeof(*level->entries));
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct bk_set_entry *entry = &level->entries[i];
		entry->account_id = bk_cursor_u32(&from);
		entry->folder_id = bk_cursor_u32(&from);
		entry->offset = bk_cursor_u64(&from);
		entry->block = bk_cursor_u32(&from);
		entry->record = bk_cursor_u32(&from);
		if (i && entry->folder_id <= entry[-1].folder_id)
			rc = bk_fail(err, BK_CORRUPT,
				     "manifest directory: out of order");
	}
	level->n_entries = n;
	sort_places(level);
	bk_buf_clear(&contents);
	return rc;
}

static int open_level(const struct bk_repo *repo, struct bk_set_level *level,
		      struct bk_err *err)
{
	struct bk_file_reader *table = NULL;

	int rc = open_part(repo, level, BK_PART_TABLE, &table, err);
	if (rc == 0)
		rc = bk_table_file_read(table, level->id, &level->table, err);
	bk_file_reader_close(table);
	if (rc < 0)
		return -1;
	if (open_part(repo, level, BK_PART_MANIFEST, &level->manifest, err) < 0)
		return -1;
	return read_directory(level, err);
}

/* Can this set be based on that one? */
static int check_base(const struct bk_set_level *above,
		      const struct bk_set_level *level, struct bk_err *err)
{
	char mine[BK_SET_NAME], base[BK_SET_NAME];

	if (memcmp(level->root_sha256, above->root.base_sha256,
		   sizeof(level->root_sha256)) != 0)
		return bk_fail(err, BK_CORRUPT,
			       "set %s is not the one that %s was based on",
			       bk_set_name(base, level->id, 0),
			       bk_set_name(mine, above->id, 0));
	if (memcmp(level->root.host, above->root.host, BK_ID_LEN) != 0 ||
	    memcmp(level->root.store, above->root.store, BK_ID_LEN) != 0)
		return bk_fail(err, BK_CORRUPT,
			       "is based on a set of another host or store");
	if (above->root.kind == BK_SET_DIFFERENTIAL &&
	    level->root.kind != BK_SET_FULL)
		return bk_fail(err, BK_CORRUPT,
			       "a differential that is based on no full set");
	if (level->generation != above->generation)
		return bk_fail(err, BK_CORRUPT,
			       "is based on a set with keys of another "
			       "generation");
	return 0;
}

/* The base that a root names, with the sum it names it by. */
static int next_level(struct bk_set *set, struct bk_err *err)
{
	struct bk_set_level *above = &set->levels[set->n_levels - 1];
	struct bk_set_level *level = &set->levels[set->n_levels];
	char mine[BK_SET_NAME], base[BK_SET_NAME];

	if (set->n_levels == BK_CHAIN_MAX)
		return bk_fail(err, BK_CORRUPT,
			       "stands on more than %d other sets",
			       BK_CHAIN_MAX - 1);
	memcpy(level->id, above->root.base, sizeof(level->id));
	set->n_levels++;
	if (read_root(set->repo, level->id, &level->root, level->root_sha256,
		      &level->generation, err) < 0) {
		if (err->kind != BK_GONE)
			return -1;
		return bk_fail(
			err, BK_GONE,
			"%s %s needs %s %s, which is not here; copy it "
			"from where the repository has it, then run: bk check",
			bk_set_kind_name(above->root.kind),
			bk_set_name(mine, above->id, 0),
			above->root.kind == BK_SET_DIFFERENTIAL ? "full"
								: "set",
			bk_set_name(base, level->id, 0));
	}
	return check_base(above, level, err);
}

static int check_accounts(const struct bk_set *set, struct bk_err *err)
{
	for (size_t i = 0; i < set->n_folders; i++)
		if (!bk_set_account_by_id(set, set->folders[i].account_id))
			return bk_fail(err, BK_CORRUPT,
				       "folder %u has no account",
				       set->folders[i].id);
	return 0;
}

static int open_chain(struct bk_set *set, struct bk_err *err)
{
	struct bk_set_level *top = &set->levels[0];

	set->n_levels = 1;
	if (read_root(set->repo, top->id, &top->root, top->root_sha256,
		      &top->generation, err) < 0)
		return -1;
	while (set->levels[set->n_levels - 1].root.kind != BK_SET_FULL)
		if (next_level(set, err) < 0)
			return -1;
	for (size_t i = set->n_levels; i-- > 0;)
		if (open_level(set->repo, &set->levels[i], err) < 0 ||
		    bk_set_names_apply(set, &set->levels[i], err) < 0)
			return -1;
	bk_set_lookup_init(set);
	return check_accounts(set, err);
}

int bk_set_open(struct bk_set **out, const struct bk_repo *repo,
		const uint8_t id[16], struct bk_err *err)
{
	struct bk_set *set = bk_alloc(sizeof(*set));
	char text[BK_SET_NAME];

	set->repo = repo;
	(void)pthread_mutex_init(&set->lock, NULL);
	set->levels = bk_alloc(BK_CHAIN_MAX * sizeof(*set->levels));
	memcpy(set->levels[0].id, id, BK_ID_LEN);
	if (open_chain(set, err) < 0) {
		(void)bk_set_name(text, id, set->levels[0].root.kind);
		bk_set_close(set);
		return bk_context(err, "set %s", text);
	}
	*out = set;
	return 0;
}

void bk_set_close(struct bk_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->n_levels; i++) {
		struct bk_set_level *level = &set->levels[i];
		bk_root_clear(&level->root);
		bk_table_clear(&level->table);
		bk_file_reader_close(level->manifest);
		bk_buf_clear(&level->block);
		free(level->entries);
		free(level->places);
	}
	(void)pthread_mutex_destroy(&set->lock);
	bk_set_names_clear(set);
	bk_set_trees_clear(&set->trees);
	free(set->by_address);
	free(set->by_account);
	free(set->by_name);
	free(set->levels);
	free(set);
}

int bk_set_info_read(const struct bk_repo *repo, const uint8_t id[16],
		     struct bk_set_info *out, struct bk_err *err)
{
	struct bk_err why = {0};
	uint32_t generation;

	*out = (struct bk_set_info){0};
	memcpy(out->id, id, BK_ID_LEN);
	if (read_root(repo, id, &out->root, out->root_sha256, &generation,
		      &why) == 0)
		return 0;
	bk_root_clear(&out->root);
	if (why.kind != BK_CORRUPT && why.kind != BK_NEWER &&
	    why.kind != BK_DENIED && why.kind != BK_NO_KEY) {
		*err = why;
		return -1;
	}
	out->broken = bk_strdup(why.text);
	out->kind = why.kind;
	return 0;
}

void bk_set_info_clear(struct bk_set_info *info)
{
	bk_root_clear(&info->root);
	free(info->broken);
	*info = (struct bk_set_info){0};
}

int bk_set_info_table(const struct bk_repo *repo,
		      const struct bk_set_info *info, struct bk_table *out,
		      struct bk_err *err)
{
	struct bk_file_reader *file = NULL;

	if (bk_set_part_open(&file, repo, info->id, &info->root, BK_PART_TABLE,
			     err) < 0)
		return -1;
	int rc = bk_table_file_read(file, info->id, out, err);
	bk_file_reader_close(file);
	return rc;
}

int bk_set_info_list_add(struct bk_set_info_list *list,
			 const struct bk_repo *repo, const uint8_t id[16],
			 struct bk_err *err)
{
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	if (bk_set_info_read(repo, id, &list->items[list->n], err) < 0)
		return -1;
	list->n++;
	return 0;
}

int bk_sets_list(const struct bk_repo *repo, struct bk_set_info_list *out,
		 struct bk_err *err)
{
	struct bk_blob_list roots = {0};
	struct bk_condemned trash = {0};
	struct bk_name name;

	bk_set_info_list_clear(out);
	int rc = bk_target_list(repo->target, "sets", &roots, err);
	if (rc == 0)
		rc = bk_condemned_read(repo, &trash, err);
	for (size_t i = 0; rc == 0 && i < roots.n; i++)
		if (bk_name_parse(roots.items[i].name, &name) == BK_NAME_ROOT &&
		    !bk_condemned_has_set(&trash, name.id))
			rc = bk_set_info_list_add(out, repo, name.id, err);
	bk_condemned_clear(&trash);
	bk_blob_list_clear(&roots);
	if (rc < 0)
		bk_set_info_list_clear(out);
	else if (repo->witness)
		repo->witness->saw(repo->witness, repo, out);
	return rc;
}

void bk_set_info_list_clear(struct bk_set_info_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		bk_set_info_clear(&list->items[i]);
	free(list->items);
	*list = (struct bk_set_info_list){0};
}
