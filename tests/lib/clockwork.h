/* A timer for tests, in which waiting takes no time but moves the clock. */

#ifndef BK_TESTS_CLOCKWORK_H
#define BK_TESTS_CLOCKWORK_H

#include <pthread.h>

#include "base/timer.h"

#define CLOCKWORK_WAITS 64

struct clockwork {
	struct bk_timer timer;
	pthread_mutex_t lock;
	int64_t utc_ms, monotonic_ms;
	int64_t waited[CLOCKWORK_WAITS]; /* the first waits, in milliseconds */
	unsigned waits;
	unsigned cancel_at; /* the wait, from 1, that is cancelled; 0: none */
};

/* `utc` in seconds. */
void clockwork_init(struct clockwork *clock, int64_t utc);
/* Time passes, by something other than a wait. */
void clockwork_pass(struct clockwork *clock, int64_t ms);
/* Of all waits so far. */
int64_t clockwork_waited(struct clockwork *clock);

#endif
