/* report/summary and report/problems: nobody can read an incomplete run as a
 * complete one. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/problems.h"
#include "report/summary.h"

static char *printed(const struct bk_summary *summary, bool color)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	bk_summary_print(summary, color, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void says(const struct bk_summary *summary, const char *want)
{
	char *text = printed(summary, false);

	assert_string_equal(text, want);
	free(text);
}

static struct bk_summary a_backup(void)
{
	return (struct bk_summary){
		.set = "20261119T1230-d",
		.base = "20261114T2200-f",
		.kind = "differential",
		.accounts = 1480,
		.messages = {.total = 48213,
			     .added = 18402,
			     .kept = 29811,
			     .flags = 12,
			     .gone = 3},
		.bytes = {.source = UINT64_C(2040109466),
			     .stored = UINT64_C(755593000)     },
		.seconds = 372
        };
}

static void a_backup_says_what_it_took_in_time_and_space(void **state)
{
	struct bk_summary summary = a_backup();

	(void)state;
	says(&summary,
	     "set 20261119T1230-d (differential on 20261114T2200-f): "
	     "complete\n"
	     "1,480 accounts | 48,213 messages: 18,402 new, 29,811 kept, "
	     "12 flags, 3 gone\n"
	     "1.9 GiB -> 721 MiB (2.7 : 1) in 6m12s, 5.2 MiB/s\n");
}

static void a_dry_run_says_that_nothing_was_written(void **state)
{
	struct bk_summary summary = a_backup();

	(void)state;
	summary.result = BK_RESULT_PLANNED;
	summary.set = NULL;
	summary.bytes.stored = 0;
	says(&summary,
	     "dry run (differential on 20261114T2200-f): nothing written, "
	     "this is what a run would do\n"
	     "1,480 accounts | 48,213 messages: 18,402 new, 29,811 kept, "
	     "12 flags, 3 gone\n"
	     "1.9 GiB to read\n");
}

static void a_dry_restore_says_what_it_would_take_away(void **state)
{
	struct bk_summary summary = {
		.act = BK_ACT_RESTORE,
		.result = BK_RESULT_PLANNED,
		.set = "20261119T1230-d",
		.accounts = 1,
		.messages = {.added = 318, .gone = 2, .flags = 318},
		.bytes.source = 2048,
	};

	(void)state;
	says(&summary,
	     "restore of set 20261119T1230-d: nothing written, this is what "
	     "a run would do\n"
	     "1 account | 318 restored, 0 already there, 0 failed, 2 taken "
	     "away; flags 318, dates 0\n"
	     "2.0 KiB to write\n");
}

static void an_unchanged_run_divides_by_nothing(void **state)
{
	struct bk_summary summary = {.set = "20261119T1230-f", .kind = "full"};

	(void)state;
	says(&summary,
	     "set 20261119T1230-f (full): complete\n"
	     "0 messages: 0 new, 0 kept, 0 flags, 0 gone\n"
	     "0 B -> 0 B in 0.0s\n");
}

static void an_incomplete_run_says_so_and_what_to_do(void **state)
{
	struct bk_summary summary = a_backup();

	(void)state;
	summary.result = BK_RESULT_INCOMPLETE;
	summary.errors = 1;
	summary.next = "bk backup nightly --account 'u\nbraun'";
	char *text = printed(&summary, false);
	assert_non_null(strstr(text, ": INCOMPLETE, 1 error\n"));
	assert_non_null(strstr(
		text, "\nNEXT  bk backup nightly --account 'u\\nbraun'\n"));
	free(text);
}

static void a_failed_run_counts_nothing_as_done(void **state)
{
	struct bk_summary summary = a_backup();

	(void)state;
	summary.result = BK_RESULT_FAILED;
	summary.set = NULL;
	says(&summary, "no set (differential on 20261114T2200-f): FAILED\n");
}

static void a_restore_counts_what_came_back(void **state)
{
	struct bk_summary summary = {
		.act = BK_ACT_RESTORE,
		.set = "20261119T1230-d",
		.messages = {.added = 318,  .flags = 318, .dates = 318},
		.bytes = {.source = 4096},
		.seconds = 2
        };

	(void)state;
	says(&summary,
	     "restore of set 20261119T1230-d: complete\n"
	     "318 restored, 0 already there, 0 failed; flags 318, "
	     "dates 318\n"
	     "4.0 KiB in 2.0s, 2.0 KiB/s\n");
	summary.messages.gone = 2;
	summary.errors = 4;
	summary.result = BK_RESULT_INCOMPLETE;
	says(&summary,
	     "restore of set 20261119T1230-d: INCOMPLETE, 4 errors\n"
	     "318 restored, 0 already there, 4 failed, 2 taken away; "
	     "flags 318, dates 318\n"
	     "4.0 KiB in 2.0s, 2.0 KiB/s\n");
}

static void a_check_says_whole_or_damaged(void **state)
{
	struct bk_summary summary = {.act = BK_ACT_CHECK,
				     .messages = {.total = 1000},
				     .accounts = 1,
				     .bytes = {.source = 1024},
				     .seconds = 12};

	(void)state;
	says(&summary,
	     "check of all sets: whole\n"
	     "1 account | 1,000 messages looked at\n"
	     "1.0 KiB in 12s, 85 B/s\n");
	summary.result = BK_RESULT_INCOMPLETE;
	summary.errors = 2;
	char *text = printed(&summary, true);
	assert_non_null(strstr(
		text,
		"check of all sets: \x1b[33mINCOMPLETE\x1b[0m, 2 errors\n"));
	free(text);
}

static char *listed(const struct bk_problems *problems)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	bk_problems_print(problems, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void problems_are_listed_with_what_became_of_each(void **state)
{
	struct bk_problems problems = {0};
	char account[] = "u.braun";
	char *text;

	(void)state;
	bk_problems_add(&problems, &(struct bk_item_error){
					   .account = account,
					   .folder = "INBOX",
					   .uid = 8812,
					   .text = "read error (EIO)",
					   .outcome = "previous copy kept"});
	memset(account, 'x', sizeof(account) - 1); /* it was copied */
	bk_problems_add(&problems,
			&(struct bk_item_error){.account = "ann@example.org",
						.folder = "Entw\u00fcrfe",
						.name = "17.M1\nP2",
						.text = "gone",
						.outcome = "left out"});
	bk_problems_add(&problems, &(struct bk_item_error){.account = "bob",
							   .text = "denied"});
	text = listed(&problems);
	assert_string_equal(text,
			    "NEEDS YOU\n"
			    "  u.braun          INBOX uid 8812      "
			    "read error (EIO)  previous copy kept\n"
			    "  ann@example.org  Entw\u00fcrfe 17.M1\\nP2  "
			    "gone              left out\n"
			    "  bob                                  denied\n");
	free(text);
	bk_problems_clear(&problems);
}

static void without_problems_there_is_no_list(void **state)
{
	struct bk_problems problems = {0};
	char *text = listed(&problems);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	bk_problems_clear(&problems);
}

static void a_flood_of_problems_is_counted_to_the_end(void **state)
{
	struct bk_problems problems = {0};
	unsigned lines = 0;
	char *text;

	(void)state;
	for (int i = 0; i < BK_PROBLEMS_KEPT + 1234; i++)
		bk_problems_add(&problems,
				&(struct bk_item_error){.text = "no"});
	text = listed(&problems);
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 1 + BK_PROBLEMS_KEPT + 1);
	assert_non_null(
		strstr(text, "\n  and 1,234 more; all of them with --json\n"));
	free(text);
	bk_problems_clear(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_backup_says_what_it_took_in_time_and_space),
		cmocka_unit_test(a_dry_run_says_that_nothing_was_written),
		cmocka_unit_test(a_dry_restore_says_what_it_would_take_away),
		cmocka_unit_test(an_unchanged_run_divides_by_nothing),
		cmocka_unit_test(an_incomplete_run_says_so_and_what_to_do),
		cmocka_unit_test(a_failed_run_counts_nothing_as_done),
		cmocka_unit_test(a_restore_counts_what_came_back),
		cmocka_unit_test(a_check_says_whole_or_damaged),
		cmocka_unit_test(problems_are_listed_with_what_became_of_each),
		cmocka_unit_test(without_problems_there_is_no_list),
		cmocka_unit_test(a_flood_of_problems_is_counted_to_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
