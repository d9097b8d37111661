/*
 * Puts to a remote target, gathered first and uploaded behind the writer.
 *
 * A blob is gathered (target/spool_blob.h) until it is committed, so that its
 * length is known to the driver and need not be to the caller, and so that it
 * can be put again when a connection breaks (target/put_again.h).
 *
 * A commit of "data/..." is answered when the blob stands in a queue, which
 * threads empty.  Every other commit, and a list, waits until all that was
 * committed before is at the target; so do a get, stat or removal of a blob
 * that stands in the queue.  The first upload that fails is kept: whatever is
 * begun, committed or asked for later fails with its error, and what was queued
 * is dropped.  So no set root is put after a pack that is not there.
 *
 * Memory is bounded, and so is the room in the folder: a write waits while as
 * much is gathered as may be, and something is on its way; blobs that are still
 * being written may together take more.
 *
 * All ops may run in several threads at a time, whatever the target below says:
 * `sessions` is how many acts it is asked for at a time.  The sink of a get
 * must not put to the same target.  A wait ends with BK_CANCELLED when we are
 * asked to stop.  Closing drops what is in the queue: bk_target_flush() first.
 */

#ifndef BK_TARGET_SPOOL_H
#define BK_TARGET_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "target/retry.h"
#include "target/target.h"

/* 0 and NULL in any of them: as in the comment. */
struct bk_spool_options {
	const char *folder;   /* for blobs above 1 MiB: /var/tmp */
	size_t memory;        /* for all others: 8 MiB */
	unsigned uploads;     /* threads; none: each commit is an upload */
	unsigned sessions;    /* at the target below: any number */
	uint64_t queue_bytes; /* gathered at a time: 192 MiB */
	unsigned queue_blobs; /* committed and not yet uploaded: 64 */
	struct bk_retry_policy retry;
};

/* Takes `below`, whose stat and get try again by themselves; copies the
 * options. */
struct bk_target *bk_spool_open(struct bk_target *below,
				const struct bk_spool_options *options);

#endif
