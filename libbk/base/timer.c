/* Real time: see timer.h. */

#include "base/timer.h"

#include <stddef.h>
#include <time.h>

#include "base/cancel.h"
#include "base/clock.h"

#define SLICE_MS 50

static int64_t utc_ms(struct bk_timer *timer)
{
	(void)timer;
	return bk_clock_now_ms();
}

static int64_t monotonic_ms(struct bk_timer *timer)
{
	(void)timer;
	return bk_clock_monotonic_ms();
}

/* A signal is handled in one thread, and all that wait must notice. */
static int wait_ms(struct bk_timer *timer, int64_t ms, const atomic_bool *stop,
		   struct bk_err *err)
{
	int64_t until = monotonic_ms(timer) + ms;

	for (;;) {
		if (bk_cancelled(err) < 0)
			return -1;
		if (stop && atomic_load(stop))
			return bk_fail(err, BK_CANCELLED, "stopped");
		int64_t left = until - monotonic_ms(timer);
		if (left <= 0)
			return 0;
		if (left > SLICE_MS)
			left = SLICE_MS;
		(void)nanosleep(&(struct timespec){.tv_nsec = left * 1000000},
				NULL);
	}
}

struct bk_timer *bk_timer_real(void)
{
	static struct bk_timer real = {utc_ms, monotonic_ms, wait_ms};

	return &real;
}
