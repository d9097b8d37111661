/* Where the files of a set lie, and what its root says of them: see
 * check_run.h. */

#include <stdlib.h>
#include <string.h>

#include "job/check_run.h"
#include "repo/root.h"

#define BUNDLE_MOST ((uint64_t)8 << 20)

/* A file in a bundle. */
struct stretch {
	uint64_t offset, len;
};

static int by_offset(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool is_bundled(const struct bk_set_level *top)
{
	return top->root.n_parts && top->root.parts[0].bundled;
}

/* The files of the bundle, the caller's. */
static struct stretch *stretches_of(const struct bk_set_level *top, size_t *n)
{
	struct stretch *out =
		bk_alloc((top->root.n_parts + top->table.n) * sizeof(*out));

	*n = 0;
	for (size_t i = 0; i < top->root.n_parts; i++)
		out[(*n)++] = (struct stretch){top->root.parts[i].offset,
					       top->root.parts[i].file_len};
	for (size_t i = 0; i < top->table.n; i++) {
		const struct bk_table_row *row = &top->table.rows[i];
		if (row->flags & BK_TABLE_OWN)
			out[(*n)++] =
				(struct stretch){row->offset, row->file_len};
	}
	qsort(out, *n, sizeof(*out), by_offset);
	return out;
}

/* From its first byte to its last one file follows the other. */
static int check_bundle(const struct bk_check_run *run,
			const struct bk_set_level *top, struct bk_err *err)
{
	char name[BK_NAME_MAX];
	const struct bk_blob *blob =
		bk_blob_list_find(&run->files, bk_name_bundle(name, top->id));
	uint64_t at = 0;
	size_t n = 0;

	if (!is_bundled(top))
		return 0;
	struct stretch *files = stretches_of(top, &n);
	bool meet = true;
	for (size_t i = 0; i < n; i++) {
		meet &= files[i].offset == at;
		at += files[i].len;
	}
	free(files);
	if (!meet || !blob || blob->size != at)
		return bk_fail(err, BK_CORRUPT,
			       "%s: its files do not follow each other", name);
	return at < BUNDLE_MOST
		       ? 0
		       : bk_fail(err, BK_CORRUPT,
				 "%s: is longer than a bundle may be", name);
}

/* May a set with these bases have that pack of another one? */
static const char *fault_of_reuse(const struct bk_set *set,
				  const struct bk_table_row *row)
{
	const struct bk_set_level *full = &set->levels[set->n_levels - 1];
	bool based = false;

	for (size_t i = 1; i < set->n_levels; i++)
		based |= memcmp(set->levels[i].id, row->owner, BK_ID_LEN) == 0;
	if (row->flags & BK_TABLE_BUNDLED && !based)
		return "it lies in the bundle of a set that this one is not "
		       "based on";
	if (set->levels[0].root.kind == BK_SET_DIFFERENTIAL &&
	    !bk_table_find(&full->table, row->owner, row->owner_ordinal))
		return "a differential has only packs of its full set";
	return NULL;
}

static int check_table(const struct bk_set *set, struct bk_err *err)
{
	const struct bk_set_level *top = &set->levels[0];

	for (size_t i = 0; i < top->table.n; i++) {
		const struct bk_table_row *row = &top->table.rows[i];
		const char *fault = NULL;
		if (row->flags & BK_TABLE_REUSED)
			fault = fault_of_reuse(set, row);
		else if (is_bundled(top) != !!(row->flags & BK_TABLE_BUNDLED))
			fault = "some files are in a bundle, some are not";
		if (fault)
			return bk_fail(err, BK_CORRUPT,
				       "pack table: row %zu: %s", i, fault);
	}
	return 0;
}

static int check_totals(const struct bk_set *set, struct bk_err *err)
{
	const struct bk_set_level *top = &set->levels[0];
	const struct bk_root_totals *totals = &top->root.totals;
	uint64_t stored = 0;

	for (size_t i = 0; i < top->root.n_parts; i++)
		stored += top->root.parts[i].file_len;
	for (size_t i = 0; i < top->table.n; i++)
		if (top->table.rows[i].flags & BK_TABLE_OWN)
			stored += top->table.rows[i].file_len;
	if (totals->messages != set->messages || totals->bytes != set->bytes)
		return bk_fail(err, BK_CORRUPT,
			       "its root counts %ju messages of %ju bytes, its "
			       "manifest %ju of %ju",
			       (uintmax_t)totals->messages,
			       (uintmax_t)totals->bytes,
			       (uintmax_t)set->messages, (uintmax_t)set->bytes);
	if (totals->stored == stored)
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "its root says that it stored %ju bytes, its files have "
		       "%ju",
		       (uintmax_t)totals->stored, (uintmax_t)stored);
}

/* "Every other host". */
static int check_seen(const struct bk_set *set, struct bk_err *err)
{
	const struct bk_root *root = &set->levels[0].root;

	for (size_t i = 0; i < root->n_seen; i++)
		if (memcmp(root->seen[i].host, root->host, BK_ID_LEN) == 0)
			return bk_fail(err, BK_CORRUPT,
				       "its root has seen its own host");
	return 0;
}

int bk_check_files(const struct bk_check_run *run, const struct bk_set *set,
		   struct bk_err *err)
{
	if (check_bundle(run, &set->levels[0], err) < 0 ||
	    check_table(set, err) < 0 || check_totals(set, err) < 0)
		return -1;
	return check_seen(set, err);
}
