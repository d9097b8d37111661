/* How a target is reached and how fast it may be used.  {0} is a valid one. */

#ifndef BK_TARGET_REACH_H
#define BK_TARGET_REACH_H

#include <stdbool.h>

#include "base/limit.h"
#include "net/access.h"

struct bk_spread_reach;
struct bk_wait_watcher;

struct bk_reach {
	struct bk_access access;
	struct bk_limit up, down; /* bytes of content a second */
	const char *spool; /* folder for what is on its way; NULL: /var/tmp */
	struct bk_wait_watcher *watcher; /* told of the waits for it, those that
					    take a second, one at a time;
					    target/retry.h; NULL: nobody */
	const char *cache; /* folder for what was fetched; NULL: nothing is
			      kept, as it must be where the target is checked */
	bool direct;       /* neither of these: a put is one attempt, and what
			      is read comes from there */
	/* Of a target that is spread over others, and of no other one: these
	 * (target/spread.h). */
	const struct bk_spread_reach *spread;
};

#endif
