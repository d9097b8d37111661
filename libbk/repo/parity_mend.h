/*
 * A body whose bytes were lost in places, computed again from its parity.
 * bk-format(5), Parity.
 *
 * It is only as good as the CRC-32 of its segments: who takes it compares it
 * with the SHA-256 that a root or a pack table has.
 */

#ifndef BK_REPO_PARITY_MEND_H
#define BK_REPO_PARITY_MEND_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/stream.h"

/* A damaged file.  Embedded first in whatever keeps the state behind it. */
struct bk_parity_source {
	/* Bytes [offset, offset + len) of the file; what cannot be read is
	 * zero.  -1 when nothing more can be. */
	int (*read)(struct bk_parity_source *from, uint64_t offset, size_t len,
		    uint8_t *into, struct bk_err *err);
};

struct bk_parity_mend;

/*
 * Reads the whole body and finds the segments that are not what the CRC tables
 * behind it say; computes them again.  BK_CORRUPT when more is lost than parity
 * gives back.  Where both tables are lost the body comes as it is.  Memory:
 * what is computed again, and a group of segments at a time.
 */
int bk_parity_mend_open(struct bk_parity_mend **out,
			struct bk_parity_source *from, uint64_t body_len,
			struct bk_err *err);
void bk_parity_mend_close(struct bk_parity_mend *mend); /* NULL is fine */

/* So many segments were computed again. */
uint32_t bk_parity_mend_count(const struct bk_parity_mend *mend);

/* The body, mended. */
int bk_parity_mend_body(struct bk_parity_mend *mend, struct bk_sink *to,
			struct bk_err *err);

#endif
