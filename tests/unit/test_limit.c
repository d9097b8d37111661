/* Limits are read strictly, hold by the clock on the wall, and never burst. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limit.h"
#include "lib/clockwork.h"

#define MONDAY 1790553600 /* 2026-09-28 00:00 UTC */
#define HOUR   3600

static struct bk_err err;

static int start(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
	return 0;
}

static struct bk_limit parse(const char *text)
{
	struct bk_limit limit;

	if (bk_limit_parse(text, &limit, &err) < 0)
		fail_msg("%s", err.text);
	return limit;
}

static uint64_t at(const struct bk_limit *limit, int day, int hour, int minute)
{
	return bk_limit_rate(limit, MONDAY + day * 24 * HOUR + hour * HOUR +
					    minute * 60);
}

static void a_rate_alone_holds_always(void **state)
{
	struct bk_limit limit = parse("  2M ");

	(void)state;
	for (int hour = 0; hour < 7 * 24; hour++)
		assert_int_equal(at(&limit, 0, hour, 59), 2 << 20);
	assert_int_equal(bk_limit_rate(&(struct bk_limit){0}, MONDAY), 0);
}

static void a_window_holds_from_its_first_minute_to_its_last(void **state)
{
	struct bk_limit limit = parse("07:00-19:00 2M");

	(void)state;
	for (int day = 0; day < 7; day++) {
		assert_int_equal(at(&limit, day, 6, 59), 0);
		assert_int_equal(at(&limit, day, 7, 0), 2 << 20);
		assert_int_equal(at(&limit, day, 18, 59), 2 << 20);
		assert_int_equal(at(&limit, day, 19, 0), 0);
	}
}

static void a_window_reaches_over_midnight_into_the_next_day(void **state)
{
	struct bk_limit limit = parse("sun 22:00-06:00 1M");

	(void)state;
	assert_int_equal(at(&limit, 6, 21, 59), 0);
	assert_int_equal(at(&limit, 6, 22, 0), 1 << 20);
	assert_int_equal(at(&limit, 7, 5, 59), 1 << 20);
	assert_int_equal(at(&limit, 7, 6, 0), 0);
	assert_int_equal(at(&limit, 7, 22, 0), 0);
	assert_int_equal(at(&limit, 6, 5, 0), 0);
}

static void several_windows_and_the_rest_of_the_week(void **state)
{
	struct bk_limit limit =
		parse("mon-fri 07:00-12:00 2M 12:00-19:00 4M "
		      "sat 08:00-24:00 1M 20M");

	(void)state;
	assert_int_equal(at(&limit, 0, 11, 59), 2 << 20);
	assert_int_equal(at(&limit, 4, 12, 0), 4 << 20);
	assert_int_equal(at(&limit, 4, 19, 0), 20 << 20);
	assert_int_equal(at(&limit, 5, 7, 59), 20 << 20);
	assert_int_equal(at(&limit, 5, 23, 59), 1 << 20);
	assert_int_equal(at(&limit, 6, 12, 0), 20 << 20);
}

static void a_window_goes_by_the_clock_on_the_wall(void **state)
{
	struct bk_limit limit = parse("07:00-19:00 2M");

	(void)state;
	assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
	assert_int_equal(at(&limit, 0, 4, 59), 0); /* 06:59 in summer */
	assert_int_equal(at(&limit, 0, 5, 0), 2 << 20);
	assert_int_equal(at(&limit, 60, 5, 59), 0); /* 06:59 in winter */
	assert_int_equal(at(&limit, 60, 6, 0), 2 << 20);
}

static void what_is_no_limit_is_refused(void **state)
{
	static const char *const bad[][2] = {
		{"",					"lacks a rate"        },
		{"   ",				     "lacks a rate"        },
		{"07:00-19:00",                             "lacks a rate"        },
		{"mon",				     "lacks a rate"        },
		{"2M mon-fri",                              "lacks a rate"        },
		{"mon 2M",				  "'2M'"                },
		{"mon tue 07:00-19:00 2M",                  "'tue'"               },
		{"07:00-19:00 fast",                        "'fast'"              },
		{"07:00-19:00 0",                           "less than 1K"        },
		{"1023",				    "less than 1K"        },
		{"2M 3M",				   "'3M'"                },
		{"07:00-07:00 2M",                          "'07:00-07:00'"       },
		{"24:00-07:00 2M",                          "'24:00-07:00'"       },
		{"07:00-24:01 2M",                          "'07:00-24:01'"       },
		{"7-19 2M",				 "'7-19'"              },
		{"07:00 - 19:00 2M",                        "'07:00'"             },
		{"07:00-19:00 -2M",                         "'-2M'"               },
		{"07:00-19:00 08:00-09:00 2M",              "'08:00-09:00'"       },
		{"07:00-19:00 2M 18:59-20:00 1M",           "two limits for 18:59"},
		{"22:00-06:00 2M mon 05:59-07:00 1M",       "two limits for 05:59"},
		{"00000000000000000000000000000000000002M", "not understood"      },
	};
	struct bk_limit limit;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct bk_err){0};
		if (bk_limit_parse(bad[i][0], &limit, &err) == 0)
			fail_msg("'%s' was taken", bad[i][0]);
		assert_int_equal(err.kind, BK_MISUSE);
		if (!strstr(err.text, bad[i][1]))
			fail_msg("'%s' of '%s' lacks %s", err.text, bad[i][0],
				 bad[i][1]);
	}
}

/* ---- the bucket ---- */

static struct clockwork clk;

/* Takes n bytes in all. */
static void take(struct bk_bucket *bucket, size_t n)
{
	size_t got = 0;

	for (; n; n -= got) {
		if (bk_bucket_take(bucket, n, &got, &err) < 0)
			fail_msg("%s", err.text);
		assert_in_range(got, 1, n);
	}
}

static void no_more_passes_than_the_rate_and_one_second(void **state)
{
	const struct bk_limit limit = {.otherwise = 10000};
	int64_t began;

	(void)state;
	clockwork_init(&clk, MONDAY);
	struct bk_bucket *bucket = bk_bucket_new(&limit, &clk.timer);
	began = clk.monotonic_ms;
	take(bucket, 10000);
	assert_int_equal(clk.monotonic_ms, began);
	for (int n = 1; n <= 50; n++) {
		take(bucket, 10000);
		assert_in_range(clk.monotonic_ms - began, n * 1000,
				n * 1000 + 10);
	}
	/* An hour of rest is worth a second, too. */
	clockwork_pass(&clk, HOUR * 1000);
	began = clk.monotonic_ms;
	take(bucket, 30000);
	assert_in_range(clk.monotonic_ms - began, 2000, 2010);
	bk_bucket_free(bucket);
}

static void waits_are_short(void **state)
{
	const struct bk_limit limit = {.otherwise = 1024};

	(void)state;
	clockwork_init(&clk, MONDAY);
	struct bk_bucket *bucket = bk_bucket_new(&limit, &clk.timer);
	take(bucket, 8000);
	for (unsigned i = 0; i < clk.waits && i < CLOCKWORK_WAITS; i++)
		assert_in_range(clk.waited[i], 1, 126);
	bk_bucket_free(bucket);
}

static void a_limit_begins_and_ends_with_its_window(void **state)
{
	struct bk_limit limit = parse("07:00-19:00 100K");
	size_t got = 0;

	(void)state;
	clockwork_init(&clk, MONDAY + 7 * HOUR - 1);
	struct bk_bucket *bucket = bk_bucket_new(&limit, &clk.timer);
	assert_int_equal(bk_bucket_take(bucket, SIZE_MAX, &got, &err), 0);
	assert_int_equal(got, SIZE_MAX);
	assert_int_equal(clk.waits, 0);
	clockwork_pass(&clk, 1000);
	int64_t began = clk.monotonic_ms;
	take(bucket, 1000 << 10);
	assert_in_range(clk.monotonic_ms - began, 9000, 9010);
	clockwork_pass(&clk, 12LL * HOUR * 1000);
	assert_int_equal(bk_bucket_take(bucket, SIZE_MAX, &got, &err), 0);
	assert_int_equal(got, SIZE_MAX);
	bk_bucket_free(bucket);
}

static void who_waits_can_be_stopped(void **state)
{
	const struct bk_limit limit = {.otherwise = 1024};
	size_t got = 0;
	int rc = 0;

	(void)state;
	clockwork_init(&clk, MONDAY);
	clk.cancel_at = 3;
	struct bk_bucket *bucket = bk_bucket_new(&limit, &clk.timer);
	for (int n = 0; n < 12 && rc == 0; n++)
		rc = bk_bucket_take(bucket, 4096, &got, &err);
	assert_int_equal(rc, -1);
	assert_int_equal(err.kind, BK_CANCELLED);
	assert_int_equal(clk.waits, 3);
	bk_bucket_free(bucket);
}

struct taker {
	pthread_t thread;
	struct bk_bucket *bucket;
};

static void *take_some(void *arg)
{
	struct taker *taker = arg;
	struct bk_err why = {0};
	size_t got = 0;

	for (size_t left = 1 << 20; left; left -= got)
		if (bk_bucket_take(taker->bucket, left, &got, &why) < 0)
			return taker;
	return NULL;
}

static void threads_share_one_limit(void **state)
{
	const struct bk_limit limit = {.otherwise = 1 << 20};
	struct taker takers[4];
	void *failed;

	(void)state;
	clockwork_init(&clk, MONDAY);
	struct bk_bucket *bucket = bk_bucket_new(&limit, &clk.timer);
	int64_t began = clk.monotonic_ms;
	for (int i = 0; i < 4; i++) {
		takers[i].bucket = bucket;
		assert_int_equal(pthread_create(&takers[i].thread, NULL,
						take_some, &takers[i]),
				 0);
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(takers[i].thread, &failed), 0);
		assert_null(failed);
	}
	/* 4 MiB, one of them at once. */
	assert_true(clk.monotonic_ms - began >= 3000);
	bk_bucket_free(bucket);
}

#define CASE(test) cmocka_unit_test_setup(test, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_rate_alone_holds_always),
		CASE(a_window_holds_from_its_first_minute_to_its_last),
		CASE(a_window_reaches_over_midnight_into_the_next_day),
		CASE(several_windows_and_the_rest_of_the_week),
		CASE(a_window_goes_by_the_clock_on_the_wall),
		CASE(what_is_no_limit_is_refused),
		CASE(no_more_passes_than_the_rate_and_one_second),
		CASE(waits_are_short),
		CASE(a_limit_begins_and_ends_with_its_window),
		CASE(who_waits_can_be_stopped),
		CASE(threads_share_one_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
