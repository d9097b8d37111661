/*
 * Many messages of a set put together, block by block.
 *
 * In the order of accounts and folders nearly each message would open blocks
 * anew, for what went to many lies with the first who had it.  So messages are
 * sorted by the last block that they need, and traces, which lie with their
 * own accounts, are fetched before: of each block once, for as many messages at
 * a time as a share of memory has room for.  A block is opened about once a
 * run, however many messages need it.
 *
 * A check and a restore differ only in what they do with a message.
 */

#ifndef BK_REPO_HARVEST_H
#define BK_REPO_HARVEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "repo/block_cache.h"
#include "repo/chunk_reader.h"
#include "repo/set.h"

struct bk_harvest;

/* A message that is wanted. */
struct bk_harvest_item {
	const struct bk_row *row; /* read with its body */
	void *owner;              /* the caller's: whose it is */
	uint64_t order;           /* filled in */
};

/* What becomes of a message: `reader` puts it together (bk_chunk_reader_join).
 * Called by many threads; -1 ends the run. */
typedef int bk_harvest_message(void *context,
			       const struct bk_harvest_item *item,
			       struct bk_chunk_reader *reader,
			       struct bk_err *err);

/* The set must outlive it; `watch` (or NULL) sees each block that is opened. */
struct bk_harvest *bk_harvest_new(const struct bk_set *set, unsigned threads,
				  struct bk_block_watch *watch);
void bk_harvest_free(struct bk_harvest *harvest); /* NULL is fine */

/*
 * Does n items, which it sorts: as many as the caller has memory for, since
 * blocks are shared within a run only.  -1 with the error of the message that
 * ended it, or of the operator's wish to stop.
 */
int bk_harvest_run(struct bk_harvest *harvest, struct bk_harvest_item *items,
		   size_t n, bk_harvest_message *message, void *context,
		   struct bk_err *err);

#endif
