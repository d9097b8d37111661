/* Changing a file that others read: see route_file.h. */

#include "route/route_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"

#define FILE_MOST  ((size_t)256 << 20)
#define LOCK_MS    10000
#define LOOK_MS    10
#define TRIES_MOST 5

/* Whoever can make a link there could have us write where it leads. */
static char *real_path(const char *path, struct bk_err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		bk_fail_errno(err, "%s", path);
		return NULL;
	}
	if (S_ISLNK(st.st_mode) && st.st_uid != 0 && st.st_uid != geteuid()) {
		bk_fail(err, BK_DENIED,
			"%s: is a link that neither root nor we made", path);
		return NULL;
	}
	char *real = realpath(path, NULL);
	if (!real)
		bk_fail_errno(err, "%s", path);
	return real;
}

static int wait_for_lock(int fd, int64_t ms, struct bk_err *err)
{
	int64_t end = bk_clock_monotonic_ms() + ms;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return bk_fail_errno(err, "lock");
		if (bk_clock_monotonic_ms() > end)
			return bk_fail(err, BK_BUSY,
				       "another change keeps it locked");
		bk_clock_rest(LOOK_MS);
	}
	return 0;
}

int bk_route_folder_lock(const char *folder, int64_t ms, struct bk_err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		(void)bk_fail_errno(err, "%s", folder);
	} else if (wait_for_lock(fd, ms, err) < 0) {
		(void)bk_context(err, "%s", folder);
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static int lock_folder_of(const char *real, struct bk_err *err)
{
	char *folder =
		bk_strndup(real, (size_t)(strrchr(real, '/') - real) + 1);

	int fd = bk_route_folder_lock(folder, LOCK_MS, err);
	free(folder);
	return fd;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Dovecot compares whole seconds and the size: two changes in a second that
 * leave the size alone would be one to it. */
static int step_on(const char *real, const struct stat *old, struct bk_err *err)
{
	struct stat now;

	if (stat(real, &now) < 0)
		return bk_fail_errno(err, "%s", real);
	if (now.st_mtim.tv_sec > old->st_mtim.tv_sec)
		return 0;
	struct timespec times[] = {
		{0,		       UTIME_OMIT},
		{old->st_mtim.tv_sec + 1, 0         },
	};
	if (utimensat(AT_FDCWD, real, times, 0) < 0)
		return bk_fail_errno(err, "time of %s", real);
	return 0;
}

struct change {
	const char *real;
	bk_route_edit *edit;
	void *context;
	struct bk_buf old, text;
};

static bool is_the_same_text(const struct change *change)
{
	return change->old.len == change->text.len &&
	       (!change->old.len || memcmp(change->old.data, change->text.data,
					   change->old.len) == 0);
}

/* 1 changed, 0 was so; -1, and -1 with *again when somebody else was faster. */
static int change_once(struct change *change, bool *again, struct bk_err *err)
{
	struct stat before, after;

	change->text.len = 0;
	if (stat(change->real, &before) < 0)
		return bk_fail_errno(err, "%s", change->real);
	if (bk_file_read(AT_FDCWD, change->real, FILE_MOST, &change->old, err) <
		    0 ||
	    change->edit(change->context, bk_buf_view(&change->old),
			 &change->text, err) < 0)
		return -1;
	if (is_the_same_text(change))
		return 0;
	if (stat(change->real, &after) < 0)
		return bk_fail_errno(err, "%s", change->real);
	if (!is_same(&before, &after)) {
		*again = true;
		return bk_fail(err, BK_BUSY, "%s: others keep changing it",
			       change->real);
	}
	struct bk_file_owner owner = {before.st_mode & 07777, before.st_uid,
				      before.st_gid};
	if (bk_file_replace_as(AT_FDCWD, change->real,
			       bk_buf_view(&change->text), &owner, err) < 0)
		return -1;
	bk_fault("route: file replaced");
	return step_on(change->real, &before, err) < 0 ? -1 : 1;
}

int bk_route_file_edit(const char *path, bk_route_edit *edit, void *context,
		       struct bk_err *err)
{
	struct change change = {.edit = edit, .context = context};
	struct bk_err why = {0};
	bool again = true;
	int rc = -1;
	char *real = real_path(path, err);

	if (!real)
		return -1;
	int lock = lock_folder_of(real, err);
	if (lock < 0)
		goto out;
	change.real = real;
	for (int i = 0; again && i < TRIES_MOST; i++) {
		again = false;
		rc = change_once(&change, &again, &why);
	}
	if (rc < 0)
		*err = why;
out:
	if (lock >= 0)
		(void)close(lock);
	bk_buf_clear(&change.old);
	bk_buf_clear(&change.text);
	free(real);
	return rc;
}

int bk_route_file_read(const char *path, struct bk_buf *text,
		       struct bk_err *err)
{
	char *real = real_path(path, err);

	if (!real)
		return -1;
	int rc = bk_file_read(AT_FDCWD, real, FILE_MOST, text, err);
	free(real);
	return rc;
}

int bk_route_file_wait(const char *path, int64_t ms, struct bk_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return bk_fail_errno(err, "%s", path);
	int64_t changed = (int64_t)st.st_ctim.tv_sec * 1000 +
			  st.st_ctim.tv_nsec / 1000000;
	int64_t left = changed + ms - bk_clock_now_ms();
	/* A clock that was set back must not keep us here. */
	bk_clock_rest(left < ms ? left : ms);
	return 0;
}

bool bk_route_file_line(struct bk_view text, size_t *next, struct bk_view *line)
{
	if (*next >= text.len)
		return false;
	const uint8_t *at = text.data + *next;
	const uint8_t *end = memchr(at, '\n', text.len - *next);
	size_t len = end ? (size_t)(end - at) : text.len - *next;

	*line = (struct bk_view){at, len};
	*next += len + (end ? 1 : 0);
	return true;
}
