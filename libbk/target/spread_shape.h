/*
 * The shape of a repository that is spread over several targets, and how its
 * blobs are called there.  Pure functions.
 *
 *	data/<set>/p00000000.bkp   data/<set>/p00000000.bkp.0004000000.bkf
 *	data/<set>.bkb             data/<set>/bkb.0000012345.bkf
 *	anything else              the same
 *
 * The ten digits are the blob's length: a listing is enough to know it.
 *
 * What takes the place of a file that is damaged, and still of use, lies beside
 * it as NAME.anew until it is proved.  That is no blob's name.
 */

#ifndef BK_TARGET_SPREAD_SHAPE_H
#define BK_TARGET_SPREAD_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "target/shard.h"

#define BK_SPREAD_SCHEME "spread:"

struct bk_spread_shape {
	unsigned d, p; /* shards of data and of parity */
	unsigned n;    /* targets */
};

/* Does it begin with "spread:"? */
bool bk_spread_is(const char *where);

/* "spread:2+1:nas,offsite,cloud": *names is what follows the second ':', n the
 * number of words there.  BK_MISUSE for a shape that promises what it cannot
 * keep: with p targets lost, d shards and a majority must be left. */
int bk_spread_parse(struct bk_spread_shape *out, const char *where,
		    const char **names, struct bk_err *err);

/* More than half of the targets. */
static inline unsigned bk_spread_majority(const struct bk_spread_shape *shape)
{
	return shape->n / 2 + 1;
}

/* Is the blob cut into shards?  Else each target has a copy. */
bool bk_spread_is_cut(const char *name);

/* Where shard 0 lies; 0 of a blob that is not cut. */
uint32_t bk_spread_turn(const char *name);

/* The shard at that target, or shape->n: none. */
unsigned bk_spread_shard_at(const struct bk_spread_shape *shape, uint32_t turn,
			    unsigned position);
/* The target of that shard. */
unsigned bk_spread_place_of(const struct bk_spread_shape *shape, uint32_t turn,
			    unsigned number);

/* What the blob is called at a target; the caller's. */
char *bk_spread_name_there(const char *name, uint64_t length);

/* The file beside that one; the caller's. */
char *bk_spread_name_beside(const char *there);
/* Is it the name of such a file?  *len: of the name without that end. */
bool bk_spread_is_beside(const char *there, size_t *len);

/* The blob of a name at a target, the caller's; *cut: it is a shard's name, and
 * *length the blob's.  NULL for a name that is none. */
char *bk_spread_name_here(const char *there, bool *cut, uint64_t *length);

void bk_spread_name_sum(uint8_t out[BK_SHARD_NAME], const char *name);

#endif
