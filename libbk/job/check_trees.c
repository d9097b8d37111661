/* Reading the trees of files of a set to see that they are whole: see
 * check_run.h. */

#include <stdlib.h>

#include "crypto/digester.h"
#include "job/check_run.h"
#include "repo/chunk_reader.h"
#include "store/tree_archive.h"

#define CACHE ((size_t)8 << 20)

/* Every byte, and every entry as a restore would take it apart. */
static int read_through(struct bk_check_run *run,
			const struct bk_set_tree *tree,
			struct bk_chunk_reader *reader,
			struct bk_digester *digester, struct bk_err *err)
{
	struct bk_tree_archive *archive = NULL;
	struct bk_tree_source source;
	struct bk_tree_entry entry;
	uint64_t n = 0;

	bk_tree_source_init(&source, reader, digester, tree);
	int rc =
		bk_tree_archive_open(&archive, &source.source, tree->path, err);
	while (rc == 0 &&
	       (rc = bk_tree_archive_next(archive, &entry, err)) > 0) {
		n++;
		rc = bk_check_lost(run, err);
		if (rc == 0 && entry.fault)
			rc = bk_fail(err, BK_CORRUPT, "tree %s: %s: %s",
				     tree->path, entry.path, entry.fault);
	}
	if (rc == 0 && n != tree->entries)
		rc = bk_fail(err, BK_CORRUPT,
			     "tree %s: has %ju entries, not %ju", tree->path,
			     (uintmax_t)n, (uintmax_t)tree->entries);
	bk_tree_archive_close(archive);
	bk_tree_source_clear(&source);
	return rc;
}

static void tell(struct bk_check_run *run, const struct bk_set *set,
		 const struct bk_set_tree *tree, const struct bk_err *why)
{
	const char *place = run->place->name;
	char *text = place ? bk_asprintf("%s: %s", place, why->text)
			   : bk_strdup(why->text);

	bk_check_spoilt(run, set->levels[0].id);
	bk_progress_item_error(run->progress,
			       &(struct bk_item_error){
				       .kind = BK_CORRUPT,
				       .name = tree->path,
				       .text = text,
				       .outcome = "cannot be restored from "
						  "this set",
			       });
	free(text);
}

int bk_check_trees(struct bk_check_run *run, struct bk_set *set,
		   struct bk_err *err)
{
	struct bk_chunk_reader *reader;
	struct bk_digester *digester;
	int rc = 0;

	if (!set->trees.n)
		return 0;
	reader = bk_chunk_reader_new(set, CACHE);
	digester = bk_digester_new(&set->repo->keys.digest);
	for (size_t i = 0; i < set->trees.n && rc == 0; i++) {
		const struct bk_set_tree *tree = &set->trees.items[i];
		struct bk_err why = {0};
		if (read_through(run, tree, reader, digester, &why) == 0)
			continue;
		if (!bk_check_breaks_off(run, &why)) {
			tell(run, set, tree, &why);
			if (!bk_check_packs_bad(run))
				bk_check_finding(run, &why, BK_CURE_COPY,
						 set->levels[0].id);
		}
		rc = bk_check_lost(run, err);
	}
	bk_digester_free(digester);
	bk_chunk_reader_free(reader);
	return rc;
}
