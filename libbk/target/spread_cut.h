/* A blob cut into what each child of a spread target gets: its shard or its
 * copy, computed anew each time from the bytes that were gathered. */

#ifndef BK_TARGET_SPREAD_CUT_H
#define BK_TARGET_SPREAD_CUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "target/shard.h"
#include "target/spool_blob.h"
#include "target/spread_parts.h"

/* Bytes that were gathered are the caller's, and stay until the end. */
struct bk_cutting {
	struct bk_spread *spread;
	const struct bk_gathered *bytes;
	bool cut;
	uint32_t turn;
	unsigned shards; /* that differ: 1 of copies */
	struct bk_shard_layout layout;
	char *there;               /* owned; what the files are called */
	struct bk_shard_head head; /* what all have in common */
	uint8_t payload[BK_SPREAD_MOST][BK_SHA256_LEN];
	struct bk_buf crcs[BK_SPREAD_MOST];
};

/* All sums of all shards of that blob, whose own SHA-256 is `original`.
 * bk_cutting_end() follows, after a failure too. */
int bk_cutting_begin(struct bk_cutting *cutting, struct bk_spread *spread,
		     const char *name, const struct bk_gathered *bytes,
		     const uint8_t original[BK_SHA256_LEN], struct bk_err *err);
void bk_cutting_end(struct bk_cutting *cutting); /* {0} is fine */

/* The number of the child's shard, 0 of all copies; shape.n: it has none. */
unsigned bk_cutting_shard_for(const struct bk_cutting *cutting, unsigned child);

/* Puts the child's shard there, under that name; several at a time may be. */
int bk_cutting_send(const struct bk_cutting *cutting, unsigned child,
		    const char *there, struct bk_err *err);

#endif
