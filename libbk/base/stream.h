/* Where bytes come from and where they go: two tiny vtables. */

#ifndef BK_BASE_STREAM_H
#define BK_BASE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Bytes [offset, offset + len) of something. */
struct bk_stretch {
	uint64_t offset, len;
};

/* Embedded first in whatever keeps the state behind it. */
struct bk_source {
	/* Reads up to cap bytes: *got is 0 at the end only. */
	int (*read)(struct bk_source *from, void *into, size_t cap, size_t *got,
		    struct bk_err *err);
};

struct bk_sink {
	/* Takes all of the bytes, or fails. */
	int (*write)(struct bk_sink *to, const void *data, size_t len,
		     struct bk_err *err);
};

/* A source over bytes in memory, which stay the caller's. */
struct bk_view_source {
	struct bk_source source;
	struct bk_view left;
};
void bk_view_source_init(struct bk_view_source *from, struct bk_view bytes);

/* A sink that appends to a buffer of the caller's, up to `limit` bytes in all
 * (BK_CORRUPT beyond). */
struct bk_buf_sink {
	struct bk_sink sink;
	struct bk_buf *buf;
	size_t limit;
};
void bk_buf_sink_init(struct bk_buf_sink *to, struct bk_buf *buf, size_t limit);

/* A sink that writes to a descriptor of the caller's. */
struct bk_fd_sink {
	struct bk_sink sink;
	int fd;
	uint64_t written;
};
void bk_fd_sink_init(struct bk_fd_sink *to, int fd);

/* Everything from one to the other; *n bytes (may be NULL). */
int bk_stream_copy(struct bk_source *from, struct bk_sink *to, uint64_t *n,
		   struct bk_err *err);

#endif
