/*
 * Where a tree of files is written: a folder, beneath which everything stays.
 *
 * Every path is walked from that folder's descriptor, no symbolic link is
 * followed on the way (base/path.h), and what is written gets its name when it
 * is whole, in the folder that was opened: a link that takes a folder's place
 * meanwhile leads nowhere.  A file takes the place of a file or a link; nothing
 * takes the place of a folder, and nothing is taken away.
 */

#ifndef BK_STORE_TREE_PLACE_H
#define BK_STORE_TREE_PLACE_H

#include "base/err.h"
#include "store/tree_archive.h"

struct bk_tree_place;

enum bk_tree_state {
	BK_TREE_NEW,   /* nothing is there */
	BK_TREE_SAME,  /* it is there as it is in the tree */
	BK_TREE_OTHER, /* something else is there, and would be replaced */
};

/* `to` is "/", or a folder that is there. */
int bk_tree_place_open(struct bk_tree_place **out, const char *to,
		       struct bk_err *err);
void bk_tree_place_close(struct bk_tree_place *place); /* NULL is fine */

/* What is there where the archive's entry would go; reads its contents.
 * BK_REFUSED: it could not be written; BK_CORRUPT and the like are the
 * archive's. */
int bk_tree_place_compare(struct bk_tree_place *place,
			  struct bk_tree_archive *archive,
			  const struct bk_tree_entry *entry,
			  enum bk_tree_state *out, struct bk_err *err);

/* Writes the entry; *lacks, BK_OK before, says which of its marks could not be
 * set.  -1 concerns it alone, but for what is the archive's, and BK_FULL. */
int bk_tree_place_put(struct bk_tree_place *place,
		      struct bk_tree_archive *archive,
		      const struct bk_tree_entry *entry, struct bk_err *lacks,
		      struct bk_err *err);

/* After the last entry that was put, also when not all could be: folders get
 * their owners, modes and times; each that does not is told.  All is durable
 * then. */
int bk_tree_place_finish(struct bk_tree_place *place,
			 void (*failed)(void *arg, const char *path,
					const struct bk_err *why),
			 void *arg, struct bk_err *err);

#endif
