/* Retention by brute force: see keeporacle.h. */

#include "lib/keeporacle.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"

static bool looked_at(const struct keeporacle *o, size_t i)
{
	const struct bk_keep_item *item = &o->items[i];

	return item->complete && !item->broken && item->start_ms <= o->now_ms;
}

/* Do the rules look at both, as sets of one series? */
static bool in_one_series(const struct keeporacle *o, size_t i, size_t j)
{
	return o->items[i].series == o->items[j].series && looked_at(o, i) &&
	       looked_at(o, j);
}

static void name_all(struct keeporacle *o, size_t i)
{
	time_t t = o->items[i].start_ms / 1000;
	struct tm *tm = localtime(&t);

	strftime(o->names[BK_KEEP_HOUR][i], KEEPORACLE_NAME, "%F %H%z", tm);
	strftime(o->names[BK_KEEP_DAY][i], KEEPORACLE_NAME, "%F", tm);
	strftime(o->names[BK_KEEP_WEEK][i], KEEPORACLE_NAME, "%G %V", tm);
	strftime(o->names[BK_KEEP_MONTH][i], KEEPORACLE_NAME, "%Y %m", tm);
	strftime(o->names[BK_KEEP_YEAR][i], KEEPORACLE_NAME, "%Y", tm);
}

/* Is there none after it in its series that has the same name? */
static bool closes(const struct keeporacle *o, size_t period, size_t i)
{
	for (size_t j = i + 1; j < o->n; j++)
		if (in_one_series(o, i, j) &&
		    strcmp(o->names[period][i], o->names[period][j]) == 0)
			return false;
	return looked_at(o, i);
}

static size_t place(const struct keeporacle *o, size_t period, size_t i)
{
	size_t after = 0;

	if (!closes(o, period, i))
		return 0;
	for (size_t j = i + 1; j < o->n; j++)
		after += o->places[period][j] > 0 && in_one_series(o, i, j);
	return after + 1;
}

static void count_followers(struct keeporacle *o, size_t i)
{
	for (size_t j = i + 1; j < o->n; j++)
		if (in_one_series(o, i, j)) {
			o->followers[i]++;
			o->before_ms[i] =
				o->items[j].start_ms - o->items[i].start_ms;
		}
}

void keeporacle_init(struct keeporacle *o, const struct bk_keep_item *items,
		     size_t n, int64_t now_ms)
{
	*o = (struct keeporacle){.items = items, .n = n, .now_ms = now_ms};
	o->followers = bk_alloc((n + 1) * sizeof(*o->followers));
	o->before_ms = bk_alloc((n + 1) * sizeof(*o->before_ms));
	for (size_t p = 0; p < BK_KEEP_PERIODS; p++) {
		o->names[p] = bk_alloc((n + 1) * sizeof(*o->names[p]));
		o->places[p] = bk_alloc((n + 1) * sizeof(*o->places[p]));
	}
	for (size_t i = 0; i < n; i++) {
		name_all(o, i);
		count_followers(o, i);
	}
	for (size_t p = 0; p < BK_KEEP_PERIODS; p++)
		for (size_t i = n; i-- > 0;)
			o->places[p][i] = place(o, p, i);
}

void keeporacle_clear(struct keeporacle *o)
{
	for (size_t p = 0; p < BK_KEEP_PERIODS; p++) {
		free(o->names[p]);
		free(o->places[p]);
	}
	free(o->followers);
	free(o->before_ms);
	*o = (struct keeporacle){0};
}

unsigned keeporacle_periods(const struct keeporacle *o, size_t i)
{
	const struct bk_keep *rules = o->items[i].rules;
	unsigned by = 0;

	for (size_t p = 0; rules && p < BK_KEEP_PERIODS; p++)
		if (o->places[p][i] != 0 &&
		    o->places[p][i] <= rules->periods[p])
			by |= 1U << p;
	return by;
}

static bool for_its_own_sake(const struct keeporacle *o, unsigned min_keep,
			     size_t i)
{
	const struct bk_keep_item *item = &o->items[i];
	const struct bk_keep *rules = item->rules;

	if (item->held || !rules || rules->all || item->start_ms > o->now_ms)
		return true;
	if (!looked_at(o, i))
		return o->now_ms < item->start_ms + INT64_C(30) * 86400000;
	return o->followers[i] < min_keep || o->followers[i] < rules->last ||
	       (rules->within_ms && o->before_ms[i] <= rules->within_ms) ||
	       keeporacle_periods(o, i) != 0;
}

/* One more that stays for the sake of set i; true if there is. */
static bool one_more(const struct keeporacle *o, bool *stays, size_t i)
{
	size_t base = o->items[i].base;

	if (!o->items[i].broken) {
		bool more = base < o->n && !stays[base];
		if (more)
			stays[base] = true;
		return more;
	}
	for (size_t j = 0; j < i; j++)
		if (!stays[j])
			return stays[j] = true;
	return false;
}

void keeporacle_ask(const struct keeporacle *o, unsigned min_keep, bool *stays)
{
	for (size_t i = 0; i < o->n; i++)
		stays[i] = for_its_own_sake(o, min_keep, i);
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < o->n; i++)
			while (stays[i] && one_more(o, stays, i))
				more = true;
	}
}
