/* A local folder as a target: see local.h. */

#include "target/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "target/local_list.h"
#include "target/walk.h"

#define OPEN_TRIES 200
#define CLOCK_NAME "clock" BK_PART
/* What is read at a time: more would be a mapping of its own, each time. */
#define COPY_SIZE ((size_t)1 << 16)
/* Dirty pages are pushed out behind the writer, so that the last fsync of a
 * pack has little left to wait for. */
#define FLUSH_EVERY ((uint64_t)8 << 20)

struct local {
	struct bk_target target;
	int dir;
	char *path;
};

struct local_put {
	struct bk_put put;
	int fd;
	char *part;
	char *name;
	uint64_t expected; /* or BK_LENGTH_UNKNOWN */
	uint64_t written, flushed;
};

static struct local *local_of(struct bk_target *target)
{
	return (struct local *)target;
}

static struct local_put *local_put_of(struct bk_put *put)
{
	return (struct local_put *)put;
}

static void local_close(struct bk_target *target)
{
	struct local *local = local_of(target);

	(void)close(local->dir);
	free(local->path);
	free(local);
}

static void put_free(struct local_put *put)
{
	if (put->fd >= 0)
		(void)close(put->fd);
	free(put->part);
	free(put->name);
	free(put);
}

/* Makes one folder, durably, unless it is there. */
static int make_folder(int dir, const char *name, struct bk_err *err)
{
	if (faccessat(dir, name, F_OK, 0) == 0)
		return 0;
	int made = bk_dir_make_one(dir, name, 0700, err);
	return made > 0 ? bk_dir_sync(dir, name, err) : made;
}

static int make_parents(int dir, const char *name, struct bk_err *err)
{
	char *part = bk_strdup(name);
	int rc = 0;

	for (char *at = strchr(part, '/'); at && rc == 0;
	     at = strchr(at + 1, '/')) {
		*at = 0;
		rc = make_folder(dir, part, err);
		*at = '/';
	}
	free(part);
	return rc;
}

static int make_part(int dir, struct local_put *put, struct bk_err *err)
{
	if (make_parents(dir, put->name, err) < 0)
		return -1;
	put->fd = openat(dir, put->part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
			 0600);
	if (put->fd < 0)
		return bk_fail_errno(err, "%s", put->part);
	/* Whatever the umask says; some file systems have no modes. */
	(void)fchmod(put->fd, 0600);
	return 0;
}

/* Folders may be taken away, empty, between making and using them: by
 * somebody's local_remove.  Then they are made again. */
static int open_part(int dir, struct local_put *put, struct bk_err *err)
{
	struct bk_err why = {.kind = BK_GONE};

	for (int n = 0; n < OPEN_TRIES && why.kind == BK_GONE; n++) {
		why = (struct bk_err){0};
		if (make_part(dir, put, &why) == 0)
			return 0;
	}
	*err = why;
	return -1;
}

static int local_put_begin(struct bk_target *target, const char *name,
			   uint64_t length, struct bk_put **out,
			   struct bk_err *err)
{
	struct local *local = local_of(target);
	struct local_put *put = bk_alloc(sizeof(*put));

	put->put.target = target;
	put->name = bk_strdup(name);
	put->part = bk_asprintf("%s" BK_PART, name);
	put->expected = length;
	put->fd = -1;
	if (open_part(local->dir, put, err) < 0) {
		put_free(put);
		return bk_context(err, "%s", target->where);
	}
	*out = &put->put;
	return 0;
}

static int put_failed(struct local_put *put, struct bk_err *err)
{
	return bk_context(err, "%s/%s", put->put.target->where, put->name);
}

static int local_put_write(struct bk_put *base, const void *data, size_t len,
			   struct bk_err *err)
{
	struct local_put *put = local_put_of(base);

	if (bk_fd_write(put->fd, data, len, err) < 0)
		return put_failed(put, err);
	put->written += len;
	if (put->written - put->flushed >= FLUSH_EVERY) {
		(void)sync_file_range(put->fd, (off_t)put->flushed,
				      (off_t)(put->written - put->flushed),
				      SYNC_FILE_RANGE_WRITE);
		put->flushed = put->written;
	}
	return 0;
}

static void local_put_abort(struct bk_put *base)
{
	struct local_put *put = local_put_of(base);

	(void)unlinkat(local_of(base->target)->dir, put->part, 0);
	put_free(put);
}

static int make_durable(struct local_put *put, struct bk_err *err)
{
	if (put->expected != BK_LENGTH_UNKNOWN && put->expected != put->written)
		return bk_fail(err, BK_MISUSE, "%ju bytes written, not %ju",
			       (uintmax_t)put->written,
			       (uintmax_t)put->expected);
	if (fsync(put->fd) < 0)
		return bk_fail_errno(err, "sync");
	int fd = put->fd;
	put->fd = -1;
	if (close(fd) < 0)
		return bk_fail_errno(err, "close");
	return 0;
}

static int local_put_commit(struct bk_put *base, struct bk_err *err)
{
	struct local_put *put = local_put_of(base);
	int dir = local_of(base->target)->dir;

	int rc = make_durable(put, err);
	if (rc == 0) {
		rc = bk_file_rename(dir, put->part, put->name, err);
	}
	if (rc < 0) {
		put_failed(put, err);
		local_put_abort(base);
		return -1;
	}
	put_free(put);
	return 0;
}

static int send_range(int fd, uint64_t offset, uint64_t len, struct bk_sink *to,
		      struct bk_err *err)
{
	char *room = bk_alloc(len < COPY_SIZE ? (size_t)len : COPY_SIZE);
	int rc = 0;

	while (len && rc == 0) {
		size_t n = len < COPY_SIZE ? (size_t)len : COPY_SIZE;
		rc = bk_fd_read_at(fd, room, n, offset, err);
		if (rc == 0)
			rc = to->write(to, room, n, err);
		offset += n;
		len -= n;
	}
	free(room);
	return rc;
}

static int local_put_read(struct bk_put *base, uint64_t offset, uint64_t len,
			  struct bk_sink *to, struct bk_err *err)
{
	struct local_put *put = local_put_of(base);

	if (send_range(put->fd, offset, len, to, err) < 0)
		return put_failed(put, err);
	return 0;
}

/* What is no file in place of a blob is damage: a FIFO is not waited for. */
static int open_blob(struct bk_target *target, const char *name,
		     struct bk_err *err)
{
	struct stat st;
	int fd = openat(local_of(target)->dir, name,
			O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && errno != ENXIO)
		return bk_fail_errno(err, "%s/%s", target->where, name);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return bk_fail(err, BK_CORRUPT, "%s/%s: is not a regular file",
		       target->where, name);
}

static int local_get(struct bk_target *target, const char *name,
		     uint64_t offset, uint64_t len, struct bk_sink *to,
		     struct bk_err *err)
{
	int fd = open_blob(target, name, err);

	if (fd < 0)
		return -1;
	int rc = send_range(fd, offset, len, to, err);
	(void)close(fd);
	return rc < 0 ? bk_context(err, "%s/%s", target->where, name) : 0;
}

static int local_stat(struct bk_target *target, const char *name,
		      uint64_t *size, struct bk_err *err)
{
	struct stat st;

	if (fstatat(local_of(target)->dir, name, &st, 0) < 0)
		return bk_fail_errno(err, "%s/%s", target->where, name);
	*size = (uint64_t)st.st_size;
	return 0;
}

static int local_remove(struct bk_target *target, const char *name,
			struct bk_err *err)
{
	struct local *local = local_of(target);

	if (unlinkat(local->dir, name, 0) < 0)
		return bk_fail_errno(err, "%s/%s", target->where, name);
	/* A folder that became empty goes too; another writer may fill it. */
	const char *slash = strrchr(name, '/');
	if (slash) {
		char *parent = bk_strndup(name, (size_t)(slash - name));
		(void)unlinkat(local->dir, parent, AT_REMOVEDIR);
		free(parent);
	}
	return 0;
}

static int local_list(struct bk_target *target, const char *folder,
		      struct bk_blob_list *out, struct bk_err *err)
{
	if (bk_local_list(local_of(target)->dir, folder, false, out, err) < 0)
		return bk_context(err, "%s", target->where);
	return 0;
}

/* The time of a file system may be that of another machine: a file is touched
 * there.  Its name is that of a part, and always the same: what a run that was
 * killed left of it is taken away by the next. */
static int ask_clock(int dir, int64_t *now, struct bk_err *err)
{
	struct stat st;
	int rc = 0;

	int fd = openat(dir, CLOCK_NAME,
			O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return bk_fail_errno(err, CLOCK_NAME);
	if (futimens(fd, NULL) < 0 || fstat(fd, &st) < 0)
		rc = bk_fail_errno(err, CLOCK_NAME);
	else
		*now = (int64_t)st.st_mtim.tv_sec;
	(void)close(fd);
	(void)unlinkat(dir, CLOCK_NAME, 0);
	return rc;
}

static int local_sweep(struct bk_target *target, int64_t older_s,
		       bool (*ours)(const char *name), struct bk_err *err)
{
	struct local *local = local_of(target);
	struct bk_blob_list list = {0};
	int64_t now = 0;

	int rc = ask_clock(local->dir, &now, err);
	if (rc == 0)
		rc = bk_local_list(local->dir, "", true, &list, err);
	if (rc == 0)
		bk_parts_sweep(target, &list, now, older_s, ours);
	bk_blob_list_clear(&list);
	return rc < 0 ? bk_context(err, "%s", target->where) : 0;
}

static const struct bk_target_ops local_ops = {
	.scheme = "file",
	.close = local_close,
	.put_begin = local_put_begin,
	.put_write = local_put_write,
	.put_read = local_put_read,
	.put_commit = local_put_commit,
	.put_abort = local_put_abort,
	.get = local_get,
	.list = local_list,
	.stat = local_stat,
	.remove = local_remove,
	.sweep = local_sweep,
	.unknown_length = true,
};

int bk_local_open(struct bk_target **out, const char *path, bool create,
		  struct bk_err *err)
{
	if (create && bk_dir_make(AT_FDCWD, path, 0700, err) < 0)
		return -1;
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return bk_fail_errno(err, "%s", path);
	struct local *local = bk_alloc(sizeof(*local));
	local->dir = dir;
	local->path = bk_strdup(path);
	local->target.ops = &local_ops;
	local->target.where = local->path;
	*out = &local->target;
	return 0;
}
