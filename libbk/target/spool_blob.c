/* Blobs in memory and in files without a name: see spool_blob.h. */

#include "target/spool_blob.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define COPY_STEP ((size_t)1 << 16)

void bk_gathered_init(struct bk_gathered *bytes, struct bk_gather_room *room)
{
	*bytes = (struct bk_gathered){.room = room, .fd = -1};
}

static void forget_memory(struct bk_gathered *bytes)
{
	(void)atomic_fetch_sub(&bytes->room->memory, bytes->memory.len);
	bk_buf_clear(&bytes->memory);
}

void bk_gathered_clear(struct bk_gathered *bytes)
{
	forget_memory(bytes);
	if (bytes->fd >= 0)
		(void)close(bytes->fd);
	bytes->fd = -1;
	bytes->len = 0;
}

/* This host lacks something, not the target: its text says so. */
static int starved(const struct bk_gathered *bytes, struct bk_err *err)
{
	if (err->kind != BK_FULL)
		err->kind = BK_STARVED;
	return bk_context(err,
			  "%s: blobs on their way to the target need room "
			  "here; make some, or set TMPDIR",
			  bytes->room->folder);
}

static int move_to_file(struct bk_gathered *bytes, struct bk_err *err)
{
	bytes->fd = bk_fd_nameless(bytes->room->folder);
	if (bytes->fd < 0) {
		bk_fail_errno(err, "make a file");
		return starved(bytes, err);
	}
	if (bk_fd_write(bytes->fd, bytes->memory.data, bytes->memory.len, err) <
	    0)
		return starved(bytes, err);
	forget_memory(bytes);
	return 0;
}

/* Takes room for len more bytes in memory, if there is some. */
static bool fits_memory(struct bk_gathered *bytes, size_t len)
{
	struct bk_gather_room *room = bytes->room;

	if (bytes->fd >= 0 || len > BK_GATHER_MEMORY - bytes->memory.len)
		return false;
	size_t before = atomic_fetch_add(&room->memory, len);
	if (before <= room->memory_most && len <= room->memory_most - before)
		return true;
	(void)atomic_fetch_sub(&room->memory, len);
	return false;
}

int bk_gathered_add(struct bk_gathered *bytes, const void *data, size_t len,
		    struct bk_err *err)
{
	if (fits_memory(bytes, len)) {
		bk_buf_add(&bytes->memory, data, len);
		bytes->len += len;
		return 0;
	}
	if (bytes->fd < 0 && move_to_file(bytes, err) < 0)
		return -1;
	if (bk_fd_write(bytes->fd, data, len, err) < 0)
		return starved(bytes, err);
	bytes->len += len;
	return 0;
}

int bk_gathered_read(const struct bk_gathered *bytes, uint64_t offset,
		     void *into, size_t len, struct bk_err *err)
{
	if (bytes->fd < 0) {
		if (len)
			memcpy(into, bytes->memory.data + offset, len);
		return 0;
	}
	if (bk_fd_read_at(bytes->fd, into, len, offset, err) == 0)
		return 0;
	err->kind = BK_FAILED;
	return bk_context(err, "%s", bytes->room->folder);
}

int bk_gathered_copy(const struct bk_gathered *bytes, uint64_t offset,
		     uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	uint8_t *room = bk_alloc(COPY_STEP);
	int rc = 0;

	while (rc == 0 && len) {
		size_t n = len < COPY_STEP ? (size_t)len : COPY_STEP;
		rc = bk_gathered_read(bytes, offset, room, n, err);
		if (rc == 0)
			rc = to->write(to, room, n, err);
		offset += n;
		len -= n;
	}
	free(room);
	return rc;
}
