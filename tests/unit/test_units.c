/* report/units: what people read is what was counted. */

#include "lib/test.h"

#include <math.h>
#include <string.h>

#include "report/units.h"

static void sizes_are_rounded_within_their_unit(void **state)
{
	/* clang-format off */
	static const struct { uint64_t bytes; const char *text; } rows[] = {
		{0, "0 B"}, {1, "1 B"}, {1023, "1023 B"},
		{1024, "1.0 KiB"}, {1536, "1.5 KiB"},
		{102340, "99.9 KiB"}, {102400, "100 KiB"},
		{1048063, "1023 KiB"}, {1048064, "1.0 MiB"},
		{1048576, "1.0 MiB"},
		{UINT64_C(15247376384), "14.2 GiB"},
		{UINT64_C(103079215104), "96.0 GiB"},
		{UINT64_MAX, "16.0 EiB"},
	};
	/* clang-format on */
	char out[BK_UNITS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(bk_units_size(out, rows[i].bytes),
				    rows[i].text);
}

static void counts_have_commas_at_the_thousands(void **state)
{
	char out[BK_UNITS_TEXT];

	(void)state;
	assert_string_equal(bk_units_count(out, 0), "0");
	assert_string_equal(bk_units_count(out, 999), "999");
	assert_string_equal(bk_units_count(out, 1000), "1,000");
	assert_string_equal(bk_units_count(out, 18402), "18,402");
	assert_string_equal(bk_units_count(out, 1234567), "1,234,567");
	assert_string_equal(bk_units_count(out, UINT64_MAX),
			    "18,446,744,073,709,551,615");
}

static void durations_have_two_units_at_most(void **state)
{
	/* clang-format off */
	static const struct { double seconds; const char *text; } rows[] = {
		{0, "0.0s"}, {0.04, "0.0s"}, {0.44, "0.4s"}, {9.94, "9.9s"},
		{9.96, "10s"}, {59.4, "59s"}, {59.6, "1m00s"}, {372, "6m12s"},
		{3599.7, "1h00m"}, {7500, "2h05m"}, {86399.9, "1d00h"},
		{273600, "3d04h"}, {-5, "0.0s"},
	};
	/* clang-format on */
	char out[BK_UNITS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(bk_units_duration(out, rows[i].seconds),
				    rows[i].text);
	assert_string_equal(bk_units_duration(out, (double)NAN), "0.0s");
	assert_true(strlen(bk_units_duration(out, (double)INFINITY)) <
		    BK_UNITS_TEXT - 1);
}

static void a_ratio_to_nothing_is_a_dash(void **state)
{
	char out[BK_UNITS_TEXT];

	(void)state;
	assert_string_equal(bk_units_ratio(out, 27, 10), "2.7");
	assert_string_equal(bk_units_ratio(out, 0, 10), "0.0");
	assert_string_equal(bk_units_ratio(out, 27, 0), "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_rounded_within_their_unit),
		cmocka_unit_test(counts_have_commas_at_the_thousands),
		cmocka_unit_test(durations_have_two_units_at_most),
		cmocka_unit_test(a_ratio_to_nothing_is_a_dash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
