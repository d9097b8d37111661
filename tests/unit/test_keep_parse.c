/* What may stand behind `keep =`, and what is said about the rest. */

#include "lib/test.h"

#include "lib/keepsets.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

static struct bk_keep rules;
static struct bk_err err;

static void taken(const char *text)
{
	if (bk_keep_parse(text, &rules, &err) < 0)
		fail_msg("'%s': %s", text, err.text);
}

static void refused(const char *text, const char *why)
{
	const struct bk_keep before = {.last = 77};

	rules = before;
	err = (struct bk_err){0};
	if (bk_keep_parse(text, &rules, &err) == 0)
		fail_msg("'%s' was taken", text);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_string_equal(err.text, why);
	assert_true(same_rules(&rules, &before));
}

static void a_duration_keeps_what_is_within_it(void **state)
{
	(void)state;
	taken("30d");
	assert_int_equal(rules.within_ms, 30 * DAY_MS);
	taken("2w");
	assert_int_equal(rules.within_ms, 14 * DAY_MS);
	taken("1d12h");
	assert_int_equal(rules.within_ms, 36 * HOUR_MS);
	taken("1h");
	assert_int_equal(rules.within_ms, HOUR_MS);
	assert_int_equal(rules.last, 0);
	assert_false(rules.all);
}

static void each_period_has_its_count(void **state)
{
	(void)state;
	taken("daily:14 weekly:8 monthly:12 yearly:5 hourly:24");
	assert_int_equal(rules.periods[BK_KEEP_HOUR], 24);
	assert_int_equal(rules.periods[BK_KEEP_DAY], 14);
	assert_int_equal(rules.periods[BK_KEEP_WEEK], 8);
	assert_int_equal(rules.periods[BK_KEEP_MONTH], 12);
	assert_int_equal(rules.periods[BK_KEEP_YEAR], 5);
	assert_int_equal(rules.within_ms, 0);
	assert_int_equal(rules.last, 0);
}

static void rules_combine_in_any_order_with_blanks_and_commas(void **state)
{
	struct bk_keep first = {0};

	(void)state;
	taken("last:10 daily:7 30d");
	first = rules;
	assert_int_equal(first.last, 10);
	assert_int_equal(first.periods[BK_KEEP_DAY], 7);
	assert_int_equal(first.within_ms, 30 * DAY_MS);
	taken("  30d,last:10,\tdaily:7 ");
	assert_true(same_rules(&rules, &first));
}

static void all_keeps_everything(void **state)
{
	(void)state;
	taken("all");
	assert_true(rules.all);
	assert_false(bk_keep_is_empty(&rules));
}

static void no_text_that_is_taken_keeps_nothing(void **state)
{
	static const char *const texts[] = {
		"1h",        "last:1",   "hourly:1",    "daily:1", "weekly:1",
		"monthly:1", "yearly:1", "4294967295d", "all"};
	struct bk_keep none = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		taken(texts[i]);
		assert_false(bk_keep_is_empty(&rules));
	}
	assert_true(bk_keep_is_empty(&none));
}

#define WHAT_THERE_IS                                                          \
	"write 30d, last:10, hourly:24, daily:14, weekly:8, monthly:12, "      \
	"yearly:5 or all"

static void to_keep_nothing_is_never_meant(void **state)
{
	(void)state;
	refused("", "it does not say what to keep; " WHAT_THERE_IS);
	refused(" \t, ", "it does not say what to keep; " WHAT_THERE_IS);
	refused("0", "'0' keeps nothing; " WHAT_THERE_IS);
	refused("0d", "'0d' keeps nothing; " WHAT_THERE_IS);
	refused("0.00001ms", "'0.00001ms' keeps nothing; " WHAT_THERE_IS);
	refused("daily:0", "'daily:0' keeps nothing; count from 1");
	refused("daily:7 last:00", "'last:00' keeps nothing; count from 1");
}

/* Who writes 6m for half a year would lose all but the newest set. */
static void minutes_are_not_taken_for_months(void **state)
{
	(void)state;
	refused("6m",
		"'6m' is less than an hour (m is for minutes); for "
		"months write monthly:6 or 180d");
	refused("59m",
		"'59m' is less than an hour (m is for minutes); for "
		"months write monthly:6 or 180d");
	taken("60m");
}

static void a_word_that_is_no_rule_is_named(void **state)
{
	(void)state;
	refused("3 days", "'3' is not a rule of what to keep; " WHAT_THERE_IS);
	refused("daily:7 5y",
		"'5y' is not a rule of what to keep; " WHAT_THERE_IS);
	refused("30D", "'30D' is not a rule of what to keep; " WHAT_THERE_IS);
	refused("forever",
		"'forever' is not a rule of what to keep; " WHAT_THERE_IS);
	refused("-3d", "'-3d' is not a rule of what to keep; " WHAT_THERE_IS);
	refused(":3", "':3' is not a rule of what to keep; " WHAT_THERE_IS);
}

static void the_nearest_rule_is_offered(void **state)
{
	(void)state;
	refused("dayly:14",
		"unknown rule 'dayly:14'; did you mean 'daily', as "
		"in daily:10?");
	refused("Weekly:8",
		"unknown rule 'Weekly:8'; did you mean 'weekly', "
		"as in weekly:10?");
	refused("month:3",
		"unknown rule 'month:3'; did you mean 'monthly', as "
		"in monthly:10?");
}

static void a_count_is_a_number(void **state)
{
	(void)state;
	refused("daily", "'daily' lacks how many, as in daily:10");
	refused("daily 14", "'daily' lacks how many, as in daily:10");
	refused("last:", "'last:' lacks how many, as in last:10");
	refused("last:x", "last: 'x' is not a number");
	refused("last:-1", "last: '-1' is not a number");
	refused("last:+1", "last: '+1' is not a number");
	refused("last:1:2", "last: '1:2' is not a number");
	refused("last:4294967296",
		"last: '4294967296' is too large, 4294967295 is the most");
	refused("last:18446744073709551617",
		"last: '18446744073709551617' is too large, 4294967295 is the "
		"most");
	refused("all:3",
		"'all:3' is not a rule of what to keep; " WHAT_THERE_IS);
}

/* The larger, the smaller, the sum?  It is not guessed. */
static void a_rule_is_there_once(void **state)
{
	(void)state;
	refused("daily:7 weekly:3 daily:8",
		"daily is there twice; write it "
		"once");
	refused("last:7 last:7", "last is there twice; write it once");
	refused("2w 1d", "a duration is there twice; write it once");
	refused("all all", "all is there twice; write it once");
}

static void a_duration_beyond_all_time_is_refused(void **state)
{
	(void)state;
	refused("99999999999999999999d",
		"'99999999999999999999d' is not a rule of what to "
		"keep; " WHAT_THERE_IS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_duration_keeps_what_is_within_it),
		cmocka_unit_test(each_period_has_its_count),
		cmocka_unit_test(
			rules_combine_in_any_order_with_blanks_and_commas),
		cmocka_unit_test(all_keeps_everything),
		cmocka_unit_test(no_text_that_is_taken_keeps_nothing),
		cmocka_unit_test(to_keep_nothing_is_never_meant),
		cmocka_unit_test(minutes_are_not_taken_for_months),
		cmocka_unit_test(a_word_that_is_no_rule_is_named),
		cmocka_unit_test(the_nearest_rule_is_offered),
		cmocka_unit_test(a_count_is_a_number),
		cmocka_unit_test(a_rule_is_there_once),
		cmocka_unit_test(a_duration_beyond_all_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
