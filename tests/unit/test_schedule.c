/* When a full set is due, by the clock on the wall. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/schedule.h"

static struct bk_err err;
static struct bk_schedule schedule;

static void zone(const char *name)
{
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
}

static int64_t at(const char *text)
{
	int64_t t = 0;

	if (bk_parse_time(text, 0, &t, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

static void given(const char *text)
{
	if (bk_schedule_parse(text, &schedule, &err) < 0)
		fail_msg("%s", err.text);
}

static void last_is(const char *now, const char *want)
{
	char text[BK_CLOCK_TEXT];

	bk_clock_format(text, bk_schedule_last(&schedule, at(now)));
	assert_string_equal(text, want);
}

static void next_is(const char *now, const char *want)
{
	char text[BK_CLOCK_TEXT];

	bk_clock_format(text, bk_schedule_next(&schedule, at(now)));
	assert_string_equal(text, want);
}

/* 2026-11-21 is a Saturday. */
static void one_time_a_week(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	given("sat 22:00");
	last_is("2026-11-21T22:00", "2026-11-21T21:00:00Z");
	last_is("2026-11-21T21:59:59", "2026-11-14T21:00:00Z");
	last_is("2026-11-28T21:59", "2026-11-21T21:00:00Z");
	next_is("2026-11-21T21:59", "2026-11-21T21:00:00Z");
	next_is("2026-11-21T22:00", "2026-11-28T21:00:00Z");
}

static void several_times_on_several_days(void **state)
{
	(void)state;
	zone("UTC");
	given("mon-sat 06:30 12:30 19:00");
	last_is("2026-11-19T12:30", "2026-11-19T12:30:00Z");
	last_is("2026-11-19T12:29", "2026-11-19T06:30:00Z");
	last_is("2026-11-22T23:00", "2026-11-21T19:00:00Z");
	next_is("2026-11-21T19:00", "2026-11-23T06:30:00Z");
}

static void days_are_named_in_several_ways(void **state)
{
	(void)state;
	zone("UTC");
	given("22:00");
	last_is("2026-11-22T21:00", "2026-11-21T22:00:00Z");
	given("Daily 6:05");
	last_is("2026-11-22T06:05", "2026-11-22T06:05:00Z");
	given("fri-mon 10:00"); /* over the end of the week */
	last_is("2026-11-19T09:00", "2026-11-16T10:00:00Z");
	next_is("2026-11-19T09:00", "2026-11-20T10:00:00Z");
	given("mon,thu 06:00 sun 10:00");
	last_is("2026-11-22T23:00", "2026-11-22T10:00:00Z");
	last_is("2026-11-20T23:00", "2026-11-19T06:00:00Z");
}

static void what_is_no_schedule_is_refused(void **state)
{
	static const char *const bad[] = {
		"",           "sat",        "sat 25:00",
		"sat 22:60",  "sat 2200",   "satur 22:00",
		"sat- 22:00", "sat, 22:00", "sat sun 22:00",
		"22:00 sat",  "sat 022:00", "sat :30",
		"x 22:00",    "sat 22:0a",  "sat-sun-mon 22:00"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (bk_schedule_parse(bad[i], &schedule, &err) == 0)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_int_equal(bk_schedule_parse("sat 25:00", &schedule, &err), -1);
	assert_string_equal(err.text,
			    "'25:00' in 'sat 25:00' is not "
			    "understood; write times as sat 22:00 "
			    "or mon-sat 06:30 12:30");
	assert_int_equal(bk_schedule_parse("sat", &schedule, &err), -1);
	assert_string_equal(err.text,
			    "'sat' lacks a time of day, as in sat 22:00");
}

static void an_empty_schedule_is_never_due(void **state)
{
	(void)state;
	schedule = (struct bk_schedule){0};
	assert_false(bk_schedule_due(&schedule, 0, at("2026-11-19")));
	assert_int_equal(bk_schedule_next(&schedule, 0), INT64_MAX);
}

static void due_once_its_time_has_passed_and_not_again(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	given("sat 22:00");
	int64_t last = at("2026-11-14T22:00:07");
	assert_false(bk_schedule_due(&schedule, last, at("2026-11-14T23:00")));
	assert_false(bk_schedule_due(&schedule, last, at("2026-11-21T21:59")));
	assert_true(bk_schedule_due(&schedule, last, at("2026-11-21T22:00")));
	/* The host was off for three weeks: due, and only once. */
	assert_true(bk_schedule_due(&schedule, last, at("2026-12-09T09:00")));
	assert_false(bk_schedule_due(&schedule, at("2026-12-09T09:00"),
				     at("2026-12-09T12:00")));
}

static void a_time_that_comes_twice_is_meant_the_first_time(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	given("02:30");
	next_is("2026-10-25T00:00Z", "2026-10-25T00:30:00Z");
	next_is("2026-10-25T00:30Z", "2026-10-26T01:30:00Z");
	last_is("2026-10-25T01:45Z", "2026-10-25T00:30:00Z");
}

static void a_time_that_is_skipped_falls_on_the_change(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	given("02:30");
	next_is("2026-03-29T00:00Z", "2026-03-29T01:00:00Z");
	next_is("2026-03-29T01:00Z", "2026-03-30T00:30:00Z");
	last_is("2026-03-29T00:59Z", "2026-03-28T01:30:00Z");
	last_is("2026-03-29T05:00Z", "2026-03-29T01:00:00Z");
	zone("Australia/Lord_Howe"); /* by half an hour */
	given("02:15");
	next_is("2026-10-03T15:00Z", "2026-10-03T15:30:00Z");
	zone("America/Sao_Paulo"); /* midnight itself was skipped */
	given("00:00");
	last_is("2018-11-04T12:00Z", "2018-11-04T03:00:00Z");
}

/* Now and then for two years: last and next agree, nothing is left out, and
 * each day has its time once. */
static void moments_form_one_chain(const char *name, const char *text)
{
	zone(name);
	given(text);
	int64_t t = at("2026-01-01T00:00Z");
	int64_t end = at("2028-01-01T00:00Z");
	unsigned seen = 0;
	int64_t last = bk_schedule_last(&schedule, t);
	for (; t < end; t += 11 * 3600) {
		int64_t now = bk_schedule_last(&schedule, t);
		assert_true(now <= t && now >= last);
		assert_true(t - now <= 90000);
		assert_true(bk_schedule_next(&schedule, now - 1) == now);
		assert_true(bk_schedule_next(&schedule, now) > t);
		seen += now > last;
		last = now;
	}
	assert_true(seen == 730 || seen == 731);
}

static void no_day_is_left_out_in_any_zone(void **state)
{
	(void)state;
	moments_form_one_chain("UTC", "12:00");
	moments_form_one_chain("Europe/Berlin", "02:30");
	moments_form_one_chain("America/New_York", "02:00");
	moments_form_one_chain("Australia/Lord_Howe", "02:15");
	moments_form_one_chain("Pacific/Chatham", "03:00");
	moments_form_one_chain("Africa/Casablanca", "02:30");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_time_a_week),
		cmocka_unit_test(several_times_on_several_days),
		cmocka_unit_test(days_are_named_in_several_ways),
		cmocka_unit_test(what_is_no_schedule_is_refused),
		cmocka_unit_test(an_empty_schedule_is_never_due),
		cmocka_unit_test(due_once_its_time_has_passed_and_not_again),
		cmocka_unit_test(
			a_time_that_comes_twice_is_meant_the_first_time),
		cmocka_unit_test(a_time_that_is_skipped_falls_on_the_change),
		cmocka_unit_test(no_day_is_left_out_in_any_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
