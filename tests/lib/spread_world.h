/* Spread targets over folders for one test, and what lies in them. */

#ifndef BK_TESTS_SPREAD_WORLD_H
#define BK_TESTS_SPREAD_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "lib/faulty.h"
#include "lib/scratch.h"
#include "target/spread.h"

#define SPREAD_SET  "data/01a2001f9700b1b1b1b1b1b1b1b1b1b1"
#define SPREAD_PACK SPREAD_SET "/p00000001.bkp"
#define SPREAD_ROOT "sets/01a2001f9700b1b1b1b1b1b1b1b1b1b1.bks"

struct spread_world {
	struct scratch scratch;
	struct bk_spread_reach plan;
	struct bk_spread_child_reach reaches[BK_SPREAD_MOST];
	char wheres[BK_SPREAD_MOST][90]; /* folders a, b, c... */
	struct bk_err err;               /* of the last act */
};

/* Makes the scratch folder. */
void spread_begin(struct spread_world *world);
/* Closes the target (NULL is fine), drops the folder. */
void spread_end(struct spread_world *world, struct bk_target *target);

/* d + p over n folders, which are made. */
int spread_try(struct spread_world *world, struct bk_target **out, unsigned d,
	       unsigned p, unsigned n);
/* The same, and it must succeed, with a marker in it. */
struct bk_target *spread_open(struct spread_world *world, unsigned d,
			      unsigned p, unsigned n);

int spread_put(struct spread_world *world, struct bk_target *target,
	       const char *name, const struct bk_buf *bytes);
void spread_must_put(struct bk_target *target, const char *name,
		     const struct bk_buf *bytes);
/* Can all of it be read, anew?  What is read must be that. */
bool spread_reads(struct bk_target *target, const char *name,
		  const struct bk_buf *want);

/* The file of a blob of that length in a folder; the caller's. */
char *spread_file(const struct spread_world *world, unsigned child,
		  const char *name, size_t length);
/* Turns a bit at that offset of it. */
void spread_flip(const struct spread_world *world, unsigned child,
		 const char *name, size_t length, size_t at);

struct bk_buf spread_bytes(size_t n);

/* Faults may be added to that child from now on. */
struct faulty *spread_spoil(struct bk_target *target, unsigned child);

#endif
