/* Trees of files, brought back: see restore_trees.h. */

#include "job/restore_trees.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "crypto/digester.h"
#include "job/script_files.h"
#include "repo/chunk_reader.h"
#include "store/name_table.h"
#include "store/tree_archive.h"
#include "store/tree_place.h"

#define CACHE ((size_t)8 << 20)

/* What the first reading found about an entry. */
enum finding { NOT_WANTED, WANTED_NEW, WANTED_OTHER, IS_THERE, IS_REFUSED };

/* What is known of a file by its path: a hard link comes without contents, and
 * is one to these. */
enum known { IS_CHOSEN, IS_WHOLE };

struct restore_trees {
	const struct bk_restore_trees_request *request;
	struct bk_progress *progress;
	struct bk_outcome *outcome;
	struct bk_set *set;
	struct bk_chunk_reader *reader;
	struct bk_digester *digester;
	struct bk_tree_place *place;
	struct bk_listing *listing;
	struct bk_script_files *scripts;
	uint8_t **findings;         /* [tree][entry] */
	struct bk_name_table files; /* enum known of each, one or both */
	uint64_t made, replaced, there, failed, written, bytes;
	uint64_t lacking; /* written, but for some of their marks */
};

static void tell(struct restore_trees *run, const char *path,
		 const struct bk_err *why, const char *outcome)
{
	bk_progress_item_error(run->progress, &(struct bk_item_error){
						      .kind = why->kind,
						      .name = path,
						      .text = why->text,
						      .outcome = outcome,
					      });
}

static void tell_failed(void *arg, const char *path, const struct bk_err *why)
{
	struct restore_trees *run = arg;

	run->failed++;
	tell(run, path, why, "not restored");
}

/* It is there, but for an owner, an attribute or the like. */
static void tell_lacks(void *arg, const char *path, const struct bk_err *why)
{
	struct restore_trees *run = arg;

	run->lacking++;
	tell(run, path, why, "restored without it");
}

/* Does it concern one entry alone? */
static bool is_of_one(const struct bk_err *err)
{
	switch (err->kind) {
	case BK_GONE:
	case BK_EXISTS:
	case BK_REFUSED:
	case BK_BUSY:
	case BK_DENIED:
	case BK_FAILED:
		return true;
	case BK_OK:
	case BK_FULL:
	case BK_LOST:
	case BK_NO_KEY:
	case BK_CORRUPT:
	case BK_NEWER:
	case BK_MISUSE:
	case BK_UNSAFE:
	case BK_CANCELLED:
	case BK_STARVED:
		break;
	}
	return false;
}

/* ---- hard links ---- */

static void remember(struct restore_trees *run,
		     const struct bk_tree_entry *entry, enum known what)
{
	if (entry->type == BK_TREE_FILE)
		bk_name_table_add(&run->files,
				  bk_name_table_key(&run->files, entry->path,
						    strlen(entry->path)),
				  what);
}

static bool is_known(struct restore_trees *run, const char *path,
		     enum known what)
{
	struct bk_name_key key =
		bk_name_table_key(&run->files, path, strlen(path));
	uint32_t value;
	size_t at = 0;

	while (bk_name_table_next(&run->files, key, &at, &value))
		if (value == what)
			return true;
	return false;
}

/* Else it would be a link to whatever is there now. */
static int check_link(struct restore_trees *run,
		      const struct bk_tree_entry *entry, enum known needs,
		      struct bk_err *err)
{
	if (entry->type != BK_TREE_HARD_LINK ||
	    is_known(run, entry->target, needs))
		return 0;
	return bk_fail(err, BK_REFUSED,
		       needs == IS_CHOSEN
			       ? "its contents are those of %s: choose that too"
			       : "its contents are those of %s, which was not "
				 "restored",
		       entry->target);
}

/* ---- the first reading ---- */

static int list_entry(struct restore_trees *run,
		      const struct bk_tree_entry *entry, const char *does,
		      struct bk_err *err)
{
	const struct bk_cell cells[] = {
		bk_cell_text(entry->path),
		bk_cell_n(entry->size),
		bk_cell_time(entry->mtime),
		bk_cell_text(does),
	};

	return bk_listing_row(run->listing, cells, err);
}

static int count_finding(struct restore_trees *run,
			 const struct bk_tree_entry *entry,
			 enum bk_tree_state state, uint8_t *finding,
			 struct bk_err *err)
{
	switch (state) {
	case BK_TREE_SAME:
		run->there++;
		*finding = IS_THERE;
		return 0;
	case BK_TREE_NEW:
		run->made++;
		*finding = WANTED_NEW;
		return list_entry(run, entry, "new", err);
	case BK_TREE_OTHER:
		run->replaced++;
		*finding = WANTED_OTHER;
		return list_entry(run, entry,
				  entry->type == BK_TREE_FOLDER ? "marks"
								: "overwrites",
				  err);
	}
	return 0;
}

/* A link to a file that gets other contents will be one to another file. */
static int compare_there(struct restore_trees *run,
			 struct bk_tree_archive *archive,
			 const struct bk_tree_entry *entry,
			 enum bk_tree_state *state, struct bk_err *err)
{
	remember(run, entry, IS_CHOSEN);
	if (check_link(run, entry, IS_CHOSEN, err) < 0 ||
	    bk_tree_place_compare(run->place, archive, entry, state, err) < 0)
		return -1;
	if (*state != BK_TREE_SAME)
		return 0;
	remember(run, entry, IS_WHOLE);
	if (entry->type == BK_TREE_HARD_LINK &&
	    !is_known(run, entry->target, IS_WHOLE))
		*state = BK_TREE_OTHER;
	return 0;
}

static int compare(struct restore_trees *run, struct bk_tree_archive *archive,
		   const struct bk_tree_entry *entry, uint8_t *finding,
		   struct bk_err *err)
{
	enum bk_tree_state state = BK_TREE_NEW;
	struct bk_err why = {0};

	*finding = NOT_WANTED;
	if (!bk_file_is_chosen(run->request->paths, entry->path))
		return 0;
	*finding = IS_REFUSED;
	if (entry->fault)
		(void)bk_fail(&why, BK_REFUSED, "%s", entry->fault);
	else if (compare_there(run, archive, entry, &state, &why) == 0)
		return count_finding(run, entry, state, finding, err);
	if (!is_of_one(&why)) {
		*err = why;
		return -1;
	}
	tell_failed(run, entry->path, &why);
	return 0;
}

/* ---- the second ---- */

/* A folder gets its marks again after what is written into it. */
static bool is_to_do(const struct bk_tree_entry *entry, enum finding finding)
{
	return finding == WANTED_NEW || finding == WANTED_OTHER ||
	       (finding == IS_THERE && entry->type == BK_TREE_FOLDER);
}

/* What the archive does not give is the set's fault, a full disk is not. */
static int end_early(struct restore_trees *run,
		     const struct bk_tree_entry *entry, struct bk_err *err)
{
	(void)bk_context(err, "%s", entry->path);
	if (err->kind != BK_FULL)
		return -1;
	run->outcome->place = BK_PLACE_DESTINATION;
	size_t len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len,
		       ". Make room there, then restore again.");
	return -1;
}

static int write_entry(struct restore_trees *run,
		       struct bk_tree_archive *archive,
		       const struct bk_tree_entry *entry, uint8_t *finding,
		       struct bk_err *err)
{
	struct bk_err why = {0}, lacks = {0};

	if (!is_to_do(entry, *finding))
		return 0;
	int rc = check_link(run, entry, IS_WHOLE, &why);
	if (rc == 0)
		rc = bk_tree_place_put(run->place, archive, entry, &lacks,
				       &why);
	if (rc < 0 && !is_of_one(&why)) {
		*err = why;
		return end_early(run, entry, err);
	}
	if (rc < 0) {
		tell_failed(run, entry->path, &why);
		return 0;
	}
	remember(run, entry, IS_WHOLE);
	if (lacks.kind != BK_OK)
		tell_lacks(run, entry->path, &lacks);
	if (*finding != IS_THERE) {
		run->written++;
		run->bytes += entry->size;
	}
	return 0;
}

/* ---- both ---- */

typedef int (*entry_fn)(struct restore_trees *run,
			struct bk_tree_archive *archive,
			const struct bk_tree_entry *entry, uint8_t *finding,
			struct bk_err *err);

static int read_tree(struct restore_trees *run, size_t i, entry_fn each,
		     struct bk_err *err)
{
	const struct bk_set_tree *tree = &run->set->trees.items[i];
	struct bk_tree_archive *archive = NULL;
	struct bk_tree_source source;
	struct bk_tree_entry entry;
	uint64_t n = 0;

	bk_tree_source_init(&source, run->reader, run->digester, tree);
	int rc =
		bk_tree_archive_open(&archive, &source.source, tree->path, err);
	while (rc == 0 &&
	       (rc = bk_tree_archive_next(archive, &entry, err)) > 0) {
		rc = n == tree->entries
			     ? bk_fail(err, BK_CORRUPT,
				       "tree %s: has more than its entries",
				       tree->path)
			     : each(run, archive, &entry,
				    &run->findings[i][n++], err);
		if (rc == 0)
			rc = bk_cancelled(err);
	}
	bk_tree_archive_close(archive);
	bk_tree_source_clear(&source);
	return rc;
}

static int read_trees(struct restore_trees *run, entry_fn each,
		      struct bk_err *err)
{
	for (size_t i = 0; i < run->set->trees.n; i++)
		if (read_tree(run, i, each, err) < 0)
			return -1;
	return 0;
}

/* With a folder to put them into: no server takes them from "/sieve". */
static int do_scripts(struct restore_trees *run, bool write, struct bk_err *err)
{
	const char *to = run->request->to;
	const struct bk_script_files_tell tell = {
		.failed = tell_failed,
		.arg = run,
		.made = &run->made,
		.replaced = &run->replaced,
		.there = &run->there,
		.written = &run->written,
		.bytes = &run->bytes,
	};

	if (!to)
		return 0;
	return write ? bk_script_files_write(run->scripts, to, &tell, err)
		     : bk_script_files_compare(run->scripts, to, run->listing,
					       &tell, err);
}

static int compare_all(struct restore_trees *run, struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"FILE",     "file",  BK_FIELD_NAME},
		{"SIZE",     "bytes", BK_FIELD_SIZE},
		{"MODIFIED", "mtime", BK_FIELD_TIME},
		{"RESTORE",  "does",  BK_FIELD_TEXT},
	};

	run->findings = bk_alloc((run->set->trees.n + 1) * sizeof(uint8_t *));
	for (size_t i = 0; i < run->set->trees.n; i++) {
		const struct bk_set_tree *tree = &run->set->trees.items[i];
		/* An entry is at least a block of a tar file. */
		run->findings[i] =
			bk_try_alloc((size_t)tree->entries + 1,
				     (size_t)(tree->bytes / 512 + 1), err);
		if (!run->findings[i])
			return -1;
	}
	run->listing =
		bk_listing_new(&run->request->style, "tree_entry", fields, 4);
	if (read_trees(run, compare, err) < 0 ||
	    do_scripts(run, false, err) < 0)
		return -1;
	struct bk_listing *listing = run->listing;
	run->listing = NULL;
	if (bk_listing_finish(listing, err) < 0)
		return -1;
	if (run->made + run->replaced + run->there + run->failed == 0)
		return bk_fail(err, BK_GONE,
			       "no file of the set's trees fits%s. Nothing "
			       "changed.",
			       run->request->to ? ""
						: " (Sieve scripts need --to)");
	char *text = bk_asprintf("%ju new, %ju overwritten, %ju as they are",
				 (uintmax_t)run->made, (uintmax_t)run->replaced,
				 (uintmax_t)run->there);
	bk_progress_note(run->progress, text);
	free(text);
	return 0;
}

static void tell_end(struct restore_trees *run, const char *label,
		     int64_t start_ms)
{
	uint64_t errors = run->failed + run->lacking;
	struct bk_summary summary = {
		.act = BK_ACT_RESTORE,
		.result = errors ? BK_RESULT_INCOMPLETE : BK_RESULT_COMPLETE,
		.set = label,
		.store = run->set->levels[0].root.store_name,
		.repo = run->request->repo->target->where,
		.messages.total = run->written + run->there + run->failed,
		.messages.added = run->written,
		.messages.kept = run->there,
		.messages.flags = run->written,
		.messages.dates = run->written,
		.bytes.source = run->bytes,
		.bytes.stored = run->bytes,
		.errors = errors,
		.seconds = (double)(bk_clock_now_ms() - start_ms) / 1000,
	};

	if (errors)
		summary.next = "mend what is named above, then restore again";
	bk_progress_finish(run->progress, &summary);
}

static int write_all(struct restore_trees *run, struct bk_err *err)
{
	const struct bk_set_level *top = &run->set->levels[0];
	int64_t start_ms = bk_clock_now_ms();
	struct bk_err ignored = {0};
	char label[BK_SET_NAME];

	bk_set_name(label, top->id, top->root.kind);
	bk_progress_start(run->progress,
			  &(struct bk_run){
				  .act = BK_ACT_RESTORE,
				  .store = top->root.store_name,
				  .repo = run->request->repo->target->where,
				  .set = label,
			  });
	if (read_trees(run, write_entry, err) < 0) {
		/* Nobody else could enter the new folders. */
		(void)bk_tree_place_finish(run->place, tell_lacks, run,
					   &ignored);
		return -1;
	}
	run->outcome->place = BK_PLACE_DESTINATION;
	if (bk_tree_place_finish(run->place, tell_lacks, run, err) < 0 ||
	    do_scripts(run, true, err) < 0)
		return -1;
	tell_end(run, label, start_ms);
	return 0;
}

static int restore(struct restore_trees *run, struct bk_err *err)
{
	const struct bk_restore_trees_request *request = run->request;
	const char *to = request->to ? request->to : "/";

	run->outcome->place = BK_PLACE_REQUEST;
	if (*to != '/')
		return bk_fail(
			err, BK_MISUSE,
			"--to %s: with --trees it is a folder, and begins "
			"with '/'",
			to);
	if (bk_choose_and_open(&run->set, request->repo, request->choice,
			       run->outcome, err) < 0)
		return -1;
	run->outcome->place = BK_PLACE_SET;
	run->scripts = bk_script_files_new(run->set, request->paths);
	bool none = !run->set->trees.n && !bk_script_files_n(run->scripts);
	if (none && request->if_any) {
		bk_progress_note(run->progress,
				 "the set holds no trees of files");
		return 0;
	}
	if (none)
		return bk_fail(err, BK_GONE,
			       "the set has no trees of files. Nothing "
			       "changed.");
	run->outcome->place = BK_PLACE_DESTINATION;
	if (bk_tree_place_open(&run->place, to, err) < 0)
		return -1;
	run->outcome->place = BK_PLACE_SET;
	run->reader = bk_chunk_reader_new(run->set, CACHE);
	run->digester = bk_digester_new(&request->repo->keys.digest);
	if (compare_all(run, err) < 0)
		return -1;
	return request->dry_run ? 0 : write_all(run, err);
}

int bk_restore_trees_run(const struct bk_restore_trees_request *request,
			 struct bk_progress *progress,
			 struct bk_outcome *outcome, struct bk_err *err)
{
	struct restore_trees run = {
		.request = request,
		.progress = progress,
		.outcome = outcome,
	};
	int rc = restore(&run, err);

	if (rc == 0 && run.failed + run.lacking)
		outcome->ending = BK_ENDING_INCOMPLETE;
	for (size_t i = 0; run.findings && i < run.set->trees.n; i++)
		free(run.findings[i]);
	free(run.findings);
	bk_listing_free(run.listing);
	bk_name_table_clear(&run.files);
	bk_tree_place_close(run.place);
	bk_script_files_free(run.scripts);
	bk_digester_free(run.digester);
	bk_chunk_reader_free(run.reader);
	bk_set_close(run.set);
	return rc;
}
