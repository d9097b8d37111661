/*
 * A copy of a target, in memory and for reading only: a test changes its bytes
 * at will.
 */

#ifndef BK_TESTS_MEMORY_H
#define BK_TESTS_MEMORY_H

#include "base/buf.h"
#include "target/target.h"

struct memory_target {
	struct bk_target target;
	struct bk_blob_list names; /* sorted; sizes are what a listing shows */
	struct bk_buf *bytes;      /* of each */
	size_t total;              /* when they were taken */
};

/* Takes all that lies in `from`; fails the test if that cannot be read. */
void memory_take(struct memory_target *memory, struct bk_target *from);
void memory_clear(struct memory_target *memory);

#endif
