/* What every target promises of getting begins and several stretches of blobs:
 * a part of contract/target.h. */

#ifndef BK_TESTS_CONTRACT_TARGET_READING_H
#define BK_TESTS_CONTRACT_TARGET_READING_H

#include "target/target.h"

/* n bytes that follow from a seed. */
struct bk_buf target_bytes(uint64_t seed, size_t n);

/* They fail the test.  `other` is another session. */
void target_reads_begins(struct bk_target *target, struct bk_target *other);
void target_reads_several(struct bk_target *target);

#endif
