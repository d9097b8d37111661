/* Limits by the time of day, and the bucket that keeps to them: see limit.h. */

#include "base/limit.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/parse.h"
#include "base/schedule.h"

#define DAY_MINUTES 1440u
#define WORD_MAX    32
/* Fills any bucket, and pays for what any number of threads took. */
#define ENOUGH_MS 60000
/* More than any line carries, and the sums below stay far from overflow. */
#define RATE_MAX ((uint64_t)1 << 40)

/* A text being read: what the next rate is for. */
struct reading {
	const char *text;
	struct bk_limit limit;
	struct bk_limit_window window;
	bool in_window; /* a window without its rate so far */
	bool hanging;   /* days without a window so far */
};

static int not_understood(const struct reading *r, const char *word,
			  struct bk_err *err)
{
	return bk_fail(err, BK_MISUSE,
		       "'%s' in '%s' is not understood; write limits as 2M, "
		       "07:00-19:00 2M or mon-fri 07:00-19:00 2M",
		       word, r->text);
}

static bool read_end(const char *word, size_t len, uint16_t *minute)
{
	if (len == 5 && strncmp(word, "24:00", 5) == 0) {
		*minute = DAY_MINUTES;
		return true;
	}
	return bk_schedule_read_minute(word, len, minute);
}

static bool read_window(const char *word, struct bk_limit_window *window)
{
	const char *dash = strchr(word, '-');

	return dash &&
	       bk_schedule_read_minute(word, (size_t)(dash - word),
				       &window->from) &&
	       read_end(dash + 1, strlen(dash + 1), &window->to) &&
	       window->from != window->to;
}

static int take_rate(struct reading *r, const char *word, struct bk_err *err)
{
	struct bk_err why = {0};
	uint64_t rate = 0;

	if (r->hanging || bk_parse_size(word, &rate, &why) < 0)
		return not_understood(r, word, err);
	if (rate < BK_LIMIT_RATE_MIN)
		return bk_fail(err, BK_MISUSE,
			       "'%s' in '%s' is less than 1K a second", word,
			       r->text);
	if (rate > RATE_MAX)
		rate = RATE_MAX;
	if (!r->in_window) {
		if (r->limit.otherwise)
			return not_understood(r, word, err);
		r->limit.otherwise = rate;
		return 0;
	}
	if (r->limit.n == BK_LIMIT_WINDOWS_MAX)
		return bk_fail(err, BK_MISUSE, "'%s' has more than %d windows",
			       r->text, BK_LIMIT_WINDOWS_MAX);
	r->window.rate = rate;
	r->limit.windows[r->limit.n++] = r->window;
	r->in_window = false;
	return 0;
}

static int take_word(struct reading *r, const char *word, struct bk_err *err)
{
	if (r->in_window)
		return take_rate(r, word, err);
	if (read_window(word, &r->window)) {
		r->in_window = true;
		r->hanging = false;
		return 0;
	}
	if (!r->hanging &&
	    bk_schedule_read_days(word, strlen(word), &r->window.days)) {
		r->hanging = true;
		return 0;
	}
	return take_rate(r, word, err);
}

static bool covers(const struct bk_limit_window *w, unsigned day,
		   unsigned minute)
{
	bool today = w->days & 1 << day;
	bool yesterday = w->days & 1 << (day + 6) % 7;

	if (w->from < w->to)
		return today && minute >= w->from && minute < w->to;
	return (today && minute >= w->from) || (yesterday && minute < w->to);
}

static const struct bk_limit_window *window_at(const struct bk_limit *limit,
					       unsigned day, unsigned minute)
{
	for (size_t i = 0; i < limit->n; i++)
		if (covers(&limit->windows[i], day, minute))
			return &limit->windows[i];
	return NULL;
}

/* Each minute of the week is tried: it is few, and misses nothing. */
static int refuse_overlap(const struct reading *r, struct bk_err *err)
{
	const struct bk_limit *limit = &r->limit;

	for (unsigned at = 0; at < 7 * DAY_MINUTES; at++) {
		unsigned day = at / DAY_MINUTES, minute = at % DAY_MINUTES;
		const struct bk_limit_window *first =
			window_at(limit, day, minute);
		const struct bk_limit_window *end = limit->windows + limit->n;
		for (const struct bk_limit_window *w = first; w && ++w < end;)
			if (covers(w, day, minute))
				return bk_fail(err, BK_MISUSE,
					       "'%s' has two limits for %02u:"
					       "%02u of one day",
					       r->text, minute / 60,
					       minute % 60);
	}
	return 0;
}

int bk_limit_parse(const char *text, struct bk_limit *out, struct bk_err *err)
{
	struct reading r = {.text = text, .window.days = 0x7f};
	char word[WORD_MAX];

	for (const char *p = text + strspn(text, " \t"); *p;) {
		size_t len = strcspn(p, " \t");
		if (len >= sizeof(word))
			return not_understood(&r, p, err);
		memcpy(word, p, len);
		word[len] = 0;
		if (take_word(&r, word, err) < 0)
			return -1;
		p += len;
		p += strspn(p, " \t");
	}
	if (r.hanging || r.in_window || (!r.limit.n && !r.limit.otherwise))
		return bk_fail(err, BK_MISUSE,
			       "'%s' lacks a rate, as in 07:00-19:00 2M", text);
	if (refuse_overlap(&r, err) < 0)
		return -1;
	*out = r.limit;
	return 0;
}

uint64_t bk_limit_rate(const struct bk_limit *limit, int64_t now)
{
	time_t t = now;
	struct tm tm = {0};

	if (!limit->n)
		return limit->otherwise;
	(void)localtime_r(&t, &tm);
	const struct bk_limit_window *window =
		window_at(limit, (unsigned)tm.tm_wday,
			  (unsigned)(tm.tm_hour * 60 + tm.tm_min));
	return window ? window->rate : limit->otherwise;
}

struct bk_bucket {
	pthread_mutex_t lock;
	struct bk_limit limit;
	struct bk_timer *timer;
	uint64_t rate;    /* by which it filled last; 0: no limit */
	int64_t second;   /* for which the rate was looked up */
	int64_t filled;   /* when, monotonic milliseconds */
	int64_t contents; /* thousandths of bytes; below 0: given in advance */
};

struct bk_bucket *bk_bucket_new(const struct bk_limit *limit,
				struct bk_timer *timer)
{
	struct bk_bucket *bucket = bk_alloc(sizeof(*bucket));

	bucket->limit = *limit;
	bucket->timer = timer ? timer : bk_timer_real();
	bucket->second = INT64_MIN;
	(void)pthread_mutex_init(&bucket->lock, NULL);
	return bucket;
}

void bk_bucket_free(struct bk_bucket *bucket)
{
	if (!bucket)
		return;
	(void)pthread_mutex_destroy(&bucket->lock);
	free(bucket);
}

/* What flowed in since the last time; full when a limit begins. */
static void fill(struct bk_bucket *bucket)
{
	int64_t now = bucket->timer->monotonic_ms(bucket->timer);
	int64_t second = bucket->timer->utc_ms(bucket->timer) / 1000;
	int64_t passed = now - bucket->filled;
	int64_t was = (int64_t)bucket->rate;

	if (passed > ENOUGH_MS)
		passed = ENOUGH_MS;
	if (second != bucket->second) {
		bucket->rate = bk_limit_rate(&bucket->limit, second);
		bucket->second = second;
	}
	int64_t full = (int64_t)bucket->rate * 1000;
	bucket->filled = now;
	bucket->contents = was ? bucket->contents + passed * was : full;
	if (bucket->contents > full)
		bucket->contents = full;
}

/*
 * What is given is taken out at once, and the thread waits until it has flowed
 * in: so threads are served in the order in which they came.
 */
int bk_bucket_take(struct bk_bucket *bucket, size_t want, size_t *got,
		   struct bk_err *err)
{
	int64_t wait = 0;

	(void)pthread_mutex_lock(&bucket->lock);
	fill(bucket);
	uint64_t rate = bucket->rate;
	if (rate && want > rate / 8)
		want = (size_t)(rate / 8);
	if (rate) {
		bucket->contents -= (int64_t)want * 1000;
		if (bucket->contents < 0)
			wait = (-bucket->contents + (int64_t)rate - 1) /
			       (int64_t)rate;
	}
	(void)pthread_mutex_unlock(&bucket->lock);
	*got = want;
	return wait ? bucket->timer->wait(bucket->timer, wait, NULL, err) : 0;
}
