/* Whether and when to try again: see retry.h. */

#include "target/retry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "crypto/random.h"
#include "target/wrapper.h"

#define HINT_ROOM 200 /* that stays for how often, and what to do */

static int64_t or_usual(int64_t given, int64_t usual)
{
	return given > 0 ? given : usual;
}

static int64_t now_ms(const struct bk_tries *tries)
{
	return tries->policy.timer->monotonic_ms(tries->policy.timer);
}

void bk_tries_begin(struct bk_tries *tries,
		    const struct bk_retry_policy *policy)
{
	struct bk_retry_policy p = {0};

	if (policy)
		p = *policy;
	p.tries = p.tries ? p.tries : 8;
	p.tries_most = p.tries_most ? p.tries_most : 64;
	p.lost_ms = or_usual(p.lost_ms, 60000);
	p.busy_ms = or_usual(p.busy_ms, 180000);
	p.first_wait_ms = or_usual(p.first_wait_ms, 500);
	p.longest_wait_ms = or_usual(p.longest_wait_ms, 30000);
	p.asked_wait_ms = or_usual(p.asked_wait_ms, 120000);
	p.timer = p.timer ? p.timer : bk_timer_real();
	*tries = (struct bk_tries){.policy = p};
	tries->began = tries->since = now_ms(tries);
}

void bk_tries_further(struct bk_tries *tries)
{
	tries->in_row = 0;
	bk_tries_alive(tries);
}

void bk_tries_alive(struct bk_tries *tries)
{
	tries->since = now_ms(tries);
}

/* From half of n to n. */
static int64_t by_chance(int64_t n)
{
	uint64_t random;

	bk_random_bytes(&random, sizeof(random));
	return n - (int64_t)(random % ((uint64_t)n / 2 + 1));
}

static int64_t next_wait(const struct bk_tries *tries, const struct bk_err *why)
{
	const struct bk_retry_policy *p = &tries->policy;
	int64_t wait = p->first_wait_ms;

	for (unsigned n = 1; n < tries->in_row && wait < p->longest_wait_ms;
	     n++)
		wait *= 2;
	if (wait > p->longest_wait_ms)
		wait = p->longest_wait_ms;
	wait = by_chance(wait);
	/* Not sooner than asked, and not all at that very moment. */
	if (why->retry_after_s)
		wait += (int64_t)why->retry_after_s * 1000;
	return wait;
}

static int end_with(const struct bk_tries *tries, const struct bk_err *why,
		    const char *hint, struct bk_err *err)
{
	struct bk_err out = *why;
	int64_t seconds = (now_ms(tries) - tries->began + 500) / 1000;

	if (tries->all > 1)
		(void)snprintf(out.text, sizeof(out.text),
			       "%.*s; tried %u times in %" PRId64 " s; %s",
			       BK_ERR_TEXT_MAX - HINT_ROOM, why->text,
			       tries->all, seconds, hint);
	else
		(void)snprintf(out.text, sizeof(out.text), "%.*s; %s",
			       BK_ERR_TEXT_MAX - HINT_ROOM, why->text, hint);
	*err = out;
	return -1;
}

static int asked_too_much(const struct bk_tries *tries,
			  const struct bk_err *why, struct bk_err *err)
{
	char hint[HINT_ROOM / 2];

	(void)snprintf(hint, sizeof(hint),
		       "the server asks to wait %" PRIu32
		       " s: run it again after that",
		       why->retry_after_s);
	return end_with(tries, why, hint, err);
}

int bk_tries_end(struct bk_tries *tries, const struct bk_err *why,
		 const char *hint, struct bk_err *err)
{
	tries->all++;
	return end_with(tries, why, hint, err);
}

static int interrupted(const struct bk_err *why, struct bk_err *err)
{
	return bk_fail(err, BK_CANCELLED, "interrupted; waited for %s",
		       why->text);
}

static int wait_for(struct bk_tries *tries, const struct bk_err *why,
		    int64_t ms, struct bk_err *err)
{
	const struct bk_retry_policy *p = &tries->policy;
	const struct bk_wait wait = {
		.why = why->text,
		.ms = ms,
		.since_ms = now_ms(tries) - tries->began,
		.next = tries->in_row + 1,
		.most = p->tries,
	};

	if (p->watcher)
		p->watcher->waits(p->watcher, &wait);
	if (p->timer->wait(p->timer, ms, tries->stop, err) == 0)
		return 0;
	return bk_cancel_wanted() ? interrupted(why, err) : -1;
}

int bk_tries_again(struct bk_tries *tries, const struct bk_err *why,
		   struct bk_err *err)
{
	const struct bk_retry_policy *p = &tries->policy;
	bool lost = why->kind == BK_LOST;

	tries->in_row++;
	tries->all++;
	if (!lost && why->kind != BK_BUSY) {
		*err = *why;
		return -1;
	}
	if (bk_cancel_wanted())
		return interrupted(why, err);
	if (why->retry_after_s > p->asked_wait_ms / 1000)
		return asked_too_much(tries, why, err);
	int64_t wait = next_wait(tries, why);
	int64_t passed = now_ms(tries) - tries->since;
	bool late = passed + wait > (lost ? p->lost_ms : p->busy_ms);
	if ((tries->in_row > 1 && late) || tries->in_row >= p->tries ||
	    tries->all >= p->tries_most)
		return end_with(tries, why,
				lost ? "check the network and the server, "
				       "and run it again"
				     : "run it again when the server is "
				       "less busy",
				err);
	return wait_for(tries, why, wait, err);
}

struct retry {
	struct bk_wrapper wrapper;
	struct bk_retry_policy policy;
	/* By the timer, and 0 when it is not lost. */
	atomic_int_least64_t lost_since, lost_last;
};

static struct retry *retry_of(struct bk_target *target)
{
	return (struct retry *)target;
}

/* Is that spell of failures still going on? */
static bool is_lost(struct retry *retry, const struct bk_tries *tries)
{
	return atomic_load(&retry->lost_since) &&
	       tries->began - atomic_load(&retry->lost_last) <=
		       tries->policy.lost_ms;
}

/* What is out of reach for one act is so for the next one: their times are
 * one. */
static void begin(struct bk_tries *tries, struct bk_target *target)
{
	struct retry *retry = retry_of(target);

	bk_tries_begin(tries, &retry->policy);
	if (is_lost(retry, tries))
		tries->since = atomic_load(&retry->lost_since);
}

/* After one attempt of what began then: rc. */
static int note(struct bk_target *target, const struct bk_tries *tries, int rc,
		const struct bk_err *why)
{
	struct retry *retry = retry_of(target);

	if (rc == 0 || why->kind != BK_LOST) {
		atomic_store(&retry->lost_since, 0);
		return rc;
	}
	if (!is_lost(retry, tries))
		atomic_store(&retry->lost_since, tries->began);
	atomic_store(&retry->lost_last, now_ms(tries));
	return rc;
}

/* Counts what went through, and keeps what the sink itself fails with. */
struct resuming_sink {
	struct bk_sink sink;
	struct bk_sink *to;
	uint64_t passed, len;
	bool failed;
	struct bk_err err; /* valid when failed */
};

static int resuming_write(struct bk_sink *base, const void *data, size_t len,
			  struct bk_err *err)
{
	struct resuming_sink *sink = (struct resuming_sink *)base;

	if (len > sink->len - sink->passed)
		return bk_fail(err, BK_CORRUPT,
			       "more bytes came than were asked for");
	if (sink->to->write(sink->to, data, len, err) < 0) {
		sink->failed = true;
		sink->err = *err;
		return -1;
	}
	sink->passed += len;
	return 0;
}

/* One attempt: 0 when all came, -1 and *why. */
static int get_rest(struct bk_target *target, const char *name, uint64_t offset,
		    struct resuming_sink *sink, struct bk_err *why)
{
	int rc = bk_target_get(bk_wrapper_below(target), name,
			       offset + sink->passed, sink->len - sink->passed,
			       &sink->sink, why);
	bool all = sink->passed == sink->len;

	if (rc == 0 && !all)
		return bk_fail(why, BK_CORRUPT,
			       "%s/%s: %ju bytes came, not %ju", target->where,
			       name, (uintmax_t)sink->passed,
			       (uintmax_t)sink->len);
	/* It broke behind the last byte: nothing is missing. */
	if (rc < 0 && all && sink->len && why->kind == BK_LOST)
		return 0;
	return rc;
}

static int retry_get(struct bk_target *target, const char *name,
		     uint64_t offset, uint64_t len, struct bk_sink *to,
		     struct bk_err *err)
{
	struct resuming_sink sink = {{resuming_write}, to, .len = len};
	struct bk_tries tries;
	struct bk_err why;

	begin(&tries, target);
	do {
		uint64_t before = sink.passed;
		why = (struct bk_err){0};
		int rc = get_rest(target, name, offset, &sink, &why);
		if (note(target, &tries, rc, &why) == 0)
			return 0;
		if (sink.failed) {
			*err = why.kind == sink.err.kind ? why : sink.err;
			return -1;
		}
		if (sink.passed > before) {
			atomic_store(&retry_of(target)->lost_since, 0);
			bk_tries_further(&tries);
		}
	} while (bk_tries_again(&tries, &why, err) == 0);
	return -1;
}

static int retry_list(struct bk_target *target, const char *folder,
		      struct bk_blob_list *out, struct bk_err *err)
{
	struct bk_tries tries;
	struct bk_err why;

	begin(&tries, target);
	do {
		why = (struct bk_err){0};
		int rc = bk_target_list(bk_wrapper_below(target), folder, out,
					&why);
		if (note(target, &tries, rc, &why) == 0)
			return 0;
		bk_blob_list_clear(out);
	} while (bk_tries_again(&tries, &why, err) == 0);
	return -1;
}

static int retry_stat(struct bk_target *target, const char *name,
		      uint64_t *size, struct bk_err *err)
{
	struct bk_tries tries;
	struct bk_err why;

	begin(&tries, target);
	do {
		why = (struct bk_err){0};
		int rc = bk_target_stat(bk_wrapper_below(target), name, size,
					&why);
		if (note(target, &tries, rc, &why) == 0)
			return 0;
	} while (bk_tries_again(&tries, &why, err) == 0);
	return -1;
}

static int retry_peek(struct bk_target *target, const char *name, uint64_t most,
		      struct bk_buf *into, uint64_t *size, struct bk_err *err)
{
	struct bk_tries tries;
	struct bk_err why;

	begin(&tries, target);
	do {
		why = (struct bk_err){0};
		int rc = bk_target_peek(bk_wrapper_below(target), name, most,
					into, size, &why);
		if (note(target, &tries, rc, &why) == 0)
			return 0;
	} while (bk_tries_again(&tries, &why, err) == 0);
	return -1;
}

static int retry_remove(struct bk_target *target, const char *name,
			struct bk_err *err)
{
	struct bk_tries tries;
	struct bk_err why;

	begin(&tries, target);
	do {
		why = (struct bk_err){0};
		int rc = bk_target_remove(bk_wrapper_below(target), name, &why);
		if (note(target, &tries, rc, &why) == 0)
			return 0;
		if (why.kind == BK_GONE && tries.all)
			return 0;
	} while (bk_tries_again(&tries, &why, err) == 0);
	return -1;
}

/* One attempt, as ever; how it ends is noted.  That one began is not: behind
 * the login a server may be as silent as before. */
static int note_put(struct bk_target *target, int rc, const struct bk_err *err)
{
	struct bk_tries tries;

	bk_tries_begin(&tries, &retry_of(target)->policy);
	return note(target, &tries, rc, err);
}

static int retry_put_begin(struct bk_target *target, const char *name,
			   uint64_t length, struct bk_put **out,
			   struct bk_err *err)
{
	if (bk_wrapper_put_begin(target, name, length, out, err) == 0)
		return 0;
	return note_put(target, -1, err);
}

static int retry_put_commit(struct bk_put *put, struct bk_err *err)
{
	struct bk_target *target = put->target;
	int rc = bk_put_commit(((struct bk_wrapper_put *)put)->below, err);

	free(put);
	return note_put(target, rc, err);
}

struct bk_target *bk_retry_open(struct bk_target *below,
				const struct bk_retry_policy *policy)
{
	struct retry *retry = bk_alloc(sizeof(*retry));
	struct bk_target_ops *ops = &retry->wrapper.ops;

	bk_wrapper_init(&retry->wrapper, below);
	if (policy)
		retry->policy = *policy;
	ops->put_begin = retry_put_begin;
	ops->put_commit = retry_put_commit;
	ops->get = retry_get;
	ops->list = retry_list;
	ops->stat = retry_stat;
	if (below->ops->peek)
		ops->peek = retry_peek;
	ops->remove = retry_remove;
	return &retry->wrapper.target;
}
