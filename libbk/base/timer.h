/*
 * Time for code that waits on purpose: limits, back-off.  Tests bring a timer
 * of their own, in which a wait takes no time.
 */

#ifndef BK_BASE_TIMER_H
#define BK_BASE_TIMER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Any thread may use it; embedded first in a test's own struct. */
struct bk_timer {
	int64_t (*utc_ms)(struct bk_timer *timer);
	int64_t (*monotonic_ms)(struct bk_timer *timer);
	/* BK_CANCELLED within a tenth of a second when we were asked to stop
	 * (base/cancel.h), or when *stop (may be NULL) became true. */
	int (*wait)(struct bk_timer *timer, int64_t ms, const atomic_bool *stop,
		    struct bk_err *err);
};

/* The one that goes by base/clock.h; lives for ever. */
struct bk_timer *bk_timer_real(void);

#endif
