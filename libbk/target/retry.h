/*
 * Trying again.  A driver does one attempt of each act; this decides whether
 * another one is worth it, waits, and says in the end what was tried.
 *
 * Tried again are BK_LOST (the connection broke, or a server did not answer in
 * time) and BK_BUSY (it said so).  The waits double, each is between half and
 * all of that, by chance, so that many hosts do not come back together; what
 * a server asks for (bk_err.retry_after_s) is kept to.
 *
 * An act ends when it was tried too often in a row without getting further,
 * too often in all, or when the target was out of reach or busy for too long.
 * One more try there always is: after a time-out that lasted longer than all
 * of that, the second one ends it.
 */

#ifndef BK_TARGET_RETRY_H
#define BK_TARGET_RETRY_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/err.h"
#include "base/timer.h"
#include "target/target.h"

/* A wait before something is tried again. */
struct bk_wait {
	const char *why;     /* the error of the try that failed */
	int64_t ms;          /* how long it takes */
	int64_t since_ms;    /* so long ago the act began */
	unsigned next, most; /* the try that comes then, of so many in a row */
};

/* Who is told of waits, before they begin; in any thread. */
struct bk_wait_watcher {
	void (*waits)(struct bk_wait_watcher *watcher,
		      const struct bk_wait *wait);
};

/* 0 in any of them: as in the comment. */
struct bk_retry_policy {
	unsigned tries;          /* in a row that get no further: 8 */
	unsigned tries_most;     /* of one act in all: 64 */
	int64_t lost_ms;         /* out of reach for so long: a minute */
	int64_t busy_ms;         /* busy for so long: three minutes */
	int64_t first_wait_ms;   /* half a second, doubled each time */
	int64_t longest_wait_ms; /* 30 s */
	int64_t asked_wait_ms;   /* the longest that a server may ask for: two
				    minutes; for more the act ends */
	struct bk_timer *timer;  /* real time */
	struct bk_wait_watcher *watcher; /* nobody */
};

/* The tries of one act. */
struct bk_tries {
	struct bk_retry_policy policy;
	const atomic_bool *stop; /* ends a wait early; may be NULL */
	unsigned in_row, all;    /* that failed */
	int64_t began, since;    /* the act; what got further last */
};

/* NULL policy: all as in its comments. */
void bk_tries_begin(struct bk_tries *tries,
		    const struct bk_retry_policy *policy);

/* The try that failed now got further than those before: counts, waits and
 * times begin anew. */
void bk_tries_further(struct bk_tries *tries);

/* The target answers: the time that it was out of reach begins anew. */
void bk_tries_alive(struct bk_tries *tries);

/*
 * After a try that failed with *why: 0 after a wait, when another one is worth
 * it; else -1 and *err: *why as it is if it is none to try again, BK_CANCELLED
 * and what was waited for when we are asked to stop, or its kind and text with
 * how often it was tried and what to do.
 */
int bk_tries_again(struct bk_tries *tries, const struct bk_err *why,
		   struct bk_err *err);

/* The same for the last try, whatever the policy says: `hint` says what to do.
 */
int bk_tries_end(struct bk_tries *tries, const struct bk_err *why,
		 const char *hint, struct bk_err *err);

/*
 * A target that tries again: get, list, stat, remove.  A sweep has one attempt:
 * nobody needs it.  A get goes on at the byte where it stopped; no byte is
 * given to the sink twice, and what the sink fails with is not tried again.  A
 * blob that is gone when its removal is tried again was removed.  A target is
 * out of reach from the first act that failed until one that did not: what
 * comes after the minute has two tries, and not another minute.  Puts are
 * handed on, one attempt each: they are repeated by who still has the bytes
 * (target/spool.h).
 *
 * Takes `below`.  Threads as below.
 */
struct bk_target *bk_retry_open(struct bk_target *below,
				const struct bk_retry_policy *policy);

#endif
