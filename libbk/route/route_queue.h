/* What lies in the queue of a Postfix for one address, by what `postqueue -p`
 * prints.  Pure functions. */

#ifndef BK_ROUTE_ROUTE_QUEUE_H
#define BK_ROUTE_ROUTE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* A message that has the address as a recipient. */
struct bk_route_queued {
	struct bk_view id;
	bool active;        /* it is being delivered, or about to be */
	bool kept;          /* an administrator keeps it: postsuper -h */
	bool exact;         /* not NAME+list@DOMAIN */
	struct bk_view why; /* it was put off, in brackets; empty: unsaid */
};

/* The next message from byte *at on; false at the end. */
bool bk_route_queue_next(struct bk_view printed, const char *address,
			 size_t *at, struct bk_route_queued *out);

/*
 * May a delivery that began before a hold be going on still?  Not of what has
 * gone, and not of what was put off for the reason of the hold, which happens
 * to nothing that is being delivered.  That a message is not active says less:
 * a queue manager that finds one that who was started by the one before it is
 * delivering puts it aside.  An address with an extension need not be held by
 * that entry: of that it has to do.
 */
bool bk_route_queue_may_deliver(struct bk_view printed, const char *address,
				struct bk_view id, const char *reason);

#endif
