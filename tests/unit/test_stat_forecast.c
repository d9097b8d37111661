/* How a repository grows: the slope is that of most days, and odd ones do not
 * bend it; what is not known is not guessed. */

#include "lib/test.h"

#include "job/stat_forecast.h"

#define DAY 86400

static double slope_of(const struct bk_forecast_point *points, size_t n)
{
	double slope = -1;

	assert_true(bk_forecast_slope(points, n, &slope));
	return slope * DAY;
}

static void less_than_three_sets_or_a_day_tell_nothing(void **state)
{
	const struct bk_forecast_point two[] = {
		{0,       1},
                {9 * DAY, 5},
                {9 * DAY, 5}
        };
	const struct bk_forecast_point brief[] = {
		{0,       1},
                {600,     5},
                {DAY - 1, 9}
        };
	double slope = 77;

	(void)state;
	assert_false(bk_forecast_slope(two, 0, &slope));
	assert_false(bk_forecast_slope(two, 2, &slope));
	assert_false(bk_forecast_slope(brief, 3, &slope));
	assert_true(slope == 77);
}

static void a_line_has_its_slope_and_one_odd_day_does_not_bend_it(void **state)
{
	struct bk_forecast_point points[30];

	(void)state;
	for (int i = 0; i < 30; i++)
		points[i] = (struct bk_forecast_point){(int64_t)i * DAY,
						       1000.0 + 50 * i};
	assert_float_equal(slope_of(points, 30), 50, .01);
	points[17].bytes = 1e9;
	points[3].bytes = 0;
	assert_float_equal(slope_of(points, 30), 50, .01);
}

static void sets_of_the_same_moment_are_no_division_by_zero(void **state)
{
	const struct bk_forecast_point points[] = {
		{0,       10},
                {0,       20},
                {DAY,     30},
                {2 * DAY, 40}
        };

	(void)state;
	assert_true(slope_of(points, 4) > 0 && slope_of(points, 4) < 40);
}

static void of_many_points_the_newest_count(void **state)
{
	static struct bk_forecast_point points[2000];

	(void)state;
	for (int i = 0; i < 2000; i++)
		points[i] = (struct bk_forecast_point){
			(int64_t)i * DAY,
			i < 1700 ? 9.0 * i : 9.0 * 1700 + 2.0 * (i - 1700)};
	assert_float_equal(slope_of(points, 2000), 2, .01);
}

static void what_does_not_grow_is_never_full(void **state)
{
	struct bk_forecast forecast = {.known = true, .per_day = 100};

	(void)state;
	assert_int_equal(bk_forecast_full(&forecast, 1000, 5), 5 + 10 * DAY);
	assert_int_equal(bk_forecast_full(&forecast, 0, 5), 5);
	assert_true(bk_forecast_full(&forecast, UINT64_MAX, 5) ==
		    BK_FORECAST_NEVER);
	forecast.per_day = 0;
	assert_true(bk_forecast_full(&forecast, 1000, 5) == BK_FORECAST_NEVER);
	forecast.per_day = -3;
	assert_true(bk_forecast_full(&forecast, 1000, 5) == BK_FORECAST_NEVER);
	forecast = (struct bk_forecast){.per_day = 100};
	assert_true(bk_forecast_full(&forecast, 1000, 5) == BK_FORECAST_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(less_than_three_sets_or_a_day_tell_nothing),
		cmocka_unit_test(
			a_line_has_its_slope_and_one_odd_day_does_not_bend_it),
		cmocka_unit_test(
			sets_of_the_same_moment_are_no_division_by_zero),
		cmocka_unit_test(of_many_points_the_newest_count),
		cmocka_unit_test(what_does_not_grow_is_never_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
