/*
 * A message's body that must wait until it is known whose it is: a megabyte of
 * it in memory, more of it in a temporary file without a name.  Private to the
 * room.
 */

#ifndef BK_IMAP_BODYSPOOL_H
#define BK_IMAP_BODYSPOOL_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"

#define BK_BODYSPOOL_MEMORY ((size_t)1 << 20)
/* RFC 3501's literals have 32 bits. */
#define BK_BODYSPOOL_MAX ((uint64_t)UINT32_MAX)

struct bk_bodyspool {
	struct bk_sink sink; /* writes to it */
	struct bk_buf memory;
	int fd; /* of the file, $TMPDIR or /tmp; -1: none */
	uint64_t size;
};

void bk_bodyspool_init(struct bk_bodyspool *spool);
/* All of it, from its beginning. */
int bk_bodyspool_copy(struct bk_bodyspool *spool, struct bk_sink *to,
		      struct bk_err *err);
void bk_bodyspool_clear(struct bk_bodyspool *spool);

#endif
