/* Bodies that wait: see bodyspool.h. */

#include "imap/bodyspool.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

static const char *folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

/* This host lacks room, neither server does. */
static int starved(struct bk_err *err)
{
	err->kind = BK_STARVED;
	return bk_context(
		err,
		"%s: a message on its way needs room here; make some, or set TMPDIR",
		folder());
}

static int open_file(struct bk_bodyspool *spool, struct bk_err *err)
{
	spool->fd = bk_fd_nameless(folder());
	if (spool->fd >= 0)
		return 0;
	(void)bk_fail_errno(err, "make a file");
	return starved(err);
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
	if (spool->fd < 0 && open_file(spool, err) < 0)
		return -1;
	return bk_fd_write(spool->fd, data, len, err) < 0 ? starved(err) : 0;
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
