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

/* ---- large folders ---- */

#define MANY 10000

static void name_of(char out[80], const char *part, int i, bool marked)
{
	(void)snprintf(out, 80, ANN "/%s/1%05d.host:2,%s", part, i,
		       marked ? "FSabcdefghijklmnopqrstuvwxyz" : "");
}

static void deliver_a_heap(void)
{
	char name[80];

	scratch_maildir(&b.t.scratch, ANN);
	for (int i = 0; i < MANY; i++) {
		name_of(name, "cur", i, false);
		scratch_file(&b.t.scratch, name, "x\n");
	}
	struct bk_buf words = {0};
	for (int i = 0; i < 26; i++)
		bk_buf_printf(&words, "%d keyword%d\n", i, i);
	scratch_file(&b.t.scratch, ANN "/dovecot-keywords",
		     bk_buf_text(&words));
	bk_buf_clear(&words);
}

/* The longest body of a record in the newest set's manifest. */
static size_t longest_record(void)
{
	struct bk_set *set = NULL;
	struct bk_buf block = {0};
	struct bk_block_at at = {BK_HEAD_LEN, 0};
	struct bk_err err = {0};
	size_t longest = 0;

	testrepo_done(bk_set_open(&set, &b.t.repo, b.set, &err), &err);
	struct bk_file_reader *file = set->levels[0].manifest;
	while (at.number < bk_file_reader_trailer(file)->n_data) {
		struct bk_view body;
		uint8_t type;
		testrepo_done(bk_file_reader_block(file, &at, BK_BLOCK_DATA,
						   &block, &err),
			      &err);
		struct bk_cursor from = bk_cursor_over(block.data, block.len);
		while (bk_record_next(&from, &type, &body, &err) > 0)
			if (body.len > longest)
				longest = body.len;
		assert_true(block.len <= (size_t)512 << 10);
	}
	bk_buf_clear(&block);
	bk_set_close(set);
	return longest;
}

static void no_record_is_longer_than_the_format_allows(void **state)
{
	char from[80], to[80];

	(void)state;
	deliver_a_heap();
	backups_make(&b, BK_BACKUP_FULL);
	assert_true(longest_record() <= BK_ROWS_RECORD_MAX);
	for (int i = 0; i < MANY; i++) {
		name_of(from, "cur", i, false);
		name_of(to, "cur", i, true);
		backups_rename(&b, from, to);
	}
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_int_equal(b.summary.messages.flags, MANY);
	assert_true(longest_record() <= BK_ROWS_RECORD_MAX);
}

/* Its numbers are those of the run, and it leaves no trace. */
static void a_dry_run_foretells_the_run(void **state)
{
	struct bk_buf before = {0}, after = {0};
	struct bk_summary planned;
	char *text = NULL;
	size_t len = 0;

	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	backups_deliver(&b, ANN, "", "9.new.host:2,", "Subject: new\n\nNew.\n");
	backups_remove(&b, ANN, "", "173.M3.host:2,S");
	testrepo_files(&b.t, "", &before);
	b.request.dry_run = true;
	b.request.style.out = open_memstream(&text, &len);
	assert_int_equal(backups_run(&b, BK_BACKUP_DIFFERENTIAL), 0);
	assert_int_equal(fclose(b.request.style.out), 0);
	planned = b.summary;
	assert_int_equal(planned.result, BK_RESULT_PLANNED);
	assert_non_null(strstr(text, "ann@a.test"));
	assert_non_null(strstr(text, "bob@b.test"));
	testrepo_files(&b.t, "", &after);
	assert_string_equal(bk_buf_text(&before), bk_buf_text(&after));
	b.request.dry_run = false;
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_string_equal(planned.kind, b.summary.kind);
	assert_memory_equal(&planned.messages, &b.summary.messages,
			    sizeof(planned.messages));
	assert_int_equal(planned.bytes.source, b.summary.bytes.source);
	assert_int_equal(planned.accounts, b.summary.accounts);
	free(text);
	bk_buf_clear(&before);
	bk_buf_clear(&after);
}

/* A name that is typed wrongly, beside one that is right. */
static void an_account_that_is_not_there_is_reported(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	bk_names_add(&b.only.include, "ann@*");
	bk_names_add(&b.only.include, "bbo@b.test");
	bk_names_add(&b.only.domains, "c.test");
	assert_int_equal(backups_run(&b, BK_BACKUP_AUTO), 0);
	assert_int_equal(b.outcome.ending, BK_ENDING_INCOMPLETE);
	assert_true(backups_said(&b, "bbo@b.test"));
	assert_true(backups_said(&b, "no such account in the store"));
	assert_true(backups_said(&b, "@c.test"));
	assert_int_equal(b.summary.errors, 2);
	backups_check(&b);
	bk_filter_clear(&b.only);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_full_set_shows_the_store),
		CASE(without_changes_nothing_is_read),
		CASE(the_first_set_is_full_whatever_was_asked_for),
		CASE(mail_that_comes_goes_and_is_marked),
		CASE(a_dry_run_foretells_the_run),
		CASE(an_account_that_is_not_there_is_reported),
		CASE(a_renamed_folder_is_not_read_again),
		CASE(another_uidvalidity_is_a_change_of_the_folder_alone),
		CASE(mail_that_gets_its_uid_later_is_not_read_again),
		CASE(keywords_that_change_their_letters),
		CASE(an_account_that_goes_and_one_that_comes),
		CASE(a_folder_that_goes_and_is_made_again),
		CASE(a_file_changed_in_place_is_noticed_with_stat),
		CASE(messages_of_every_size_come_back),
		CASE(no_record_is_longer_than_the_format_allows),
		CASE(part_of_a_store_leaves_the_others_as_the_last_set_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
