/* Listing trees of files: see list_trees.h. */

#include "job/list_trees.h"

#include <stdio.h>
#include <string.h>

#include "base/pattern.h"
#include "crypto/digester.h"
#include "repo/chunk_reader.h"
#include "store/tree_archive.h"

#define CACHE     ((size_t)8 << 20)
#define MODE_TEXT 16

int bk_list_trees(const struct bk_listing_style *style,
		  const struct bk_set *set, struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"TREE",    "tree",    BK_FIELD_NAME },
		{"ENTRIES", "entries", BK_FIELD_COUNT},
		{"SIZE",    "bytes",   BK_FIELD_SIZE },
	};
	struct bk_listing *to;

	if (!set->trees.n)
		return 0;
	to = bk_listing_new(style, "tree", fields, 3);
	for (size_t i = 0; i < set->trees.n; i++) {
		const struct bk_set_tree *tree = &set->trees.items[i];
		const struct bk_cell cells[] = {
			bk_cell_text(tree->path),
			bk_cell_n(tree->entries),
			bk_cell_n(tree->bytes),
		};
		if (bk_listing_row(to, cells, err) < 0) {
			bk_listing_free(to);
			return -1;
		}
	}
	return bk_listing_finish(to, err);
}

/* ---- entries ---- */

struct entries {
	const char *path;
	struct bk_listing *to;
	uint64_t n;
};

static bool is_meant(const char *wanted, const char *path)
{
	size_t len = strlen(wanted);

	while (len > 1 && wanted[len - 1] == '/')
		len--;
	return bk_pattern_match(wanted, path, false) ||
	       (strncmp(path, wanted, len) == 0 &&
		(!path[len] || path[len] == '/'));
}

static int add_entry(struct entries *entries, const struct bk_tree_entry *entry,
		     struct bk_err *err)
{
	static const char types[] = {
		[BK_TREE_FILE] = '-',
		[BK_TREE_FOLDER] = 'd',
		[BK_TREE_LINK] = 'l',
		[BK_TREE_HARD_LINK] = 'h',
	};
	char mode[MODE_TEXT], uid[MODE_TEXT], gid[MODE_TEXT];

	(void)snprintf(mode, sizeof(mode), "%c%04o", types[entry->type],
		       (unsigned)entry->mode);
	(void)snprintf(uid, sizeof(uid), "%jd", (intmax_t)entry->uid);
	(void)snprintf(gid, sizeof(gid), "%jd", (intmax_t)entry->gid);
	const struct bk_cell cells[] = {
		bk_cell_text(mode),
		bk_cell_text(entry->user && *entry->user ? entry->user : uid),
		bk_cell_text(entry->group && *entry->group ? entry->group
							   : gid),
		bk_cell_n(entry->size),
		bk_cell_time(entry->mtime),
		bk_cell_text(entry->path),
		bk_cell_text(entry->target),
	};
	entries->n++;
	return bk_listing_row(entries->to, cells, err);
}

static int read_tree(struct entries *entries, const struct bk_set_tree *tree,
		     struct bk_chunk_reader *reader,
		     struct bk_digester *digester, struct bk_err *err)
{
	struct bk_tree_archive *archive = NULL;
	struct bk_tree_source source;
	struct bk_tree_entry entry;

	bk_tree_source_init(&source, reader, digester, tree);
	int rc =
		bk_tree_archive_open(&archive, &source.source, tree->path, err);
	while (rc == 0 && (rc = bk_tree_archive_next(archive, &entry, err)) > 0)
		rc = is_meant(entries->path, entry.path)
			     ? add_entry(entries, &entry, err)
			     : 0;
	bk_tree_archive_close(archive);
	bk_tree_source_clear(&source);
	return rc;
}

int bk_list_tree_entries(const struct bk_listing_style *style,
			 const struct bk_set *set, const char *path,
			 struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"MODE",     "mode",   BK_FIELD_TEXT},
		{"OWNER",    "owner",  BK_FIELD_TEXT},
		{"GROUP",    "group",  BK_FIELD_TEXT},
		{"SIZE",     "bytes",  BK_FIELD_SIZE},
		{"MODIFIED", "mtime",  BK_FIELD_TIME},
		{"FILE",     "file",   BK_FIELD_NAME},
		{"LINK",     "target", BK_FIELD_TEXT},
	};
	struct entries entries = {
		.path = path,
		.to = bk_listing_new(style, "tree_entry", fields,
				     sizeof(fields) / sizeof(*fields)),
	};
	struct bk_chunk_reader *reader = bk_chunk_reader_new(set, CACHE);
	struct bk_digester *digester = bk_digester_new(&set->repo->keys.digest);
	int rc = 0;

	for (size_t i = 0; i < set->trees.n && rc == 0; i++)
		rc = read_tree(&entries, &set->trees.items[i], reader, digester,
			       err);
	if (rc == 0 && !entries.n)
		rc = bk_fail(err, BK_GONE,
			     "'%s' is in no tree of files of the set", path);
	bk_digester_free(digester);
	bk_chunk_reader_free(reader);
	if (rc == 0)
		return bk_listing_finish(entries.to, err);
	bk_listing_free(entries.to);
	return -1;
}
