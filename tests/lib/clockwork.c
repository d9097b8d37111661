/* A timer for tests: see clockwork.h. */

#include "lib/clockwork.h"

static int64_t utc_ms(struct bk_timer *timer)
{
	struct clockwork *clock = (struct clockwork *)timer;

	pthread_mutex_lock(&clock->lock);
	int64_t now = clock->utc_ms;
	pthread_mutex_unlock(&clock->lock);
	return now;
}

static int64_t monotonic_ms(struct bk_timer *timer)
{
	struct clockwork *clock = (struct clockwork *)timer;

	pthread_mutex_lock(&clock->lock);
	int64_t now = clock->monotonic_ms;
	pthread_mutex_unlock(&clock->lock);
	return now;
}

static int wait_ms(struct bk_timer *timer, int64_t ms, const atomic_bool *stop,
		   struct bk_err *err)
{
	struct clockwork *clock = (struct clockwork *)timer;
	int rc = 0;

	pthread_mutex_lock(&clock->lock);
	if (clock->waits < CLOCKWORK_WAITS)
		clock->waited[clock->waits] = ms;
	if (++clock->waits == clock->cancel_at || (stop && atomic_load(stop))) {
		rc = bk_fail(err, BK_CANCELLED, "interrupted");
	} else {
		clock->utc_ms += ms;
		clock->monotonic_ms += ms;
	}
	pthread_mutex_unlock(&clock->lock);
	return rc;
}

void clockwork_init(struct clockwork *clock, int64_t utc)
{
	*clock = (struct clockwork){
		.timer = {utc_ms, monotonic_ms, wait_ms},
		.utc_ms = utc * 1000,
		.monotonic_ms = 1000,
	};
	(void)pthread_mutex_init(&clock->lock, NULL);
}

void clockwork_pass(struct clockwork *clock, int64_t ms)
{
	pthread_mutex_lock(&clock->lock);
	clock->utc_ms += ms;
	clock->monotonic_ms += ms;
	pthread_mutex_unlock(&clock->lock);
}

int64_t clockwork_waited(struct clockwork *clock)
{
	int64_t sum = 0;

	pthread_mutex_lock(&clock->lock);
	for (unsigned i = 0; i < clock->waits && i < CLOCKWORK_WAITS; i++)
		sum += clock->waited[i];
	pthread_mutex_unlock(&clock->lock);
	return sum;
}
