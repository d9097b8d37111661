/* Files as a whole: read with a ceiling, written atomically and durably. */

#ifndef BK_BASE_FILE_H
#define BK_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Reads a regular file into *into (emptied first); BK_CORRUPT above `limit`
 * bytes.  `dir` is a descriptor or AT_FDCWD. */
int bk_file_read(int dir, const char *path, size_t limit, struct bk_buf *into,
		 struct bk_err *err);

/* Writes path.part, syncs it, renames it into place, syncs the folder: after a
 * crash there is the old file or the new one. */
int bk_file_replace(int dir, const char *path, struct bk_view bytes,
		    mode_t mode, struct bk_err *err);

/* The same with an owner, who may read it as soon as it is there. */
struct bk_file_owner {
	mode_t mode;
	uid_t uid; /* -1: as it comes */
	gid_t gid;
};
int bk_file_replace_as(int dir, const char *path, struct bk_view bytes,
		       const struct bk_file_owner *owner, struct bk_err *err);

/*
 * The same, in order but not at once: after a crash there is the old file or
 * the new one, whole, and which of them is known when the file system was
 * synced.  A sync for each of many small files takes longer than writing them.
 */
int bk_file_put_as(int dir, const char *path, struct bk_view bytes,
		   const struct bk_file_owner *owner, struct bk_err *err);

/* What was written to fd is on disk before a name that it gets from now on:
 * order without waiting for the journal, which ext4, XFS and btrfs keep; a full
 * sync where the file system cannot. */
int bk_fd_settle(int fd, struct bk_err *err);

/* Begins to write to disk what is not there yet, and does not wait for it: a
 * sync later finds less to do.  Promises nothing; nothing, and no error, where
 * the file system cannot. */
int bk_fd_settle_begin(int fd, struct bk_err *err);

/* Renames from one folder to another; BK_EXISTS rather than over a file that
 * is there.  Syncs nothing: who moves many files syncs their folders once. */
int bk_file_move(int from_dir, const char *from, int to_dir, const char *to,
		 struct bk_err *err);

/* Renames within a folder, over what is there, which may be no folder.  Syncs
 * nothing. */
int bk_file_take_place(int dir, const char *from, const char *to,
		       struct bk_err *err);

/* Renames and syncs the folder that `to` lies in. */
int bk_file_rename(int dir, const char *from, const char *to,
		   struct bk_err *err);

/* Makes a folder and its parents, each with `mode`; there already is fine. */
int bk_dir_make(int dir, const char *path, mode_t mode, struct bk_err *err);

/* One of them, with that mode whatever the umask says: 1, 0 when something is
 * there already, -1. */
int bk_dir_make_one(int dir, const char *path, mode_t mode, struct bk_err *err);

/* Makes an entry in the folder of `path` durable. */
int bk_dir_sync(int dir, const char *path, struct bk_err *err);

/* A file in this folder that has no name, 0600, and goes with the process; -1
 * with errno. */
int bk_fd_nameless(const char *folder);

/* BK_MISUSE where others than the owner may read it, or it is a folder; `path`
 * is for the words. */
int bk_fd_private(int fd, const char *path, struct bk_err *err);

/* All of len bytes, whatever write(2) says in between. */
int bk_fd_write(int fd, const void *data, size_t len, struct bk_err *err);

/* Exactly len bytes at `offset`; BK_CORRUPT when the file ends before. */
int bk_fd_read_at(int fd, void *into, size_t len, uint64_t offset,
		  struct bk_err *err);

#endif
