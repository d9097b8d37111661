/*
 * What a file or folder has besides its contents: owner, mode, ACLs, extended
 * attributes, time.  Put on an open descriptor, so that nothing can take the
 * file's place in between.
 */

#ifndef BK_STORE_TREE_MARKS_H
#define BK_STORE_TREE_MARKS_H

#include <stdbool.h>

#include "base/err.h"
#include "store/tree_archive.h"

/* Whom names and numbers stand for on this host. */
struct bk_tree_owners;
struct bk_tree_owners *bk_tree_owners_new(void);
void bk_tree_owners_free(struct bk_tree_owners *owners); /* NULL is fine */

/* By name where this host knows it, else by number; -1: leave it, since only
 * root may give files away. */
uid_t bk_tree_uid(struct bk_tree_owners *owners,
		  const struct bk_tree_entry *entry);
gid_t bk_tree_gid(struct bk_tree_owners *owners,
		  const struct bk_tree_entry *entry);

/* BK_REFUSED: all was done but what the file system, or this user's rights, did
 * not allow.  A file that belongs to another user or group than it did gets no
 * set-ID bits. */
int bk_tree_marks_set(int fd, const struct bk_tree_entry *entry,
		      struct bk_tree_owners *owners, struct bk_err *err);

/* Has the open file all of them already? */
bool bk_tree_marks_are(int fd, const struct bk_tree_entry *entry,
		       struct bk_tree_owners *owners);

#endif
