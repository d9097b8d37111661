/*
 * A target that is not used faster than it may be: what is put and what is got
 * waits its turn in buckets (base/limit.h), by the time of day.
 *
 * Waits are at most an eighth of a second for each thread that puts or gets at
 * the time, so that no connection looks dead to its server meanwhile.  What a
 * protocol adds of its own is not counted.  Threads as below.
 */

#ifndef BK_TARGET_THROTTLE_H
#define BK_TARGET_THROTTLE_H

#include "base/limit.h"
#include "base/timer.h"
#include "target/target.h"

/* Takes `below`; the limits are copied, NULL is none.  NULL timer: real time.
 * A put or get that waits fails with BK_CANCELLED when we are asked to stop. */
struct bk_target *bk_throttle_open(struct bk_target *below,
				   const struct bk_limit *up,
				   const struct bk_limit *down,
				   struct bk_timer *timer);

#endif
