/* Words of people become values exactly, or are refused. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/parse.h"

static struct bk_err err;

static uint64_t size(const char *text)
{
	uint64_t n = 0xdead;

	return bk_parse_size(text, &n, &err) < 0 ? 0xbad : n;
}

static int64_t duration(const char *text)
{
	int64_t ms = 0xdead;

	return bk_parse_duration(text, &ms, &err) < 0 ? -1 : ms;
}

static uint32_t percent(const char *text)
{
	uint32_t ppm = 0xdead;

	return bk_parse_percent(text, &ppm, &err) < 0 ? UINT32_MAX : ppm;
}

/* As RFC 3339, or "refused". */
static const char *moment(const char *text)
{
	static char out[BK_CLOCK_TEXT];
	int64_t t = 0;

	err.text[0] = 0;
	if (bk_parse_time(text, 1795091400, &t, &err) < 0)
		return "refused";
	return bk_clock_format(out, t);
}

static void zone(const char *name)
{
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
}

static void sizes_are_powers_of_1024(void **state)
{
	(void)state;
	assert_int_equal(size("0"), 0);
	assert_int_equal(size("10"), 10);
	assert_int_equal(size("64M"), 64 << 20);
	assert_int_equal(size("64 MiB"), 64 << 20);
	assert_int_equal(size("64mb"), 64 << 20);
	assert_int_equal(size("1.5G"), 3ULL << 29);
	assert_int_equal(size("0.001K"), 1);
	assert_int_equal(size("15.5E"), 31ULL << 59);
	/* floor(999999999 * 2^60 / 10^9), worked out elsewhere */
	assert_int_equal(size("0.999999999E"), 1152921503453925471);
	assert_int_equal(size("18446744073709551615"), UINT64_MAX);
}

static void what_is_no_size_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  " 1",
					  "1 ",
					  "-1",
					  "+1",
					  "1.",
					  ".5",
					  "64X",
					  "64MM",
					  "1iB",
					  "0x10",
					  "1e3",
					  "1,5G",
					  "16E",
					  "64Mi",
					  "18446744073709551616",
					  "1.0000000000K",
					  "1\n",
					  "M"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (size(bad[i]) != 0xbad)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(err.kind, BK_MISUSE);
}

static void durations_add_up(void **state)
{
	(void)state;
	assert_int_equal(duration("0"), 0);
	assert_int_equal(duration("90s"), 90000);
	assert_int_equal(duration("3d 12h"), 302400000);
	assert_int_equal(duration("1h30m"), 5400000);
	assert_int_equal(duration("1.5h"), 5400000);
	assert_int_equal(duration("2w"), 1209600000);
	assert_int_equal(duration("250ms"), 250);
	assert_int_equal(duration("1m1ms"), 60001);
}

static void what_is_no_duration_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "3",
					  "d",
					  "3x",
					  "3 d",
					  "-3d",
					  "3d4",
					  "3days",
					  "3d,4h",
					  " 3d",
					  "9223372036854775807s",
					  "15250284452w 15250284452w"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (duration(bad[i]) != -1)
			fail_msg("'%s' was taken", bad[i]);
}

static void percentages_are_parts_per_million(void **state)
{
	(void)state;
	assert_int_equal(percent("30%"), 300000);
	assert_int_equal(percent("0.1 %"), 1000);
	assert_int_equal(percent("100%"), 1000000);
	assert_int_equal(percent("0%"), 0);
	assert_int_equal(percent("100.1%"), UINT32_MAX);
	assert_int_equal(percent("30"), UINT32_MAX);
	assert_int_equal(percent("30%%"), UINT32_MAX);
	assert_int_equal(percent("%"), UINT32_MAX);
	assert_int_equal(percent("-1%"), UINT32_MAX);
}

static void yes_and_no_have_several_names(void **state)
{
	bool value = false;

	(void)state;
	assert_int_equal(bk_parse_bool("Yes", &value, &err), 0);
	assert_true(value);
	assert_int_equal(bk_parse_bool("off", &value, &err), 0);
	assert_false(value);
	assert_int_equal(bk_parse_bool("perhaps", &value, &err), -1);
	assert_string_equal(err.text, "'perhaps' is neither yes nor no");
}

static void a_set_is_called_by_its_time_in_utc(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	assert_string_equal(moment("20261119T1230"), "2026-11-19T12:30:00Z");
	assert_string_equal(moment("20261119T123005"), "2026-11-19T12:30:05Z");
	assert_string_equal(moment("20261119T1230Z"), "2026-11-19T12:30:00Z");
	assert_string_equal(moment("20261119T1260"), "refused");
	assert_string_equal(moment("20261119T123"), "refused");
	assert_string_equal(moment("20261131T1230"), "refused");
}

static void a_time_with_a_zone_is_that_moment(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	assert_string_equal(moment("2026-11-19T12:30Z"),
			    "2026-11-19T12:30:00Z");
	assert_string_equal(moment("2026-11-19T12:30:05+01:00"),
			    "2026-11-19T11:30:05Z");
	assert_string_equal(moment("2026-11-19T12:30-0330"),
			    "2026-11-19T16:00:00Z");
	assert_string_equal(moment("2026-11-19T12:30+25:00"), "refused");
}

static void a_time_without_a_zone_is_local(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	assert_string_equal(moment("2026-11-19T12:30"), "2026-11-19T11:30:00Z");
	assert_string_equal(moment("2026-07-19 12:30"), "2026-07-19T10:30:00Z");
	assert_string_equal(moment("2026-07-19"), "2026-07-18T22:00:00Z");
	assert_string_equal(moment("2028-02-29"), "2028-02-28T23:00:00Z");
	assert_string_equal(moment("2026-02-29"), "refused");
	assert_string_equal(moment("2026-11-19T24:00"), "refused");
	assert_string_equal(moment("1969-12-31"), "refused");
	assert_string_equal(moment("2026-11-19T12:30 "), "refused");
	assert_string_equal(moment("now"), "refused");
	assert_string_equal(moment(""), "refused");
}

static void changes_of_clocks_are_known(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	/* Twice there: the first is meant.  Never there: refused. */
	assert_string_equal(moment("2026-10-25T02:30"), "2026-10-25T00:30:00Z");
	assert_string_equal(moment("2026-10-25T03:00"), "2026-10-25T02:00:00Z");
	assert_string_equal(moment("2026-03-29T02:30"), "refused");
	assert_non_null(strstr(err.text, "clocks were put forward over it"));
	assert_string_equal(moment("2026-03-29T03:00"), "2026-03-29T01:00:00Z");
	zone("UTC");
	assert_string_equal(moment("2026-03-29T02:30"), "2026-03-29T02:30:00Z");
}

static void a_duration_is_so_long_ago(void **state)
{
	(void)state;
	assert_string_equal(moment("0"), "2026-11-19T12:30:00Z");
	assert_string_equal(moment("14d"), "2026-11-05T12:30:00Z");
	assert_string_equal(moment("100000w"), "refused");
}

static void every_time_that_is_shown_is_read_back(void **state)
{
	char text[BK_CLOCK_TEXT];
	int64_t t = 0;

	(void)state;
	for (int64_t want = 1; want < 253402300799; want += 86399 * 97) {
		bk_clock_format(text, want);
		assert_int_equal(bk_parse_time(text, 0, &t, &err), 0);
		assert_int_equal(t, want);
		bk_clock_compact(text, want);
		assert_int_equal(bk_parse_time(text, 0, &t, &err), 0);
		assert_int_equal(t, want - want % 60);
	}
}

static void times_outside_of_the_calendar_are_shown_too(void **state)
{
	char text[BK_CLOCK_TEXT];

	(void)state;
	assert_string_equal(bk_clock_format(text, INT64_MAX),
			    "@9223372036854775807");
	assert_string_equal(bk_clock_format_ms(text, -1),
			    "1969-12-31T23:59:59.999Z");
	assert_string_equal(bk_clock_format_ms(text, 1795091400123),
			    "2026-11-19T12:30:00.123Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(what_is_no_size_is_refused),
		cmocka_unit_test(durations_add_up),
		cmocka_unit_test(what_is_no_duration_is_refused),
		cmocka_unit_test(percentages_are_parts_per_million),
		cmocka_unit_test(yes_and_no_have_several_names),
		cmocka_unit_test(a_set_is_called_by_its_time_in_utc),
		cmocka_unit_test(a_time_with_a_zone_is_that_moment),
		cmocka_unit_test(a_time_without_a_zone_is_local),
		cmocka_unit_test(changes_of_clocks_are_known),
		cmocka_unit_test(a_duration_is_so_long_ago),
		cmocka_unit_test(every_time_that_is_shown_is_read_back),
		cmocka_unit_test(times_outside_of_the_calendar_are_shown_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
