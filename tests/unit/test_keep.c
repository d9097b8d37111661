/* Which sets each rule keeps, and what is said of them. */

#include "lib/test.h"

#include "base/parse.h"
#include "lib/keepsets.h"

static void within_reckons_from_the_newest_set_not_from_now(void **state)
{
	(void)state;
	given("30d");
	set("2026-10-01");
	set("2026-10-20T11:59:59Z");
	set("2026-10-20T12:00Z");
	set("2026-11-19T12:00Z");
	stay("..##");
	because(1, "no rule keeps it");
	because(2, "within 30d");
	keepsets.now_ms = at("2029-01-01"); /* three years without a backup */
	stay("..##");
}

static void last_counts_sets(void **state)
{
	(void)state;
	given("last:3");
	set("2026-11-01");
	set("2026-11-20T10:00");
	set("2026-11-20T10:00");
	set("2026-11-20T10:01");
	stay(".###");
	because(1, "one of the last 3");
	given("last:1");
	set("2026-11-01");
	set("2026-11-02");
	stay(".#");
	because(1, "the last");
}

static void of_each_day_the_newest_set_counts(void **state)
{
	(void)state;
	given("daily:2");
	set("2026-11-18T23:00");
	set("2026-11-19T00:00");
	set("2026-11-19T23:59:59");
	set("2026-11-20T00:00");
	set("2026-11-20T12:30");
	stay("..#.#");
	because(4, "daily 2026-11-20");
	because(2, "daily 2026-11-19");
}

static void days_without_sets_do_not_count(void **state)
{
	(void)state;
	given("daily:3");
	set("2025-03-01");
	set("2025-04-01");
	set("2026-11-19");
	set("2026-11-20");
	stay(".###");
}

static void weeks_begin_on_monday_and_belong_to_their_year(void **state)
{
	(void)state;
	given("weekly:2");
	set("2026-12-27T22:00"); /* Sunday of W52 */
	set("2026-12-28T06:00"); /* Monday of W53 */
	set("2026-12-31T22:00");
	set("2027-01-03T22:00"); /* Sunday of the same week */
	set("2027-01-04T06:00");
	stay("...##");
	because(3, "weekly 2026-W53");
	because(4, "weekly 2027-W01");
	given("weekly:1 yearly:2");
	set("2024-12-29");
	set("2024-12-30"); /* Monday of 2025-W01 */
	set("2025-01-01");
	stay(".##");
	because(1, "yearly 2024");
	because(2, "weekly 2025-W01, yearly 2025");
}

static void months_and_years_have_their_newest_set(void **state)
{
	(void)state;
	given("monthly:2 yearly:3");
	set("2024-12-31T23:59");
	set("2025-06-01");
	set("2025-12-31");
	set("2026-10-31");
	set("2026-11-01");
	set("2026-11-20");
	stay("#.##.#");
	because(0, "yearly 2024");
	because(2, "yearly 2025");
	because(3, "monthly 2026-10");
	because(5, "monthly 2026-11, yearly 2026");
}

static void a_set_stays_if_any_rule_keeps_it(void **state)
{
	(void)state;
	given("daily:1 weekly:2 last:2 36h");
	set("2026-11-08T19:00");
	set("2026-11-15T19:00");
	set("2026-11-19T07:29");
	set("2026-11-19T07:30");
	set("2026-11-20T12:30");
	set("2026-11-20T19:30");
	stay(".#.###");
	because(1, "weekly 2026-W46");
	because(3, "within 1d12h");
	because(4, "within 1d12h, one of the last 2");
	because(5,
		"within 1d12h, one of the last 2, daily 2026-11-20, weekly "
		"2026-W47");
}

static void an_hour_that_comes_twice_is_two(void **state)
{
	(void)state;
	given("hourly:3");
	set("2026-10-24T23:30Z"); /* 01:30 */
	set("2026-10-25T00:10Z"); /* 02:10, the first time */
	set("2026-10-25T00:30Z");
	set("2026-10-25T01:10Z"); /* 02:10, the second time */
	set("2026-10-25T01:30Z");
	set("2026-10-25T02:30Z");
	stay("..#.##");
	because(2, "hourly 2026-10-25 02:00");
	because(4, "hourly 2026-10-25 02:00");
	because(5, "hourly 2026-10-25 03:00");
}

static void days_of_23_and_25_hours_are_days(void **state)
{
	(void)state;
	given("daily:2");
	set("2026-03-28T22:59Z"); /* Saturday, 23:59 */
	set("2026-03-28T23:00Z"); /* Sunday, 00:00 */
	set("2026-03-29T21:59Z"); /* Sunday, 23:59 */
	set("2026-03-29T22:00Z"); /* Monday */
	stay("..##");
	given("daily:2");
	set("2026-10-24T21:59Z");
	set("2026-10-24T22:00Z"); /* Sunday, 00:00 */
	set("2026-10-25T22:59Z"); /* Sunday, 23:59 */
	set("2026-10-25T23:00Z");
	stay("..##");
}

static void a_day_that_goes_on_after_midnight_is_one(void **state)
{
	(void)state;
	given("daily:2");
	zone("America/St_Johns");
	set("2010-11-06T12:00Z");    /* Saturday */
	set("2010-11-07T02:30:30Z"); /* Sunday, 00:00:30 */
	set("2010-11-07T03:00Z");    /* Saturday again, 23:30 */
	stay(".##");
	because(1, "daily 2010-11-07");
	because(2, "daily 2010-11-06");
}

static void days_are_those_of_the_time_zone(void **state)
{
	(void)state;
	given("daily:1");
	set("2026-11-19T23:30Z");
	set("2026-11-20T22:30Z");
	set("2026-11-20T23:30Z");
	stay("..#");
	given("daily:2");
	zone("Asia/Kolkata");
	set("2026-11-19T18:29Z"); /* before midnight there */
	set("2026-11-19T18:30Z");
	set("2026-11-20T18:29Z");
	stay("#.#");
}

static void each_series_is_by_itself(void **state)
{
	static struct bk_keep others;
	struct bk_err err = {0};

	(void)state;
	given("last:1");
	assert_int_equal(bk_keep_parse("last:2", &others, &err), 0);
	for (unsigned i = 0; i < 9; i++) {
		struct bk_keep_item *item = set("2026-11-20");
		item->series = (i + 1) % 3 * 1000;
		if (i % 3 == 0)
			item->rules = &others;
	}
	keepsets.items[8].start_ms = at("2027-02-20");
	stay("...#..###");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			within_reckons_from_the_newest_set_not_from_now),
		cmocka_unit_test(last_counts_sets),
		cmocka_unit_test(of_each_day_the_newest_set_counts),
		cmocka_unit_test(days_without_sets_do_not_count),
		cmocka_unit_test(
			weeks_begin_on_monday_and_belong_to_their_year),
		cmocka_unit_test(months_and_years_have_their_newest_set),
		cmocka_unit_test(a_set_stays_if_any_rule_keeps_it),
		cmocka_unit_test(an_hour_that_comes_twice_is_two),
		cmocka_unit_test(days_of_23_and_25_hours_are_days),
		cmocka_unit_test(a_day_that_goes_on_after_midnight_is_one),
		cmocka_unit_test(days_are_those_of_the_time_zone),
		cmocka_unit_test(each_series_is_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
