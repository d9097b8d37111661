/* What of a set is restored, and what it is called where it goes. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "job/restore_plan.h"
#include "repo/set_names.h"

static struct bk_set_account accounts[3];
static struct bk_set_folder folders[7];
static struct bk_set_level level;
static struct bk_set set;
static struct bk_restore_wish wish;
static struct bk_restore_plan plan;
static struct bk_err err;

static void folder(size_t at, uint32_t account, const char *name)
{
	folders[at].id = (uint32_t)at + 1;
	folders[at].account_id = account;
	folders[at].folder.name = name;
}

static int fresh(void **state)
{
	static const char *const addresses[] = {
		"ann@a.example", "bob@a.example", "Ann@b.example"};

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		accounts[i].id = i + 1;
		accounts[i].account.address = addresses[i];
	}
	folder(0, 1, "INBOX");
	folder(1, 2, "INBOX");
	folder(2, 1, "Projects");
	folder(3, 3, "INBOX");
	folder(4, 1, "Projects/Rhine");
	folder(5, 2, "Sent");
	folder(6, 3, "projects/rhine");
	level.root.kind = BK_SET_FULL;
	free(set.by_address);
	free(set.by_account);
	free(set.by_name);
	set = (struct bk_set){.levels = &level,
			      .n_levels = 1,
			      .accounts = accounts,
			      .n_accounts = 3,
			      .folders = folders,
			      .n_folders = 7};
	bk_set_lookup_init(&set);
	bk_opt_list_clear(&wish.accounts);
	bk_opt_list_clear(&wish.folders);
	bk_opt_list_clear(&wish.messages);
	wish = (struct bk_restore_wish){0};
	bk_restore_plan_clear(&plan);
	err = (struct bk_err){0};
	return 0;
}

static void want(struct bk_opt_list *list, const char *word)
{
	list->items = realloc(list->items, (list->n + 1) * sizeof(void *));
	list->items[list->n++] = word;
}

/* "account folder -> account folder" of each item. */
static void plans(const char *const *lines)
{
	const char *missing = NULL;
	size_t n = 0;

	bk_restore_plan_clear(&plan);
	if (bk_restore_plan_make(&set, &wish, &plan, &missing, &err) < 0)
		fail_msg("%s", err.text);
	while (lines[n])
		n++;
	assert_int_equal(plan.n, n);
	for (size_t i = 0; i < n; i++) {
		const struct bk_restore_item *item = &plan.items[i];
		char *line = bk_asprintf("%s %s -> %s %s",
					 item->account->account.address,
					 item->folder->folder.name,
					 item->to_account, item->to_folder);
		assert_string_equal(line, lines[i]);
		free(line);
	}
}

static void refuses(enum bk_kind kind, const char *text, const char *account)
{
	const char *missing = NULL;

	bk_restore_plan_clear(&plan);
	assert_int_equal(
		bk_restore_plan_make(&set, &wish, &plan, &missing, &err), -1);
	assert_int_equal(err.kind, kind);
	if (text)
		assert_string_equal(err.text, text);
	if (account)
		assert_string_equal(missing, account);
	else
		assert_null(missing);
}

static void everything_goes_where_it_was_account_by_account(void **state)
{
	static const char *const lines[] = {
		"ann@a.example INBOX -> ann@a.example INBOX",
		"ann@a.example Projects -> ann@a.example Projects",
		"ann@a.example Projects/Rhine -> ann@a.example Projects/Rhine",
		"bob@a.example INBOX -> bob@a.example INBOX",
		"bob@a.example Sent -> bob@a.example Sent",
		"Ann@b.example INBOX -> Ann@b.example INBOX",
		"Ann@b.example projects/rhine -> Ann@b.example projects/rhine",
		NULL};

	(void)state;
	plans(lines);
	assert_true(plan.whole_accounts);
	assert_false(plan.renamed);
}

static void a_folder_keeps_its_whole_name_below_another(void **state)
{
	static const char *const lines[] = {
		"ann@a.example Projects/Rhine -> ann@a.example "
		"Restored/Projects/Rhine",
		NULL};

	(void)state;
	want(&wish.accounts, "ANN@a.example");
	want(&wish.folders, "Projects/*");
	wish.into = "Restored";
	plans(lines);
	assert_false(plan.whole_accounts);
	assert_true(plan.renamed);
}

/* Case matters in names of folders, but not in INBOX. */
static void patterns_take_what_they_say(void **state)
{
	static const char *const lines[] = {
		"bob@a.example INBOX -> bob@a.example INBOX",
		"Ann@b.example INBOX -> Ann@b.example INBOX", NULL};

	(void)state;
	want(&wish.accounts, "bob@*");
	want(&wish.accounts, "*@b.example");
	want(&wish.folders, "inbox");
	plans(lines);
}

static void accounts_can_be_renamed_by_pattern(void **state)
{
	static const char *const lines[] = {
		"ann@a.example INBOX -> ann@new.example INBOX",
		"bob@a.example INBOX -> bob@new.example INBOX", NULL};

	(void)state;
	want(&wish.accounts, "*@a.example");
	want(&wish.folders, "INBOX");
	wish.as = "%n@new.example";
	plans(lines);
}

static void two_people_never_become_one(void **state)
{
	(void)state;
	want(&wish.accounts, "*@a.example");
	wish.as = "all@new.example";
	refuses(BK_MISUSE,
		"ann@a.example and bob@a.example would both become "
		"all@new.example; choose one by --account, or write --as with "
		"%n",
		NULL);
	wish.as = "%d";
	refuses(BK_MISUSE,
		"ann@a.example and bob@a.example would both become a.example; "
		"choose one by --account, or write --as with %n",
		NULL);
}

/* One slip among several names is not passed over. */
static void a_name_that_fits_nothing_is_an_error(void **state)
{
	(void)state;
	want(&wish.accounts, "bob@a.example");
	want(&wish.accounts, "ann@a.exmaple");
	refuses(BK_GONE, NULL, "ann@a.exmaple");
	(void)fresh(NULL);
	want(&wish.accounts, "bob@a.example");
	want(&wish.folders, "Sent");
	want(&wish.folders, "Projects");
	refuses(BK_GONE, NULL, NULL);
	(void)fresh(NULL);
	want(&wish.folders, "Nothing");
	refuses(BK_GONE, NULL, NULL);
}

static void a_uid_needs_its_folder(void **state)
{
	(void)state;
	want(&wish.messages, "42");
	refuses(BK_MISUSE,
		"--message 42: in which of 7 folders? add --account and "
		"--folder",
		NULL);
	want(&wish.accounts, "bob@a.example");
	want(&wish.folders, "Sent");
	static const char *const lines[] = {
		"bob@a.example Sent -> bob@a.example Sent", NULL};
	plans(lines);
	assert_false(plan.whole_accounts);
}

static void names_that_can_be_no_folder_are_refused(void **state)
{
	static const char *const names[] = {"",   "/",    "/a",
					    "a/", "a//b", "a\xff"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		wish.into = names[i];
		refuses(BK_MISUSE, NULL, NULL);
	}
}

static void a_message_is_named_by_uid_name_or_digest(void **state)
{
	struct bk_row row = {
		.msg = {.name = "1700000000.M1P2.mx1", .uid = 42},
		.digest = { 0xde, 0xad, 0xbe, 0xef, 0x01}
        };
	size_t which = 9;

	(void)state;
	assert_true(bk_restore_wants(&wish, &row, &which));
	assert_int_equal(which, 9);
	want(&wish.messages, "43");
	want(&wish.messages, "deadbee");
	want(&wish.messages, "1700000000.M1P2");
	assert_false(bk_restore_wants(&wish, &row, &which));
	want(&wish.messages, "deadbeef");
	assert_true(bk_restore_wants(&wish, &row, &which));
	assert_int_equal(which, 3);
	wish.messages.n = 0;
	want(&wish.messages, "42");
	assert_true(bk_restore_wants(&wish, &row, NULL));
	row.msg.uid = 0;
	assert_false(bk_restore_wants(&wish, &row, NULL));
	wish.messages.n = 0;
	want(&wish.messages, "1700000000.M1P2.mx1");
	assert_true(bk_restore_wants(&wish, &row, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			everything_goes_where_it_was_account_by_account, fresh),
		cmocka_unit_test_setup(
			a_folder_keeps_its_whole_name_below_another, fresh),
		cmocka_unit_test_setup(patterns_take_what_they_say, fresh),
		cmocka_unit_test_setup(accounts_can_be_renamed_by_pattern,
				       fresh),
		cmocka_unit_test_setup(two_people_never_become_one, fresh),
		cmocka_unit_test_setup(a_name_that_fits_nothing_is_an_error,
				       fresh),
		cmocka_unit_test_setup(a_uid_needs_its_folder, fresh),
		cmocka_unit_test_setup(names_that_can_be_no_folder_are_refused,
				       fresh),
		cmocka_unit_test_setup(a_message_is_named_by_uid_name_or_digest,
				       fresh),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)fresh(NULL);
	free(set.by_address);
	free(set.by_account);
	free(set.by_name);
	return failed;
}
