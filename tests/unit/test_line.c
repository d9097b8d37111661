/* report/line and report/pace: the display never says more than is known and
 * never takes more room than there is. */

#include "lib/test.h"

#include <string.h>

#include "report/line.h"
#include "report/pace.h"
#include "report/width.h"

#define FULL                                                                   \
	"12/212 accounts  18,402/48,213 messages  1.9 GiB/96.0 GiB  "          \
	"84.2 MiB/s  6m12s left  3 errors  ann@example.org"

static struct bk_line busy_line(void)
{
	return (struct bk_line){
		.done = {12,  18402, UINT64_C(2040109466)  },
		.totals = {212, 48213, UINT64_C(103079215104)},
		.errors = 3,
		.rate = 88290099.0,
		.left_s = 372,
		.account = "ann@example.org"
        };
}

static void a_busy_line_says_all_of_it(void **state)
{
	struct bk_line line = busy_line();
	struct bk_buf out = {0};

	(void)state;
	bk_line_format(&out, &line, strlen(FULL));
	assert_string_equal(bk_buf_text(&out), FULL);
	bk_buf_clear(&out);
}

static void what_is_not_known_is_not_said(void **state)
{
	struct bk_line line = {.left_s = -1};
	struct bk_buf out = {0};

	(void)state;
	bk_line_format(&out, &line, 80);
	assert_string_equal(bk_buf_text(&out), "0 B");
	out.len = 0;
	line.done = (struct bk_totals){1, 5, 100};
	line.errors = 1;
	bk_line_format(&out, &line, 80);
	assert_string_equal(bk_buf_text(&out),
			    "1 accounts  5 messages  100 B  1 error");
	/* More was found than the totals said: they are no totals any more. */
	out.len = 0;
	line.totals = (struct bk_totals){1, 4, 99};
	bk_line_format(&out, &line, 80);
	assert_string_equal(bk_buf_text(&out),
			    "1/1 accounts  5 messages  100 B  1 error");
	bk_buf_clear(&out);
}

static void no_width_is_too_small_and_errors_stay_longest(void **state)
{
	struct bk_line line = busy_line();
	struct bk_buf out = {0};

	(void)state;
	for (size_t width = 0; width <= strlen(FULL); width++) {
		out.len = 0;
		bk_line_format(&out, &line, width);
		const char *text = bk_buf_text(&out);
		assert_true(bk_width(text, out.len) <= width);
		if (width >= strlen("3 errors"))
			assert_non_null(strstr(text, "3 errors"));
	}
	out.len = 0;
	bk_line_format(&out, &line, 60);
	assert_string_equal(
		bk_buf_text(&out),
		"18,402/48,213 messages  1.9 GiB/96.0 GiB  3 errors");
	bk_buf_clear(&out);
}

static void an_account_cannot_steer_the_terminal(void **state)
{
	struct bk_line line = {.left_s = -1, .account = "a\rb\x1b[2J"};
	struct bk_buf out = {0};

	(void)state;
	bk_line_format(&out, &line, 80);
	assert_string_equal(bk_buf_text(&out), "0 B  a\\rb\\x1b[2J");
	bk_buf_clear(&out);
}

static void a_long_account_is_cut_between_characters(void **state)
{
	char name[3 * 200 + 1] = "";
	struct bk_line line = {.left_s = -1, .account = name};
	struct bk_buf out = {0};

	(void)state;
	for (int i = 0; i < 200; i++)
		memcpy(name + (size_t)3 * i, "\u4e2d", 4);
	bk_line_format(&out, &line, 80);
	assert_int_equal(bk_width(bk_buf_text(&out), out.len), 5 + 40);
	bk_buf_clear(&out);
}

static void colour_takes_no_room(void **state)
{
	struct bk_line line = {.left_s = -1, .errors = 2, .color = true};
	struct bk_buf out = {0};

	(void)state;
	bk_line_format(&out, &line, strlen("0 B  2 errors"));
	assert_string_equal(bk_buf_text(&out), "0 B  \x1b[31m2 errors\x1b[0m");
	bk_buf_clear(&out);
}

static void an_even_pace_is_told_evenly(void **state)
{
	struct bk_totals totals = {0, 0, 100000}, done = {0};
	struct bk_pace pace = {0};

	(void)state;
	for (int i = 0; i <= 300; i++) {
		done.bytes = (uint64_t)i * 100;
		bk_pace_update(&pace, 5000 + i * 100, done.bytes);
	}
	assert_true(pace.rate > 999 && pace.rate < 1001);
	assert_true(bk_pace_seconds(&pace) == 30);
	double left = bk_pace_left(&pace, &done, &totals);
	assert_true(left > 69.9 && left < 70.1);
}

static void a_pace_follows_a_change_within_half_a_minute(void **state)
{
	struct bk_pace pace = {0};
	uint64_t bytes = 0;

	(void)state;
	for (int i = 0; i <= 600; i++)
		bk_pace_update(&pace, 1 + i * 100, bytes += 1000);
	assert_true(pace.rate > 9900 && pace.rate < 10100);
	for (int i = 601; i <= 900; i++)
		bk_pace_update(&pace, 1 + i * 100, bytes += 10);
	assert_true(pace.rate < 1000);
}

static void a_forecast_needs_something_to_go_by(void **state)
{
	struct bk_totals totals = {0, 100, 1000}, done = {0};
	struct bk_pace pace = {0};

	(void)state;
	bk_pace_update(&pace, 1000, 0);
	bk_pace_update(&pace, 2000, 500);
	done.bytes = 500;
	assert_true(bk_pace_left(&pace, &done, &totals) < 0); /* too early */
	bk_pace_update(&pace, 2000, 500); /* no time has passed */
	bk_pace_update(&pace, 4000, 1000);
	done.bytes = 1000;
	assert_true(bk_pace_left(&pace, &done, &totals) < 0); /* all done */
	totals.bytes = 0;
	assert_true(bk_pace_left(&pace, &done, &totals) < 0); /* none yet */
	done.messages = 75;
	assert_true(bk_pace_left(&pace, &done, &totals) == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_busy_line_says_all_of_it),
		cmocka_unit_test(what_is_not_known_is_not_said),
		cmocka_unit_test(no_width_is_too_small_and_errors_stay_longest),
		cmocka_unit_test(an_account_cannot_steer_the_terminal),
		cmocka_unit_test(a_long_account_is_cut_between_characters),
		cmocka_unit_test(colour_takes_no_room),
		cmocka_unit_test(an_even_pace_is_told_evenly),
		cmocka_unit_test(a_pace_follows_a_change_within_half_a_minute),
		cmocka_unit_test(a_forecast_needs_something_to_go_by),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
