/* Whether a set agrees with itself: see check_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "job/check_run.h"
#include "mail/recipe.h"
#include "repo/presence.h"
#include "repo/records.h"

#define ANEW "run: bk backup --full for a whole set; older ones: bk list"

static void add_pack(struct bk_check_run *run, const struct bk_table_row *row)
{
	for (size_t i = 0; i < run->n_packs; i++)
		if (run->packs[i].row.owner_ordinal == row->owner_ordinal &&
		    memcmp(run->packs[i].row.owner, row->owner, BK_ID_LEN) == 0)
			return;
	run->packs = bk_array_room(run->packs, run->n_packs, &run->cap_packs,
				   sizeof(*run->packs));
	run->packs[run->n_packs++] = (struct bk_check_pack){.row = *row};
}

/* The sum that the root has of a part, and every block of it. */
static int prove_part(const struct bk_repo *repo,
		      const struct bk_set_level *top, enum bk_part_type type,
		      struct bk_err *err)
{
	const struct bk_root_part *part = bk_root_part(&top->root, type);
	struct bk_file_reader *file = NULL;
	char name[BK_NAME_MAX];

	if (!part)
		return bk_fail(err, BK_CORRUPT, "the root names no part %u",
			       type);
	if (bk_set_part_open(&file, repo, top->id, &top->root, type, err) < 0)
		return -1;
	int rc = bk_file_reader_prove(file, part->sha256, NULL, err);
	bk_file_reader_close(file);
	return rc < 0 ? bk_context(err, "%s",
				   bk_root_part_name(name, part, top->id))
		      : 0;
}

static int check_refs(const struct bk_set *set, const struct bk_row *row,
		      struct bk_recipe *recipe, struct bk_err *err)
{
	const struct bk_table *table = &set->levels[row->frame].table;

	if (bk_body_decode(row->body, recipe, err) < 0)
		return -1;
	for (size_t i = 0; i < recipe->n_refs; i++) {
		uint64_t ordinal = recipe->refs[i] >> 32;
		uint32_t chunk = (uint32_t)recipe->refs[i];
		if (ordinal >= table->n || chunk >= table->rows[ordinal].chunks)
			return bk_fail(err, BK_CORRUPT,
				       "uid %u: names chunk %u of pack %ju, "
				       "which is not there",
				       row->msg.uid, chunk, (uintmax_t)ordinal);
	}
	return 0;
}

static int check_rows(const struct bk_set *set,
		      const struct bk_set_folder *folder,
		      const struct bk_row_list *rows, struct bk_err *err)
{
	struct bk_recipe recipe = {0};
	int rc = 0;

	if (rows->n != folder->messages)
		rc = bk_fail(err, BK_CORRUPT, "has %zu messages, not %ju",
			     rows->n, (uintmax_t)folder->messages);
	for (size_t i = 0; rc == 0 && i < rows->n; i++) {
		const struct bk_message *msg = &rows->items[i].msg;
		for (size_t k = 0; k < msg->n_keywords; k++)
			if (msg->keywords[k] >= folder->folder.n_keywords)
				rc = bk_fail(err, BK_CORRUPT,
					     "uid %u: has a keyword without "
					     "name",
					     msg->uid);
		if (rc == 0)
			rc = check_refs(set, &rows->items[i], &recipe, err);
	}
	bk_recipe_clear(&recipe);
	return rc;
}

/* Folder by folder; the state's sum is made of theirs. */
static int check_folders(struct bk_check_run *run, struct bk_set *set,
			 struct bk_err *err)
{
	uint64_t messages = 0, bytes = 0;
	uint8_t sum[BK_SHA256_LEN];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	for (size_t i = 0; i < set->n_folders; i++) {
		const struct bk_set_folder *folder = &set->folders[i];
		struct bk_row_list rows = {0};
		int rc = bk_cancelled(err);
		if (rc == 0)
			rc = bk_set_rows(set, folder->id, true, &rows, err);
		if (rc == 0)
			rc = check_rows(set, folder, &rows, err);
		bk_set_folder_sum(folder, &rows, sum);
		bk_sha256_update(&sha, sum, sizeof(sum));
		messages += rows.n;
		for (size_t k = 0; k < rows.n; k++)
			bytes += rows.items[k].msg.size;
		bk_row_list_clear(&rows);
		if (rc < 0)
			return bk_context(err, "%s", folder->folder.name);
	}
	bk_sha256_final(&sha, sum);
	run->messages += messages;
	if (messages != set->messages || bytes != set->bytes ||
	    memcmp(sum, set->state_sha256, sizeof(sum)) != 0)
		return bk_fail(err, BK_CORRUPT,
			       "its folders are not what its end record says");
	return 0;
}

static int check_set(struct bk_check_run *run, struct bk_set *set,
		     struct bk_err *err)
{
	static const enum bk_part_type parts[] = {
		BK_PART_INDEX, BK_PART_MANIFEST, BK_PART_TABLE};

	if (bk_presence_set(&run->files, set, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (prove_part(run->request->repo, &set->levels[0], parts[i],
			       err) < 0)
			return -1;
	return check_folders(run, set, err);
}

void bk_check_structure(struct bk_check_run *run,
			const struct bk_set_info *info, struct bk_set **out)
{
	struct bk_err err = {0};
	char label[BK_SET_NAME];

	*out = NULL;
	run->n_sets++;
	(void)bk_set_name(label, info->id, info->root.kind);
	if (info->broken) {
		(void)bk_fail(&err, BK_CORRUPT, "set %s: %s", label,
			      info->broken);
		bk_check_finding(run, &err, ANEW);
		return;
	}
	if (bk_set_open(out, run->request->repo, info->id, &err) < 0) {
		bk_check_finding(run, &err, ANEW);
		return;
	}
	for (size_t i = 0; i < (*out)->levels[0].table.n; i++)
		add_pack(run, &(*out)->levels[0].table.rows[i]);
	if (check_set(run, *out, &err) < 0) {
		(void)bk_context(&err, "set %s", label);
		bk_check_finding(run, &err, ANEW);
	}
}
