/* What writing messages leaves in a Maildir tree, and what it leaves alone. */

#include "lib/maildir_writing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct bk_folder inbox = {.name = "INBOX"};
static const struct bk_folder with_uids = {
	.name = "INBOX",
	.uid_validity = 77,
	.uid_next = 10,
	.guid = {1, 2, 3},
	.has_guid = true,
};

static void a_message_lies_as_dovecot_would_have_it(void **state)
{
	const char *keywords[] = {"x", "y"};
	uint16_t both[] = {0, 1};
	struct bk_folder to = with_uids;
	struct stat st;

	(void)state;
	to.keywords = keywords;
	to.n_keywords = 2;
	open_store();
	begin_folder(&to);
	put(&(struct bk_message){.name = "1.M2P3.host,S=3,W=4",
				 .uid = 5,
				 .flags = 63,
				 .n_keywords = 2,
				 .keywords = both,
				 .date = 1234567890},
	    "a\nb");
	finish();
	assert_text("m/cur/1.M2P3.host,S=3,W=4:2,DFPRSTab", "a\nb");
	assert_int_equal(fstatat(w.scratch.dir,
				 "m/cur/1.M2P3.host,S=3,W=4:2,DFPRSTab", &st,
				 0),
			 0);
	assert_int_equal(st.st_mtime, 1234567890);
	assert_text("m/dovecot-keywords", "0 x\n1 y\n");
	assert_text("m/dovecot-uidlist",
		    "3 V77 N110 G01020300000000000000000000000000\n"
		    "5 :1.M2P3.host,S=3,W=4\n");
	assert_int_equal(count_files("m/tmp"), 0);
	assert_true(scratch_has(&w.scratch, "m/dovecot.index.log"));
	assert_false(scratch_has(&w.scratch, "m/dovecot-uidlist.lock"));
}

static void a_fresh_name_tells_both_sizes(void **state)
{
	char *name;

	(void)state;
	open_store();
	begin_folder(&inbox);
	put(&(struct bk_message){.name = ""}, "a\r\nb\nc\n");
	finish();
	read_folders();
	scan("INBOX");
	name = strstr(w.list.items[0].name, ",S=");
	assert_non_null(name);
	assert_string_equal(name, ",S=7,W=9");
}

static void names_that_no_maildir_could_hold_are_not_used(void **state)
{
	static const char *const names[] = {
		"../../../etc/passwd", "a/b", "a:2,S", ".hidden", "a\nb",
		"two words",           "..",  ""};
	char longest[300];

	(void)state;
	open_store();
	begin_folder(&inbox);
	for (size_t i = 0; i < 8; i++)
		put(&(struct bk_message){.name = names[i]}, "x");
	memset(longest, 'n', 299);
	longest[299] = 0;
	put(&(struct bk_message){.name = longest}, "x");
	finish();
	assert_int_equal(count_files("m/cur"), 9);
	read_folders();
	scan("INBOX");
	for (size_t i = 0; i < w.list.n; i++)
		assert_non_null(strstr(w.list.items[i].name, ",S=1,W=1"));
}

static void modes_and_owner_are_those_of_the_root(void **state)
{
	struct stat st;
	struct stat root;

	(void)state;
	scratch_maildir(&w.scratch, "m");
	assert_int_equal(fchmodat(w.scratch.dir, "m", 02770, 0), 0);
	if (geteuid() == 0)
		assert_int_equal(fchownat(w.scratch.dir, "m", 1234, 4321, 0),
				 0);
	assert_int_equal(fchmodat(w.scratch.dir, "m", 02770, 0), 0);
	assert_int_equal(fstatat(w.scratch.dir, "m", &root, 0), 0);
	open_store();
	struct bk_folder to = with_uids;
	to.name = "A/B";
	to.subscribed = true;
	begin_folder(&to);
	put(&(struct bk_message){.name = "x"}, "x");
	finish();
	static const char *const files[] = {
		"m/.A.B/cur/x:2,", "m/.A.B/dovecot-uidlist",
		"m/.A.B/dovecot.index.log", "m/.A.B/maildirfolder",
		"m/subscriptions"};
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(fstatat(w.scratch.dir, files[i], &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, 0660);
		assert_int_equal(st.st_uid, root.st_uid);
		assert_int_equal(st.st_gid, root.st_gid);
	}
	assert_int_equal(fstatat(w.scratch.dir, "m/.A.B/cur", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, root.st_mode & 07777);
	assert_int_equal(st.st_uid, root.st_uid);
}

static void the_configured_owner_goes_before_the_trees(void **state)
{
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		return;
	w.config.owner = "daemon:bin";
	open_store();
	begin_folder(&with_uids);
	put(&(struct bk_message){.name = "x"}, "x");
	finish();
	assert_int_equal(fstatat(w.scratch.dir, "m/cur/x:2,", &st, 0), 0);
	assert_int_equal(st.st_uid, 1);
	assert_int_equal(st.st_gid, 2);
	w.config.owner = "nobody-of-that-name";
	bk_store_close(w.store);
	w.store = NULL;
	assert_int_equal(bk_store_open(&w.store, &w.config, &w.err), -1);
	assert_int_equal(w.err.kind, BK_MISUSE);
}

static void nothing_shows_before_the_end_where_uids_are_kept(void **state)
{
	(void)state;
	open_store();
	begin_folder(&with_uids);
	for (uint32_t i = 1; i <= 2500; i++)
		put(&(struct bk_message){.name = "", .uid = i}, "x");
	assert_int_equal(count_files("m/cur"), 0);
	finish();
	assert_int_equal(count_files("m/cur"), 2500);
	assert_int_equal(result.added, 2500);
}

static void a_server_that_comes_first_gives_the_uids(void **state)
{
	(void)state;
	open_store();
	begin_folder(&with_uids);
	assert_true(writer->keeps_uids);
	put(&(struct bk_message){.name = "x", .uid = 3}, "x");
	scratch_file(&w.scratch, "m/dovecot-uidlist", "3 V900 N2\n1 :other\n");
	scratch_file(&w.scratch, "m/dovecot.index.log", "the server's");
	finish();
	assert_false(result.kept_uids);
	assert_non_null(strstr(result.note, "new UIDs"));
	assert_text("m/dovecot-uidlist", "3 V900 N2\n1 :other\n");
	assert_text("m/dovecot.index.log", "the server's");
	assert_text("m/cur/x:2,", "x");
}

static void a_server_that_has_seen_an_empty_folder_takes_our_uids(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/dovecot-uidlist", "3 V900 N1\n");
	scratch_file(&w.scratch, "m/dovecot.index.log", "an old index");
	scratch_file(&w.scratch, "m/dovecot.index.cache", "and cache");
	open_store();
	begin_folder(&with_uids);
	put(&(struct bk_message){.name = "x", .uid = 3}, "x");
	finish();
	assert_true(result.kept_uids);
	assert_false(scratch_has(&w.scratch, "m/dovecot.index.cache"));
	read_folders();
	assert_int_equal(scan("INBOX")->uid_validity, 77);
}

static void an_index_that_we_cannot_find_forbids_old_uids(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/dovecot-uidlist", "3 V900 N1\n");
	open_store();
	begin_folder(&with_uids);
	assert_false(writer->keeps_uids);
	finish();
	assert_non_null(strstr(result.note, "index ="));
	assert_text("m/dovecot-uidlist", "3 V900 N1\n");
}

/* As after a crash between the names and the UIDs. */
static void what_a_crash_left_is_adopted_with_its_uids(void **state)
{
	struct bk_message_list present = {0};

	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/cur/a:2,S", "a");
	scratch_file(&w.scratch, "m/cur/b:2,", "b");
	open_store();
	begin_folder(&with_uids);
	assert_true(writer->keeps_uids);
	OK(w.store->ops->present(writer, &present, &w.err));
	assert_int_equal(present.n, 2);
	for (size_t i = 0; i < 2; i++) {
		struct bk_message want = present.items[i];
		want.uid = (uint32_t)(i + 4);
		OK(w.store->ops->set_flags(writer, &present.items[i], &want,
					   &w.err));
	}
	put(&(struct bk_message){.name = "c", .uid = 3}, "c");
	finish();
	bk_message_list_clear(&present);
	read_folders();
	scan("INBOX");
	assert_int_equal(w.list.n, 3);
	assert_string_equal(w.list.items[0].name, "c");
	assert_int_equal(w.list.items[1].uid, 4);
	assert_string_equal(w.list.items[1].name, "a");
	assert_int_equal(w.list.items[1].flags, BK_FLAG_SEEN);
	assert_int_equal(w.list.items[2].uid, 5);
}

static void what_a_dead_run_left_in_tmp_is_removed(void **state)
{
	char host[256];
	char name[400];
	pid_t dead = fork();

	(void)state;
	if (dead == 0)
		_exit(0);
	waitpid(dead, NULL, 0);
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	snprintf(name, sizeof(name), "m/tmp/1000.bk%ldq7.%s", (long)dead, host);
	scratch_file(&w.scratch, name, "left");
	snprintf(name, sizeof(name), "m/tmp/1000.bk%ldq7.%s", (long)getppid(),
		 host);
	scratch_file(&w.scratch, name, "another run's");
	scratch_file(&w.scratch, "m/tmp/1000.M1P2.host", "a delivery");
	open_store();
	begin_folder(&inbox);
	finish();
	assert_int_equal(count_files("m/tmp"), 2);
	assert_true(scratch_has(&w.scratch, "m/tmp/1000.M1P2.host"));
}

static void letters_that_are_taken_stay_what_they_are(void **state)
{
	const char *keywords[] = {"new", "second"};
	uint16_t both[] = {0, 1};
	struct bk_folder to = inbox;

	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/cur/old:2,b", "old");
	scratch_file(&w.scratch, "m/dovecot-keywords", "0 first\n1 second\n");
	to.keywords = keywords;
	to.n_keywords = 2;
	open_store();
	begin_folder(&to);
	put(&(struct bk_message){.name = "x",
				 .n_keywords = 2,
				 .keywords = both},
	    "x");
	/* The server names another keyword meanwhile. */
	scratch_file(&w.scratch, "m/dovecot-keywords",
		     "0 first\n1 second\n2 theirs\n");
	finish();
	assert_text("m/dovecot-keywords",
		    "0 first\n1 second\n2 theirs\n3 new\n");
	assert_true(scratch_has(&w.scratch, "m/cur/x:2,bd"));
}

static void flags_of_other_programs_stay_with_a_message(void **state)
{
	struct bk_message_list present = {0};

	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/cur/x:2,FXZ", "x");
	open_store();
	begin_folder(&inbox);
	OK(w.store->ops->present(writer, &present, &w.err));
	struct bk_message want = present.items[0];
	want.flags = BK_FLAG_SEEN;
	OK(w.store->ops->set_flags(writer, &present.items[0], &want, &w.err));
	finish();
	bk_message_list_clear(&present);
	assert_true(scratch_has(&w.scratch, "m/cur/x:2,SXZ"));
}

static void a_message_that_was_renamed_meanwhile_is_found(void **state)
{
	struct bk_message_list present = {0};

	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/new/x", "x");
	scratch_file(&w.scratch, "m/cur/y:2,", "y");
	scratch_file(&w.scratch, "m/cur/z:2,", "z");
	open_store();
	begin_folder(&inbox);
	OK(w.store->ops->present(writer, &present, &w.err));
	for (size_t i = 0; i < 3; i++) {
		struct bk_message want = present.items[i];
		want.flags = BK_FLAG_FLAGGED;
		if (i != 1)
			OK(w.store->ops->set_flags(writer, &present.items[i],
						   &want, &w.err));
	}
	rename_in_scratch("m/new/x", "m/cur/x:2,S");
	rename_in_scratch("m/cur/y:2,", "m/cur/y:2,S");
	OK(w.store->ops->remove(writer, &present.items[1], &w.err));
	assert_int_equal(unlinkat(w.scratch.dir, "m/cur/z:2,", 0), 0);
	finish(); /* z was expunged: nothing is wrong */
	bk_message_list_clear(&present);
	assert_true(scratch_has(&w.scratch, "m/cur/x:2,F"));
	assert_int_equal(count_files("m/cur"), 1);
}

int main(void)
{
#define WORLD(t)                                                               \
	cmocka_unit_test_setup_teardown(t, maildir_writing_begin,              \
					maildir_writing_end)
	const struct CMUnitTest tests[] = {
		WORLD(a_message_lies_as_dovecot_would_have_it),
		WORLD(a_fresh_name_tells_both_sizes),
		WORLD(names_that_no_maildir_could_hold_are_not_used),
		WORLD(modes_and_owner_are_those_of_the_root),
		WORLD(the_configured_owner_goes_before_the_trees),
		WORLD(nothing_shows_before_the_end_where_uids_are_kept),
		WORLD(a_server_that_comes_first_gives_the_uids),
		WORLD(a_server_that_has_seen_an_empty_folder_takes_our_uids),
		WORLD(an_index_that_we_cannot_find_forbids_old_uids),
		WORLD(what_a_crash_left_is_adopted_with_its_uids),
		WORLD(what_a_dead_run_left_in_tmp_is_removed),
		WORLD(letters_that_are_taken_stay_what_they_are),
		WORLD(flags_of_other_programs_stay_with_a_message),
		WORLD(a_message_that_was_renamed_meanwhile_is_found),
	};
	return cmocka_run_group_tests_name("maildir_write", tests, NULL, NULL);
}
