/* When a set of a job is due, by the sets that are there. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/parse.h"
#include "job/job_due.h"

static struct bk_job_settings job;
static struct bk_set_info items[8];
static struct bk_set_info_list sets;
static struct bk_repo repo;
static char mail[] = "mail", other[] = "other";

static int64_t at(const char *text)
{
	struct bk_err err = {0};
	int64_t t = 0;

	if (bk_parse_time(text, 0, &t, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

static int start(void **state)
{
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
	job = (struct bk_job_settings){0};
	sets = (struct bk_set_info_list){.items = items};
	memset(repo.host, 7, sizeof(repo.host));
	assert_int_equal(bk_schedule_parse("sat 22:00", &job.full, &err), 0);
	assert_int_equal(bk_schedule_parse("mon-sat 06:30 19:00",
					   &job.differential, &err),
			 0);
	return 0;
}

static struct bk_set_info *add(const char *when, enum bk_set_kind kind)
{
	struct bk_set_info *info = &items[sets.n++];

	*info = (struct bk_set_info){0};
	memcpy(info->root.host, repo.host, sizeof(info->root.host));
	info->root.store_name = mail;
	info->root.kind = kind;
	info->root.start_ms = (uint64_t)at(when) * 1000;
	return info;
}

/* "": none, "d", "f". */
static void due(const char *now, const char *want)
{
	struct bk_due_times times;
	int64_t t = at(now);

	bk_due_look(&times, &sets, &repo, "mail", t);
	const char *is = bk_due_full(&job, &times, t)  ? "f"
			 : bk_due_any(&job, &times, t) ? "d"
						       : "";
	if (strcmp(is, want) != 0)
		fail_msg("at %s: '%s', not '%s'", now, is, want);
}

/* 2026-11-21 is a Saturday. */
static void a_time_is_due_until_a_set_was_begun_after_it(void **state)
{
	(void)state;
	due("2026-11-20T12:00", "f");
	add("2026-11-20T12:00", BK_SET_FULL);
	due("2026-11-20T12:00", "");
	due("2026-11-20T18:59:59", "");
	due("2026-11-20T19:00", "d");
	due("2026-11-21T21:59", "d");
	due("2026-11-21T22:00", "f");
	due("2027-02-01T00:00", "f");
	add("2026-11-20T19:00", BK_SET_DIFFERENTIAL);
	due("2026-11-20T19:00", "");
	due("2026-11-21T06:29", "");
	due("2026-11-21T06:30", "d");
}

static void a_full_set_is_good_for_differentials_and_not_the_reverse(
	void **state)
{
	(void)state;
	add("2026-11-14T22:00", BK_SET_FULL);
	add("2026-11-23T07:00", BK_SET_DIFFERENTIAL);
	due("2026-11-23T08:00", "f");
	add("2026-11-23T08:00", BK_SET_FULL);
	due("2026-11-23T18:00", "");
}

static void sets_of_others_and_of_some_accounts_do_not_count(void **state)
{
	(void)state;
	add("2026-11-14T22:00", BK_SET_FULL);
	add("2026-11-20T07:00", BK_SET_DIFFERENTIAL);
	due("2026-11-20T08:00", "");
	add("2026-11-20T19:01", BK_SET_INCREMENTAL);
	add("2026-11-20T19:01", BK_SET_FULL)->root.store_name = other;
	add("2026-11-20T19:01", BK_SET_FULL)->root.host[0] = 1;
	add("2026-11-20T19:01", BK_SET_FULL)->broken = other;
	due("2026-11-20T19:05", "d");
}

static void a_clock_that_was_ahead_hides_nothing_that_is_due(void **state)
{
	struct bk_due_times times;

	(void)state;
	add("2026-11-20T07:00", BK_SET_FULL);
	add("2026-11-20T07:00", BK_SET_FULL);
	add("2027-11-20T07:00", BK_SET_FULL);
	due("2026-11-20T08:00", "");
	due("2026-11-20T19:00", "d");
	due("2026-11-21T22:00", "f");
	bk_due_look(&times, &sets, &repo, "mail", at("2026-11-20T08:00"));
	assert_int_equal(times.ahead, at("2027-11-20T07:00"));
	bk_due_look(&times, &sets, &repo, "mail", at("2027-11-20T06:55"));
	assert_int_equal(times.ahead, INT64_MIN);
	due("2027-11-20T06:55", "");
}

static void without_a_schedule_it_is_always_due(void **state)
{
	(void)state;
	job.full.n = job.differential.n = 0;
	add("2026-11-20T07:00", BK_SET_FULL);
	due("2026-11-20T07:00", "d");
	assert_int_equal(bk_due_next(&job, at("2026-11-20T07:00")), INT64_MAX);
}

static void the_next_time_is_that_of_either(void **state)
{
	(void)state;
	assert_int_equal(bk_due_next(&job, at("2026-11-20T19:00")),
			 at("2026-11-21T06:30"));
	assert_int_equal(bk_due_next(&job, at("2026-11-21T19:00")),
			 at("2026-11-21T22:00"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			a_time_is_due_until_a_set_was_begun_after_it, start),
		cmocka_unit_test_setup(
			a_full_set_is_good_for_differentials_and_not_the_reverse,
			start),
		cmocka_unit_test_setup(
			sets_of_others_and_of_some_accounts_do_not_count,
			start),
		cmocka_unit_test_setup(
			a_clock_that_was_ahead_hides_nothing_that_is_due,
			start),
		cmocka_unit_test_setup(without_a_schedule_it_is_always_due,
				       start),
		cmocka_unit_test_setup(the_next_time_is_that_of_either, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
