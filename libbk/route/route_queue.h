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
	bool active; /* it is being delivered, or about to be */
	bool kept;   /* an administrator keeps it: postsuper -h */
};

/* The next message from byte *at on; false at the end. */
bool bk_route_queue_next(struct bk_view printed, const char *address,
			 size_t *at, struct bk_route_queued *out);

/* Is that message among those that are active in `printed`? */
bool bk_route_queue_active(struct bk_view printed, const char *address,
			   struct bk_view id);

#endif
