/* The plain sources and sinks, and the loop between them: see stream.h. */

#include "base/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define COPY_BYTES ((size_t)64 << 10)

static int view_read(struct bk_source *from, void *into, size_t cap,
		     size_t *got, struct bk_err *err)
{
	struct bk_view *left = &((struct bk_view_source *)from)->left;
	size_t n = cap < left->len ? cap : left->len;

	(void)err;
	if (n) {
		memcpy(into, left->data, n);
		left->data += n;
		left->len -= n;
	}
	*got = n;
	return 0;
}

void bk_view_source_init(struct bk_view_source *from, struct bk_view bytes)
{
	*from = (struct bk_view_source){{view_read}, bytes};
}

static int buf_write(struct bk_sink *to, const void *data, size_t len,
		     struct bk_err *err)
{
	struct bk_buf_sink *sink = (struct bk_buf_sink *)to;
	uint8_t *at;

	if (!len)
		return 0;
	at = bk_buf_try_grow(sink->buf, len, sink->limit, err);
	if (!at)
		return -1;
	memcpy(at, data, len);
	return 0;
}

void bk_buf_sink_init(struct bk_buf_sink *to, struct bk_buf *buf, size_t limit)
{
	*to = (struct bk_buf_sink){{buf_write}, buf, limit};
}

static int fd_write(struct bk_sink *to, const void *data, size_t len,
		    struct bk_err *err)
{
	struct bk_fd_sink *sink = (struct bk_fd_sink *)to;

	if (bk_fd_write(sink->fd, data, len, err) < 0)
		return -1;
	sink->written += len;
	return 0;
}

void bk_fd_sink_init(struct bk_fd_sink *to, int fd)
{
	*to = (struct bk_fd_sink){{fd_write}, fd, 0};
}

int bk_stream_copy(struct bk_source *from, struct bk_sink *to, uint64_t *n,
		   struct bk_err *err)
{
	char *block = bk_alloc(COPY_BYTES);
	uint64_t sum = 0;
	size_t got = 0;
	int rc;

	for (;;) {
		rc = from->read(from, block, COPY_BYTES, &got, err);
		if (rc < 0 || !got)
			break;
		rc = to->write(to, block, got, err);
		if (rc < 0)
			break;
		sum += got;
	}
	if (n)
		*n = sum;
	free(block);
	return rc;
}
