/* What lies at the children of a spread target, put together. */

#include <stdlib.h>
#include <string.h>

#include "target/spread_parts.h"

/* ---- the files at the children ---- */

struct listing {
	const char *folder;
	struct bk_blob_list lists[BK_SPREAD_MOST];
};

static int list_child(struct bk_spread *spread, unsigned child, void *with,
		      struct bk_err *err)
{
	struct listing *listing = with;

	return bk_target_list(spread->children[child].target, listing->folder,
			      &listing->lists[child], err);
}

/* Is a file of that size, at that child, what it should be? */
static void judge(const struct bk_spread *spread, struct bk_spread_file *file)
{
	struct bk_shard_layout layout;
	struct bk_err ignored;

	if (!file->cut) {
		file->fits = bk_shard_copy_length(file->size, &file->length);
		if (!file->fits)
			file->length = 0;
		return;
	}
	if (bk_spread_shard_at(&spread->shape, bk_spread_turn(file->name),
			       file->child) == spread->shape.n ||
	    bk_shard_layout(&layout, spread->shape.d, file->length, &ignored) <
		    0)
		return;
	file->fits = file->size == layout.start + layout.payload;
}

static void add_file(const struct bk_spread *spread, unsigned child,
		     const struct bk_blob *blob, struct bk_spread_files *out)
{
	struct bk_spread_file file = {
		.size = blob->size,
		.mtime = blob->mtime,
		.child = (uint8_t)child,
	};

	file.name = bk_spread_name_here(blob->name, &file.cut, &file.length);
	if (!file.name)
		return;
	judge(spread, &file);
	out->items = bk_array_room(out->items, out->n, &out->cap,
				   sizeof(*out->items));
	out->items[out->n++] = file;
}

static int by_name(const void *a, const void *b)
{
	const struct bk_spread_file *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return x->child < y->child ? -1 : x->child > y->child;
}

void bk_spread_files_list(struct bk_spread *spread, const char *folder,
			  uint32_t which, struct bk_spread_files *out,
			  struct bk_spread_answers *answers)
{
	struct listing listing = {.folder = folder};

	bk_spread_each(spread, which, list_child, &listing, answers);
	for (unsigned n = 0; n < spread->shape.n; n++) {
		const struct bk_blob_list *list = &listing.lists[n];
		if (!(which >> n & 1))
			continue;
		if (answers->rc[n] == 0)
			out->answered |= UINT32_C(1) << n;
		else
			bk_spread_child_silent(spread, n, &answers->err[n]);
		for (size_t i = 0; answers->rc[n] == 0 && i < list->n; i++)
			add_file(spread, n, &list->items[i], out);
		bk_blob_list_clear(&listing.lists[n]);
	}
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items), by_name);
}

void bk_spread_files_clear(struct bk_spread_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->items[i].name);
	free(files->items);
	*files = (struct bk_spread_files){0};
}

/* ---- blobs ---- */

/* The files of one name and length, from *at on. */
static void take_alike(const struct bk_spread_files *files, size_t *at,
		       struct bk_spread_found *out)
{
	const struct bk_spread_file *first = &files->items[*at];

	*out = (struct bk_spread_found){
		.name = first->name,
		.cut = first->cut,
		.length = first->length,
	};
	for (; *at < files->n; (*at)++) {
		const struct bk_spread_file *file = &files->items[*at];
		if (strcmp(file->name, out->name) != 0 ||
		    file->length != out->length)
			break;
		uint32_t bit = UINT32_C(1) << file->child;
		if (file->fits)
			out->children |= bit;
		else
			out->others |= bit;
		if (out->mtime < file->mtime)
			out->mtime = file->mtime;
	}
}

/* Of several lengths that one counts that most have. */
bool bk_spread_files_next(const struct bk_spread_files *files, size_t *at,
			  struct bk_spread_found *out)
{
	if (*at == files->n)
		return false;
	take_alike(files, at, out);
	while (*at < files->n &&
	       strcmp(files->items[*at].name, out->name) == 0) {
		struct bk_spread_found other;
		take_alike(files, at, &other);
		bool more = __builtin_popcount(other.children) >
			    __builtin_popcount(out->children);
		struct bk_spread_found *best = more ? &other : out;
		struct bk_spread_found *rest = more ? out : &other;
		best->others |= rest->children | rest->others;
		if (best->mtime < rest->mtime)
			best->mtime = rest->mtime;
		if (more)
			*out = other;
	}
	return true;
}

/* ---- the acts ---- */

/* A bundle's shard lies in a folder, and the bundle itself does not. */
static bool is_below(const char *name, const char *folder)
{
	size_t len = strlen(folder);

	return !len || (strncmp(name, folder, len) == 0 && name[len] == '/');
}

/* The lengths of cut blobs are kept for reading; those of all data, or of one
 * set. */
static void keep_lengths(struct bk_spread *spread,
			 const struct bk_blob_list *blobs)
{
	struct bk_blob_list lengths = {0};

	for (size_t i = 0; i < blobs->n; i++)
		if (bk_spread_is_cut(blobs->items[i].name))
			bk_blob_list_add(&lengths,
					 bk_strdup(blobs->items[i].name),
					 blobs->items[i].size, 0);
	(void)pthread_mutex_lock(&spread->lock);
	struct bk_blob_list before = spread->lengths;
	spread->lengths = lengths;
	(void)pthread_mutex_unlock(&spread->lock);
	bk_blob_list_clear(&before);
}

bool bk_spread_is_left(const struct bk_spread *spread,
		       const struct bk_spread_files *files,
		       const struct bk_spread_found *found)
{
	unsigned have = (unsigned)__builtin_popcount(found->children);
	/* That an empty one lacks it says nothing. */
	unsigned told = (unsigned)__builtin_popcount(files->answered &
						     bk_spread_all(spread));

	if (found->cut)
		return have < spread->shape.d;
	return (is_below(found->name, "keys") ||
		is_below(found->name, "sets")) &&
	       have + spread->shape.n - told < bk_spread_need(spread);
}

static int list_files(struct bk_spread *spread, const char *folder,
		      struct bk_spread_files *out, struct bk_err *err)
{
	struct bk_spread_answers answers;
	unsigned need = bk_spread_need(spread);

	bk_spread_files_list(spread, folder, bk_spread_all(spread), out,
			     &answers);
	unsigned have = (unsigned)__builtin_popcount(out->answered);
	if (have >= need)
		return 0;
	bk_spread_files_clear(out);
	(void)bk_spread_too_few(spread, have, need, &answers, err);
	return bk_context(err, "list %s", folder);
}

int bk_spread_list(struct bk_target *target, const char *folder,
		   struct bk_blob_list *out, struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_here(target);
	struct bk_spread_files files = {0};
	struct bk_spread_found found;
	size_t at = 0;

	if (list_files(spread, folder, &files, err) < 0)
		return -1;
	bk_blob_list_clear(out);
	while (bk_spread_files_next(&files, &at, &found)) {
		bool left = bk_spread_is_left(spread, &files, &found);
		if (is_below(found.name, folder) && (found.cut || !left))
			bk_blob_list_add(out, bk_strdup(found.name),
					 left ? 0 : found.length, found.mtime);
	}
	bk_spread_files_clear(&files);
	if (!*folder || strcmp(folder, "data") == 0)
		keep_lengths(spread, out);
	return 0;
}

static bool find_kept(struct bk_spread *spread, const char *name,
		      uint64_t *length)
{
	(void)pthread_mutex_lock(&spread->lock);
	const struct bk_blob *blob = bk_blob_list_find(&spread->lengths, name);
	if (blob)
		*length = blob->size;
	(void)pthread_mutex_unlock(&spread->lock);
	return blob && *length;
}

/* "data/<set>" of a pack and of a bundle. */
static char *folder_of(const char *name)
{
	const char *end = strrchr(name, '/');

	if (end == strchr(name, '/'))
		end = strchr(name, '.');
	return bk_strndup(name, (size_t)(end - name));
}

int bk_spread_length(struct bk_spread *spread, const char *name, bool again,
		     uint64_t *length, struct bk_err *err)
{
	struct bk_spread_files files = {0};
	struct bk_spread_answers answers;
	struct bk_spread_found found;
	size_t at = 0;
	int rc = -1;

	if (!again && find_kept(spread, name, length))
		return 0;
	char *folder = folder_of(name);
	bk_spread_files_list(spread, folder, bk_spread_all(spread), &files,
			     &answers);
	free(folder);
	while (rc < 0 && bk_spread_files_next(&files, &at, &found))
		if (strcmp(found.name, name) == 0) {
			*length = found.length;
			rc = 0;
		}
	unsigned have = (unsigned)__builtin_popcount(files.answered);
	unsigned need = bk_spread_need(spread);
	if (rc < 0 && have < need)
		(void)bk_spread_too_few(spread, have, need, &answers, err);
	else if (rc < 0)
		(void)bk_fail(err, BK_GONE, "%s/%s: is not there",
			      spread->where, name);
	bk_spread_files_clear(&files);
	return rc;
}
