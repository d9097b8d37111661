/* The names in a folder: see dents.h. */

#include "store/dents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"

#define BUF_LEN ((size_t)32 << 10)
#define NS      1000000000LL
/* Ten times the coarsest tick of a local file system (100 Hz). */
#define FRESH_NS (NS / 10)

/* linux_dirent64 of getdents64(2): what lies before the name. */
#define INODE_AT  0
#define LENGTH_AT 16
#define TYPE_AT   18
#define NAME_AT   19

int bk_dents_open(struct bk_dents *dents, int dir, struct bk_err *err)
{
	*dents = (struct bk_dents){.fd = -1};
	dents->fd = bk_path_open(dir, ".", O_RDONLY | O_DIRECTORY, 0, err);
	if (dents->fd < 0)
		return -1;
	dents->buf = bk_alloc(BUF_LEN);
	return 0;
}

size_t bk_dents_estimate(const struct bk_dents *dents)
{
	struct stat st;

	/* ext4 takes about 80 bytes for the name of a message; other file
	 * systems may say anything, and a guess needs a limit. */
	if (fstat(dents->fd, &st) < 0 || st.st_size < 0)
		return 0;
	size_t n = (size_t)st.st_size / 80;
	return n < 1000000 ? n : 1000000;
}

static int fill(struct bk_dents *dents, struct bk_err *err)
{
	long n;

	do {
		n = syscall(SYS_getdents64, dents->fd, dents->buf, BUF_LEN);
	} while (n < 0 && errno == EINTR);
	/* A folder that was removed while we read it has no more names. */
	if (n < 0 && errno == ENOENT)
		n = 0;
	if (n < 0)
		return bk_fail_errno(err, "read folder");
	dents->at = 0;
	dents->len = (size_t)n;
	return n > 0;
}

static int next_entry(struct bk_dents *dents, struct bk_dent *out,
		      struct bk_err *err)
{
	uint16_t length;

	if (dents->at == dents->len) {
		int rc = fill(dents, err);
		if (rc <= 0)
			return rc;
	}
	const char *entry = dents->buf + dents->at;
	memcpy(&out->inode, entry + INODE_AT, sizeof(out->inode));
	memcpy(&length, entry + LENGTH_AT, sizeof(length));
	out->type = (unsigned char)entry[TYPE_AT];
	out->name = entry + NAME_AT;
	out->len = strlen(out->name);
	dents->at += length;
	return 1;
}

int bk_dents_next(struct bk_dents *dents, struct bk_dent *out,
		  struct bk_err *err)
{
	int rc;

	do {
		rc = next_entry(dents, out, err);
	} while (rc > 0 && out->name[0] == '.' &&
		 !bk_path_is_name(out->name, out->len));
	return rc;
}

void bk_dents_close(struct bk_dents *dents)
{
	bk_path_close(&dents->fd);
	free(dents->buf);
	dents->buf = NULL;
}

static struct bk_stamp stamp_of(const struct stat *st)
{
	return (struct bk_stamp){
		(int64_t)st->st_mtim.tv_sec * NS + st->st_mtim.tv_nsec,
		(int64_t)st->st_ctim.tv_sec * NS + st->st_ctim.tv_nsec,
		st->st_ino,
	};
}

int bk_stamp_read(struct bk_stamp *stamp, int dir, struct bk_err *err)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return bk_fail_errno(err, "stat");
	*stamp = stamp_of(&st);
	return 0;
}

void bk_stamp_read_at(struct bk_stamp *stamp, int dir, const char *path)
{
	struct stat st;

	*stamp = (struct bk_stamp){0};
	if (fstatat(dir, path, &st, 0) == 0)
		*stamp = stamp_of(&st);
}

bool bk_stamp_is_quiet(const struct bk_stamp *before,
		       const struct bk_stamp *after, int64_t now_ns)
{
	return before->mtime_ns == after->mtime_ns &&
	       before->ctime_ns == after->ctime_ns &&
	       before->inode == after->inode &&
	       before->mtime_ns < now_ns - FRESH_NS &&
	       before->ctime_ns < now_ns - FRESH_NS;
}

int64_t bk_stamp_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (int64_t)now.tv_sec * NS + now.tv_nsec;
}
