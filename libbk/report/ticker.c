/* A clock with a thread: see ticker.h. */

#include "report/ticker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"

struct bk_ticker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping;
	unsigned interval_ms;
	void (*tick)(void *data);
	void *data;
};

static struct timespec later(unsigned ms)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += (long)(ms % 1000) * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	return at;
}

static void *run(void *arg)
{
	struct bk_ticker *ticker = arg;

	(void)pthread_mutex_lock(&ticker->lock);
	while (!ticker->stopping) {
		struct timespec at = later(ticker->interval_ms);
		int rc = 0;
		while (!ticker->stopping && rc != ETIMEDOUT)
			rc = pthread_cond_timedwait(&ticker->wake,
						    &ticker->lock, &at);
		if (ticker->stopping)
			break;
		(void)pthread_mutex_unlock(&ticker->lock);
		ticker->tick(ticker->data);
		(void)pthread_mutex_lock(&ticker->lock);
	}
	(void)pthread_mutex_unlock(&ticker->lock);
	return NULL;
}

static void clear(struct bk_ticker *ticker)
{
	(void)pthread_cond_destroy(&ticker->wake);
	(void)pthread_mutex_destroy(&ticker->lock);
	free(ticker);
}

struct bk_ticker *bk_ticker_start(unsigned interval_ms,
				  void (*tick)(void *data), void *data)
{
	struct bk_ticker *ticker = bk_alloc(sizeof(*ticker));
	pthread_condattr_t attr;
	sigset_t all, before;

	ticker->interval_ms = interval_ms;
	ticker->tick = tick;
	ticker->data = data;
	(void)pthread_mutex_init(&ticker->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&ticker->wake, &attr);
	(void)pthread_condattr_destroy(&attr);

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	int failed = pthread_create(&ticker->thread, NULL, run, ticker);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		clear(ticker);
		return NULL;
	}
	return ticker;
}

void bk_ticker_stop(struct bk_ticker *ticker)
{
	if (!ticker)
		return;
	(void)pthread_mutex_lock(&ticker->lock);
	ticker->stopping = true;
	(void)pthread_cond_signal(&ticker->wake);
	(void)pthread_mutex_unlock(&ticker->lock);
	(void)pthread_join(ticker->thread, NULL);
	clear(ticker);
}
