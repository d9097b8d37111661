/*
 * A year of two hosts with two stores each, in Berlin: a full set on Saturdays
 * at 22:00, three differentials from Monday to Saturday, an incremental before
 * midnight, and on Sundays one every half an hour, over the changes of clocks.
 * What stays is exactly what brute force says.
 */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "lib/keeporacle.h"
#include "lib/keepsets.h"

#define SERIES    4
#define HALF_HOUR 1800
#define DAY_MS    INT64_C(86400000)

static struct bk_keep_item *items;
static struct bk_keep_verdict *verdicts;
static size_t n, cap;
static struct bk_keep rules[SERIES];

/* The newest sets of a series, BK_KEEP_NONE before the first. */
struct newest {
	size_t full, any;
};

static size_t add(unsigned series, int64_t ms, size_t base)
{
	items = bk_array_room(items, n, &cap, sizeof(*items));
	items[n] = (struct bk_keep_item){
		.name = "",
		.start_ms = ms,
		.series = series,
		.base = base,
		/* One in 97 was cut short, and so what stands on it. */
		.complete = n % 97 != 96 &&
			    (base == BK_KEEP_NONE || items[base].complete),
		.held = n % 499 == 250,
		.rules = &rules[series],
	};
	return n++;
}

static bool is(const struct tm *tm, const char *hhmm)
{
	char text[8];

	strftime(text, sizeof(text), "%H:%M", tm);
	return strcmp(text, hhmm) == 0;
}

/* What cron starts on the host of one series. */
static void tick(unsigned series, struct newest *newest, const struct tm *tm,
		 int64_t ms)
{
	if (series >= 2 && tm->tm_mon == 6)
		return; /* a month without backups of the second host */
	if (newest->full == BK_KEEP_NONE ||
	    (tm->tm_wday == 6 && is(tm, "22:00")))
		newest->any = newest->full = add(series, ms, BK_KEEP_NONE);
	else if (tm->tm_wday != 0 &&
		 (is(tm, "06:30") || is(tm, "12:30") || is(tm, "19:00")))
		newest->any = add(series, ms, newest->full);
	else if (is(tm, "23:00") || (tm->tm_wday == 0 && tm->tm_hour < 5))
		newest->any = add(series, ms, newest->any);
}

static int make_year(void **state)
{
	struct newest newest[SERIES];

	(void)state;
	zone("Europe/Berlin");
	for (size_t i = 0; i < SERIES; i++)
		newest[i] = (struct newest){BK_KEEP_NONE, BK_KEEP_NONE};
	time_t end = at("2027-01-01") / 1000;
	for (time_t t = at("2026-01-01") / 1000; t < end; t += HALF_HOUR) {
		struct tm tm = {0};
		localtime_r(&t, &tm);
		for (unsigned i = 0; i < SERIES; i++)
			tick(i, &newest[i], &tm,
			     (t + (time_t)i * 60) * 1000 + 7);
	}
	verdicts = bk_alloc(n * sizeof(*verdicts));
	return 0;
}

static int forget_year(void **state)
{
	(void)state;
	free(items);
	free(verdicts);
	return 0;
}

static void all_have(const char *text)
{
	struct bk_err err = {0};

	for (size_t i = 0; i < SERIES; i++)
		if (bk_keep_parse(text, &rules[i], &err) < 0)
			fail_msg("%s", err.text);
}

/* Compares all verdicts, and returns how many stay. */
static size_t agrees(const struct keeporacle *oracle, unsigned min_keep)
{
	bool *want = bk_alloc(oracle->n + 1);
	size_t stay = 0;

	bk_keep_plan(items, oracle->n, min_keep, oracle->now_ms, verdicts);
	keeporacle_ask(oracle, min_keep, want);
	for (size_t i = 0; i < oracle->n; i++) {
		stay += want[i];
		if (verdicts[i].stays != want[i] ||
		    (verdicts[i].reasons & 31) != keeporacle_periods(oracle, i))
			fail_msg("set %zu of %zu: stays %d %x, want %d %x", i,
				 oracle->n, verdicts[i].stays,
				 verdicts[i].reasons, want[i],
				 keeporacle_periods(oracle, i));
	}
	free(want);
	return stay;
}

static size_t made_before(int64_t ms)
{
	size_t count = 0;

	while (count < n && items[count].start_ms < ms)
		count++;
	return count;
}

static const char *const texts[] = {
	"30d",
	"3d",
	"daily:14 weekly:8 monthly:12 yearly:5",
	"last:10",
	"hourly:24",
	"hourly:2000",
	"daily:200",
	"weekly:60",
	"monthly:6",
	"yearly:1",
	"last:5 3d monthly:3",
	"hourly:48 daily:7 weekly:4 monthly:6 last:3 36h",
	"all",
};

/* On that day: of all rules, and with rules of its own for each series. */
static void on(const char *day)
{
	struct bk_err err = {0};
	struct keeporacle oracle;
	size_t count = made_before(at(day));

	keeporacle_init(&oracle, items, count, at(day));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		all_have(texts[i]);
		size_t stay = agrees(&oracle, (unsigned)i % 4);
		assert_true(stay > 0);
		assert_true(rules[0].all ? stay == count : stay < count);
	}
	for (size_t i = 0; i < SERIES; i++)
		assert_int_equal(bk_keep_parse(texts[i], &rules[i], &err), 0);
	(void)agrees(&oracle, 1);
	keeporacle_clear(&oracle);
}

static void what_stays_is_what_the_rules_say(void **state)
{
	(void)state;
	assert_true(n > 5000);
	on("2026-03-29T04:30"); /* the clocks have just been put forward */
	on("2026-07-20");       /* one host is away */
	on("2026-10-25T03:30"); /* they have just been put back */
	on("2027-01-01");
}

static void a_broken_root_protects_what_is_before_it_for_30_days(void **state)
{
	struct keeporacle oracle;
	size_t broken = made_before(at("2026-11-15"));

	(void)state;
	items[broken].broken = true;
	all_have("daily:7");
	keeporacle_init(&oracle, items, made_before(at("2026-12-14")),
			at("2026-12-14"));
	assert_true(agrees(&oracle, 1) > broken);
	keeporacle_clear(&oracle);
	keeporacle_init(&oracle, items, n, at("2027-01-01"));
	assert_true(agrees(&oracle, 1) < n / 10);
	assert_false(verdicts[broken].stays);
	keeporacle_clear(&oracle);
	items[broken].broken = false;
}

/* Takes out what goes; bases of those that stay are found again. */
static size_t prune(struct bk_keep_item *left, size_t count)
{
	size_t *moved = bk_alloc((count + 1) * sizeof(*moved));
	size_t stay = 0;

	for (size_t i = 0; i < count; i++) {
		if (!verdicts[i].stays)
			continue;
		moved[i] = stay;
		left[stay] = left[i];
		if (left[i].base != BK_KEEP_NONE)
			left[stay].base = moved[left[i].base];
		stay++;
	}
	free(moved);
	return stay;
}

/* Which day a pruner runs makes no difference in the end: no set that the
 * rules keep today may have gone yesterday. */
static void to_prune_often_comes_to_the_same_as_once(const char *text)
{
	struct bk_keep_item *left = bk_alloc(n * sizeof(*left));
	size_t *now_at = bk_alloc(n * sizeof(*now_at)); /* by original number */
	struct bk_keep_item *before = bk_alloc(n * sizeof(*before));
	size_t count = 0, next = 0;
	int64_t end = at("2027-01-01");

	all_have(text);
	for (int64_t ms = at("2026-01-02"); ms <= end; ms += 4 * DAY_MS) {
		for (; next < n && items[next].start_ms < ms; next++) {
			left[count] = items[next];
			left[count].name = (const char *)&items[next];
			if (items[next].base != BK_KEEP_NONE)
				left[count].base = now_at[items[next].base];
			now_at[next] = count++;
		}
		bk_keep_plan(left, count, 1, ms, verdicts);
		count = prune(left, count);
		for (size_t i = 0; i < count; i++)
			now_at[(const struct bk_keep_item *)(const void *)
				       left[i]
					       .name -
			       items] = i;
	}
	assert_int_equal(next, n);
	memcpy(before, items, n * sizeof(*before));
	bk_keep_plan(before, n, 1, end, verdicts);
	assert_int_equal(prune(before, n), count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(before[i].start_ms, left[i].start_ms);
	free(before);
	free(now_at);
	free(left);
}

static void pruning_late_or_often_leaves_the_same(void **state)
{
	(void)state;
	to_prune_often_comes_to_the_same_as_once("30d");
	to_prune_often_comes_to_the_same_as_once(
		"daily:14 weekly:8 monthly:12 yearly:5");
	to_prune_often_comes_to_the_same_as_once("last:10 hourly:30");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays_is_what_the_rules_say),
		cmocka_unit_test(
			a_broken_root_protects_what_is_before_it_for_30_days),
		cmocka_unit_test(pruning_late_or_often_leaves_the_same),
	};

	return cmocka_run_group_tests(tests, make_year, forget_year);
}
