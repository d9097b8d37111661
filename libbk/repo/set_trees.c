/* Trees of files in a set: see set_trees.h. */

#include "repo/set_trees.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/path.h"
#include "crypto/digester.h"
#include "crypto/secret.h"
#include "repo/chunk_reader.h"
#include "repo/rows.h"

/* ---- records ---- */

bool bk_tree_path_is(const char *path)
{
	if (*path != '/' || strlen(path) >= PATH_MAX)
		return false;
	while (*path) {
		size_t len = strcspn(++path, "/");
		if (!bk_path_is_name(path, len))
			return false;
		path += len;
	}
	return true;
}

void bk_tree_encode(struct bk_buf *to, const struct bk_tree_piece *piece)
{
	bk_buf_add_string(to, piece->path);
	bk_buf_add_varint(to, piece->entries);
	bk_buf_add_varint(to, piece->bytes);
	bk_buf_add(to, piece->digest, sizeof(piece->digest));
	bk_buf_add(to, piece->body.data, piece->body.len);
}

static struct bk_set_tree *tree_of(struct bk_set_trees *trees, const char *path)
{
	trees->items = bk_array_room(trees->items, trees->n, &trees->cap,
				     sizeof(*trees->items));
	struct bk_set_tree *tree = &trees->items[trees->n++];
	*tree = (struct bk_set_tree){
		.path = bk_arena_strdup(&trees->arena, path),
	};
	return tree;
}

/* The path is the caller's; the body is copied. */
static int add_piece(struct bk_set_trees *trees, struct bk_tree_piece *piece,
		     struct bk_err *err)
{
	struct bk_set_tree *tree =
		trees->n ? &trees->items[trees->n - 1] : NULL;

	if (!tree || strcmp(tree->path, piece->path) != 0) {
		if (bk_set_trees_find(trees, piece->path))
			return bk_fail(err, BK_CORRUPT,
				       "tree %s is there twice", piece->path);
		tree = tree_of(trees, piece->path);
	}
	if (__builtin_add_overflow(tree->entries, piece->entries,
				   &tree->entries) ||
	    __builtin_add_overflow(tree->bytes, piece->bytes, &tree->bytes))
		return bk_fail(err, BK_CORRUPT, "tree %s: an impossible size",
			       piece->path);
	tree->pieces = bk_array_room(tree->pieces, tree->n, &tree->cap,
				     sizeof(*tree->pieces));
	piece->path = tree->path;
	piece->body.data = bk_arena_memdup(&trees->arena, piece->body.data,
					   piece->body.len);
	tree->pieces[tree->n++] = *piece;
	return 0;
}

int bk_set_trees_take(struct bk_set_trees *trees, struct bk_view body,
		      struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(body.data, body.len);
	struct bk_tree_piece piece = {0};
	char *path = bk_cursor_string(&from);
	int rc;

	piece.path = path;
	piece.entries = bk_cursor_varint(&from);
	piece.bytes = bk_cursor_varint(&from);
	bk_cursor_copy(&from, piece.digest, sizeof(piece.digest));
	piece.body = bk_cursor_bytes(&from, bk_cursor_left(&from));
	if (from.bad || !path || !piece.entries || !bk_tree_path_is(path))
		rc = bk_fail(err, BK_CORRUPT, "record of a tree is malformed");
	else
		rc = add_piece(trees, &piece, err);
	free(path);
	return rc;
}

const struct bk_set_tree *bk_set_trees_find(const struct bk_set_trees *trees,
					    const char *path)
{
	for (size_t i = 0; trees->items && i < trees->n; i++)
		if (strcmp(trees->items[i].path, path) == 0)
			return &trees->items[i];
	return NULL;
}

void bk_set_trees_clear(struct bk_set_trees *trees)
{
	for (size_t i = 0; i < trees->n; i++)
		free(trees->items[i].pieces);
	free(trees->items);
	bk_arena_clear(&trees->arena);
	*trees = (struct bk_set_trees){0};
}

/* ---- reading ---- */

static int begin_piece(struct bk_tree_source *from, struct bk_err *err)
{
	const struct bk_tree_piece *piece =
		&from->tree->pieces[from->next_piece++];
	struct bk_recipe *recipe = &from->recipe;

	if (bk_body_decode(piece->body, recipe, err) < 0)
		return -1;
	if (recipe->style != BK_STYLE_VERBATIM || recipe->n_trace ||
	    recipe->n_parts || recipe->n_skeleton != recipe->n_refs)
		return bk_fail(err, BK_CORRUPT, "is no body of a tree");
	from->next_ref = 0;
	from->bytes = 0;
	bk_digester_begin(from->digester);
	return 0;
}

static int end_piece(struct bk_tree_source *from, struct bk_err *err)
{
	const struct bk_tree_piece *piece;
	uint8_t digest[BK_DIGEST_LEN];

	if (!from->next_piece)
		return 0;
	piece = &from->tree->pieces[from->next_piece - 1];
	bk_digester_final(from->digester, digest);
	if (from->bytes != piece->bytes ||
	    !bk_bytes_equal(digest, piece->digest, sizeof(digest)))
		return bk_fail(err, BK_CORRUPT, "does not match its digest");
	return 0;
}

/* The next chunk: 1, 0 at the end, -1. */
static int next_chunk(struct bk_tree_source *from, struct bk_err *err)
{
	while (!from->ended && from->next_ref == from->recipe.n_refs) {
		if (end_piece(from, err) < 0)
			return -1;
		from->ended = from->next_piece == from->tree->n;
		if (from->ended)
			break;
		if (begin_piece(from, err) < 0)
			return -1;
	}
	if (from->ended)
		return 0;
	if (bk_chunk_reader_tree(from->reader,
				 from->recipe.refs[from->next_ref++],
				 &from->left, err) < 0)
		return -1;
	bk_digester_update(from->digester, from->left.data, from->left.len);
	from->bytes += from->left.len;
	return 1;
}

static int read_tree(struct bk_source *source, void *into, size_t cap,
		     size_t *got, struct bk_err *err)
{
	struct bk_tree_source *from = (struct bk_tree_source *)source;

	*got = 0;
	if (!from->left.len) {
		int rc = next_chunk(from, err);
		if (rc <= 0)
			return rc < 0 ? bk_context(err, "tree %s",
						   from->tree->path)
				      : 0;
	}
	*got = cap < from->left.len ? cap : from->left.len;
	memcpy(into, from->left.data, *got);
	from->left.data += *got;
	from->left.len -= *got;
	return 0;
}

void bk_tree_source_init(struct bk_tree_source *from,
			 struct bk_chunk_reader *reader,
			 struct bk_digester *digester,
			 const struct bk_set_tree *tree)
{
	*from = (struct bk_tree_source){
		.source = {.read = read_tree},
		.reader = reader,
		.digester = digester,
		.tree = tree,
	};
}

void bk_tree_source_clear(struct bk_tree_source *from)
{
	bk_recipe_clear(&from->recipe);
}
