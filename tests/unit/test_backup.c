/* Sets of a Maildir store: what changes between two of them, and what is
 * read for it. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/backups.h"
#include "lib/view.h"

static struct backups b;

static int start(void **state)
{
	(void)state;
	backups_begin(&b);
	backups_fill(&b);
	return 0;
}

static int end(void **state)
{
	(void)state;
	backups_end(&b);
	return 0;
}

static void a_full_set_shows_the_store(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	assert_string_equal(b.summary.kind, "full");
	assert_int_equal(b.summary.messages.total, 74);
	assert_int_equal(b.summary.messages.added, 74);
	assert_int_equal(b.summary.accounts, 2);
	assert_int_equal(b.talk.len, 0);
}

static void without_changes_nothing_is_read(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	for (int n = 0; n < 2; n++) {
		backups_make(&b, n ? BK_BACKUP_INCREMENTAL
				   : BK_BACKUP_DIFFERENTIAL);
		assert_int_equal(b.summary.messages.kept, 74);
		assert_int_equal(b.summary.messages.added, 0);
		assert_int_equal(b.summary.bytes.source, 0);
	}
}

static void the_first_set_is_full_whatever_was_asked_for(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_string_equal(b.summary.kind, "full");
	assert_true(backups_said(&b, "making a full one"));
}

static void mail_that_comes_goes_and_is_marked(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	backups_deliver(&b, ANN, "", "9.new.host:2,", "Subject: new\n\nNew.\n");
	backups_remove(&b, ANN, "", "173.M3.host:2,S");
	backups_rename(&b, ANN "/cur/174.M4.host:2,FSa",
		       ANN "/cur/174.M4.host:2,Tb");
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_int_equal(b.summary.messages.added, 1);
	assert_int_equal(b.summary.messages.gone, 1);
	assert_int_equal(b.summary.messages.flags, 1);
	assert_int_equal(b.summary.bytes.source, 19);
	backups_make(&b, BK_BACKUP_INCREMENTAL);
	assert_int_equal(b.summary.messages.kept, 74);
	backups_remove(&b, ANN, "", "9.new.host:2,");
	backups_make(&b, BK_BACKUP_INCREMENTAL);
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
}

static void a_renamed_folder_is_not_read_again(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	backups_rename(&b, BOB "/.Archive", BOB "/.Old");
	backups_rename(&b, ANN "/.Projects.Rhine", ANN "/.Projects.Elbe");
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_int_equal(b.summary.bytes.source, 0);
	assert_int_equal(b.summary.messages.kept, 74);
	backups_rename(&b, BOB "/.Old", BOB "/.Archive");
	backups_make(&b, BK_BACKUP_INCREMENTAL);
	assert_int_equal(b.summary.bytes.source, 0);
}

static void another_uidvalidity_is_a_change_of_the_folder_alone(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	scratch_file(&b.t.scratch, ANN "/.Sent/dovecot-uidlist",
		     "3 V77 N100\n91 :170.M0.host\n92 :171.M1.host\n"
		     "93 :172.M2.host\n94 :176.M6.host\n");
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_int_equal(b.summary.bytes.source, 0);
	assert_int_equal(b.summary.messages.gone, 0);
}

static void mail_that_gets_its_uid_later_is_not_read_again(void **state)
{
	(void)state;
	backups_deliver(&b, ANN, "", "9.new.host:2,", "Subject: new\n\nNew.\n");
	backups_make(&b, BK_BACKUP_FULL);
	char *list = scratch_text(&b.t.scratch, ANN "/dovecot-uidlist");
	char *more = bk_asprintf("%s55 :9.new.host\n", list);
	scratch_file(&b.t.scratch, ANN "/dovecot-uidlist", more);
	free(list);
	free(more);
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_int_equal(b.summary.bytes.source, 0);
	assert_int_equal(b.summary.messages.gone, 0);
	backups_make(&b, BK_BACKUP_INCREMENTAL);
}

static void keywords_that_change_their_letters(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	scratch_file(&b.t.scratch, ANN "/dovecot-keywords",
		     "0 work\n1 $Label1\n2 third\n");
	backups_rename(&b, ANN "/cur/173.M3.host:2,S",
		       ANN "/cur/173.M3.host:2,Sbc");
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_int_equal(b.summary.bytes.source, 0);
	scratch_file(&b.t.scratch, ANN "/dovecot-keywords", "0 other\n");
	backups_make(&b, BK_BACKUP_INCREMENTAL);
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	backups_make(&b, BK_BACKUP_FULL);
}

static void remove_tree(const char *name)
{
	char command[200];

	(void)snprintf(command, sizeof(command), "rm -r '%s/%s'",
		       b.t.scratch.path, name);
	assert_int_equal(system(command), 0);
}

static void an_account_that_goes_and_one_that_comes(void **state)
{
	(void)state;
	b.request.accept_shrink = true;
	backups_make(&b, BK_BACKUP_FULL);
	remove_tree(BOB);
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_int_equal(b.summary.messages.gone, 42);
	backups_deliver(&b, "mail/c.test/carl", "", "1.host:2,", "Hello\n");
	backups_make(&b, BK_BACKUP_INCREMENTAL);
	backups_deliver(&b, BOB, "", "1.host:2,", "I am back\n");
	backups_make(&b, BK_BACKUP_INCREMENTAL);
	assert_int_equal(b.summary.accounts, 3);
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
}

static void a_folder_that_goes_and_is_made_again(void **state)
{
	(void)state;
	b.request.accept_shrink = true;
	backups_make(&b, BK_BACKUP_FULL);
	remove_tree(BOB "/.Archive");
	backups_make(&b, BK_BACKUP_INCREMENTAL);
	assert_int_equal(b.summary.messages.gone, 30);
	backups_deliver(&b, BOB, ".Archive", "990.M0.host:2,S", "Another\n");
	backups_make(&b, BK_BACKUP_INCREMENTAL);
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
}

/* Between two sets, with another message under the old message's name: that is
 * the one thing that a Maildir never does. */
static void a_file_changed_in_place_is_noticed_with_stat(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	backups_deliver(&b, ANN, "", "173.M3.host:2,S", "Written over.\n");
	testrepo_done(backups_run(&b, BK_BACKUP_DIFFERENTIAL), &b.err);
	assert_int_equal(b.summary.bytes.source, 0);
	b.request.stat = true;
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_int_equal(b.summary.bytes.source, 14);
	backups_make(&b, BK_BACKUP_INCREMENTAL);
	assert_int_equal(b.summary.bytes.source, 0);
}

static void messages_of_every_size_come_back(void **state)
{
	struct bk_buf text = {0};

	(void)state;
	backups_deliver(&b, ANN, "", "1.empty.host:2,", "");
	backups_deliver(&b, ANN, "", "2.one.host:2,", "x");
	backups_deliver(&b, ANN, "", "3.line.host:2,", "\n");
	bk_buf_printf(&text, "Subject: large\n\n");
	while (text.len < (size_t)9 << 20)
		bk_buf_printf(&text, "line %zu of this message\n", text.len);
	backups_deliver(&b, ANN, "", "4.large.host:2,", bk_buf_text(&text));
	backups_make(&b, BK_BACKUP_FULL);
	backups_remove(&b, ANN, "", "4.large.host:2,");
	text.data[(size_t)5 << 20] = '!';
	backups_deliver(&b, ANN, "", "5.large.host:2,", bk_buf_text(&text));
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_true(b.summary.bytes.stored < (uint64_t)1 << 20);
	bk_buf_clear(&text);
}

static void part_of_a_store_leaves_the_others_as_the_last_set_has_them(
	void **state)
{
	struct bk_buf before = {0}, after = {0};

	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	backups_deliver(&b, BOB, "", "9.new.host:2,", "Hello Bob\n");
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	view_set(&b.t.repo, b.set, &before);
	backups_deliver(&b, ANN, "", "9.new.host:2,", "Hello Ann\n");
	backups_deliver(&b, BOB, "", "8.new.host:2,", "Hello again\n");
	backups_remove(&b, BOB, "", "9.new.host:2,");
	bk_names_add(&b.only.include, "ann@*");
	testrepo_done(backups_run(&b, BK_BACKUP_AUTO), &b.err);
	assert_string_equal(b.summary.kind, "incremental");
	assert_int_equal(b.summary.messages.added, 1);
	assert_int_equal(b.summary.messages.total, 76);
	view_set(&b.t.repo, b.set, &after);
	/* All of Bob's is at the end. */
	const char *was = strstr(bk_buf_text(&before), "F bob@");
	const char *is = strstr(bk_buf_text(&after), "F bob@");
	assert_string_equal(was, is);
	assert_non_null(strstr(bk_buf_text(&after), "9.new.host"));
	bk_filter_clear(&b.only);
	backups_make(&b, BK_BACKUP_INCREMENTAL);
	bk_buf_clear(&before);
	bk_buf_clear(&after);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_full_set_shows_the_store),
		CASE(without_changes_nothing_is_read),
		CASE(the_first_set_is_full_whatever_was_asked_for),
		CASE(mail_that_comes_goes_and_is_marked),
		CASE(a_renamed_folder_is_not_read_again),
		CASE(another_uidvalidity_is_a_change_of_the_folder_alone),
		CASE(mail_that_gets_its_uid_later_is_not_read_again),
		CASE(keywords_that_change_their_letters),
		CASE(an_account_that_goes_and_one_that_comes),
		CASE(a_folder_that_goes_and_is_made_again),
		CASE(a_file_changed_in_place_is_noticed_with_stat),
		CASE(messages_of_every_size_come_back),
		CASE(part_of_a_store_leaves_the_others_as_the_last_set_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
