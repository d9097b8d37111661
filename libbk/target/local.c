/* A local folder as a target: see local.h. */

#include "target/local.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define DEPTH_MAX  3
#define OPEN_TRIES 10
#define COPY_SIZE  ((size_t)1 << 18)
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
	put->fd = openat(dir, put->part,
			 O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
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
	put->part = bk_asprintf("%s.part", name);
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

static bool is_unfinished(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && strcmp(name + len - 5, ".part") == 0;
}

/* The folders still to be read; a listing is a loop over it, not recursion. */
struct pending {
	char **names;
	size_t n, cap;
};

static void pending_add(struct pending *pending, char *name)
{
	pending->names = bk_array_room(pending->names, pending->n,
				       &pending->cap, sizeof(*pending->names));
	pending->names[pending->n++] = name;
}

static unsigned depth_of(const char *name)
{
	unsigned depth = 1;

	for (; *name; name++)
		depth += *name == '/';
	return depth;
}

/* Only names of blobs have a dot: what has one is no folder to look into. */
static bool is_blob_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash && strchr(slash, '.');
}

/* What lies in place of a blob and is no file is listed as one without bytes,
 * so that who reads it finds out. */
static int list_entry(struct local *local, char *name, struct pending *pending,
		      struct bk_blob_list *out, struct bk_err *err)
{
	struct stat st;

	if (fstatat(local->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		int rc = errno == ENOENT ? 0
					 : bk_fail_errno(err, "list %s", name);
		free(name);
		return rc;
	}
	if (S_ISDIR(st.st_mode) && !is_blob_name(name) &&
	    depth_of(name) < DEPTH_MAX) {
		pending_add(pending, name);
		return 0;
	}
	bool regular = S_ISREG(st.st_mode);
	if ((!regular && !is_blob_name(name)) || is_unfinished(name)) {
		free(name);
		return 0;
	}
	out->items = bk_array_room(out->items, out->n, &out->cap,
				   sizeof(*out->items));
	out->items[out->n++] =
		(struct bk_blob){name, regular ? (uint64_t)st.st_size : 0,
				 (int64_t)st.st_mtim.tv_sec};
	return 0;
}

/* 1; 0: there is no such folder; -1.  A file in its place, or a repository
 * that was deleted under us, is not an empty folder. */
static int open_folder(struct local *local, const char *folder, DIR **out,
		       struct bk_err *err)
{
	int fd = openat(local->dir, *folder ? folder : ".",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool missing = fd < 0 && errno == ENOENT;
	struct stat st;

	if (missing && fstat(local->dir, &st) == 0 && st.st_nlink > 0)
		return 0;
	*out = fd < 0 ? NULL : fdopendir(fd);
	if (*out)
		return 1;
	bk_fail_errno(err, "list %s", folder);
	if (err->kind == BK_GONE)
		err->kind = BK_FAILED;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static char *join_name(const char *folder, const char *name)
{
	return *folder ? bk_asprintf("%s/%s", folder, name) : bk_strdup(name);
}

static int list_folder(struct local *local, const char *folder,
		       struct pending *pending, struct bk_blob_list *out,
		       struct bk_err *err)
{
	struct dirent *entry;
	DIR *dir = NULL;

	int rc = open_folder(local, folder, &dir, err);
	if (rc <= 0)
		return rc;
	rc = 0;
	while (rc == 0 && (errno = 0, entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			rc = list_entry(local, join_name(folder, entry->d_name),
					pending, out, err);
	if (rc == 0 && errno)
		rc = bk_fail_errno(err, "list %s", folder);
	(void)closedir(dir);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct bk_blob *)a)->name,
		      ((const struct bk_blob *)b)->name);
}

static int local_list(struct bk_target *target, const char *folder,
		      struct bk_blob_list *out, struct bk_err *err)
{
	struct pending pending = {0};
	int rc = 0;

	bk_blob_list_clear(out);
	pending_add(&pending, bk_strdup(folder));
	while (pending.n) {
		char *name = pending.names[--pending.n];
		if (rc == 0)
			rc = list_folder(local_of(target), name, &pending, out,
					 err);
		free(name);
	}
	free(pending.names);
	if (rc < 0) {
		bk_blob_list_clear(out);
		return bk_context(err, "%s", target->where);
	}
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items), by_name);
	return 0;
}

static const struct bk_target_ops local_ops = {
	.scheme = "file",
	.close = local_close,
	.put_begin = local_put_begin,
	.put_write = local_put_write,
	.put_commit = local_put_commit,
	.put_abort = local_put_abort,
	.get = local_get,
	.list = local_list,
	.stat = local_stat,
	.remove = local_remove,
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
