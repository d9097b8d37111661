/* A dead man's switch says "in time" of nothing but a set that is whole, lacks
 * nothing, and was begun when it was due. */

#include "lib/test.h"

#include <stdlib.h>

#include "job/stat_overdue.h"

#define HOUR ((int64_t)3600)
#define NOW  ((int64_t)1763600000)

static struct bk_set_info infos[2];
static const struct bk_set_info *sets[2] = {&infos[0], &infos[1]};
static struct bk_stat_series series = {.sets = sets, .n = 2};
static bool whole[2];

/* A full set of a week ago, and a differential of two hours ago. */
static int start(void **state)
{
	const uint8_t random[BK_ID_RANDOM_LEN] = {0};

	(void)state;
	for (int i = 0; i < 2; i++) {
		int64_t began = (NOW - (i ? 2 : 7 * 24) * HOUR) * 1000;
		infos[i] = (struct bk_set_info){
			.root.kind = i ? BK_SET_DIFFERENTIAL : BK_SET_FULL,
			.root.start_ms = began,
			.root.end_ms = began + 60000,
		};
		bk_setid_make(infos[i].id, began, random);
		whole[i] = true;
	}
	return 0;
}

static enum bk_due_state by_age(int64_t hours)
{
	struct bk_due due;

	bk_due_by_age(&due, hours * HOUR, NOW);
	return bk_due_judge(&due, &series, whole, NOW);
}

static void a_set_that_is_due_is_in_time_until_it_is_too_old(void **state)
{
	(void)state;
	assert_int_equal(by_age(3), BK_DUE_IN_TIME);
	assert_int_equal(by_age(1), BK_DUE_OVERDUE);
}

static void no_set_at_all_is_never_fine(void **state)
{
	struct bk_due due = {INT64_MIN, INT64_MIN};

	(void)state;
	assert_int_equal(bk_due_judge(&due, NULL, NULL, NOW), BK_DUE_NEVER);
	series.n = 0;
	assert_int_equal(bk_due_judge(&due, &series, whole, NOW), BK_DUE_NEVER);
	series.n = 2;
}

static void a_set_of_the_future_is_never_fine(void **state)
{
	(void)state;
	infos[0].root.start_ms = infos[0].root.end_ms = (NOW + HOUR) * 1000;
	assert_int_equal(by_age(3), BK_DUE_FUTURE);
	start(NULL);
	infos[1].id[0]++;
	assert_int_equal(by_age(3), BK_DUE_FUTURE);
	start(NULL);
	infos[1].root.end_ms = (NOW + BK_DUE_SKEW_S - 1) * 1000;
	assert_int_equal(by_age(3), BK_DUE_IN_TIME);
}

static void a_set_that_lacks_mail_or_files_is_not_in_time(void **state)
{
	(void)state;
	infos[1].root.incomplete = true;
	assert_int_equal(by_age(3), BK_DUE_INCOMPLETE);
	assert_int_equal(by_age(8 * 24), BK_DUE_IN_TIME);
	whole[1] = false;
	assert_int_equal(by_age(3), BK_DUE_DAMAGED);
	start(NULL);
}

static void a_full_set_that_is_due_is_asked_for(void **state)
{
	struct bk_due due = {NOW - 3 * HOUR, NOW - 24 * HOUR};

	(void)state;
	assert_int_equal(bk_due_judge(&due, &series, whole, NOW),
			 BK_DUE_OVERDUE);
	assert_true(bk_due_asks(&due, &infos[1]));
	assert_false(bk_due_asks(&due, &infos[0]));
	due.full_since = NOW - 8 * 24 * HOUR;
	assert_int_equal(bk_due_judge(&due, &series, whole, NOW),
			 BK_DUE_IN_TIME);
	assert_true(bk_due_asks(&due, &infos[0]));
}

static void a_moment_is_due_when_its_grace_is_over(void **state)
{
	struct bk_schedule full = {0}, differential = {0};
	struct bk_err err = {0};
	struct bk_due due;
	int64_t ten = NOW - NOW % (24 * HOUR) + 10 * HOUR;

	(void)state;
	assert_int_equal(bk_schedule_parse("06:00", &differential, &err), 0);
	bk_due_by_schedule(&due, &full, &differential, HOUR, ten);
	assert_int_equal(due.since, ten - 4 * HOUR);
	assert_true(due.full_since == INT64_MIN);
	bk_due_by_schedule(&due, &full, &differential, 5 * HOUR, ten);
	assert_int_equal(due.since, ten - 28 * HOUR);
	assert_int_equal(bk_schedule_parse("07:00", &full, &err), 0);
	bk_due_by_schedule(&due, &full, &differential, HOUR, ten);
	assert_int_equal(due.since, ten - 3 * HOUR);
	assert_int_equal(due.full_since, ten - 3 * HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_set_that_is_due_is_in_time_until_it_is_too_old),
		cmocka_unit_test(no_set_at_all_is_never_fine),
		cmocka_unit_test(a_set_of_the_future_is_never_fine),
		cmocka_unit_test(a_set_that_lacks_mail_or_files_is_not_in_time),
		cmocka_unit_test(a_full_set_that_is_due_is_asked_for),
		cmocka_unit_test(a_moment_is_due_when_its_grace_is_over),
	};

	(void)setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, start, NULL);
}
