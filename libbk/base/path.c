/* Paths that stay beneath a folder: see path.h. */

#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BENEATH (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

static int open_beneath(int dir, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
		.mode = flags & (O_CREAT | O_TMPFILE) & ~O_DIRECTORY ? mode : 0,
		.resolve = BENEATH,
	};
	long fd;

	do {
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return (int)fd;
}

/* A link where a folder should be is "not a directory" to the kernel; that
 * would read as if nothing were there. */
static bool is_link(int dir, const char *path)
{
	struct stat st;
	int fd = open_beneath(dir, path, O_PATH, 0);

	if (fd < 0)
		return false;
	bool link = fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
	(void)close(fd);
	return link;
}

static int open_or_tell_link(int dir, const char *path, int flags, mode_t mode)
{
	int fd = open_beneath(dir, path, flags, mode);

	if (fd >= 0 || errno != ENOTDIR)
		return fd;
	errno = is_link(dir, path) ? ELOOP : ENOTDIR;
	return -1;
}

static int refuse(const char *path, struct bk_err *err)
{
	if (errno == ELOOP)
		return bk_fail(err, BK_REFUSED,
			       "%s: a symbolic link is not followed", path);
	if (errno == EXDEV)
		return bk_fail(err, BK_REFUSED, "%s: leads out of its folder",
			       path);
	if (errno == ENOSYS)
		return bk_fail(err, BK_FAILED,
			       "%s: this needs Linux 5.6 or newer (openat2)",
			       path);
	return bk_fail_errno(err, "%s", path);
}

int bk_path_open(int dir, const char *path, int flags, mode_t mode,
		 struct bk_err *err)
{
	int fd = open_or_tell_link(dir, path, flags, mode);

	return fd < 0 ? refuse(path, err) : fd;
}

/* The link is held open, so that its owner and its text are of one link. */
static int follow(int dir, int link, const char *path, struct bk_err *err)
{
	char target[PATH_MAX];
	struct stat st;

	if (fstat(link, &st) < 0)
		return bk_fail_errno(err, "%s", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return bk_fail(err, BK_REFUSED,
			       "%s: a symbolic link that user %u owns is not "
			       "followed; if it is right: chown -h root %s",
			       path, (unsigned)st.st_uid, path);
	ssize_t len = readlinkat(link, "", target, sizeof(target) - 1);
	if (len < 0)
		return bk_fail_errno(err, "%s", path);
	target[len] = 0;
	int fd = openat(dir, target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? bk_fail_errno(err, "%s -> %s", path, target) : fd;
}

static int step_into(int dir, const char *name, const char *path,
		     struct bk_err *err)
{
	int fd = open_or_tell_link(dir, name, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0 || errno != ELOOP)
		return fd < 0 ? refuse(path, err) : fd;
	int link = open_beneath(dir, name, O_PATH, 0);
	if (link < 0)
		return refuse(path, err);
	fd = follow(dir, link, path, err);
	(void)close(link);
	return fd;
}

/* Takes the next level of *at into `name`: its length, 0 at the end. */
static size_t next_level(const char **at, char name[NAME_MAX + 1],
			 struct bk_err *err)
{
	const char *start = *at + strspn(*at, "/");
	size_t len = strcspn(start, "/");

	*at = start + len;
	if (len && !bk_path_is_name(start, len)) {
		bk_fail(err, BK_REFUSED, "%s: not a name that can be used",
			start);
		return SIZE_MAX;
	}
	memcpy(name, start, len);
	name[len] = 0;
	return len;
}

int bk_path_enter(int dir, const char *path, struct bk_err *err)
{
	char name[NAME_MAX + 1];
	const char *at = path;
	size_t len;
	int fd = open_or_tell_link(dir, path, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0 || errno != ELOOP)
		return fd < 0 ? refuse(path, err) : fd;
	fd = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return bk_fail_errno(err, "%s", path);
	while ((len = next_level(&at, name, err))) {
		int next =
			len == SIZE_MAX ? -1 : step_into(fd, name, path, err);
		(void)close(fd);
		if (next < 0)
			return -1;
		fd = next;
	}
	return fd;
}

static bool is_empty(const char *path, int dir)
{
	int fd = openat(dir, path,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *names = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry = NULL;

	if (!names) {
		bk_path_close(&fd);
		return false;
	}
	while ((entry = readdir(names)) && entry->d_name[0] == '.' &&
	       !bk_path_is_name(entry->d_name, strlen(entry->d_name)))
		;
	(void)closedir(names);
	return !entry;
}

/* Between making it and giving it away nothing is put into it. */
bool bk_path_is_half_made(int dir, const char *path, mode_t mode)
{
	struct stat st;

	return geteuid() == 0 &&
	       fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode) && st.st_uid == 0 &&
	       ((st.st_mode & 07777) == 0700 ||
		(st.st_mode & 07777) == (mode & 07777)) &&
	       is_empty(path, dir);
}

static int give_away(int fd, const char *name,
		     const struct bk_file_owner *owner, struct bk_err *err)
{
	if (fchmod(fd, owner->mode) < 0)
		return bk_fail_errno(err, "%s: mode", name);
	if ((owner->uid != (uid_t)-1 || owner->gid != (gid_t)-1) &&
	    fchown(fd, owner->uid, owner->gid) < 0)
		return bk_fail_errno(err, "%s: owner", name);
	return 0;
}

/* 1: *out is it; 0: it was there. */
static int make_level(int dir, const char *name,
		      const struct bk_file_owner *owner, int *out,
		      struct bk_err *err)
{
	bool made = mkdirat(dir, name, 0700) == 0;

	if (!made && errno != EEXIST)
		return bk_fail_errno(err, "%s", name);
	if (!made && (owner->uid == (uid_t)-1 || owner->uid == 0 ||
		      !bk_path_is_half_made(dir, name, owner->mode)))
		return 0;
	int fd = bk_path_open(dir, name, O_RDONLY | O_DIRECTORY, 0, err);
	if (fd < 0 || give_away(fd, name, owner, err) < 0) {
		bk_path_close(&fd);
		return -1;
	}
	*out = fd;
	return 1;
}

int bk_path_make_one(int dir, const char *name,
		     const struct bk_file_owner *owner, int *fd,
		     struct bk_err *err)
{
	*fd = -1;
	if (!bk_path_is_name(name, strlen(name)))
		return bk_fail(err, BK_REFUSED,
			       "%s: not a name that can be "
			       "used",
			       name);
	return make_level(dir, name, owner, fd, err);
}

int bk_path_make(int dir, const char *path, mode_t mode, uid_t uid, gid_t gid,
		 struct bk_err *err)
{
	const struct bk_file_owner owner = {mode, uid, gid};
	char name[NAME_MAX + 1];
	const char *at = path;
	size_t len;
	int fd = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return bk_fail_errno(err, "%s", path);
	while ((len = next_level(&at, name, err))) {
		int next = -1;
		int made = -1;
		if (len != SIZE_MAX &&
		    make_level(fd, name, &owner, &made, err) >= 0)
			next = step_into(fd, name, path, err);
		bk_path_close(&made);
		(void)close(fd);
		if (next < 0)
			return -1;
		fd = next;
	}
	return fd;
}

static int read_to_end(int fd, size_t limit, struct bk_buf *into,
		       struct bk_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return bk_fail_errno(err, "stat");
	if (!S_ISREG(st.st_mode))
		return bk_fail(err, BK_REFUSED, "not a regular file");
	size_t step =
		(uint64_t)st.st_size < limit ? (size_t)st.st_size + 1 : 65536;
	for (;;) {
		ssize_t n = read(fd, bk_buf_room(into, step), step);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bk_fail_errno(err, "read");
		if (!n)
			return 0;
		into->len += (size_t)n;
		if (into->len > limit)
			return bk_fail(err, BK_CORRUPT, "longer than %zu bytes",
				       limit);
	}
}

int bk_path_read(int dir, const char *path, size_t limit, struct bk_buf *into,
		 struct bk_err *err)
{
	/* O_NONBLOCK: a FIFO laid in our way must not hold us. */
	int fd = bk_path_open(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0,
			      err);

	into->len = 0;
	if (fd < 0)
		return -1;
	int rc = read_to_end(fd, limit, into, err);
	(void)close(fd);
	return rc < 0 ? bk_context(err, "%s", path) : 0;
}

bool bk_path_is_name(const char *name, size_t len)
{
	if (!len || len > NAME_MAX || memchr(name, '/', len) ||
	    memchr(name, 0, len))
		return false;
	return !(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

void bk_path_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int bk_path_disk(const char *path, struct statvfs *out, struct bk_err *err)
{
	char *folder = bk_path_clean(path);
	int rc;

	while ((rc = statvfs(*folder ? folder : "/", out)) < 0 && *folder &&
	       (errno == ENOENT || errno == ENOTDIR)) {
		char *slash = strrchr(folder, '/');
		*(slash ? slash : folder) = 0;
	}
	if (rc < 0)
		(void)bk_fail_errno(err, "%s", folder);
	free(folder);
	return rc;
}
