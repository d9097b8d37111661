/*
 * Files of a server, fetched once for several lanes that want them at about the
 * same time.
 *
 * The lane that asks first fetches a file into a folder here; the others wait
 * for that and take it from there.  What all of them have taken is forgotten,
 * and so is the oldest one when there is no room for another: who comes late,
 * or finds no room at all, fetches for himself.
 */

#ifndef BK_JOB_SHIP_FEED_H
#define BK_JOB_SHIP_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/stream.h"
#include "target/target.h"

struct bk_ship_feed;

/* For so many lanes; with one, nothing is kept.  `folder` (NULL: /var/tmp) is
 * where files above 1 MiB lie, 256 MiB of them at most.  Both stay the
 * caller's. */
struct bk_ship_feed *bk_ship_feed_new(struct bk_target *from, size_t lanes,
				      const char *folder);
void bk_ship_feed_free(struct bk_ship_feed *feed); /* NULL is fine */

/* As bk_target_get() of a whole blob, which has `size` bytes.  For any number
 * of threads. */
int bk_ship_feed_get(struct bk_ship_feed *feed, const char *name, uint64_t size,
		     struct bk_sink *to, struct bk_err *err);

#endif
