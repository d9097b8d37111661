/* Programs that are run for what they print, and do not end by themselves. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "base/run.h"

static struct bk_err err;
static uint8_t out[64];
static size_t len;
static int status;

static int run(const char *script, bool chatty)
{
	char shell[] = "sh", flag[] = "-c", text[256];
	char *const argv[] = {shell, flag, text, NULL};
	const struct bk_program program = {
		.argv = argv,
		.timeout_ms = 300,
		.out = out,
		.room = sizeof(out),
		.apart = true,
		.chatty = chatty,
	};

	(void)snprintf(text, sizeof(text), "%s", script);
	err = (struct bk_err){0};
	return bk_run(&program, &len, &status, &err);
}

static void who_prints_without_a_pause_is_out_of_time_too(void **state)
{
	(void)state;
	assert_int_equal(run("yes", true), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_non_null(strstr(err.text, "no answer in time"));
}

static void who_is_silent_is_out_of_time(void **state)
{
	(void)state;
	assert_int_equal(run("sleep 1000", true), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_int_equal(run("exec >/dev/null; sleep 1000", true), -1);
	assert_int_equal(err.kind, BK_LOST);
}

static void who_prints_too_much_is_told_so_where_it_matters(void **state)
{
	(void)state;
	assert_int_equal(run("yes", false), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_prints_without_a_pause_is_out_of_time_too),
		cmocka_unit_test(who_is_silent_is_out_of_time),
		cmocka_unit_test(
			who_prints_too_much_is_told_so_where_it_matters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
