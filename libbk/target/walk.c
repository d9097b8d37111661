/* Listings made of listings of one folder each: see walk.h. */

#include "target/walk.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 3

static bool is_part(const char *name)
{
	size_t len = strlen(name), end = strlen(BK_PART);

	return len > end && strcmp(name + len - end, BK_PART) == 0;
}

static void add_folder(struct bk_walk *walk, char *name)
{
	walk->pending = bk_array_room(walk->pending, walk->n, &walk->cap,
				      sizeof(*walk->pending));
	walk->pending[walk->n++] = name;
}

static unsigned depth_of(const char *name)
{
	unsigned depth = 1;

	for (; *name; name++)
		depth += *name == '/';
	return depth;
}

/* Only names of blobs have a dot: what has one is no folder to look into. */
static bool is_blob_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash && strchr(slash, '.');
}

static int check_name(const struct bk_entry *entry, struct bk_err *err)
{
	if (entry->len == 0 || memchr(entry->name, '/', entry->len) ||
	    memchr(entry->name, 0, entry->len))
		return bk_fail(err, BK_CORRUPT,
			       "the listing has an entry whose name is none");
	return 0;
}

/* Blobs never have such names. */
static bool is_odd(const struct bk_entry *entry)
{
	bool odd = entry->name[0] == '.';

	for (size_t i = 0; i < entry->len; i++) {
		unsigned char c = (unsigned char)entry->name[i];
		odd = odd || c < 0x20 || c == 0x7f;
	}
	return odd;
}

/* Takes the name. */
static void note(struct bk_walk *walk, char *name, const struct bk_entry *entry)
{
	bool file = entry->kind == BK_ENTRY_FILE;

	if (entry->kind == BK_ENTRY_FOLDER && !is_blob_name(name)) {
		if (depth_of(name) < DEPTH_MAX)
			add_folder(walk, name);
		else
			free(name);
		return;
	}
	if ((!file && (walk->unfinished || !is_blob_name(name))) ||
	    is_part(name) != walk->unfinished) {
		free(name);
		return;
	}
	bk_blob_list_add(walk->out, name, file ? entry->size : 0, entry->mtime);
}

int bk_walk_add(struct bk_walk *walk, const char *folder,
		const struct bk_entry *entry, struct bk_err *err)
{
	if (check_name(entry, err) < 0)
		return -1;
	if (is_odd(entry))
		return 0;
	note(walk,
	     bk_asprintf("%s%s%.*s", folder, *folder ? "/" : "",
			 (int)entry->len, entry->name),
	     entry);
	return 0;
}

int bk_walk_run(struct bk_walk *walk, const char *folder,
		struct bk_blob_list *out, struct bk_err *err)
{
	int rc = 0;

	bk_blob_list_clear(out);
	walk->out = out;
	add_folder(walk, bk_strdup(folder));
	while (walk->n) {
		/* A loop over folders still to be read, not recursion. */
		char *name = walk->pending[--walk->n];
		if (rc >= 0)
			rc = walk->list(walk, name, err);
		free(name);
	}
	free(walk->pending);
	walk->pending = NULL;
	walk->cap = 0;
	if (rc < 0)
		bk_blob_list_clear(out);
	else
		bk_blob_list_sort(out);
	return rc < 0 ? -1 : 0;
}

/* Is it what a put of such a blob left? */
static bool is_part_of(const char *part, bool (*ours)(const char *name))
{
	char *name = bk_strndup(part, strlen(part) - strlen(BK_PART));
	bool yes = ours(name);

	free(name);
	return yes;
}

void bk_parts_sweep(struct bk_target *target, const struct bk_blob_list *parts,
		    int64_t now, int64_t older_s,
		    bool (*ours)(const char *name))
{
	struct bk_err ignored = {0};

	for (size_t i = 0; i < parts->n; i++)
		if (parts->items[i].mtime &&
		    parts->items[i].mtime < now - older_s &&
		    is_part_of(parts->items[i].name, ours))
			(void)target->ops->remove(target, parts->items[i].name,
						  &ignored);
}
