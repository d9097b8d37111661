/*
 * A library to be loaded before all others, which lets the Nth act that changes
 * the disk go wrong: a file that is made, written, synced, renamed, removed,
 *...
 *
 *	FAULT_AT=N           from 1
 *	FAULT_HOW=kill       the process ends there, as after kill -9
 *	FAULT_HOW=io         that act fails with EIO
 *	FAULT_HOW=full       from there on nothing more fits: ENOSPC
 *	FAULT_HOW=short      from there on a write(2) takes half of what it gets
 *	FAULT_MARK=FILE      gets a line about the act, so that a test knows
 *that there was one
 *
 * What goes to stdout and stderr is no such act.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum act {
	GROWS, /* takes room */
	OTHER,
};

static _Atomic unsigned long passed;

static void mark(const char *what, const char *name)
{
	const char *path = getenv("FAULT_MARK");
	char line[4096];

	if (!path)
		return;
	int len = snprintf(line, sizeof(line), "%s %s\n", what, name);
	long fd = syscall(SYS_openat, AT_FDCWD, path,
			  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	(void)syscall(SYS_write, fd, line, len);
	(void)syscall(SYS_close, fd);
}

/* Is it the turn of this one?  0, or what errno shall be; -1: a short write. */
static int turn(enum act act, const char *what, const char *name)
{
	const char *at = getenv("FAULT_AT");
	const char *how = getenv("FAULT_HOW");

	if (!at || !how)
		return 0;
	unsigned long n = atomic_fetch_add(&passed, 1) + 1;
	unsigned long wanted = strtoul(at, NULL, 10);
	if (n < wanted)
		return 0;
	if (n == wanted)
		mark(what, name);
	if (strcmp(how, "full") == 0)
		return act == GROWS ? ENOSPC : 0;
	if (strcmp(how, "short") == 0)
		return -1;
	if (n > wanted)
		return 0;
	if (strcmp(how, "kill") == 0)
		(void)kill(getpid(), SIGKILL);
	return EIO;
}

#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

/* PASS(act, name of the function, what it is about, its arguments...) */
#define PASS(act, call, about, ...)                                            \
	do {                                                                   \
		int pass_errno = turn(act, #call, about);                      \
		if (pass_errno > 0) {                                          \
			errno = pass_errno;                                    \
			return -1;                                             \
		}                                                              \
		return NEXT(call)(__VA_ARGS__);                                \
	} while (0)

ssize_t write(int fd, const void *data, size_t len)
{
	int rc = fd > STDERR_FILENO ? turn(GROWS, "write", "") : 0;

	if (rc > 0) {
		errno = rc;
		return -1;
	}
	return NEXT(write)(fd, data, rc < 0 && len > 1 ? len / 2 : len);
}

static int made(const char *path, int flags)
{
	return flags & O_CREAT ? turn(GROWS, "open", path) : 0;
}

#define OPENS(call)                                                            \
	int call(int dir, const char *path, int flags, ...)                    \
	{                                                                      \
		int rc = made(path, flags);                                    \
		va_list args;                                                  \
		va_start(args, flags);                                         \
		mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;      \
		va_end(args);                                                  \
		if (rc > 0) {                                                  \
			errno = rc;                                            \
			return -1;                                             \
		}                                                              \
		return NEXT(call)(dir, path, flags, mode);                     \
	}

OPENS(openat)
OPENS(openat64)

#define OPENS_HERE(call)                                                       \
	int call(const char *path, int flags, ...)                             \
	{                                                                      \
		int rc = made(path, flags);                                    \
		va_list args;                                                  \
		va_start(args, flags);                                         \
		mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;      \
		va_end(args);                                                  \
		if (rc > 0) {                                                  \
			errno = rc;                                            \
			return -1;                                             \
		}                                                              \
		return NEXT(call)(path, flags, mode);                          \
	}

OPENS_HERE(open)
OPENS_HERE(open64)

int fsync(int fd)
{
	PASS(OTHER, fsync, "", fd);
}

int syncfs(int fd)
{
	PASS(OTHER, syncfs, "", fd);
}

int sync_file_range(int fd, off64_t offset, off64_t len, unsigned int flags)
{
	PASS(OTHER, sync_file_range, "", fd, offset, len, flags);
}

int ftruncate64(int fd, off64_t len)
{
	PASS(OTHER, ftruncate64, "", fd, len);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	if (faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	PASS(GROWS, mkdirat, path, dir, path, mode);
}

int renameat(int dir, const char *from, int to_dir, const char *to)
{
	PASS(OTHER, renameat, to, dir, from, to_dir, to);
}

int renameat2(int dir, const char *from, int to_dir, const char *to,
	      unsigned int flags)
{
	PASS(OTHER, renameat2, to, dir, from, to_dir, to, flags);
}

int linkat(int dir, const char *from, int to_dir, const char *to, int flags)
{
	PASS(GROWS, linkat, to, dir, from, to_dir, to, flags);
}

int unlinkat(int dir, const char *path, int flags)
{
	PASS(OTHER, unlinkat, path, dir, path, flags);
}

int unlink(const char *path)
{
	PASS(OTHER, unlink, path, path);
}

int fchmod(int fd, mode_t mode)
{
	PASS(OTHER, fchmod, "", fd, mode);
}

int fchown(int fd, uid_t owner, gid_t group)
{
	PASS(OTHER, fchown, "", fd, owner, group);
}

int futimens(int fd, const struct timespec times[2])
{
	PASS(OTHER, futimens, "", fd, times);
}
