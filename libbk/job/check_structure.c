/* Whether a set agrees with itself: see check_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "job/check_run.h"
#include "mail/recipe.h"
#include "mail/split.h"
#include "repo/presence.h"
#include "repo/records.h"

/* A set whose messages are looked at. */
struct walk {
	const struct bk_check_run *run;
	struct bk_set *set;
	struct bk_check_pack ***packs; /* [level][ordinal] */
	struct bk_recipe recipe;
};

/* The sum that the root has of a part, and every block of it. */
static int prove_part(const struct bk_set *set, enum bk_part_type type,
		      struct bk_err *err)
{
	const struct bk_set_level *top = &set->levels[0];
	const struct bk_root_part *part = bk_root_part(&top->root, type);
	struct bk_file_reader *file = NULL;
	char name[BK_NAME_MAX];

	if (!part)
		return bk_fail(err, BK_CORRUPT, "the root names no part %u",
			       type);
	if (bk_set_part_open(&file, set->repo, top->id, &top->root, type, err) <
	    0)
		return -1;
	int rc = bk_file_reader_generation(file) == top->generation
			 ? bk_file_reader_prove(file, part->sha256, NULL, err)
			 : bk_fail(err, BK_CORRUPT,
				   "has keys of another generation than its "
				   "root");
	bk_file_reader_close(file);
	(void)bk_root_part_name(name, part, top->id);
	if (rc < 0 && !strstr(err->text, name))
		return bk_context(err, "%s", name);
	return rc;
}

/* ---- references ---- */

/* What the i'th reference of the recipe is for. */
static enum bk_ref_role role_of(const struct bk_recipe *recipe, size_t i)
{
	if (i < recipe->n_trace)
		return BK_REF_TRACE;
	return i - recipe->n_trace < recipe->n_skeleton ? BK_REF_SKELETON
							: BK_REF_PLAIN;
}

static int check_ref(const struct walk *walk, const struct bk_row *row,
		     size_t i, struct bk_err *err)
{
	const struct bk_table *table = &walk->set->levels[row->frame].table;
	uint64_t ordinal = walk->recipe.refs[i] >> 32;
	uint32_t chunk = (uint32_t)walk->recipe.refs[i];

	if (ordinal >= table->n || chunk >= table->rows[ordinal].chunks)
		return bk_fail(err, BK_CORRUPT,
			       "uid %u: names chunk %u of pack %ju, which is "
			       "not there",
			       row->msg.uid, chunk, (uintmax_t)ordinal);
	const struct bk_check_pack *pack = walk->packs[row->frame][ordinal];
	if (!pack || !pack->types || chunk >= pack->row.chunks ||
	    bk_chunk_fits(pack->types[chunk], role_of(&walk->recipe, i)))
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "uid %u: names chunk %u of pack %ju, whose type is %u "
		       "and cannot be there",
		       row->msg.uid, chunk, (uintmax_t)ordinal,
		       pack->types[chunk]);
}

static int check_row(struct walk *walk, const struct bk_set_folder *folder,
		     const struct bk_row *row, struct bk_err *err)
{
	const struct bk_message *msg = &row->msg;

	for (size_t k = 0; k < msg->n_keywords; k++)
		if (msg->keywords[k] >= folder->folder.n_keywords)
			return bk_fail(err, BK_CORRUPT,
				       "uid %u: has a keyword without name",
				       msg->uid);
	if (bk_body_decode(row->body, &walk->recipe, err) < 0)
		return -1;
	for (size_t i = 0; i < walk->recipe.n_refs; i++)
		if (check_ref(walk, row, i, err) < 0)
			return -1;
	return 0;
}

static int check_rows(struct walk *walk, const struct bk_set_folder *folder,
		      const struct bk_row_list *rows, struct bk_err *err)
{
	if (rows->n != folder->messages)
		return bk_fail(err, BK_CORRUPT, "has %zu messages, not %ju",
			       rows->n, (uintmax_t)folder->messages);
	for (size_t i = 0; i < rows->n; i++)
		if (check_row(walk, folder, &rows->items[i], err) < 0)
			return -1;
	return 0;
}

/* ---- folders ---- */

/* What the folders have come to. */
struct state {
	uint64_t messages, bytes;
	struct bk_sha256 sha;
};

static int check_folder(struct walk *walk, const struct bk_set_folder *folder,
			struct state *state, struct bk_err *err)
{
	struct bk_row_list rows = {0};
	uint8_t sum[BK_SHA256_LEN];

	int rc = bk_cancelled(err);
	if (rc == 0)
		rc = bk_set_rows(walk->set, folder->id, true, &rows, err);
	if (rc == 0)
		rc = check_rows(walk, folder, &rows, err);
	if (rc == 0) {
		bk_set_folder_sum(folder, &rows, sum);
		bk_sha256_update(&state->sha, sum, sizeof(sum));
	}
	state->messages += rows.n;
	for (size_t k = 0; k < rows.n; k++)
		state->bytes += rows.items[k].msg.size;
	bk_row_list_clear(&rows);
	return rc < 0 ? bk_context(err, "%s", folder->folder.name) : 0;
}

/* Folder by folder; the state's sum is made of theirs. */
static int check_folders(struct walk *walk, uint64_t *messages,
			 struct bk_err *err)
{
	const struct bk_set *set = walk->set;
	struct state state = {0};
	uint8_t sum[BK_SHA256_LEN];

	bk_sha256_init(&state.sha);
	for (size_t i = 0; i < set->n_folders; i++)
		if (check_folder(walk, &set->folders[i], &state, err) < 0)
			return -1;
	bk_sha256_final(&state.sha, sum);
	*messages = state.messages;
	if (state.messages == set->messages && state.bytes == set->bytes &&
	    memcmp(sum, set->state_sha256, sizeof(sum)) == 0)
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "its folders are not what its end record says");
}

static void find_packs(struct walk *walk)
{
	const struct bk_set *set = walk->set;

	walk->packs = bk_alloc(set->n_levels * sizeof(struct bk_check_pack **));
	for (size_t i = 0; i < set->n_levels; i++) {
		const struct bk_table *table = &set->levels[i].table;
		walk->packs[i] =
			bk_alloc(table->n * sizeof(struct bk_check_pack *));
		for (size_t k = 0; k < table->n; k++)
			walk->packs[i][k] =
				bk_check_pack_of(walk->run, &table->rows[k]);
	}
}

static int check_messages(struct bk_check_run *run, struct bk_set *set,
			  struct bk_err *err)
{
	struct walk walk = {.run = run, .set = set};
	uint64_t messages = 0;

	find_packs(&walk);
	int rc = check_folders(&walk, &messages, err);
	run->messages += messages;
	for (size_t i = 0; i < set->n_levels; i++)
		free(walk.packs[i]);
	free(walk.packs);
	bk_recipe_clear(&walk.recipe);
	return rc;
}

/* Packs that were told are not told again. */
static int check_packs_there(const struct bk_check_run *run,
			     const struct bk_table *table, struct bk_err *err)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct bk_check_pack *pack =
			bk_check_pack_of(run, &table->rows[i]);
		const struct bk_table one = {.rows = &table->rows[i], .n = 1};
		if ((!pack || !pack->bad) &&
		    bk_presence_packs(&run->files, &one, err) < 0)
			return -1;
	}
	return 0;
}

/* What is a base's is told with the base, if that is looked at. */
static int check_there(const struct bk_check_run *run, const struct bk_set *set,
		       struct bk_err *err)
{
	size_t n = run->only ? set->n_levels : 1;

	for (size_t i = 0; i < n; i++) {
		const struct bk_set_level *level = &set->levels[i];
		if (check_packs_there(run, &level->table, err) < 0 ||
		    bk_presence_parts(&run->files, &level->root, level->id,
				      err) < 0)
			return -1;
	}
	return 0;
}

static int check_set(struct bk_check_run *run, struct bk_set *set,
		     struct bk_err *err)
{
	if (check_there(run, set, err) < 0 ||
	    bk_check_files(run, set, err) < 0 ||
	    prove_part(set, BK_PART_INDEX, err) < 0 ||
	    prove_part(set, BK_PART_TABLE, err) < 0 ||
	    bk_check_manifest(set, err) < 0)
		return -1;
	return check_messages(run, set, err);
}

void bk_check_structure(struct bk_check_run *run, struct bk_set *set)
{
	const struct bk_set_level *top = &set->levels[0];
	struct bk_err err = {0};
	char name[BK_SET_NAME];

	if (check_set(run, set, &err) == 0)
		return;
	(void)bk_context(&err, "set %s",
			 bk_set_name(name, top->id, top->root.kind));
	bk_check_finding(run, &err, BK_CURE_COPY, top->id);
}
