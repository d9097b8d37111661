/* The messages of a Maildir: what is listed, and what is read. */

#include "lib/maildir_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void flags_keywords_and_uids_are_joined_by_base_name(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/cur/a,S=1:2,FSab", "a");
	scratch_file(&w.scratch, "m/cur/b:2,DPRTc", "b");
	scratch_file(&w.scratch, "m/new/c", "c");
	scratch_file(&w.scratch, "m/cur/d", "d");
	scratch_file(&w.scratch, "m/cur/e:1,x", "e");
	scratch_file(&w.scratch, "m/tmp/half", "f");
	scratch_file(&w.scratch, "m/cur/.hidden", "g");
	scratch_file(&w.scratch, "m/dovecot-keywords", "0 one\n1 two\n");
	scratch_file(&w.scratch, "m/dovecot-uidlist",
		     "3 V77 N5\n1 :b\n2 :expunged\n3 :a,S=1:2,S\n4 :c\n");
	read_folders();
	struct bk_folder *inbox = scan("INBOX");
	assert_int_equal(inbox->uid_validity, 77);
	assert_int_equal(inbox->uid_next, 5);
	assert_int_equal(w.list.n, 5);
	assert_string_equal(w.list.items[0].name, "d");
	assert_string_equal(w.list.items[1].name, "e");
	assert_int_equal(w.list.items[1].uid, 0);
	assert_int_equal(w.list.items[1].flags, 0);
	assert_int_equal(w.list.items[2].uid, 1);
	assert_int_equal(w.list.items[2].flags, BK_FLAG_DRAFT | BK_FLAG_PASSED |
							BK_FLAG_ANSWERED |
							BK_FLAG_DELETED);
	assert_int_equal(w.list.items[2].n_keywords, 1);
	assert_string_equal(inbox->keywords[w.list.items[2].keywords[0]],
			    "unknown-2");
	assert_string_equal(w.list.items[3].name, "a,S=1");
	assert_int_equal(w.list.items[3].flags, BK_FLAG_FLAGGED | BK_FLAG_SEEN);
	assert_int_equal(w.list.items[3].n_keywords, 2);
	assert_string_equal(inbox->keywords[w.list.items[3].keywords[0]],
			    "one");
	assert_int_equal(w.list.items[4].uid, 4);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(strlen(fetch("INBOX", i)), 1);
}

static void scanning_twice_gives_the_same(void **state)
{
	(void)state;
	scratch_file(&w.scratch, "m/cur/a:2,Sa", "a");
	scratch_file(&w.scratch, "m/dovecot-keywords", "0 one\n");
	scratch_file(&w.scratch, "m/dovecot-uidlist", "3 V1 N5\n1 Px :a\n");
	read_folders();
	for (int i = 0; i < 3; i++) {
		struct bk_folder *inbox = scan("INBOX");
		assert_int_equal(inbox->n_keywords, 1);
		assert_int_equal(inbox->n_annotations, 1);
		assert_string_equal(inbox->annotations[0].name,
				    "maildir/uidlist");
		assert_int_equal(inbox->annotations[0].value.len, 5);
		assert_memory_equal(inbox->annotations[0].value.data, "1 Px\n",
				    5);
		assert_int_equal(w.list.n, 1);
	}
}

static void two_files_of_one_base_name_are_two_messages(void **state)
{
	(void)state;
	scratch_file(&w.scratch, "m/cur/x:2,", "first");
	scratch_file(&w.scratch, "m/cur/x:2,S", "second");
	scratch_file(&w.scratch, "m/new/x", "third");
	scratch_file(&w.scratch, "m/cur/y:2,", "single");
	scratch_dir(&w.scratch, "m/tmp");
	read_folders();
	scan("INBOX");
	assert_int_equal(w.list.n, 4);
	const char *texts[] = {"first", "second", "third", "single"};
	const char *names[] = {"x:2,", "x:2,S", "x:n/", "y"};
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(w.list.items[i].name, names[i]);
		assert_string_equal(fetch("INBOX", i), texts[i]);
	}
	/* Gone, it is not to be mistaken for its brother. */
	assert_int_equal(unlinkat(w.scratch.dir, "m/cur/x:2,S", 0), 0);
	assert_int_equal(try_fetch("INBOX", 1), -1);
	assert_int_equal(w.err.kind, BK_GONE);
}

static void a_name_with_two_uids_has_the_later_one(void **state)
{
	(void)state;
	scratch_file(&w.scratch, "m/cur/a:2,", "a");
	scratch_file(&w.scratch, "m/cur/b:2,", "b");
	scratch_file(&w.scratch, "m/dovecot-uidlist",
		     "3 V1 N9\n1 :a\n2 :b\n5 :a\n");
	read_folders();
	scan("INBOX");
	assert_int_equal(w.list.n, 2);
	assert_int_equal(w.list.items[0].uid, 2);
	assert_int_equal(w.list.items[1].uid, 5);
	assert_string_equal(w.list.items[1].name, "a");
}

static void the_control_folder_has_uids_keywords_and_subscriptions(void **state)
{
	(void)state;
	snprintf(w.control, sizeof(w.control), "%s/c", w.scratch.path);
	w.config.control = w.control;
	scratch_file(&w.scratch, "m/cur/a:2,a", "a");
	scratch_file(&w.scratch, "m/dovecot-uidlist", "3 V1 N9\n8 :a\n");
	scratch_file(&w.scratch, "m/.B/cur/b:2,", "b");
	scratch_file(&w.scratch, "c/.INBOX/dovecot-uidlist", "3 V2 N9\n7 :a\n");
	scratch_file(&w.scratch, "c/.INBOX/dovecot-keywords", "0 key\n");
	scratch_file(&w.scratch, "c/.B/dovecot-uidlist", "3 V3 N9\n6 :b\n");
	scratch_file(&w.scratch, "c/subscriptions", "B\n");
	read_folders();
	assert_true(folder("B")->subscribed);
	assert_int_equal(scan("INBOX")->uid_validity, 2);
	assert_int_equal(w.list.items[0].uid, 7);
	assert_string_equal(folder("INBOX")->keywords[0], "key");
	assert_int_equal(scan("B")->uid_validity, 3);
}

static void couriers_keywords_are_read(void **state)
{
	(void)state;
	scratch_file(&w.scratch, "m/cur/a:2,S", "a");
	scratch_file(&w.scratch, "m/cur/b:2,", "b");
	scratch_file(&w.scratch, "m/cur/c:2,", "c");
	scratch_file(&w.scratch, "m/cur/d:2,", "d");
	scratch_file(&w.scratch, "m/courierimapuiddb",
		     "1 500 5\n1 a\n2 b\n3 c\n4 d\n");
	scratch_file(&w.scratch, "m/courierimapkeywords/:list",
		     "Work\nHome\n\na:0 1\nb:1\nc:0\ngone:1\nx\n");
	scratch_file(&w.scratch, "m/courierimapkeywords/.5.b", "Old\n");
	scratch_file(&w.scratch, "m/courierimapkeywords/.12.b", "New\nWork\n");
	scratch_file(&w.scratch, "m/courierimapkeywords/c", "");
	scratch_file(&w.scratch, "m/courierimapkeywords/.9999999.c", "Old\n");
	scratch_file(&w.scratch, "m/courierimapkeywords/.tmp.1.x", "z\n");
	read_folders();
	struct bk_folder *inbox = scan("INBOX");
	assert_int_equal(inbox->uid_validity, 500);
	assert_int_equal(w.list.n, 4);
	assert_int_equal(w.list.items[0].n_keywords, 2);
	assert_int_equal(w.list.items[1].n_keywords, 2);
	assert_string_equal(inbox->keywords[w.list.items[1].keywords[1]],
			    "New");
	assert_int_equal(w.list.items[2].n_keywords, 0);
	assert_int_equal(w.list.items[3].n_keywords, 0);
	/* Where Dovecot took over, what Courier left is the past. */
	scratch_file(&w.scratch, "m/dovecot-uidlist", "3 V6 N2\n1 :a\n");
	scan("INBOX");
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(w.list.items[i].n_keywords, 0);
}

static void a_compressed_message_is_taken_as_it_lies(void **state)
{
	(void)state;
	scratch_file(&w.scratch, "m/cur/1,S=5000,W=5100:2,SZ",
		     "\x1f\x8bpretend");
	read_folders();
	scan("INBOX");
	assert_string_equal(fetch("INBOX", 0), "\x1f\x8bpretend");
	assert_int_equal(w.list.items[0].size, 9);
	assert_int_equal(w.list.items[0].flags, BK_FLAG_SEEN);
}

static void what_is_no_message_is_refused_alone(void **state)
{
	(void)state;
	scratch_file(&w.scratch, "m/cur/a:2,", "a");
	scratch_file(&w.scratch, "secret", "secret");
	assert_int_equal(mkfifoat(w.scratch.dir, "m/cur/fifo", 0600), 0);
	scratch_link(&w.scratch, "m/cur/link", "../../secret");
	scratch_dir(&w.scratch, "m/cur/folder");
	read_folders();
	scan("INBOX");
	assert_int_equal(w.list.n, 3);
	assert_string_equal(fetch("INBOX", 0), "a");
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(try_fetch("INBOX", i), -1);
		assert_int_equal(w.err.kind, BK_REFUSED);
		assert_non_null(strstr(w.err.text, w.list.items[i].name));
	}
}

static void an_unreadable_message_is_refused_alone(void **state)
{
	(void)state;
	if (geteuid() == 0)
		return;
	scratch_file(&w.scratch, "m/cur/a:2,", "a");
	assert_int_equal(fchmodat(w.scratch.dir, "m/cur/a:2,", 0, 0), 0);
	read_folders();
	scan("INBOX");
	assert_int_equal(try_fetch("INBOX", 0), -1);
	assert_int_equal(w.err.kind, BK_REFUSED);
}

static void a_message_is_followed_wherever_it_goes(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m/.Trash");
	scratch_file(&w.scratch, "m/cur/a:2,", "a");
	scratch_file(&w.scratch, "m/new/b", "b");
	scratch_file(&w.scratch, "m/cur/c:2,", "c");
	scratch_file(&w.scratch, "m/cur/cc:2,", "cc");
	read_folders();
	scan("INBOX");
	rename_in_scratch("m/cur/a:2,", "m/cur/a:2,DFPRSTxyz");
	rename_in_scratch("m/new/b", "m/cur/b:2,S");
	rename_in_scratch("m/cur/c:2,", "m/.Trash/cur/c:2,ST");
	assert_string_equal(fetch("INBOX", 0), "a");
	assert_string_equal(fetch("INBOX", 1), "b");
	assert_string_equal(fetch("INBOX", 2), "c");
	rename_in_scratch("m/.Trash/cur/c:2,ST", "m/.Trash/new/c");
	assert_string_equal(fetch("INBOX", 2), "c");
	assert_int_equal(unlinkat(w.scratch.dir, "m/.Trash/new/c", 0), 0);
	assert_int_equal(try_fetch("INBOX", 2), -1);
	assert_int_equal(w.err.kind, BK_GONE);
	assert_string_equal(fetch("INBOX", 3), "cc");
}

static void a_folder_that_was_removed_is_gone(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/.A/cur/a:2,", "a");
	read_folders();
	scan("A");
	assert_string_equal(fetch("A", 0), "a");
	rename_in_scratch("m/.A", "m/.B");
	/* Its messages are followed still, as long as there are any. */
	assert_string_equal(fetch("A", 0), "a");
	assert_int_equal(unlinkat(w.scratch.dir, "m/.B/cur/a:2,", 0), 0);
	assert_int_equal(unlinkat(w.scratch.dir, "m/.B/cur", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(w.scratch.dir, "m/.B", AT_REMOVEDIR), 0);
	assert_int_equal(try_fetch("A", 0), -1);
	assert_int_equal(w.err.kind, BK_GONE);
	assert_int_equal(try_scan("A"), -1);
	assert_int_equal(w.err.kind, BK_GONE);
}

static void a_unix_time_before_1970_is_a_date_too(void **state)
{
	(void)state;
	scratch_file(&w.scratch, "m/cur/a:2,", "a");
	scratch_age(&w.scratch, "m/cur/a:2,", -86400);
	read_folders();
	scan("INBOX");
	(void)fetch("INBOX", 0);
	assert_int_equal(w.list.items[0].date, -86400);
}

int main(void)
{
#define WORLD(t)                                                               \
	cmocka_unit_test_setup_teardown(t, maildir_world_begin,                \
					maildir_world_end)
	const struct CMUnitTest tests[] = {
		WORLD(flags_keywords_and_uids_are_joined_by_base_name),
		WORLD(scanning_twice_gives_the_same),
		WORLD(two_files_of_one_base_name_are_two_messages),
		WORLD(a_name_with_two_uids_has_the_later_one),
		WORLD(the_control_folder_has_uids_keywords_and_subscriptions),
		WORLD(couriers_keywords_are_read),
		WORLD(a_compressed_message_is_taken_as_it_lies),
		WORLD(what_is_no_message_is_refused_alone),
		WORLD(an_unreadable_message_is_refused_alone),
		WORLD(a_message_is_followed_wherever_it_goes),
		WORLD(a_folder_that_was_removed_is_gone),
		WORLD(a_unix_time_before_1970_is_a_date_too),
	};
	return cmocka_run_group_tests_name("maildir_scan", tests, NULL, NULL);
}
