/* A target of three blobs behind a cache, and a count of what the cache asks
 * of it. */

#ifndef BK_TESTS_LIB_CACHED_H
#define BK_TESTS_LIB_CACHED_H

#include "base/buf.h"
#include "base/err.h"
#include "lib/faulty.h"
#include "lib/scratch.h"
#include "target/cache.h"

#define CACHED_SIZE  ((size_t)3 << 20) /* of INDEX and PACK; ROOT has 1000 */
#define CACHED_INDEX "data/00112233445566778899aabbccddeeff/i00000000.bki"
#define CACHED_PACK  "data/00112233445566778899aabbccddeeff/p00000000.bkp"
#define CACHED_ROOT  "sets/00112233445566778899aabbccddeeff.bks"

struct cached {
	struct scratch scratch; /* repo/ and cache/ */
	struct faulty *faulty;  /* what lies behind the cache */
	struct bk_target *target;
	struct bk_buf bytes; /* what the blobs begin with */
	struct bk_buf got;
	struct bk_err err;
};

void cached_start(struct cached *cached);
void cached_end(struct cached *cached);

/* With a cache of `most` bytes; 0: as many as it likes. */
void cached_open(struct cached *cached, uint64_t most);
/* Closes it, and opens it as the next run would. */
void cached_again(struct cached *cached);

void cached_put(struct cached *cached, const char *name, size_t n);

/* Gets a stretch, which is the right one; how many requests it took. */
unsigned cached_get(struct cached *cached, const char *name, size_t offset,
		    size_t len);

#endif
