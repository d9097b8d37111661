/*
 * Chunks that wait for their ids, which are computed for many at a time: that
 * takes a third of the time where the processor has no SHA instructions.
 *
 * To a splitter it is a sink like a hand's, but what it gives out are tickets:
 * numbers from 0 for which, once the batch is settled, there are references.
 * Chunks come to the hand in the order in which they were given.
 */

#ifndef BK_REPO_CHUNK_BATCH_H
#define BK_REPO_CHUNK_BATCH_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/digest.h"
#include "mail/split.h"
#include "repo/packer.h"

struct bk_chunk_batch;

/* Of one thread; hand and key (that of ids) are the caller's and outlive it. */
struct bk_chunk_batch *bk_chunk_batch_new(struct bk_packer_hand *hand,
					  const struct bk_mac_key *key);
/* What was not settled is forgotten.  NULL is fine. */
void bk_chunk_batch_free(struct bk_chunk_batch *batch);

struct bk_chunk_sink *bk_chunk_batch_sink(struct bk_chunk_batch *batch);

/* Gives the hand all chunks that wait; every ticket has its reference then.
 * Also done by the sink, when enough are waiting. */
int bk_chunk_batch_settle(struct bk_chunk_batch *batch, struct bk_err *err);

/* The reference of a ticket; nothing must be waiting. */
uint64_t bk_chunk_batch_ref(const struct bk_chunk_batch *batch,
			    uint64_t ticket);

/* The tickets so far are done with: the next one is 0. */
void bk_chunk_batch_restart(struct bk_chunk_batch *batch);

#endif
