/*
 * The entries of a pax stream that a tree of files was kept as, one after the
 * other.  Where a stream comes from is not trusted: an entry outside of its
 * tree, or of a kind that is never restored, is told with its fault, and its
 * path is for people only.
 */

#ifndef BK_STORE_TREE_ARCHIVE_H
#define BK_STORE_TREE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/stream.h"

struct archive_entry; /* libarchive's: for store/tree_*.c alone */

enum bk_tree_type {
	BK_TREE_FILE,
	BK_TREE_FOLDER,
	BK_TREE_LINK,      /* symbolic */
	BK_TREE_HARD_LINK, /* another name of an entry before it */
};

/* Texts are valid until the next entry. */
struct bk_tree_entry {
	enum bk_tree_type type;
	const char *path;   /* "/etc/dovecot/dovecot.conf" */
	const char *target; /* of a link, as it is written in it; of a hard
			       link a path as above */
	const char *fault;  /* why it is not to be restored, or NULL */
	const char *user, *group; /* names, or NULL */
	int64_t uid, gid;
	mode_t mode; /* 07777 */
	uint64_t size;
	int64_t mtime;
	struct archive_entry *about;
};

struct bk_tree_archive;

/* `top` is the path of the tree; it and the source are the caller's. */
int bk_tree_archive_open(struct bk_tree_archive **out, struct bk_source *from,
			 const char *top, struct bk_err *err);
/* 1, 0 at the end, -1: BK_CORRUPT, or as the source fails. */
int bk_tree_archive_next(struct bk_tree_archive *archive,
			 struct bk_tree_entry *out, struct bk_err *err);
/* Bytes of the entry's contents, which lie at *offset; what is left out is
 * zeros.  1, 0 at the end, -1. */
int bk_tree_archive_data(struct bk_tree_archive *archive, struct bk_view *out,
			 uint64_t *offset, struct bk_err *err);
void bk_tree_archive_close(struct bk_tree_archive *archive); /* NULL is fine */

#endif
