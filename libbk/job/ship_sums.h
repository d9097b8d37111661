/* The bytes of a blob, proved as they pass: each stretch against the sum that
 * a root or a pack table has of it, and the parity and the footer that follow
 * from it. */

#ifndef BK_JOB_SHIP_SUMS_H
#define BK_JOB_SHIP_SUMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stream.h"
#include "job/ship_world.h"
#include "repo/container.h"
#include "repo/parity.h"

/* A sink: whatever it is given, it says in the end whether it was right. */
struct bk_ship_sums {
	struct bk_sink sink;
	const struct bk_ship_blob *blob;
	uint64_t at; /* bytes so far */
	size_t i;    /* the stretch that they are in, or before */
	bool wrong;  /* some byte is not what it should be */
	uint8_t footer[BK_FOOTER_LEN];
	struct bk_parity *parity; /* of this stretch, or NULL */
	struct bk_sha256 sha;
};

void bk_ship_sums_init(struct bk_ship_sums *sums,
		       const struct bk_ship_blob *blob);
void bk_ship_sums_add(struct bk_ship_sums *sums, const void *data, size_t len);
/* Were they all there, and right? */
bool bk_ship_sums_right(const struct bk_ship_sums *sums);
void bk_ship_sums_clear(struct bk_ship_sums *sums);

/* Reads the blob where it lies: 1 if it is right, 0 if it is not, -1 when it
 * cannot be read. */
int bk_ship_sums_read(struct bk_target *target, const struct bk_ship_blob *blob,
		      struct bk_err *err);

#endif
