/* Files as a whole: see file.h.  The only place that renames. */

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

/* Not every file system has files without a name. */
int bk_fd_nameless(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 ||
	    (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	char *path = bk_asprintf("%s/bk-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	free(path);
	return fd;
}

int bk_fd_private(int fd, const char *path, struct bk_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return bk_fail_errno(err, "cannot look at it");
	if (S_ISDIR(st.st_mode))
		return bk_fail(err, BK_MISUSE, "it is a folder");
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return bk_fail(err, BK_MISUSE,
			       "others may read it (mode %03o); run: chmod 600 "
			       "%s",
			       st.st_mode & 0777, path);
	return 0;
}

int bk_fd_write(int fd, const void *data, size_t len, struct bk_err *err)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bk_fail_errno(err, "write");
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int bk_fd_read_at(int fd, void *into, size_t len, uint64_t offset,
		  struct bk_err *err)
{
	char *at = into;

	while (len) {
		ssize_t n = pread(fd, at, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bk_fail_errno(err, "read");
		if (!n)
			return bk_fail(err, BK_CORRUPT,
				       "ends at byte %ju, %zu bytes short",
				       (uintmax_t)offset, len);
		at += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int read_regular(int fd, size_t limit, struct bk_buf *into,
			struct bk_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return bk_fail_errno(err, "stat");
	if (!S_ISREG(st.st_mode))
		return bk_fail(err, BK_REFUSED, "is not a regular file");
	if ((uint64_t)st.st_size > limit)
		return bk_fail(err, BK_CORRUPT,
			       "is %jd bytes long; %zu is the most",
			       (intmax_t)st.st_size, limit);
	size_t len = (size_t)st.st_size;
	return bk_fd_read_at(fd, bk_buf_grow(into, len), len, 0, err);
}

int bk_file_read(int dir, const char *path, size_t limit, struct bk_buf *into,
		 struct bk_err *err)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	into->len = 0;
	if (fd < 0)
		return bk_fail_errno(err, "%s", path);
	int rc = read_regular(fd, limit, into, err);
	(void)close(fd);
	return rc < 0 ? bk_context(err, "%s", path) : 0;
}

/* In a folder of somebody else's a link may lie where we want to write: what
 * is there is removed, never written through. */
static int create_anew(int dir, const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, path, flags, 0600);

	if (fd >= 0 || errno != EEXIST)
		return fd;
	(void)unlinkat(dir, path, 0);
	return openat(dir, path, flags, 0600);
}

int bk_fd_settle(int fd, struct bk_err *err)
{
	unsigned flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
			 SYNC_FILE_RANGE_WAIT_AFTER;

	if (sync_file_range(fd, 0, 0, flags) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != ESPIPE)
		return bk_fail_errno(err, "sync");
	return fsync(fd) < 0 ? bk_fail_errno(err, "sync") : 0;
}

int bk_fd_settle_begin(int fd, struct bk_err *err)
{
	if (sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) == 0 ||
	    errno == EINVAL || errno == ENOSYS || errno == ESPIPE)
		return 0;
	return bk_fail_errno(err, "sync");
}

static int sync_now(int fd, struct bk_err *err)
{
	return fsync(fd) < 0 ? bk_fail_errno(err, "sync") : 0;
}

static int write_part(int dir, const char *path, struct bk_view bytes,
		      const struct bk_file_owner *owner,
		      int (*sync)(int fd, struct bk_err *err),
		      struct bk_err *err)
{
	int fd = create_anew(dir, path);

	if (fd < 0)
		return bk_fail_errno(err, "%s", path);
	int rc = bk_fd_write(fd, bytes.data, bytes.len, err);
	if (rc == 0 && (owner->uid != (uid_t)-1 || owner->gid != (gid_t)-1) &&
	    fchown(fd, owner->uid, owner->gid) < 0)
		rc = bk_fail_errno(err, "owner");
	if (rc == 0 && fchmod(fd, owner->mode) < 0)
		rc = bk_fail_errno(err, "mode");
	/* An empty file has nothing that could come after its name. */
	if (rc == 0 && (bytes.len || sync == sync_now))
		rc = sync(fd, err);
	if (close(fd) < 0 && rc == 0)
		rc = bk_fail_errno(err, "close");
	return rc < 0 ? bk_context(err, "%s", path) : 0;
}

int bk_file_put_as(int dir, const char *path, struct bk_view bytes,
		   const struct bk_file_owner *owner, struct bk_err *err)
{
	char *part = bk_asprintf("%s.part", path);

	int rc = write_part(dir, part, bytes, owner, bk_fd_settle, err);
	if (rc == 0 && renameat(dir, part, dir, path) < 0)
		rc = bk_fail_errno(err, "rename %s to %s", part, path);
	if (rc < 0)
		(void)unlinkat(dir, part, 0);
	free(part);
	return rc;
}

int bk_file_replace_as(int dir, const char *path, struct bk_view bytes,
		       const struct bk_file_owner *owner, struct bk_err *err)
{
	char *part = bk_asprintf("%s.part", path);

	int rc = write_part(dir, part, bytes, owner, sync_now, err);
	if (rc == 0)
		rc = bk_file_rename(dir, part, path, err);
	if (rc < 0)
		(void)unlinkat(dir, part, 0);
	free(part);
	return rc;
}

int bk_file_replace(int dir, const char *path, struct bk_view bytes,
		    mode_t mode, struct bk_err *err)
{
	struct bk_file_owner owner = {mode, (uid_t)-1, (gid_t)-1};

	return bk_file_replace_as(dir, path, bytes, &owner, err);
}

int bk_file_move(int from_dir, const char *from, int to_dir, const char *to,
		 struct bk_err *err)
{
	if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return bk_fail_errno(err, "rename %s to %s", from, to);
	/* NFS and others know no such rename. */
	if (linkat(from_dir, from, to_dir, to, 0) < 0)
		return bk_fail_errno(err, "link %s to %s", from, to);
	if (unlinkat(from_dir, from, 0) < 0)
		return bk_fail_errno(err, "remove %s", from);
	return 0;
}

int bk_file_take_place(int dir, const char *from, const char *to,
		       struct bk_err *err)
{
	if (renameat(dir, from, dir, to) < 0)
		return bk_fail_errno(err, "rename %s to %s", from, to);
	return 0;
}

int bk_file_rename(int dir, const char *from, const char *to,
		   struct bk_err *err)
{
	if (renameat(dir, from, dir, to) < 0)
		return bk_fail_errno(err, "rename %s to %s", from, to);
	return bk_dir_sync(dir, to, err);
}

int bk_dir_make_one(int dir, const char *path, mode_t mode, struct bk_err *err)
{
	struct stat st;

	if (mkdirat(dir, path, mode) < 0)
		return errno == EEXIST
			       ? 0
			       : bk_fail_errno(err, "make folder %s", path);
	/* Some file systems have no modes. */
	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (st.st_mode & 0777) != mode &&
	    fchmodat(dir, path, (st.st_mode & 07000) | mode, 0) < 0 &&
	    errno != EPERM && errno != EOPNOTSUPP)
		return bk_fail_errno(err, "mode of %s", path);
	return 1;
}

int bk_dir_make(int dir, const char *path, mode_t mode, struct bk_err *err)
{
	char *part = bk_strdup(path);
	int rc = 0;

	for (char *at = part; rc == 0; at++) {
		if (*at != '/' && *at)
			continue;
		char was = *at;
		*at = 0;
		if (*part && bk_dir_make_one(dir, part, mode, err) < 0)
			rc = -1;
		*at = was;
		if (!was)
			break;
	}
	struct stat st;
	if (rc == 0 && (fstatat(dir, path, &st, 0) < 0 || !S_ISDIR(st.st_mode)))
		rc = bk_fail(err, BK_EXISTS, "%s is not a folder", path);
	free(part);
	return rc;
}

int bk_dir_sync(int dir, const char *path, struct bk_err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? bk_strndup(path, (size_t)(slash - path)) : NULL;
	const char *name = !slash ? "." : *folder ? folder : "/";
	int rc = 0;

	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		rc = bk_fail_errno(err, "sync folder %s", name);
	if (fd >= 0)
		(void)close(fd);
	free(folder);
	return rc;
}
