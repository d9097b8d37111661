/* A week of a job's runs, in words, and when it is told. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "job/job_digest.h"

#define HOUR ((int64_t)3600)
#define DAY  (24 * HOUR)
/* Wed 2027-01-06 10:00 UTC */
#define BEGIN ((int64_t)1799229600)

static struct bk_schedule weekly;

static int start(void **state)
{
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	return bk_schedule_parse("mon 07:00", &weekly, &err);
}

static void the_first_run_begins_the_first_week(void **unused)
{
	struct bk_job_state state = {0};

	(void)unused;
	assert_false(bk_job_digest_due(&weekly, &state, BEGIN));
	assert_int_equal(state.digested, BEGIN);
	assert_false(bk_job_digest_due(&weekly, &state, BEGIN + 4 * DAY));
	assert_true(bk_job_digest_due(&weekly, &state, BEGIN + 5 * DAY));
	bk_job_state_digested(&state, BEGIN + 5 * DAY);
	assert_false(bk_job_digest_due(&weekly, &state, BEGIN + 6 * DAY));
	assert_true(bk_job_digest_due(&weekly, &state, BEGIN + 12 * DAY));
}

static void a_clock_that_was_put_back_keeps_nothing_silent(void **unused)
{
	struct bk_job_state state = {.digested = BEGIN + 900 * DAY};

	(void)unused;
	assert_false(bk_job_digest_due(&weekly, &state, BEGIN));
	assert_true(bk_job_digest_due(&weekly, &state, BEGIN + 7 * DAY));
}

static void ran(struct bk_job_state *state, int64_t ended, int status)
{
	const struct bk_job_past run = {
		.ended = ended,
		.status = status,
		.has_set = status == 0 || status == 3,
		.added = 10,
		.stored = 1000,
	};

	bk_job_state_ran(state, &run);
}

static void what_was_wrong_comes_first(void **unused)
{
	struct bk_job_state state = {.digested = BEGIN};
	const struct bk_job_digest digest = {"nightly", "mx1", &state,
					     BEGIN + 7 * DAY};

	(void)unused;
	ran(&state, BEGIN + HOUR, 0);
	ran(&state, BEGIN + DAY, 14);
	ran(&state, BEGIN + 2 * DAY, 3);
	char *subject = bk_job_digest_subject(&digest);
	assert_string_equal(subject,
			    "DIGEST mx1 nightly: 3 runs, 1 failed, "
			    "1 incomplete");
	free(subject);
	char *text = bk_job_digest_text(&digest);
	assert_string_equal(
		text,
		"NEEDS YOU\n"
		"  2027-01-07 10:00  failed, status 14\n"
		"  2027-01-08 10:00  incomplete, status 3\n"
		"The last run was complete.\n"
		"\n"
		"SUMMARY\n"
		"job nightly on mx1, 2027-01-06 10:00 to 2027-01-13 10:00: "
		"3 runs, 1 failed, 1 incomplete\n"
		"sets 2 | 30 new messages | 2.9 KiB stored\n");
	free(text);
	state.since = BEGIN + 2 * DAY;
	text = bk_job_digest_text(&digest);
	assert_non_null(strstr(text, "This is so since 2027-01-08 10:00.\n"));
	assert_non_null(strstr(text, "NEXT  bk doctor\n"));
	free(text);
	char *json = bk_job_digest_json(&digest);
	assert_non_null(strstr(json,
			       "\"runs\":3,\"complete\":1,"
			       "\"incomplete\":1,\"failed\":1,"
			       "\"sets\":2"));
	free(json);
	bk_job_state_clear(&state);
}

static void a_good_week_is_one_line(void **unused)
{
	struct bk_job_state state = {.digested = BEGIN};
	const struct bk_job_digest digest = {"nightly", "mx1", &state,
					     BEGIN + 7 * DAY};

	(void)unused;
	ran(&state, BEGIN + HOUR, 0);
	char *subject = bk_job_digest_subject(&digest);
	assert_string_equal(subject, "DIGEST mx1 nightly: 1 run, all complete");
	free(subject);
	char *text = bk_job_digest_text(&digest);
	assert_memory_equal(text, "SUMMARY\n", 8);
	free(text);
	bk_job_state_clear(&state);
}

static void very_many_runs_are_bounded(void **unused)
{
	struct bk_job_state state = {.digested = BEGIN};
	const struct bk_job_digest digest = {"nightly", "mx1", &state,
					     BEGIN + 7 * DAY};

	(void)unused;
	for (int i = 0; i < 1000; i++)
		ran(&state, BEGIN + i, 14);
	assert_int_equal(state.n_past, 400);
	assert_int_equal(state.past[399].ended, BEGIN + 999);
	char *text = bk_job_digest_text(&digest);
	assert_non_null(strstr(text, "  and 380 more\n"));
	free(text);
	bk_job_state_clear(&state);
}

static void a_state_is_read_as_it_was_written(void **unused)
{
	struct bk_job_state state, again;
	struct bk_err err = {0};
	char dir[] = "/tmp/test_job_digest.XXXXXX";

	(void)unused;
	assert_non_null(mkdtemp(dir));
	bk_job_state_load(&state, dir, "nightly");
	state.digested = BEGIN;
	ran(&state, BEGIN + 1, 0);
	ran(&state, BEGIN + 2, 14);
	assert_int_equal(bk_job_state_save(&state, &err), 0);
	bk_job_state_load(&again, dir, "nightly");
	assert_int_equal(again.digested, BEGIN);
	assert_int_equal(again.n_past, 2);
	assert_memory_equal(&again.past[1], &state.past[1],
			    sizeof(*again.past));
	assert_int_equal(unlink(again.path), 0);
	bk_job_state_clear(&again);
	bk_job_state_clear(&state);
	char *jobs = bk_asprintf("%s/jobs", dir);
	assert_int_equal(rmdir(jobs), 0);
	assert_int_equal(rmdir(dir), 0);
	free(jobs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_first_run_begins_the_first_week,
				       start),
		cmocka_unit_test_setup(
			a_clock_that_was_put_back_keeps_nothing_silent, start),
		cmocka_unit_test_setup(what_was_wrong_comes_first, start),
		cmocka_unit_test_setup(a_good_week_is_one_line, start),
		cmocka_unit_test_setup(very_many_runs_are_bounded, start),
		cmocka_unit_test_setup(a_state_is_read_as_it_was_written,
				       start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
