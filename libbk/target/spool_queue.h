/* The queue inside target/spool.h: who waits for what, and the threads that
 * empty it.  Any thread may call any of these. */

#ifndef BK_TARGET_SPOOL_QUEUE_H
#define BK_TARGET_SPOOL_QUEUE_H

#include <stdint.h>

#include "target/spool.h"
#include "target/spool_blob.h"

struct bk_spool_queue;

/* `below` is the caller's and outlives the queue. */
struct bk_spool_queue *bk_spool_queue_new(
	struct bk_target *below, const struct bk_spool_options *options);
/* Drops what is queued, and waits for uploads under way to notice. */
void bk_spool_queue_free(struct bk_spool_queue *queue);

/* -1 with the first upload's error, if one failed. */
int bk_spool_queue_check(struct bk_spool_queue *queue, struct bk_err *err);

/* n bytes will be gathered: waits while there are too many and some are on
 * their way. */
int bk_spool_queue_reserve(struct bk_spool_queue *queue, size_t n,
			   struct bk_err *err);
void bk_spool_queue_release(struct bk_spool_queue *queue, uint64_t n);

/* Adds a blob, whose bytes were reserved: takes them and the name, or fails and
 * takes nothing.  1 when there is no thread to upload it: takes nothing. */
int bk_spool_queue_add(struct bk_spool_queue *queue, char *name,
		       struct bk_gathered *bytes, struct bk_err *err);

/* Waits until everything that was queued before is uploaded; with a name only
 * if a blob of that name is in the queue. */
int bk_spool_queue_settle(struct bk_spool_queue *queue, const char *name,
			  struct bk_err *err);

/* Around each act on the target below, so that there are not too many. */
int bk_spool_queue_enter(struct bk_spool_queue *queue, struct bk_err *err);
void bk_spool_queue_leave(struct bk_spool_queue *queue);

#endif
