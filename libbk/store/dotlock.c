/* Dovecot's dot-locks: see dotlock.h. */

#include "store/dotlock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/path.h"
#include "crypto/random.h"

/* A lock that is so young has an owner who lives. */
#define YOUNG_S      2
#define TOUCH_MS     5000
#define PAUSE_MIN_MS 20
#define PAUSE_MAX_MS 1000

/* What was last seen of a lock that somebody else holds. */
struct watch {
	const char *name; /* of the file that it protects */
	struct stat lock, file;
	int64_t changed_s; /* when either changed last */
	bool has_file;
};

static void pause_ms(int64_t ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL);
}

static int64_t jitter_ms(int64_t most)
{
	uint32_t n;

	bk_random_bytes(&n, sizeof(n));
	return (int64_t)(n % (uint32_t)most);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size && a->st_mtime == b->st_mtime &&
	       a->st_ctime == b->st_ctime;
}

/* The number before ':' of "pid:host" if the host is ours, else 0. */
static pid_t local_pid(const char *text)
{
	char host[HOST_NAME_MAX + 1] = "";
	long pid = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		pid = pid * 10 + (*text - '0');
		if (pid > INT_MAX)
			return 0;
	}
	if (*text++ != ':' || gethostname(host, sizeof(host) - 1) < 0)
		return 0;
	size_t len = strcspn(text, "\n");
	return len == strlen(host) && strncmp(text, host, len) == 0 ? (pid_t)pid
								    : 0;
}

/* Is the process that wrote the lock one of this host that has ended? */
static bool owner_is_dead(int dir, const char *path)
{
	struct bk_buf text = {0};
	struct bk_err why = {0};
	pid_t pid = 0;

	if (bk_path_read(dir, path, 512, &text, &why) == 0)
		pid = local_pid(bk_buf_text(&text));
	bk_buf_clear(&text);
	return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

/* Nobody has touched either file for so long that nobody will. */
static bool is_forgotten(struct watch *watch, int dir, int64_t now)
{
	struct stat st;

	if (now <= watch->changed_s + BK_DOTLOCK_STALE_S)
		return false;
	if (fstatat(dir, watch->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (!watch->has_file || !is_same(&st, &watch->file))) {
		int64_t when = watch->has_file ? now : (int64_t)st.st_ctime;
		watch->has_file = true;
		watch->file = st;
		if (when > watch->changed_s)
			watch->changed_s = when;
	}
	return now > watch->changed_s + BK_DOTLOCK_STALE_S;
}

/* The lock is there: remove it if it is stale.  Removing is not atomic with
 * looking, so we look again, and wait a while after, as Dovecot does. */
static void look_at_lock(struct bk_dotlock *lock, struct watch *watch)
{
	int64_t now = bk_clock_now();
	struct stat st;

	if (fstatat(lock->dir, lock->path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (!is_same(&st, &watch->lock)) {
		int64_t first = (int64_t)(st.st_mtime > st.st_ctime &&
							  st.st_mtime <= now
						  ? st.st_mtime
						  : st.st_ctime);
		watch->changed_s = watch->lock.st_ino ? now : first;
		watch->lock = st;
	}
	if (st.st_mtime >= now - YOUNG_S)
		return;
	if (!owner_is_dead(lock->dir, lock->path) &&
	    !is_forgotten(watch, lock->dir, now))
		return;
	if (fstatat(lock->dir, lock->path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !is_same(&st, &watch->lock))
		return;
	(void)unlinkat(lock->dir, lock->path, 0);
	pause_ms(100 + jitter_ms(100));
}

static int write_owner(int fd, const struct bk_file_owner *owner,
		       struct bk_err *err)
{
	char host[HOST_NAME_MAX + 1] = "";
	char text[HOST_NAME_MAX + 32];

	(void)gethostname(host, sizeof(host) - 1);
	int len = snprintf(text, sizeof(text), "%ld:%s", (long)getpid(), host);
	/* First of all: an empty one that a dead process left is waited for. */
	if (bk_fd_write(fd, text, (size_t)len, err) < 0)
		return -1;
	if ((owner->uid != (uid_t)-1 || owner->gid != (gid_t)-1) &&
	    fchown(fd, owner->uid, owner->gid) < 0)
		return bk_fail_errno(err, "owner");
	if (fchmod(fd, owner->mode) < 0)
		return bk_fail_errno(err, "mode");
	return 0;
}

/* 1 taken, 0 somebody else has it. */
static int try_to_take(struct bk_dotlock *lock,
		       const struct bk_file_owner *owner, struct bk_err *err)
{
	lock->fd = openat(lock->dir, lock->path,
			  O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			  0600);
	if (lock->fd < 0 && errno == EEXIST)
		return 0;
	if (lock->fd < 0)
		return bk_fail_errno(err, "%s", lock->path);
	if (write_owner(lock->fd, owner, err) < 0) {
		(void)unlinkat(lock->dir, lock->path, 0);
		return bk_context(err, "%s", lock->path);
	}
	lock->touched_ms = bk_clock_monotonic_ms();
	return 1;
}

static int wait_and_take(struct bk_dotlock *lock, const char *name,
			 const struct bk_file_owner *owner, int64_t wait_ms,
			 struct bk_err *err)
{
	struct watch watch = {.name = name};
	int64_t began = bk_clock_monotonic_ms();
	int64_t pause = PAUSE_MIN_MS;
	bool told = !lock->waits;
	int rc;

	while ((rc = try_to_take(lock, owner, err)) == 0) {
		if (bk_cancelled(err) < 0)
			return -1;
		look_at_lock(lock, &watch);
		int64_t waited = bk_clock_monotonic_ms() - began;
		if (waited >= wait_ms)
			return bk_fail(err, BK_BUSY,
				       "%s is held by another program",
				       lock->path);
		if (!told && waited >= BK_DOTLOCK_TELL_MS) {
			lock->waits(lock->waits_arg, lock->path, wait_ms);
			told = true;
		}
		pause_ms(pause + jitter_ms(pause));
		if (pause < PAUSE_MAX_MS)
			pause += pause / 2;
	}
	return rc;
}

int bk_dotlock_take(struct bk_dotlock *lock, int dir, const char *name,
		    const struct bk_file_owner *owner, int64_t wait_ms,
		    struct bk_err *err)
{
	*lock = (struct bk_dotlock){
		.fd = -1,
		.waits = lock->waits,
		.waits_arg = lock->waits_arg,
	};
	lock->dir = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (lock->dir < 0)
		return bk_fail_errno(err, "%s", name);
	lock->path = bk_asprintf("%s.lock", name);
	if (wait_and_take(lock, name, owner, wait_ms, err) > 0)
		return 0;
	bk_path_close(&lock->fd);
	bk_dotlock_release(lock);
	return -1;
}

static bool is_ours(const struct bk_dotlock *lock)
{
	struct stat st;
	struct stat own;

	return fstatat(lock->dir, lock->path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(lock->fd, &own) == 0 && st.st_ino == own.st_ino &&
	       st.st_dev == own.st_dev;
}

int bk_dotlock_touch(struct bk_dotlock *lock, struct bk_err *err)
{
	int64_t now = bk_clock_monotonic_ms();

	if (now < lock->touched_ms + TOUCH_MS)
		return 0;
	if (!is_ours(lock))
		return bk_fail(err, BK_LOST, "%s was taken from us",
			       lock->path);
	if (futimens(lock->fd, NULL) < 0)
		return bk_fail_errno(err, "%s", lock->path);
	lock->touched_ms = now;
	return 0;
}

void bk_dotlock_release(struct bk_dotlock *lock)
{
	if (lock->fd >= 0 && is_ours(lock))
		(void)unlinkat(lock->dir, lock->path, 0);
	bk_path_close(&lock->fd);
	bk_path_close(&lock->dir);
	free(lock->path);
	lock->path = NULL;
}
