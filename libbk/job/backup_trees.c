/* Trees of files into a set: see backup_trees.h. */

#include "job/backup_trees.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "crypto/digester.h"
#include "mail/cdc.h"
#include "mail/content.h"
#include "repo/rows.h"
#include "repo/set_trees.h"
#include "store/tree_read.h"

#define STAGE      BK_CHUNK_MAX /* an entry up to this is held whole */
#define PIECE_REFS 4096u        /* a piece that has more is closed */

/* One that was read; its references have no places yet. */
struct piece {
	const char *path;
	uint64_t entries, bytes;
	uint8_t digest[BK_DIGEST_LEN];
	struct bk_recipe recipe;
};

/*
 * An entry is staged until it is whole, so that it can be taken back.  One that
 * is too long for that begins a piece of its own, which is begun anew.
 */
struct trees {
	struct bk_tree_to to; /* first */
	struct bk_backup *run;
	struct bk_packer_hand *hand;
	struct bk_digester *digester;
	struct bk_buf staged;
	size_t header; /* of it, bytes */
	bool spilled;  /* some of the entry went to the piece */
	const char *path;
	struct piece piece; /* that is being filled */
	struct piece *pieces;
	size_t n, cap;
	uint64_t entries, lacks;
};

/* ---- pieces ---- */

static void begin_piece(struct trees *trees)
{
	bk_recipe_clear(&trees->piece.recipe);
	trees->piece = (struct piece){
		.path = trees->path,
		.recipe.style = BK_STYLE_VERBATIM,
	};
	bk_digester_begin(trees->digester);
}

static void end_piece(struct trees *trees)
{
	if (trees->piece.entries) {
		bk_digester_final(trees->digester, trees->piece.digest);
		trees->pieces =
			bk_array_room(trees->pieces, trees->n, &trees->cap,
				      sizeof(*trees->pieces));
		trees->pieces[trees->n++] = trees->piece;
		trees->piece = (struct piece){0};
	}
	begin_piece(trees);
}

static int keep_chunk(struct trees *trees, struct bk_view bytes,
		      enum bk_lane lane, struct bk_err *err)
{
	struct bk_chunk_sink *sink = bk_packer_hand_sink(trees->hand);
	struct bk_recipe *recipe = &trees->piece.recipe;
	uint64_t ref;

	if (sink->keep(sink, BK_CHUNK_TREE, lane, bytes, &ref, err) < 0)
		return -1;
	recipe->refs = bk_array_room(recipe->refs, recipe->n_refs,
				     &recipe->cap_refs, sizeof(*recipe->refs));
	recipe->refs[recipe->n_refs++] = ref;
	recipe->n_skeleton++;
	bk_digester_update(trees->digester, bytes.data, bytes.len);
	trees->piece.bytes += bytes.len;
	return 0;
}

/* Headers by themselves: a file that is touched is stored once. */
static int keep_header(struct trees *trees, struct bk_err *err)
{
	struct bk_view left = {trees->staged.data, trees->header};

	while (left.len) {
		struct bk_view part = left;
		if (part.len > BK_CHUNK_MAX)
			part.len = BK_CHUNK_MAX;
		if (keep_chunk(trees, part, BK_LANE_HEADER, err) < 0)
			return -1;
		left.data += part.len;
		left.len -= part.len;
	}
	return 0;
}

/* Contents that are staged, cut at fixed places; `all`, or what fills a piece.
 */
static int keep_contents(struct trees *trees, bool all, struct bk_err *err)
{
	struct bk_buf *staged = &trees->staged;
	size_t at = trees->header;

	while (staged->len - at >= BK_CDC_BINARY || (all && at < staged->len)) {
		struct bk_view part = {staged->data + at, staged->len - at};
		if (part.len > BK_CDC_BINARY)
			part.len = BK_CDC_BINARY;
		if (keep_chunk(trees, part,
			       bk_content_is_text(part) ? BK_LANE_TEXT
							: BK_LANE_BINARY,
			       err) < 0)
			return -1;
		at += part.len;
	}
	memmove(staged->data, staged->data + at, staged->len - at);
	staged->len -= at;
	trees->header = 0;
	return 0;
}

/* ---- entries ---- */

static void begin(struct bk_tree_to *to)
{
	struct trees *trees = (struct trees *)to;

	trees->staged.len = 0;
	trees->header = 0;
	trees->spilled = false;
}

static void back(struct bk_tree_to *to)
{
	struct trees *trees = (struct trees *)to;

	if (trees->spilled)
		begin_piece(trees);
	begin(to);
}

static int header_ends(struct bk_tree_to *to, struct bk_err *err)
{
	struct trees *trees = (struct trees *)to;

	(void)err;
	trees->header = trees->staged.len;
	return 0;
}

static int spill(struct trees *trees, struct bk_err *err)
{
	if (!trees->spilled) {
		end_piece(trees);
		trees->spilled = true;
		if (keep_header(trees, err) < 0)
			return -1;
	}
	return keep_contents(trees, false, err);
}

/* A header has no end that we know before it came: it is held, as the writer
 * holds it. */
static int take(struct bk_sink *sink, const void *data, size_t len,
		struct bk_err *err)
{
	struct trees *trees = (struct trees *)sink;

	bk_buf_add(&trees->staged, data, len);
	if (!trees->header && !trees->spilled)
		return 0;
	return trees->staged.len > STAGE ? spill(trees, err) : 0;
}

static int end(struct bk_tree_to *to, struct bk_err *err)
{
	struct trees *trees = (struct trees *)to;

	if (!trees->spilled && keep_header(trees, err) < 0)
		return -1;
	if (keep_contents(trees, true, err) < 0)
		return -1;
	trees->piece.entries++;
	trees->entries++;
	if (trees->spilled || trees->piece.recipe.n_refs >= PIECE_REFS)
		end_piece(trees);
	return 0;
}

static void lacks(struct bk_tree_to *to, const char *path,
		  const struct bk_err *why)
{
	struct trees *trees = (struct trees *)to;

	/* Who deletes a file while its folder is read does no harm. */
	if (why->kind == BK_GONE && strcmp(path, trees->path) != 0)
		return;
	if (why->kind == BK_EXISTS) {
		char *note = bk_asprintf("%s is %s: left out", path, why->text);
		bk_progress_note(trees->run->progress, note);
		free(note);
		return;
	}
	trees->lacks++;
	bk_progress_item_error(
		trees->run->progress,
		&(struct bk_item_error){
			.kind = why->kind,
			.name = path,
			.text = why->text,
			.outcome = why->kind == BK_BUSY ? "kept as it was read"
							: "left out",
		});
}

static void unkept(struct bk_tree_to *to, const char *path, const char *what)
{
	struct trees *trees = (struct trees *)to;
	char *note = bk_asprintf("%s is %s: it will come back without that",
				 path, what);

	bk_progress_note(trees->run->progress, note);
	free(note);
}

/* ---- trees ---- */

static int read_tree(struct trees *trees, const char *path, struct bk_err *err)
{
	struct bk_err why = {0};

	trees->path = path;
	begin_piece(trees);
	int rc = bk_tree_read(path, &trees->to, &why);
	if (rc < 0 && why.kind != BK_GONE && why.kind != BK_REFUSED &&
	    why.kind != BK_DENIED) {
		*err = why;
		return bk_context(err, "%s", path);
	}
	if (rc < 0)
		lacks(&trees->to, path, &why);
	end_piece(trees);
	return 0;
}

static int write_records(struct trees *trees, struct bk_err *err)
{
	struct bk_packer *packer = trees->run->packer;
	struct bk_buf record = {0}, body = {0};

	if (bk_packer_flush(trees->hand, err) < 0)
		return -1;
	for (size_t i = 0; i < trees->n; i++) {
		struct piece *piece = &trees->pieces[i];
		struct bk_recipe *recipe = &piece->recipe;
		for (size_t k = 0; k < recipe->n_refs; k++)
			(void)bk_packer_place(packer, recipe->refs[k],
					      &recipe->refs[k]);
		record.len = body.len = 0;
		bk_body_encode(recipe, &body);
		struct bk_tree_piece said = {
			.path = piece->path,
			.entries = piece->entries,
			.bytes = piece->bytes,
			.body = bk_buf_view(&body),
		};
		memcpy(said.digest, piece->digest, sizeof(said.digest));
		bk_tree_encode(&record, &said);
		bk_manifest_writer_name(trees->run->manifest, BK_RECORD_TREE,
					bk_buf_view(&record));
	}
	bk_buf_clear(&record);
	bk_buf_clear(&body);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_within(const char *path, const char *tree)
{
	size_t len = strlen(tree);

	return strncmp(path, tree, len) == 0 &&
	       (!path[len] || path[len] == '/');
}

/* Two spellings of one path, or a link to it, are one tree, under the path that
 * a restore finds without following links; what lies in another tree is in it
 * already. */
static void real_paths(const char *trees, struct bk_names *out)
{
	struct bk_names words = {0};

	bk_names_add_words(&words, trees);
	for (size_t i = 0; i < words.n; i++) {
		char *path = bk_path_real(words.items[i]);
		free(words.items[i]);
		words.items[i] = path;
	}
	qsort(words.items, words.n, sizeof(char *), by_path);
	for (size_t i = 0; i < words.n; i++) {
		bool known = false;
		for (size_t k = 0; k < out->n; k++)
			known |= is_within(words.items[i], out->items[k]);
		if (!known)
			bk_names_add(out, words.items[i]);
	}
	bk_names_clear(&words);
}

static void tell(const struct trees *trees, const struct bk_names *paths)
{
	char *text = bk_asprintf("%zu %s of files: %ju entries", paths->n,
				 paths->n == 1 ? "tree" : "trees",
				 (uintmax_t)trees->entries);

	bk_progress_note(trees->run->progress, text);
	free(text);
}

int bk_backup_trees(struct bk_backup *run, struct bk_err *err)
{
	const char *wanted = run->request->job->store.trees;
	struct trees trees = {
		.to = {.sink = {take},
		       .begin = begin,
		       .header_ends = header_ends,
		       .back = back,
		       .end = end,
		       .lacks = lacks,
		       .unkept = unkept},
		.run = run,
	};
	struct bk_names paths = {0};
	int rc = 0;

	if (!wanted)
		return 0;
	trees.hand = bk_packer_hand_new(run->packer);
	trees.digester = bk_digester_new(&run->request->repo->keys.digest);
	real_paths(wanted, &paths);
	for (size_t i = 0; i < paths.n && rc == 0; i++)
		rc = read_tree(&trees, paths.items[i], err);
	if (rc == 0)
		rc = write_records(&trees, err);
	if (rc == 0)
		tell(&trees, &paths);
	run->errors += trees.lacks;
	for (size_t i = 0; i < trees.n; i++)
		bk_recipe_clear(&trees.pieces[i].recipe);
	free(trees.pieces);
	bk_recipe_clear(&trees.piece.recipe);
	bk_buf_clear(&trees.staged);
	bk_names_clear(&paths);
	bk_digester_free(trees.digester);
	bk_packer_hand_free(trees.hand);
	return rc;
}
