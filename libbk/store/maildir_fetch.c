/*
 * Reading a message.  The files belong to users, who may do anything with them
 * while we read: nothing is mapped into memory, a FIFO is not waited for, no
 * link is followed, and a file that changes under our hands is read again.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "store/body.h"
#include "store/maildir.h"

#define TRIES_MAX 5
#define STEP      ((size_t)1 << 20)

static int refuse(int number, struct bk_err *err)
{
	if (number == ELOOP)
		return bk_fail(err, BK_REFUSED,
			       "a symbolic link is not followed");
	errno = number;
	bk_fail_errno(err, "open");
	/* One message that cannot be read must not end the run. */
	if (err->kind != BK_STARVED)
		err->kind = BK_REFUSED;
	return -1;
}

/* What the flags of a message that was just opened become most often. */
static int open_as_read(const struct bk_maildir_dir *dir,
			const struct bk_message *msg)
{
	static const char *const infos[] = {":2,S", ":2,", ":2,RS", ":2,ST",
					    ":2,FS"};
	int fd = -1;

	if (dir->cur < 0 || strchr(msg->name, ':'))
		return -1;
	for (size_t i = 0; i < sizeof(infos) / sizeof(infos[0]) && fd < 0; i++)
		fd = bk_maildir_open_message(dir->cur, msg->name, infos[i]);
	return fd;
}

static int open_listed(const struct bk_maildir_dir *dir,
		       const struct bk_message *msg)
{
	int part = msg->file[0] == 'n' ? dir->new : dir->cur;

	if (part < 0) {
		errno = ENOENT;
		return -1;
	}
	return bk_maildir_open_message(part, msg->name, msg->file + 1);
}

static int open_message(struct bk_maildir *maildir,
			const struct bk_account *account,
			const struct bk_folder *folder,
			const struct bk_message *msg, struct bk_err *err)
{
	struct bk_err why = {0};
	struct bk_maildir_dir *dir =
		bk_maildir_dir_get(maildir, account, folder, &why);
	int number = ENOENT;
	int fd = -1;

	if (!dir && why.kind != BK_GONE) {
		*err = why;
		return -1;
	}
	if (dir) {
		fd = open_listed(dir, msg);
		number = errno;
		if (fd < 0 && number == ENOENT)
			fd = open_as_read(dir, msg);
		bk_maildir_dir_put(maildir, dir);
	}
	if (fd >= 0)
		return fd;
	if (number == ENOENT)
		return bk_maildir_search(maildir, account, folder, msg, err);
	return refuse(number, err);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What the file holds up to the size that it had; whether it grew or shrank is
 * seen by looking again. */
static int read_whole(int fd, size_t size, struct bk_buf *into,
		      struct bk_err *err)
{
	(void)bk_buf_room(into, size);
	while (into->len < size) {
		ssize_t n = pread(fd, into->data + into->len, size - into->len,
				  (off_t)into->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bk_fail_errno(err, "read");
		if (!n)
			break;
		into->len += (size_t)n;
	}
	return 0;
}

static int copy_all(int from, int to, struct bk_buf *step, uint64_t *size,
		    struct bk_err *err)
{
	(void)bk_buf_room(step, STEP);
	*size = 0;
	for (;;) {
		ssize_t n = pread(from, step->data, STEP, (off_t)*size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bk_fail_errno(err, "read");
		if (!n)
			break;
		if (bk_fd_write(to, step->data, (size_t)n, err) < 0)
			return bk_body_spool_failed(err);
		*size += (uint64_t)n;
	}
	return lseek(to, 0, SEEK_SET) < 0 ? bk_body_spool_failed(err) : 0;
}

/* One reading of the file as it is now. */
static int read_once(int fd, uint64_t file_size, struct bk_message *msg,
		     struct bk_body *body, struct bk_err *err)
{
	if (file_size <= body->limit) {
		int rc = read_whole(fd, (size_t)file_size, &body->bytes, err);
		msg->size = body->bytes.len;
		return rc;
	}
	body->spool = bk_body_spool(err);
	if (body->spool < 0)
		return -1;
	return copy_all(fd, body->spool, &body->bytes, &msg->size, err);
}

/* A message does not change once it is delivered; what does is read until it
 * keeps still, so that half of it is never taken for the whole. */
static int read_still(int fd, struct bk_message *msg, struct bk_body *body,
		      struct bk_err *err)
{
	struct stat before;
	struct stat after;

	for (int i = 0; i < TRIES_MAX; i++) {
		bk_path_close(&body->spool);
		body->bytes.len = 0;
		if (fstat(fd, &before) < 0)
			return bk_fail_errno(err, "stat");
		if (!S_ISREG(before.st_mode))
			return bk_fail(err, BK_REFUSED, "not a regular file");
		if (read_once(fd, (uint64_t)before.st_size, msg, body, err) < 0)
			return -1;
		if (fstat(fd, &after) < 0)
			return bk_fail_errno(err, "stat");
		if (is_same(&before, &after) &&
		    msg->size == (uint64_t)after.st_size) {
			msg->date = after.st_mtim.tv_sec;
			return 0;
		}
	}
	return bk_fail(err, BK_REFUSED, "changes while it is read");
}

int bk_maildir_fetch(struct bk_store *store, const struct bk_account *account,
		     const struct bk_folder *folder, struct bk_message *msg,
		     struct bk_body *body, struct bk_err *err)
{
	bk_path_close(&body->spool);
	body->bytes.len = 0;
	int fd = open_message(bk_maildir_of(store), account, folder, msg, err);
	if (fd < 0)
		return bk_context(err, "%s", msg->name);
	int rc = read_still(fd, msg, body, err);
	(void)close(fd);
	if (rc == 0)
		return 0;
	bk_path_close(&body->spool);
	if (err->kind == BK_FULL || err->kind == BK_STARVED)
		return -1;
	/* A bad sector concerns this message; and what was opened is there,
	 * whatever reading it says. */
	if (err->kind == BK_FAILED || err->kind == BK_GONE)
		err->kind = BK_REFUSED;
	return bk_context(err, "%s", msg->name);
}

int bk_maildir_stat(struct bk_store *store, const struct bk_account *account,
		    const struct bk_folder *folder, struct bk_message *msg,
		    struct bk_err *err)
{
	struct bk_maildir *maildir = bk_maildir_of(store);
	struct stat st;
	int rc = 0;
	int fd = open_message(maildir, account, folder, msg, err);

	if (fd < 0)
		return bk_context(err, "%s", msg->name);
	if (fstat(fd, &st) < 0)
		rc = bk_fail_errno(err, "%s", msg->name);
	else if (!S_ISREG(st.st_mode))
		rc = bk_fail(err, BK_REFUSED, "%s: not a regular file",
			     msg->name);
	(void)close(fd);
	if (rc < 0)
		return -1;
	msg->size = (uint64_t)st.st_size;
	msg->date = st.st_mtim.tv_sec;
	return 0;
}
