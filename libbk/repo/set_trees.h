/*
 * The trees of files that a set has besides mail: configuration, scripts,
 * whatever is listed.  bk-format(5), record 5.
 *
 * A tree is one pax stream (tar), cut into pieces at the beginnings of entries,
 * a record each.  Every set says all of its trees anew: what did not change
 * costs references, since its chunks are stored already.
 */

#ifndef BK_REPO_SET_TREES_H
#define BK_REPO_SET_TREES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"
#include "mail/message.h"
#include "mail/recipe.h"

struct bk_chunk_reader;
struct bk_digester;

/* A stretch of the stream: one record. */
struct bk_tree_piece {
	const char *path; /* of the tree: "/etc/dovecot" */
	uint64_t entries; /* files, folders and links that begin in it */
	uint64_t bytes;
	uint8_t digest[BK_DIGEST_LEN]; /* of its bytes, as of a message's */
	struct bk_view body; /* a body record: verbatim, all of its chunks of
				the skeleton */
};

/* The whole of it. */
struct bk_set_tree {
	const char *path;
	uint64_t entries, bytes;
	struct bk_tree_piece *pieces; /* owned */
	size_t n, cap;
};

/* {0} is a valid empty one. */
struct bk_set_trees {
	struct bk_arena arena;
	struct bk_set_tree *items; /* owned */
	size_t n, cap;
};
void bk_set_trees_clear(struct bk_set_trees *trees);

/* Is it a path that a tree may have: absolute, in its one spelling, no level
 * of it "." or "..", at most PATH_MAX? */
bool bk_tree_path_is(const char *path);

/* Appends the body of a record. */
void bk_tree_encode(struct bk_buf *to, const struct bk_tree_piece *piece);

/* Adds what one record says.  BK_CORRUPT when it is malformed, or its tree was
 * over already. */
int bk_set_trees_take(struct bk_set_trees *trees, struct bk_view body,
		      struct bk_err *err);

/* The tree of that path, or NULL. */
const struct bk_set_tree *bk_set_trees_find(const struct bk_set_trees *trees,
					    const char *path);

/*
 * A tree's stream, read from the set; each piece is checked against its length
 * and digest when its end was read: BK_CORRUPT.  Reader and tree outlive it.
 */
struct bk_tree_source {
	struct bk_source source; /* first */
	struct bk_chunk_reader *reader;
	struct bk_digester *digester;
	const struct bk_set_tree *tree;
	struct bk_recipe recipe; /* of the piece that is being read */
	size_t next_piece, next_ref;
	uint64_t bytes; /* of the piece, read so far */
	bool ended;
	struct bk_view left; /* of the chunk */
};
void bk_tree_source_init(struct bk_tree_source *from,
			 struct bk_chunk_reader *reader,
			 struct bk_digester *digester,
			 const struct bk_set_tree *tree);
void bk_tree_source_clear(struct bk_tree_source *from);

#endif
