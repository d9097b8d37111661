/* sync/sync: passes from one Maildir to another, again and again. */

#include "lib/sync_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#define A "Message-ID: <a@x>\nSubject: a\n\nbody of a\n"
#define B "Message-ID: <b@x>\nSubject: b\n\nbody of b\n"
#define C "Message-ID: <c@x>\nSubject: c\n\nbody of c\n"

static void move(const char *from, const char *to)
{
	assert_int_equal(renameat(s.scratch.dir, from, s.scratch.dir, to), 0);
}

static void drop(const char *path)
{
	assert_int_equal(unlinkat(s.scratch.dir, path, 0), 0);
}

static int rmdir_in_scratch(const char *path)
{
	static const char *const parts[] = {"cur", "new", "tmp"};
	char name[64];

	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, parts[i]);
		(void)unlinkat(s.scratch.dir, name, AT_REMOVEDIR);
	}
	snprintf(name, sizeof(name), "%s/maildirfolder", path);
	(void)unlinkat(s.scratch.dir, name, 0);
	return unlinkat(s.scratch.dir, path, AT_REMOVEDIR);
}

static void three_messages(void)
{
	sync_put("from/cur/1.a:2,S", A);
	sync_put("from/cur/2.b:2,", B);
	scratch_maildir(&s.scratch, "from/.Sent");
	sync_put("from/.Sent/cur/3.c:2,RS", C);
}

static void nothing_more_to_do(void)
{
	sync_pass();
	assert_int_equal(s.counts.added, 0);
	assert_int_equal(s.counts.found, 0);
	assert_int_equal(s.counts.flags, 0);
	assert_int_equal(s.counts.gone, 0);
	sync_assert_same();
}

static void all_of_it_comes_and_then_nothing(void **state)
{
	(void)state;
	three_messages();
	sync_pass();
	assert_int_equal(s.counts.added, 3);
	assert_int_equal(s.counts.messages, 3);
	assert_int_equal(s.counts.folders, 2);
	sync_assert_same();
	nothing_more_to_do();
	assert_int_equal(s.counts.kept, 3);
}

static void what_changed_at_the_source_changes(void **state)
{
	(void)state;
	three_messages();
	sync_pass();
	move("from/cur/1.a:2,S", "from/cur/1.a:2,FRS");
	drop("from/cur/2.b:2,");
	sync_put("from/.Sent/cur/4.d:2,", "Subject: d\n\nd\n");
	sync_pass();
	assert_int_equal(s.counts.added, 1);
	assert_int_equal(s.counts.flags, 1);
	assert_int_equal(s.counts.gone, 1);
	sync_assert_same();
	nothing_more_to_do();
}

static void what_others_put_there_stays(void **state)
{
	(void)state;
	three_messages();
	scratch_maildir(&s.scratch, "to");
	sync_put("to/cur/9.x:2,", "Subject: x\n\nforeign\n");
	sync_pass();
	assert_int_equal(s.counts.added, 3);
	drop("from/cur/1.a:2,S");
	drop("from/cur/2.b:2,");
	sync_pass();
	assert_int_equal(s.counts.gone, 2);
	assert_true(scratch_has(&s.scratch, "to/cur/9.x:2,"));
}

static void what_is_there_from_an_earlier_tool_is_found(void **state)
{
	(void)state;
	three_messages();
	scratch_maildir(&s.scratch, "to");
	sync_put("to/cur/other.name:2,", A);
	sync_pass();
	assert_int_equal(s.counts.added, 2);
	assert_int_equal(s.counts.found, 1);
	assert_int_equal(s.counts.flags, 1);
	sync_assert_same();
	nothing_more_to_do();
	/* It was not we who brought it. */
	drop("from/cur/1.a:2,S");
	sync_pass();
	assert_int_equal(s.counts.gone, 0);
	assert_true(scratch_has(&s.scratch, "to/cur/other.name:2,S"));
}

static void duplicates_keep_their_number(void **state)
{
	(void)state;
	sync_put("from/cur/1.a:2,S", A);
	sync_put("from/cur/2.a:2,S", A);
	sync_put("from/cur/3.a:2,S", A);
	scratch_maildir(&s.scratch, "to");
	sync_put("to/cur/x.a:2,S", A);
	sync_pass();
	assert_int_equal(s.counts.found, 1);
	assert_int_equal(s.counts.added, 2);
	sync_assert_same();
	nothing_more_to_do();
}

static void equal_headers_are_not_equal_messages(void **state)
{
	(void)state;
	sync_put("from/cur/1.a:2,S", "Subject: a\n\none\n");
	sync_put("from/cur/2.a:2,S", "Subject: a\n\ntwo\n");
	sync_put("from/cur/3.a:2,S", "\nno header, one\n");
	sync_put("from/cur/4.a:2,S", "\nno header, two\n");
	scratch_maildir(&s.scratch, "to");
	sync_put("to/cur/x.a:2,S", "Subject: a\n\ntwo\n");
	sync_put("to/cur/y.a:2,S", "\nno header, two\n");
	sync_pass();
	assert_int_equal(s.counts.found, 2);
	assert_int_equal(s.counts.added, 2);
	sync_assert_same();
	nothing_more_to_do();
}

static void a_lost_journal_costs_time_only(void **state)
{
	(void)state;
	three_messages();
	sync_put("from/cur/5.a:2,S", A);
	sync_pass();
	drop("journal");
	sync_pass();
	assert_int_equal(s.counts.added, 0);
	assert_int_equal(s.counts.found, 4);
	sync_assert_same();
	nothing_more_to_do();
}

static void a_flag_set_at_the_destination_stays(void **state)
{
	(void)state;
	three_messages();
	sync_pass();
	move("to/cur/1.a:2,S", "to/cur/1.a:2,FS");
	sync_pass();
	assert_int_equal(s.counts.flags, 0);
	move("from/cur/1.a:2,S", "from/cur/1.a:2,RS");
	sync_pass();
	assert_int_equal(s.counts.flags, 1);
	assert_true(scratch_has(&s.scratch, "to/cur/1.a:2,FRS"));
}

static void what_is_missing_there_comes_again(void **state)
{
	(void)state;
	three_messages();
	sync_pass();
	drop("to/cur/1.a:2,S");
	sync_pass();
	assert_int_equal(s.counts.added, 1);
	sync_assert_same();
	nothing_more_to_do();
}

static void a_dry_run_changes_nothing(void **state)
{
	(void)state;
	three_messages();
	s.request.dry_run = true;
	sync_pass();
	assert_int_equal(s.counts.added, 3);
	char *there = sync_contents("to");
	assert_string_equal(there, "");
	free(there);
	s.request.dry_run = false;
	sync_pass();
	assert_int_equal(s.counts.added, 3);
	sync_assert_same();
}

static void what_is_deleted_stays_if_it_is_to(void **state)
{
	(void)state;
	three_messages();
	sync_pass();
	drop("from/cur/1.a:2,S");
	s.request.keep_deleted = true;
	sync_pass();
	assert_int_equal(s.counts.gone, 0);
	assert_true(scratch_has(&s.scratch, "to/cur/1.a:2,S"));
	s.request.keep_deleted = false;
	sync_pass();
	assert_int_equal(s.counts.gone, 1);
	sync_assert_same();
}

static void many_messages_come_in_batches(void **state)
{
	char path[64], text[64];

	(void)state;
	for (int i = 0; i < 1203; i++) {
		snprintf(path, sizeof(path), "from/cur/%04d.m:2,", i);
		snprintf(text, sizeof(text), "Subject: %d\n\n%d\n", i, i);
		sync_put(path, text);
	}
	sync_pass();
	assert_int_equal(s.counts.added, 1203);
	sync_assert_same();
	nothing_more_to_do();
}

/* ---- folders ---- */

static void a_renamed_folder_is_renamed(void **state)
{
	(void)state;
	three_messages();
	sync_pass();
	move("from/.Sent", "from/.Archive");
	sync_pass();
	char *from = sync_contents("from"), *to = sync_contents("to");
	assert_string_equal(from, to);
	free(from);
	free(to);
	nothing_more_to_do();
}

static void a_folder_keeps_the_name_that_people_know_it_by(void **state)
{
	(void)state;
	three_messages();
	sync_pass();
	move("from/.Sent", "from/.Before");
	for (int i = 0; i < 2; i++) {
		s.request.old = i == 0;
		s.request.once = i == 1;
		sync_pass();
		assert_int_equal(s.counts.added, 0);
		assert_int_equal(s.counts.kept, 3);
		assert_true(scratch_has(&s.scratch, "to/.Sent/cur/3.c:2,RS"));
		assert_false(scratch_has(&s.scratch, "to/.Before"));
	}
	/* And again at the source itself. */
	move("from/.Before", "from/.Sent");
	sync_put("from/.Sent/cur/4.d:2,", "Subject: d\n\nd\n");
	sync_pass();
	assert_int_equal(s.counts.added, 1);
	sync_assert_same();
	s.request.once = false;
	nothing_more_to_do();
}

static void a_folder_that_people_took_away_comes_with_new_mail_only(
	void **state)
{
	(void)state;
	three_messages();
	sync_pass();
	s.request.once = s.request.keep_deleted = true;
	drop("to/.Sent/cur/3.c:2,RS");
	rmdir_in_scratch("to/.Sent");
	for (int i = 0; i < 2; i++) {
		sync_pass();
		assert_int_equal(s.counts.added, 0);
		assert_int_equal(s.counts.folders_made, 0);
		assert_false(scratch_has(&s.scratch, "to/.Sent"));
	}
	sync_put("from/.Sent/cur/4.d:2,", "Subject: d\n\nd\n");
	sync_pass();
	assert_int_equal(s.counts.added, 1);
	assert_int_equal(s.counts.folders_made, 1);
	assert_true(scratch_has(&s.scratch, "to/.Sent"));
	sync_pass();
	assert_int_equal(s.counts.added, 0);
	/* What is missed after all comes. */
	s.request.once = s.request.keep_deleted = false;
	s.request.full = true;
	sync_pass();
	assert_int_equal(s.counts.added, 1);
	sync_assert_same();
	s.request.full = false;
}

static void a_folder_that_is_gone_leaves_what_others_put_there(void **state)
{
	(void)state;
	three_messages();
	sync_pass();
	sync_put("to/.Sent/cur/9.x:2,", "Subject: x\n\nforeign\n");
	drop("from/.Sent/cur/3.c:2,RS");
	assert_int_equal(rmdir_in_scratch("from/.Sent"), 0);
	sync_pass();
	assert_int_equal(s.counts.gone, 1);
	assert_int_equal(s.counts.folders_gone, 1);
	assert_true(scratch_has(&s.scratch, "to/.Sent/cur/9.x:2,"));
	assert_false(scratch_has(&s.scratch, "to/.Sent/cur/3.c:2,RS"));
	sync_pass();
	assert_int_equal(s.counts.folders_gone, 0);
}

static void a_message_that_moves_moves(void **state)
{
	(void)state;
	three_messages();
	sync_pass();
	move("from/cur/1.a:2,S", "from/.Sent/cur/1.a:2,S");
	sync_pass();
	assert_int_equal(s.counts.added, 1);
	assert_int_equal(s.counts.gone, 1);
	sync_assert_same();
	nothing_more_to_do();
}

/* ---- is it the same? ---- */

static struct bk_sync_verified verified;
static char told[2000];

static void note(void *arg, const struct bk_sync_difference *difference)
{
	size_t len = strlen(told);

	(void)arg;
	snprintf(told + len, sizeof(told) - len, "%d %s %s|",
		 (int)difference->is, difference->folder, difference->what);
}

static void verify(bool bodies)
{
	struct bk_sync_verify request = {.bodies = bodies, .tell = note};

	told[0] = 0;
	sync_open();
	request.from = s.request.from;
	request.to = s.request.to;
	request.journal = s.journal;
	if (bk_sync_verify(&request, &verified, &s.err) < 0)
		fail_msg("%s", s.err.text);
	sync_close();
}

static void assert_verified(unsigned missing, unsigned extra,
			    unsigned different)
{
	if (verified.missing != missing || verified.extra != extra ||
	    verified.different != different)
		fail_msg("%u %u %u: %s", (unsigned)verified.missing,
			 (unsigned)verified.extra, (unsigned)verified.different,
			 told);
}

static void what_was_carried_over_is_the_same(void **state)
{
	(void)state;
	three_messages();
	sync_put("from/cur/4.a:2,F", A);
	sync_pass();
	for (int bodies = 0; bodies < 2; bodies++) {
		verify(bodies);
		assert_verified(0, 0, 0);
		assert_int_equal(verified.messages, 4);
		assert_int_equal(verified.folders, 2);
	}
	drop("journal");
	verify(true);
	assert_int_equal(verified.missing + verified.extra, 0);
}

static void every_difference_is_told(void **state)
{
	(void)state;
	three_messages();
	scratch_maildir(&s.scratch, "from/.New");
	sync_put("from/cur/4.d:2,", "Subject: d\n\none\n");
	sync_put("from/cur/5.e:2,", "Subject: e\n\none\n");
	sync_pass();
	assert_int_equal(rmdir_in_scratch("to/.New"), 0);
	drop("to/cur/2.b:2,");
	sync_put("to/cur/9.x:2,", "Subject: x\n\nforeign\n");
	move("to/cur/1.a:2,S", "to/cur/1.a:2,");
	scratch_age(&s.scratch, "to/cur/4.d:2,", 5);
	sync_put("to/cur/5.e:2,", "Subject: e\n\ntwo\n");
	verify(false);
	assert_verified(1, 1, 2);
	assert_non_null(strstr(told, "flags: \\Seen at the source, none at"));
	assert_non_null(strstr(told, "date: 1000000000 at the source, 5 at"));
	verify(true);
	assert_verified(1, 1, 3);
	assert_non_null(strstr(told, "content"));
	assert_non_null(strstr(told, "New"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SYNC_TEST(all_of_it_comes_and_then_nothing),
		SYNC_TEST(what_changed_at_the_source_changes),
		SYNC_TEST(what_others_put_there_stays),
		SYNC_TEST(what_is_there_from_an_earlier_tool_is_found),
		SYNC_TEST(duplicates_keep_their_number),
		SYNC_TEST(equal_headers_are_not_equal_messages),
		SYNC_TEST(a_lost_journal_costs_time_only),
		SYNC_TEST(a_flag_set_at_the_destination_stays),
		SYNC_TEST(what_is_missing_there_comes_again),
		SYNC_TEST(a_dry_run_changes_nothing),
		SYNC_TEST(what_is_deleted_stays_if_it_is_to),
		SYNC_TEST(many_messages_come_in_batches),
		SYNC_TEST(a_renamed_folder_is_renamed),
		SYNC_TEST(a_folder_keeps_the_name_that_people_know_it_by),
		SYNC_TEST(
			a_folder_that_people_took_away_comes_with_new_mail_only),
		SYNC_TEST(a_folder_that_is_gone_leaves_what_others_put_there),
		SYNC_TEST(a_message_that_moves_moves),
		SYNC_TEST(what_was_carried_over_is_the_same),
		SYNC_TEST(every_difference_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
