/*
 * Names from a set, a server or a user's own folder become paths here only:
 * what is opened lies beneath the descriptor that one starts from, and no
 * symbolic link is followed on the way (openat2(2), Linux 5.6; there is no
 * fall-back, for checking first and opening later can be raced).
 */

#ifndef BK_BASE_PATH_H
#define BK_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"

/*
 * Opens `path` beneath `dir`; flags and mode are open(2)'s, O_CLOEXEC and
 * O_NOFOLLOW are added.  Returns a descriptor of the caller's, or -1:
 * BK_REFUSED for a symbolic link or a way out, else as errno says.
 */
int bk_path_open(int dir, const char *path, int flags, mode_t mode,
		 struct bk_err *err);

/*
 * Opens the folder `path` beneath `dir` for openat(2) and fchdir(2) only
 * (O_PATH).  A symbolic link on the way is followed if root or this process's
 * user owns it: an administrator may move an account to another disk, and a
 * user may not point his at somebody else's.  BK_REFUSED else.
 */
int bk_path_enter(int dir, const char *path, struct bk_err *err);

/* Makes the folder `path` and its parents beneath `dir` and opens it as
 * bk_path_enter does.  Folders that are made belong to uid and gid, -1 as it
 * comes. */
int bk_path_make(int dir, const char *path, mode_t mode, uid_t uid, gid_t gid,
		 struct bk_err *err);

/* Is it what a run of ours, as root, that was killed between making a folder
 * and giving it away left of it: root's, empty, with the mode that it is made
 * with or that it was to have?  Whoever makes it again gives it away. */
bool bk_path_is_half_made(int dir, const char *path, mode_t mode);

/* Makes a folder of one level in `dir`: 1, and *fd is it, open for reading and
 * the caller's; 0: something of that name is there, whatever it is, and *fd is
 * -1. */
int bk_path_make_one(int dir, const char *name,
		     const struct bk_file_owner *owner, int *fd,
		     struct bk_err *err);

/* Reads a regular file beneath `dir` into *into (emptied first), however its
 * length changes meanwhile; BK_CORRUPT above `limit` bytes. */
int bk_path_read(int dir, const char *path, size_t limit, struct bk_buf *into,
		 struct bk_err *err);

/* Can `name` be one level of a path: not empty, ".", "..", too long or with a
 * '/' or a NUL inside? */
bool bk_path_is_name(const char *name, size_t len);

/*
 * One spelling for a path that may be written in several: from the root on
 * (the working directory is put before others), without "//", "/./" and a '/'
 * at the end; ".." is left, since what it means depends on links.  Looks at
 * nothing.  The caller's to free.
 */
char *bk_path_clean(const char *path);

/*
 * What a path really is: cleaned, and as far as it exists with links and ".."
 * followed.  A level with a '%' in it, as in /var/vmail/%d, exists for nobody.
 * The caller's to free.
 */
char *bk_path_real(const char *path);

/* The file system of `path`, or where it would be made: that of the nearest
 * folder that is there. */
struct statvfs;
int bk_path_disk(const char *path, struct statvfs *out, struct bk_err *err);

/* Descriptors of folders and files that may be -1: closed, and -1 after. */
void bk_path_close(int *fd);

#endif
