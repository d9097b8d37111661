/* Which sets stay: see keep.h. */

#include "job/keep.h"

#include <stdlib.h>
#include <time.h>

#include "base/buf.h"

#define DAY_MS 86400000

/*
 * How a set stands in its series, whatever the rules: 1 for the newest, 2 for
 * the one after it, and likewise for the newest set of each period.  0 for
 * what is not looked at, or is not the newest of its period.
 */
struct standing {
	size_t newest;
	size_t periods[BK_KEEP_PERIODS];
	int64_t before_ms; /* how much older than the newest of its series */
	int64_t numbers[BK_KEEP_PERIODS]; /* of the periods that it is in */
};

/* A set under the number of its series or period, for sorting. */
struct entry {
	int64_t key;
	size_t item;
};

/* Higher keys first, of one key the newer set first. */
static int by_key(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;

	if (x->key != y->key)
		return x->key < y->key ? 1 : -1;
	return x->item < y->item ? 1 : x->item > y->item ? -1 : 0;
}

/* Which hour, day, ... it is, numbered so that later ones have higher numbers,
 * by local time. */
static void number_periods(int64_t ms, int64_t out[BK_KEEP_PERIODS])
{
	time_t t = ms / 1000;
	struct tm tm = {0};

	(void)localtime_r(&t, &tm);
	struct tm date = {.tm_year = tm.tm_year,
			  .tm_mon = tm.tm_mon,
			  .tm_mday = tm.tm_mday};
	int64_t day = timegm(&date) / (DAY_MS / 1000);
	/* As the moment when it began: two hours that have one name have
	 * different numbers. */
	out[BK_KEEP_HOUR] = t - (tm.tm_min * 60L + tm.tm_sec);
	out[BK_KEEP_DAY] = day;
	out[BK_KEEP_WEEK] = day - (tm.tm_wday + 6) % 7; /* as its Monday */
	out[BK_KEEP_MONTH] = (int64_t)tm.tm_year * 12 + tm.tm_mon;
	out[BK_KEEP_YEAR] = tm.tm_year;
}

/* Sorted by number, since local time may go back over midnight. */
static void rank_period(size_t period, struct entry *sets, size_t n,
			struct standing *out)
{
	size_t rank = 0;

	for (size_t i = 0; i < n; i++)
		sets[i].key = out[sets[i].item].numbers[period];
	qsort(sets, n, sizeof(*sets), by_key);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || sets[i].key != sets[i - 1].key)
			out[sets[i].item].periods[period] = ++rank;
}

/* The sets of one series, newest first; loses their order. */
static void rank_series(const struct bk_keep_item *items, struct entry *sets,
			size_t n, struct standing *out)
{
	int64_t newest = items[sets[0].item].start_ms;

	for (size_t i = 0; i < n; i++) {
		struct standing *set = &out[sets[i].item];
		int64_t start = items[sets[i].item].start_ms;
		set->newest = i + 1;
		set->before_ms = newest - start;
		number_periods(start, set->numbers);
	}
	for (size_t period = 0; period < BK_KEEP_PERIODS; period++)
		rank_period(period, sets, n, out);
}

/* Does it fill periods, and count for the last ones? */
static bool counts(const struct bk_keep_item *item, int64_t now_ms)
{
	return item->complete && !item->broken && item->start_ms <= now_ms;
}

/* The caller frees it. */
static struct standing *rank(const struct bk_keep_item *items, size_t n,
			     int64_t now_ms)
{
	struct standing *out = bk_alloc((n + 1) * sizeof(*out));
	struct entry *sets = bk_alloc((n + 1) * sizeof(*sets));
	size_t counted = 0;

	for (size_t i = 0; i < n; i++)
		if (counts(&items[i], now_ms))
			sets[counted++] = (struct entry){items[i].series, i};
	qsort(sets, counted, sizeof(*sets), by_key);
	for (size_t first = 0, end; first < counted; first = end) {
		for (end = first + 1; end < counted; end++)
			if (sets[end].key != sets[first].key)
				break;
		rank_series(items, sets + first, end - first, out);
	}
	free(sets);
	return out;
}

static unsigned by_rules(const struct bk_keep *rules, const struct standing *s)
{
	unsigned reasons = 0;

	if (s->newest == 0)
		return 0;
	if (rules->within_ms > 0 && s->before_ms <= rules->within_ms)
		reasons |= BK_KEEP_BY_WITHIN;
	if (s->newest <= rules->last)
		reasons |= BK_KEEP_BY_LAST;
	for (unsigned i = 0; i < BK_KEEP_PERIODS; i++)
		if (s->periods[i] > 0 && s->periods[i] <= rules->periods[i])
			reasons |= 1U << i;
	return reasons;
}

/* Why it stays for its own sake. */
static unsigned judge(const struct bk_keep_item *item, const struct standing *s,
		      unsigned min_keep, int64_t now_ms)
{
	unsigned reasons = 0;

	if (item->held)
		reasons |= BK_KEEP_HELD;
	if (!item->rules || bk_keep_is_empty(item->rules))
		reasons |= BK_KEEP_UNRULED;
	else if (item->rules->all)
		reasons |= BK_KEEP_BY_ALL;
	if (item->rules)
		reasons |= by_rules(item->rules, s);
	if (s->newest > 0 && s->newest <= min_keep)
		reasons |= BK_KEEP_MINIMUM;
	if (item->start_ms > now_ms)
		reasons |= BK_KEEP_FUTURE;
	else if ((!item->complete || item->broken) &&
		 now_ms - item->start_ms < (int64_t)BK_KEEP_TRIAL_DAYS * DAY_MS)
		reasons |= BK_KEEP_ON_TRIAL;
	return reasons;
}

/* True if it did not stay yet. */
static bool need(struct bk_keep_verdict *base, size_t by)
{
	bool stayed = base->reasons != 0;

	if (!(base->reasons & BK_KEEP_NEEDED) || by > base->needed_by)
		base->needed_by = by;
	base->reasons |= BK_KEEP_NEEDED;
	return !stayed;
}

/*
 * Those that stay for others' sake, from the newest to the oldest, so that one
 * pass is enough as long as bases are the older ones.  True when it is not: a
 * clock that was set back made a base look younger, and it was passed already.
 */
static bool spread(const struct bk_keep_item *items, size_t n,
		   struct bk_keep_verdict *out)
{
	size_t broken = BK_KEEP_NONE;
	bool again = false;

	for (size_t i = n; i-- > 0;) {
		if (broken != BK_KEEP_NONE) {
			out[i].reasons |= BK_KEEP_UNSURE;
			out[i].broken = broken;
		}
		if (out[i].reasons == 0)
			continue;
		size_t base = items[i].broken ? BK_KEEP_NONE : items[i].base;
		if (base < n && need(&out[base], i))
			again |= base > i;
		if (items[i].broken && broken == BK_KEEP_NONE)
			broken = i;
	}
	return again;
}

void bk_keep_plan(const struct bk_keep_item *items, size_t n, unsigned min_keep,
		  int64_t now_ms, struct bk_keep_verdict *out)
{
	struct standing *standing = rank(items, n, now_ms);

	for (size_t i = 0; i < n; i++)
		out[i] = (struct bk_keep_verdict){
			.reasons = judge(&items[i], &standing[i], min_keep,
					 now_ms),
			.min_keep = min_keep,
			.needed_by = BK_KEEP_NONE,
			.broken = BK_KEEP_NONE,
		};
	free(standing);
	while (spread(items, n, out))
		;
	for (size_t i = 0; i < n; i++)
		out[i].stays = out[i].reasons != 0;
}
