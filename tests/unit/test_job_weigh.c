/* What of a job's runs is news, and what was said before. */

#include "lib/test.h"

#include <string.h>

#include "base/buf.h"
#include "job/job_tell.h"
#include "job/notify.h"

#define DAY_MS  ((int64_t)24 * 3600 * 1000)
#define HOUR    3600
#define USUALLY (BK_NOTIFY_FAILURE | BK_NOTIFY_INCOMPLETE | BK_NOTIFY_RECOVERY)

static struct bk_job_state state;
static unsigned on;
static int64_t now;

static int start(void **unused)
{
	(void)unused;
	bk_job_state_clear(&state);
	on = USUALLY;
	now = 1800000000;
	return 0;
}

/* A run an hour later; what is said arrives. */
static enum bk_job_saying run(enum bk_exit status, const char *trouble)
{
	now += HOUR;
	enum bk_job_saying saying =
		bk_job_weigh(&state, on, DAY_MS, status, trouble, now);

	if (status == BK_EXIT_DONE)
		bk_job_state_calm(&state);
	else if (saying != BK_JOB_SILENT)
		bk_job_state_told(&state, trouble, now);
	return saying;
}

static void the_same_trouble_is_told_once_a_day(void **unused)
{
	(void)unused;
	assert_int_equal(run(BK_EXIT_DONE, "0"), BK_JOB_SILENT);
	for (int i = 0; i < 72; i++)
		assert_int_equal(run(BK_EXIT_TARGET, "14"),
				 i % 24 ? BK_JOB_SILENT : BK_JOB_SAY_TROUBLE);
	assert_int_equal(state.bad, 72);
	assert_int_equal(state.since, 1800000000 + 2 * HOUR);
	assert_int_equal(run(BK_EXIT_DONE, "0"), BK_JOB_SAY_RECOVERY);
	assert_int_equal(run(BK_EXIT_DONE, "0"), BK_JOB_SILENT);
	assert_int_equal(run(BK_EXIT_TARGET, "14"), BK_JOB_SAY_TROUBLE);
}

static void another_trouble_is_told_at_once_and_two_in_turn_are_no_flood(
	void **unused)
{
	(void)unused;
	assert_int_equal(run(BK_EXIT_INCOMPLETE, "3 a"), BK_JOB_SAY_TROUBLE);
	assert_int_equal(run(BK_EXIT_INCOMPLETE, "3 b"), BK_JOB_SAY_TROUBLE);
	for (int i = 0; i < 20; i++)
		assert_int_equal(run(BK_EXIT_INCOMPLETE, i % 2 ? "3 b" : "3 a"),
				 BK_JOB_SILENT);
}

static void what_did_not_arrive_is_said_again(void **unused)
{
	(void)unused;
	for (int i = 0; i < 3; i++)
		assert_int_equal(bk_job_weigh(&state, on, DAY_MS,
					      BK_EXIT_FAILED, "1", ++now),
				 BK_JOB_SAY_TROUBLE);
	assert_int_equal(run(BK_EXIT_DONE, "0"), BK_JOB_SILENT);
}

static void a_clock_that_was_put_back_keeps_nothing_silent(void **unused)
{
	(void)unused;
	assert_int_equal(run(BK_EXIT_FAILED, "1"), BK_JOB_SAY_TROUBLE);
	now -= 1000 * HOUR;
	assert_int_equal(run(BK_EXIT_FAILED, "1"), BK_JOB_SAY_TROUBLE);
	assert_int_equal(run(BK_EXIT_FAILED, "1"), BK_JOB_SILENT);
}

static void who_wants_less_is_told_less(void **unused)
{
	(void)unused;
	on = BK_NOTIFY_FAILURE;
	assert_int_equal(run(BK_EXIT_INCOMPLETE, "3 a"), BK_JOB_SILENT);
	assert_int_equal(run(BK_EXIT_FAILED, "1"), BK_JOB_SAY_TROUBLE);
	assert_int_equal(run(BK_EXIT_DONE, "0"), BK_JOB_SILENT);
	on = BK_NOTIFY_RECOVERY;
	assert_int_equal(run(BK_EXIT_FAILED, "1"), BK_JOB_SILENT);
	assert_int_equal(run(BK_EXIT_DONE, "0"), BK_JOB_SAY_RECOVERY);
	on = BK_NOTIFY_ALWAYS;
	assert_int_equal(run(BK_EXIT_DONE, "0"), BK_JOB_SAY_ALWAYS);
	assert_int_equal(run(BK_EXIT_FAILED, "1"), BK_JOB_SAY_TROUBLE);
	assert_int_equal(run(BK_EXIT_FAILED, "1"), BK_JOB_SAY_TROUBLE);
	assert_int_equal(run(BK_EXIT_DONE, "0"), BK_JOB_SAY_RECOVERY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_same_trouble_is_told_once_a_day,
				       start),
		cmocka_unit_test_setup(
			another_trouble_is_told_at_once_and_two_in_turn_are_no_flood,
			start),
		cmocka_unit_test_setup(what_did_not_arrive_is_said_again,
				       start),
		cmocka_unit_test_setup(
			a_clock_that_was_put_back_keeps_nothing_silent, start),
		cmocka_unit_test_setup(who_wants_less_is_told_less, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
