/* Accounts and folders that a manifest must not have so. */

#include "lib/refusing.h"

static void names_that_do_not_fit(void **state)
{
	(void)state;
	begin_delta();
	add_id(BK_RECORD_FOLDER_GONE, 2);
	assert_refused(BK_CORRUPT, "folder 2 is gone but was never there");
	begin_delta();
	add_id(BK_RECORD_ACCOUNT_GONE, 2);
	assert_refused(BK_CORRUPT, "account 2 is gone but was never there");
	begin_delta();
	add_folder(2, 7);
	totals.folders = 2;
	assert_refused(BK_CORRUPT, "folder 2 has no account");
	begin_delta();
	totals.folders = 2;
	assert_refused(BK_CORRUPT, "end record does not agree");
	begin_delta();
	totals.accounts = 0;
	assert_refused(BK_CORRUPT, "end record does not agree");
	begin_delta();
	struct bk_buf body = {0};
	(void)memset(bk_buf_grow(&body, 64), 0, 64);
	name_record(BK_RECORD_END, &body);
	assert_refused(BK_CORRUPT, "end record does not agree");
	bk_buf_clear(&body);
}

static void one_identifier_for_two(void **state)
{
	(void)state;
	begin(1, BK_SET_FULL, NULL);
	add_account(1, "ann@a.test");
	add_account(1, "bob@a.test");
	assert_refused(BK_CORRUPT, "account 1 is there twice");
	begin_delta();
	add_folder(1, 1); /* once replaces what the base has */
	assert_int_equal(rows_of_set(), 3);
	begin_delta();
	add_folder(1, 1);
	add_folder(1, 1);
	assert_refused(BK_CORRUPT, "folder 1 is there twice");
}

static void what_is_gone_and_there(void **state)
{
	(void)state;
	begin_delta();
	add_folder(1, 1);
	add_id(BK_RECORD_FOLDER_GONE, 1);
	assert_refused(BK_CORRUPT, "folder 1 is gone and there");
	begin_delta();
	add_id(BK_RECORD_FOLDER_GONE, 1);
	add_folder(1, 1);
	assert_refused(BK_CORRUPT, "folder 1 was gone, and is there again");
	begin_delta();
	add_id(BK_RECORD_ACCOUNT_GONE, 1);
	add_account(1, "bob@a.test");
	totals.folders = 0;
	assert_refused(BK_CORRUPT, "account 1 was gone, and is there again");
	begin_delta();
	add_id(BK_RECORD_FOLDER_GONE, 1);
	add_id(BK_RECORD_ACCOUNT_GONE, 1);
	totals = (struct bk_manifest_end){0};
	assert_refused(BK_CORRUPT, "folder 1 is gone, and its account too");
	begin_delta();
	add_folder(1, 1);
	add_id(BK_RECORD_ACCOUNT_GONE, 1);
	totals = (struct bk_manifest_end){0};
	assert_refused(BK_CORRUPT, "of an account that is gone");
}

/* A chain has each identifier once; what another set on the same full did is
 * not in it. */
static void an_identifier_is_used_once_in_a_chain(void **state)
{
	struct setmade without;

	(void)state;
	begin_delta();
	add_id(BK_RECORD_FOLDER_GONE, 1);
	totals.folders = 0;
	setmaker_finish(&maker, &totals);
	without = maker.made;
	begin(2, BK_SET_INCREMENTAL, &without);
	add_folder(1, 1);
	assert_refused(BK_CORRUPT, "folder 1 was gone, and is there again");
	begin(3, BK_SET_INCREMENTAL, &without);
	add_folder(2, 1);
	setmaker_finish(&maker, &totals);
	begin(4, BK_SET_DIFFERENTIAL, &full);
	add_folder(2, 1);
	totals.folders = 2;
	assert_int_equal(rows_of_set(), 3);
}

static void add_folder_with(const char *keyword, const char *another)
{
	struct bk_folder folder = {.name = "INBOX"};
	struct bk_buf body = {0};

	(void)bk_folder_keyword(&folder, keyword);
	if (another)
		(void)bk_folder_keyword(&folder, another);
	bk_folder_encode(&body, 1, 1, &folder, 3);
	name_record(BK_RECORD_FOLDER, &body);
	bk_buf_clear(&body);
	bk_folder_clear(&folder);
}

static void keywords_that_would_change_their_meaning(void **state)
{
	struct setmade base;

	(void)state;
	begin_delta();
	add_folder_with("work", NULL);
	setmaker_finish(&maker, &totals);
	base = maker.made;
	begin(2, BK_SET_INCREMENTAL, &base);
	add_folder_with("work", "home");
	assert_int_equal(rows_of_set(), 3);
	begin(3, BK_SET_INCREMENTAL, &base);
	add_folder_with("home", "work");
	assert_refused(BK_CORRUPT, "keywords that do not begin with");
	begin(4, BK_SET_INCREMENTAL, &base);
	add_folder(1, 1);
	assert_refused(BK_CORRUPT, "keywords that do not begin with");
}

static void messages_among_names(void **state)
{
	(void)state;
	begin_delta();
	add_id(BK_RECORD_MESSAGES, 1);
	assert_refused(BK_CORRUPT, "record 3, of messages, among names");
}

static void a_record_behind_the_end(void **state)
{
	struct bk_buf body = {0};

	(void)state;
	begin_delta();
	bk_buf_add_u64(&body, 1);
	bk_buf_add_u64(&body, 1);
	(void)memset(bk_buf_grow(&body, 48), 0, 48);
	name_record(BK_RECORD_END, &body);
	assert_refused(BK_CORRUPT, "after the end record");
	bk_buf_clear(&body);
}

static void an_account_that_goes_takes_its_folders_along(void **state)
{
	struct bk_set *set = NULL;

	(void)state;
	begin_delta();
	add_id(BK_RECORD_ACCOUNT_GONE, 1);
	add_account(2, "ann@a.test"); /* the same address, another account */
	totals = (struct bk_manifest_end){.accounts = 1};
	setmaker_finish(&maker, &totals);
	testrepo_done(bk_set_open(&set, &t.repo, maker.made.id, &err), &err);
	assert_int_equal(set->n_folders, 0);
	assert_int_equal(set->accounts[0].id, 2);
	/* Nobody gets their identifiers. */
	assert_int_equal(set->last_account, 2);
	assert_int_equal(set->last_folder, 1);
	bk_set_close(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_identifier_for_two, start,
						end),
		cmocka_unit_test_setup_teardown(what_is_gone_and_there, start,
						end),
		cmocka_unit_test_setup_teardown(
			an_identifier_is_used_once_in_a_chain, start, end),
		cmocka_unit_test_setup_teardown(
			keywords_that_would_change_their_meaning, start, end),
		cmocka_unit_test_setup_teardown(messages_among_names, start,
						end),
		cmocka_unit_test_setup_teardown(names_that_do_not_fit, start,
						end),
		cmocka_unit_test_setup_teardown(a_record_behind_the_end, start,
						end),
		cmocka_unit_test_setup_teardown(
			an_account_that_goes_takes_its_folders_along, start,
			end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
