/* Bodies that wait: see bodyspool.h. */

#include "imap/bodyspool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Some file systems have no O_TMPFILE. */
static int open_named(const char *folder, struct bk_err *err)
{
	char *path = bk_asprintf("%s/bk-body-XXXXXX", folder);
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0)
		(void)bk_fail_errno(err, "%s: temporary file", folder);
	else
		(void)unlink(path);
	free(path);
	return fd;
}

static int open_file(struct bk_err *err)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	if (!folder || !*folder)
		folder = "/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
	return fd < 0 ? open_named(folder, err) : fd;
}

static int write_file(struct bk_bodyspool *spool, const void *data, size_t len,
		      struct bk_err *err)
{
	struct bk_fd_sink file;

	bk_fd_sink_init(&file, spool->fd);
	return file.sink.write(&file.sink, data, len, err);
}

static int spool_write(struct bk_sink *to, const void *data, size_t len,
		       struct bk_err *err)
{
	struct bk_bodyspool *spool = (struct bk_bodyspool *)to;

	if (len > BK_BODYSPOOL_MAX - spool->size)
		return bk_fail(err, BK_CORRUPT, "a message of more than 4 GiB");
	spool->size += len;
	if (spool->fd < 0 && spool->size <= BK_BODYSPOOL_MEMORY) {
		bk_buf_add(&spool->memory, data, len);
		return 0;
	}
	if (spool->fd < 0)
		spool->fd = open_file(err);
	if (spool->fd < 0)
		return -1;
	return write_file(spool, data, len, err);
}

void bk_bodyspool_init(struct bk_bodyspool *spool)
{
	*spool = (struct bk_bodyspool){.sink = {spool_write}, .fd = -1};
}

static int copy_file(struct bk_bodyspool *spool, struct bk_sink *to,
		     struct bk_err *err)
{
	uint8_t piece[1 << 15];

	if (lseek(spool->fd, 0, SEEK_SET) < 0)
		return bk_fail_errno(err, "temporary file");
	for (;;) {
		ssize_t n = read(spool->fd, piece, sizeof(piece));

		if (n < 0)
			return bk_fail_errno(err, "temporary file");
		if (n == 0)
			return 0;
		if (to->write(to, piece, (size_t)n, err) < 0)
			return -1;
	}
}

int bk_bodyspool_copy(struct bk_bodyspool *spool, struct bk_sink *to,
		      struct bk_err *err)
{
	if (spool->memory.len > 0 &&
	    to->write(to, spool->memory.data, spool->memory.len, err) < 0)
		return -1;
	return spool->fd < 0 ? 0 : copy_file(spool, to, err);
}

void bk_bodyspool_clear(struct bk_bodyspool *spool)
{
	bk_buf_clear(&spool->memory);
	if (spool->fd >= 0)
		(void)close(spool->fd);
	bk_bodyspool_init(spool);
}
