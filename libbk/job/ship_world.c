/* Sets and the files that they need: see ship_world.h. */

#include "job/ship_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "repo/container.h"
#include "repo/parity.h"
#include "repo/presence.h"
#include "repo/table.h"

void bk_ship_world_clear(struct bk_ship_world *world)
{
	for (size_t i = 0; i < world->n_sets; i++) {
		free(world->sets[i].needs);
		free(world->sets[i].broken);
	}
	for (size_t i = 0; i < world->n_blobs; i++)
		free(world->blobs[i].stretches);
	free(world->sets);
	free(world->blobs);
	free(world->by_name);
	*world = (struct bk_ship_world){0};
}

static void add_stretch(struct bk_ship_blob *blob,
			const struct bk_ship_stretch *stretch)
{
	size_t at = blob->n;

	blob->stretches = bk_array_room(blob->stretches, blob->n, &blob->cap,
					sizeof(*blob->stretches));
	while (at && blob->stretches[at - 1].offset > stretch->offset) {
		blob->stretches[at] = blob->stretches[at - 1];
		at--;
	}
	blob->stretches[at] = *stretch;
	blob->n++;
	if (blob->size < stretch->offset + stretch->file_len)
		blob->size = stretch->offset + stretch->file_len;
}

static size_t add_blob(struct bk_ship_world *world, const char *name)
{
	world->blobs = bk_array_room(world->blobs, world->n_blobs,
				     &world->cap_blobs, sizeof(*world->blobs));
	struct bk_ship_blob *blob = &world->blobs[world->n_blobs];
	*blob = (struct bk_ship_blob){0};
	(void)snprintf(blob->name, sizeof(blob->name), "%s", name);
	return world->n_blobs++;
}

/* Where the name stands in by_name, or would. */
static size_t place_of(const struct bk_ship_world *world, const char *name,
		       bool *found)
{
	size_t low = 0, high = world->n_by_name;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		size_t blob = world->by_name[middle];
		int order = strcmp(name, world->blobs[blob].name);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Names come nearly in order, so that most go to the end. */
static size_t blob_named(struct bk_ship_world *world, const char *name)
{
	bool found;
	size_t at = place_of(world, name, &found);

	if (found)
		return world->by_name[at];
	size_t blob = add_blob(world, name);
	world->by_name =
		bk_array_room(world->by_name, world->n_by_name,
			      &world->cap_by_name, sizeof(*world->by_name));
	memmove(world->by_name + at + 1, world->by_name + at,
		(world->n_by_name - at) * sizeof(*world->by_name));
	world->by_name[at] = blob;
	world->n_by_name++;
	return blob;
}

size_t bk_ship_world_set(struct bk_ship_world *world,
			 const uint8_t id[BK_ID_LEN], size_t base,
			 uint64_t root_size,
			 const uint8_t root_sha256[BK_SHA256_LEN])
{
	struct bk_ship_stretch whole = {.file_len = root_size};
	char name[BK_NAME_MAX];

	if (root_size > BK_FOOTER_LEN)
		whole.body_len = root_size - BK_FOOTER_LEN;
	memcpy(whole.sha256, root_sha256, sizeof(whole.sha256));
	world->sets = bk_array_room(world->sets, world->n_sets,
				    &world->cap_sets, sizeof(*world->sets));
	struct bk_ship_set *set = &world->sets[world->n_sets];
	*set = (struct bk_ship_set){.base = base};
	memcpy(set->id, id, BK_ID_LEN);
	set->root = add_blob(world, bk_name_root(name, id));
	add_stretch(&world->blobs[set->root], &whole);
	return world->n_sets++;
}

static const struct bk_ship_stretch *stretch_at(const struct bk_ship_blob *blob,
						uint64_t offset)
{
	for (size_t i = 0; i < blob->n; i++)
		if (blob->stretches[i].offset == offset)
			return &blob->stretches[i];
	return NULL;
}

static void add_need(struct bk_ship_set *set, size_t blob)
{
	/* All stretches of a bundle come one after the other. */
	for (size_t i = set->n_needs; i-- > 0;) {
		if (set->needs[i] == blob)
			return;
		if (set->n_needs - i > 4)
			break;
	}
	set->needs = bk_array_room(set->needs, set->n_needs, &set->cap_needs,
				   sizeof(*set->needs));
	set->needs[set->n_needs++] = blob;
}

int bk_ship_world_need(struct bk_ship_world *world, size_t set,
		       const char *name, const struct bk_ship_stretch *stretch,
		       struct bk_err *err)
{
	size_t at = blob_named(world, name);
	struct bk_ship_blob *blob = &world->blobs[at];
	const struct bk_ship_stretch *known = stretch_at(blob, stretch->offset);

	if (!known)
		add_stretch(blob, stretch);
	else if (known->file_len != stretch->file_len ||
		 known->body_len != stretch->body_len ||
		 memcmp(known->sha256, stretch->sha256, BK_SHA256_LEN) != 0)
		return bk_fail(err, BK_CORRUPT,
			       "%s: two sets say different things of it", name);
	add_need(&world->sets[set], at);
	return 0;
}

/* ---- reading one set ---- */

static int need_packs(struct bk_ship_world *world, size_t set,
		      const struct bk_table *table, struct bk_err *err)
{
	char name[BK_NAME_MAX];

	for (size_t i = 0; i < table->n; i++) {
		const struct bk_table_row *row = &table->rows[i];
		struct bk_ship_stretch stretch = {
			.offset = row->offset,
			.body_len = row->body_len,
			.file_len = row->file_len,
		};
		memcpy(stretch.sha256, row->sha256, BK_SHA256_LEN);
		(void)bk_table_row_name(name, row);
		if (bk_ship_world_need(world, set, name, &stretch, err) < 0)
			return -1;
		if (!(row->flags & BK_TABLE_BUNDLED))
			world->blobs[blob_named(world, name)].pack = true;
	}
	return 0;
}

/* Its root says how long the file is: the body follows from that, but for two
 * lengths, where its footer says which of two it is. */
static uint64_t body_of_part(const struct bk_repo *repo,
			     const struct bk_root *root,
			     const struct bk_root_part *part, const char *name)
{
	uint64_t bodies[2] = {part->file_len - BK_FOOTER_LEN, 0}, said = 0;
	struct bk_buf footer = {0};
	struct bk_err ignored = {0};

	if (!root->parity || bk_parity_bodies(part->file_len, bodies) < 2)
		return bodies[0];
	uint64_t at = part->offset + part->file_len - BK_FOOTER_LEN;
	if (bk_target_read(repo->target, name, at, BK_FOOTER_LEN, &footer,
			   &ignored) == 0 &&
	    bk_footer_decode(footer.data, part->file_len, &said, &ignored) == 0)
		bodies[0] = said;
	bk_buf_clear(&footer);
	return bodies[0];
}

static int need_parts(struct bk_ship_world *world, size_t set,
		      const struct bk_repo *repo,
		      const struct bk_set_info *info, struct bk_err *err)
{
	char name[BK_NAME_MAX];

	for (size_t i = 0; i < info->root.n_parts; i++) {
		const struct bk_root_part *part = &info->root.parts[i];
		struct bk_ship_stretch stretch = {
			.offset = part->offset,
			.file_len = part->file_len,
		};
		memcpy(stretch.sha256, part->sha256, BK_SHA256_LEN);
		if (!*bk_root_part_name(name, part, info->id))
			return bk_fail(err, BK_NEWER,
				       "it has files of a kind that this "
				       "version does not know: upgrade this "
				       "host first");
		if (part->file_len < BK_BODY_LEAST + BK_FOOTER_LEN)
			return bk_fail(err, BK_CORRUPT, "%s: wrong length",
				       name);
		stretch.body_len = body_of_part(repo, &info->root, part, name);
		if (bk_ship_world_need(world, set, name, &stretch, err) < 0)
			return -1;
	}
	return 0;
}

static int read_needs(struct bk_ship_world *world, size_t set,
		      const struct bk_repo *repo,
		      const struct bk_set_info *info, struct bk_err *err)
{
	struct bk_table table = {0};

	int rc = bk_set_info_table(repo, info, &table, err);
	if (rc == 0)
		rc = need_packs(world, set, &table, err);
	/* These the root alone names: also of a set whose table is damaged. */
	struct bk_err ignored = {0};
	if (need_parts(world, set, repo, info, rc == 0 ? err : &ignored) < 0)
		rc = -1;
	bk_table_clear(&table);
	return rc;
}

/* Files that are not there, or not as long as they should be, are told before
 * anything is copied.  A bundle may be longer than what is used of it. */
static int check_here(struct bk_ship_world *world, size_t set,
		      const struct bk_blob_list *files, struct bk_err *err)
{
	for (size_t i = 0; i < world->sets[set].n_needs; i++) {
		size_t n = world->sets[set].needs[i];
		struct bk_ship_blob *blob = &world->blobs[n];
		if (bk_presence_blob(files, blob->name, blob->size, err) < 0)
			return -1;
		uint64_t size = bk_blob_list_find(files, blob->name)->size;
		struct bk_name name;
		if (size != blob->size &&
		    bk_name_parse(blob->name, &name) != BK_NAME_BUNDLE)
			return bk_fail(err, BK_CORRUPT,
				       "%s has %ju bytes, not %ju", blob->name,
				       (uintmax_t)size, (uintmax_t)blob->size);
		blob->size = size;
	}
	return 0;
}

/* ---- all of them ---- */

struct reading {
	struct bk_ship_world *world;
	const struct bk_repo *repo;
	const struct bk_set_info_list *sets;
	struct bk_blob_list files; /* of the repository */
	size_t *index;             /* info -> set, BK_SHIP_NONE: not yet */
};

static size_t info_of(const struct reading *r, const uint8_t id[BK_ID_LEN])
{
	for (size_t i = 0; i < r->sets->n; i++)
		if (memcmp(r->sets->items[i].id, id, BK_ID_LEN) == 0)
			return i;
	return BK_SHIP_NONE;
}

static int look_at(struct reading *r, size_t set,
		   const struct bk_set_info *info, struct bk_err *err)
{
	struct bk_ship_world *world = r->world;
	char base[BK_SET_NAME];

	if (info->broken)
		return bk_fail(err, BK_CORRUPT, "%s", info->broken);
	world->sets[set].kind = info->root.kind;
	memcpy(world->sets[set].previous, info->root.previous, BK_ID_LEN);
	size_t on = world->sets[set].base;
	if (info->root.kind != BK_SET_FULL && on == BK_SHIP_NONE)
		return bk_fail(err, BK_CORRUPT,
			       "it needs %s, which is not here",
			       bk_set_name(base, info->root.base, 0));
	if (on != BK_SHIP_NONE && world->sets[on].broken)
		return bk_fail(err, BK_CORRUPT,
			       "it needs %s, which cannot be copied",
			       bk_set_name(base, info->root.base, 0));
	if (read_needs(world, set, r->repo, info, err) < 0)
		return -1;
	return check_here(world, set, &r->files, err);
}

/* One set; those that it stands on were added before. */
static int add_set(struct reading *r, size_t n, struct bk_err *err)
{
	const struct bk_set_info *info = &r->sets->items[n];
	size_t base = BK_SHIP_NONE;
	struct bk_err why = {0};
	char name[BK_NAME_MAX];
	uint64_t size = 0;

	const struct bk_blob *root =
		bk_blob_list_find(&r->files, bk_name_root(name, info->id));
	if (root)
		size = root->size;
	if (!info->broken && info->root.kind != BK_SET_FULL)
		base = info_of(r, info->root.base);
	if (base != BK_SHIP_NONE)
		base = r->index[base];
	size_t set = bk_ship_world_set(r->world, info->id, base, size,
				       info->root_sha256);
	r->index[n] = set;
	if (look_at(r, set, info, &why) == 0)
		return 0;
	if (why.kind != BK_CORRUPT && why.kind != BK_NEWER &&
	    why.kind != BK_GONE && why.kind != BK_DENIED &&
	    why.kind != BK_NO_KEY) {
		*err = why;
		return -1;
	}
	r->world->sets[set].broken = bk_strdup(why.text);
	return 0;
}

/* The set and what it stands on, from the bottom.  A chain of roots that goes
 * in a circle ends at its limit. */
static int add_chain(struct reading *r, size_t n, struct bk_err *err)
{
	size_t chain[BK_CHAIN_MAX], depth = 0;

	while (n != BK_SHIP_NONE && depth < BK_CHAIN_MAX &&
	       r->index[n] == BK_SHIP_NONE) {
		const struct bk_set_info *info = &r->sets->items[n];
		chain[depth++] = n;
		if (info->broken || info->root.kind == BK_SET_FULL)
			break;
		n = info_of(r, info->root.base);
	}
	while (depth--)
		if (r->index[chain[depth]] == BK_SHIP_NONE &&
		    (bk_cancelled(err) < 0 ||
		     add_set(r, chain[depth], err) < 0))
			return -1;
	return 0;
}

int bk_ship_world_read(struct bk_ship_world *out, const struct bk_repo *repo,
		       const struct bk_set_info_list *sets,
		       const struct bk_set_info *only, struct bk_err *err)
{
	struct reading r = {.world = out, .repo = repo, .sets = sets};

	r.index = bk_alloc((sets->n + 1) * sizeof(*r.index));
	for (size_t i = 0; i < sets->n; i++)
		r.index[i] = BK_SHIP_NONE;
	int rc = bk_target_list(repo->target, "", &r.files, err);
	if (rc == 0 && !bk_blob_list_find(&r.files, BK_MARKER_NAME))
		rc = bk_fail(err, BK_CORRUPT,
			     "%s: its listing does not show " BK_MARKER_NAME,
			     repo->target->where);
	for (size_t i = 0; rc == 0 && i < sets->n; i++)
		if (!only || only == &sets->items[i])
			rc = add_chain(&r, i, err);
	bk_blob_list_clear(&r.files);
	free(r.index);
	return rc;
}
