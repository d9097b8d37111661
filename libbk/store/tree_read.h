/*
 * A tree of files on disk, read as a pax stream (tar): folders, files with
 * their holes, symbolic and hard links, owners by name and number, modes,
 * times, ACLs and extended attributes.  No link is followed, not even one that
 * takes a folder's place while it is read.
 *
 * The stream is libarchive's, each entry by itself: what follows an entry does
 * not depend on it, and there is no mark at the end.
 */

#ifndef BK_STORE_TREE_READ_H
#define BK_STORE_TREE_READ_H

#include <stdbool.h>

#include "base/err.h"
#include "base/stream.h"

#define BK_TREE_DEPTH 128 /* levels of folders */

/* Where it goes.  Callbacks that return int end it all by -1. */
struct bk_tree_to {
	struct bk_sink sink; /* first: an entry's header, then its contents */
	/* An entry begins; `header_ends` comes before its contents. */
	void (*begin)(struct bk_tree_to *to);
	int (*header_ends)(struct bk_tree_to *to, struct bk_err *err);
	/* What came since begin() is worth nothing: it begins again, or is
	 * left out. */
	void (*back)(struct bk_tree_to *to);
	int (*end)(struct bk_tree_to *to, struct bk_err *err);
	/* It cannot be read, and is not in the stream.  BK_EXISTS: it is a
	 * device, socket or pipe, which has nothing to read.  BK_BUSY: it is
	 * in the stream, but was written to while it was read. */
	void (*lacks)(struct bk_tree_to *to, const char *path,
		      const struct bk_err *why);
	/* The entry is in the stream, and not that it is `what`; may be NULL.
	 */
	void (*unkept)(struct bk_tree_to *to, const char *path,
		       const char *what);
};

/*
 * Reads the file or folder `path`, absolute and in its one spelling.  What
 * cannot be read of it, or is not there, is told by lacks() (BK_GONE: it went
 * meanwhile); -1 when the folder that it lies in cannot be entered, or a
 * callback failed.
 */
int bk_tree_read(const char *path, struct bk_tree_to *to, struct bk_err *err);

#endif
