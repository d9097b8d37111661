/* What a Maildir tree may look like: its accounts and folders. */

#include "lib/maildir_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void an_empty_path_is_no_account(void **state)
{
	(void)state;
	char path[128];
	snprintf(path, sizeof(path), "%s/%%d/%%n", w.scratch.path);
	w.config.path = path;
	scratch_dir(&w.scratch, "a.test/nothing");
	scratch_dir(&w.scratch, "a.test/other/stuff");
	scratch_maildir(&w.scratch, "a.test/ann");
	read_accounts();
	assert_int_equal(w.accounts.n, 1);
	assert_string_equal(w.accounts.items[0].address, "ann@a.test");
}

static void a_tree_that_is_not_there_is_gone(void **state)
{
	(void)state;
	OK(bk_store_open(&w.store, &w.config, &w.err));
	assert_int_equal(w.store->ops->accounts(w.store, &w.accounts, &w.err),
			 -1);
	assert_int_equal(w.err.kind, BK_GONE);
}

static void a_single_account_is_called_like_its_folder(void **state)
{
	static const struct {
		const char *path, *address;
	} cases[] = {
		{"ann",           "ann"       },
		{"bob/Maildir",   "bob"       },
		{"cyd/.maildir/", "cyd"       },
		{"x/dan@a.test",  "dan@a.test"}
        };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char path[128];
		scratch_maildir(&w.scratch, cases[i].path);
		snprintf(path, sizeof(path), "%s/%s", w.scratch.path,
			 cases[i].path);
		w.config.path = path;
		read_accounts();
		assert_int_equal(w.accounts.n, 1);
		assert_string_equal(w.accounts.items[0].address,
				    cases[i].address);
	}
}

static void an_account_behind_a_strangers_link_is_listed_and_refused(
	void **state)
{
	char path[128];

	(void)state;
	if (geteuid() != 0)
		return;
	snprintf(path, sizeof(path), "%s/%%n/Maildir", w.scratch.path);
	w.config.path = path;
	scratch_maildir(&w.scratch, "ann/Maildir");
	scratch_link(&w.scratch, "bob/Maildir", "../ann/Maildir");
	assert_int_equal(fchownat(w.scratch.dir, "bob/Maildir", 65534, 65534,
				  AT_SYMLINK_NOFOLLOW),
			 0);
	read_accounts();
	assert_int_equal(w.accounts.n, 2);
	assert_string_equal(w.accounts.items[1].address, "bob");
	assert_int_equal(w.store->ops->folders(w.store, &w.accounts.items[1],
					       &w.folders, &w.err),
			 -1);
	assert_int_equal(w.err.kind, BK_REFUSED);
	assert_non_null(strstr(w.err.text, "bob/Maildir"));
}

static void an_account_with_a_newline_in_its_name_is_refused(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/%%n", w.scratch.path);
	w.config.path = path;
	scratch_maildir(&w.scratch, "a\nb");
	read_accounts();
	assert_int_equal(w.accounts.n, 1);
	assert_int_equal(w.store->ops->folders(w.store, &w.accounts.items[0],
					       &w.folders, &w.err),
			 -1);
	assert_int_equal(w.err.kind, BK_REFUSED);
}

static void settings_of_an_account_come_with_it(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/maildirsize", "1000S,5C\n10 1\n");
	scratch_file(&w.scratch, "m/subscriptions", "V\t2\n\nshared\tx\n");
	read_accounts();
	assert_int_equal(w.accounts.items[0].n_settings, 2);
	assert_string_equal(w.accounts.items[0].settings[1].name,
			    "maildir/quota");
	assert_int_equal(w.accounts.items[0].settings[1].value.len, 8);
	assert_memory_equal(w.accounts.items[0].settings[1].value.data,
			    "1000S,5C", 8);
}

/* ---- folders ---- */

static void what_holds_no_mail_is_no_folder(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_maildir(&w.scratch, "m/.A.B");
	scratch_dir(&w.scratch, "m/.sieve");
	scratch_dir(&w.scratch, "m/sieve/tmp");
	scratch_dir(&w.scratch, "m/courierimapkeywords");
	scratch_maildir(&w.scratch, "m/..DOVECOT-TRASHED");
	scratch_file(&w.scratch, "m/.file", "");
	scratch_dir(&w.scratch, "m/cur/.x/cur");
	read_folders();
	assert_int_equal(w.folders.n, 2);
	assert_string_equal(w.folders.items[0].name, "INBOX");
	assert_string_equal(w.folders.items[1].name, "A/B");
}

static void folders_in_folders_are_seen_without_being_told(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_maildir(&w.scratch, "m/A/B");
	scratch_maildir(&w.scratch, "m/C");
	scratch_file(&w.scratch, "m/subscriptions", "A/B\n");
	read_folders();
	assert_int_equal(w.folders.n, 4);
	assert_true(folder("A")->no_select);
	assert_true(folder("A/B")->subscribed);
	assert_false(folder("A/B")->no_select);
	assert_int_equal(folder("A/B")->delimiter, '/');
	w.config.layout = "maildir++";
	read_folders();
	assert_int_equal(w.folders.n, 1);
}

static void both_kinds_of_folders_are_read_where_they_are_mixed(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_maildir(&w.scratch, "m/.A");
	scratch_maildir(&w.scratch, "m/A");
	scratch_file(&w.scratch, "m/.A/cur/1:2,", "dotted");
	scratch_file(&w.scratch, "m/A/cur/1:2,", "plain");
	read_folders();
	assert_int_equal(w.folders.n, 3);
	scan("A");
	assert_string_equal(fetch("A", 0), "dotted");
	scan("./A");
	assert_string_equal(fetch("./A", 0), "plain");
}

static void two_spellings_of_a_name_are_two_folders(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m/.Entw&APw-rfe");
	scratch_maildir(&w.scratch, "m/.Entw\xc3\xbcrfe");
	read_folders();
	assert_int_equal(w.folders.n, 3);
	(void)folder("Entw\xc3\xbcrfe");
	(void)folder("./.Entw\xc3\xbcrfe");
}

static void odd_names_are_shown_escaped_and_read(void **state)
{
	static const char *const names[] = {"a\nb", "\xff\xfe", "x&y", "&AGE-",
					    "."};
	static const char *const shown[] = {"a\\x0ab", "\\xff\\xfe", "x&y",
					    "&AGE-", ".."};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		char path[64];
		snprintf(path, sizeof(path), "m/.%s/cur/1:2,", names[i]);
		if (strcmp(names[i], ".") == 0)
			snprintf(path, sizeof(path), "m/...x/cur/1:2,");
		scratch_file(&w.scratch, path, names[i]);
	}
	read_folders();
	for (size_t i = 0; i < 4; i++) {
		scan(shown[i]);
		assert_string_equal(fetch(shown[i], 0), names[i]);
	}
	scan("...x");
}

static void a_folder_behind_a_link_is_listed_and_refused(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_maildir(&w.scratch, "other");
	scratch_link(&w.scratch, "m/.Shared", "../other");
	scratch_link(&w.scratch, "m/.nothing", "../nowhere");
	read_folders();
	assert_int_equal(w.folders.n, 2);
	assert_int_equal(try_scan("Shared"), -1);
	assert_int_equal(w.err.kind, BK_REFUSED);
	assert_int_equal(try_scan("INBOX"), 0);
}

static void a_linked_cur_is_refused(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "other");
	scratch_dir(&w.scratch, "m/new");
	scratch_link(&w.scratch, "m/cur", "../other/cur");
	read_folders();
	assert_int_equal(try_scan("INBOX"), -1);
	assert_int_equal(w.err.kind, BK_REFUSED);
}

static void an_unreadable_folder_is_denied(void **state)
{
	(void)state;
	if (geteuid() == 0)
		return;
	scratch_maildir(&w.scratch, "m");
	scratch_maildir(&w.scratch, "m/.A");
	assert_int_equal(fchmodat(w.scratch.dir, "m/.A", 0, 0), 0);
	read_folders();
	assert_int_equal(try_scan("A"), -1);
	assert_int_equal(w.err.kind, BK_DENIED);
}

static void the_inbox_may_be_a_folder_of_its_own(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m/.INBOX");
	scratch_file(&w.scratch, "m/.INBOX/new/1", "here");
	read_folders();
	assert_int_equal(w.folders.n, 1);
	scan("INBOX");
	assert_string_equal(fetch("INBOX", 0), "here");
}

static void subscriptions_of_both_servers_are_understood(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_maildir(&w.scratch, "m/.A");
	scratch_maildir(&w.scratch, "m/.A.B");
	scratch_file(&w.scratch, "m/courierimapsubscribed",
		     "INBOX\nINBOX.A.B\n");
	read_folders();
	assert_true(folder("INBOX")->subscribed);
	assert_false(folder("A")->subscribed);
	assert_true(folder("A/B")->subscribed);
	scratch_file(&w.scratch, "m/subscriptions", "V\t2\n\nA\n");
	read_folders();
	assert_false(folder("INBOX")->subscribed);
	assert_true(folder("A")->subscribed);
	assert_false(folder("A/B")->subscribed);
}

int main(void)
{
#define WORLD(t)                                                               \
	cmocka_unit_test_setup_teardown(t, maildir_world_begin,                \
					maildir_world_end)
	const struct CMUnitTest tests[] = {
		WORLD(an_empty_path_is_no_account),
		WORLD(a_tree_that_is_not_there_is_gone),
		WORLD(a_single_account_is_called_like_its_folder),
		WORLD(an_account_behind_a_strangers_link_is_listed_and_refused),
		WORLD(an_account_with_a_newline_in_its_name_is_refused),
		WORLD(settings_of_an_account_come_with_it),
		WORLD(what_holds_no_mail_is_no_folder),
		WORLD(folders_in_folders_are_seen_without_being_told),
		WORLD(both_kinds_of_folders_are_read_where_they_are_mixed),
		WORLD(two_spellings_of_a_name_are_two_folders),
		WORLD(odd_names_are_shown_escaped_and_read),
		WORLD(a_folder_behind_a_link_is_listed_and_refused),
		WORLD(a_linked_cur_is_refused),
		WORLD(an_unreadable_folder_is_denied),
		WORLD(the_inbox_may_be_a_folder_of_its_own),
		WORLD(subscriptions_of_both_servers_are_understood),
	};
	return cmocka_run_group_tests_name("maildir_list", tests, NULL, NULL);
}
