/* What writing a folder leaves in a Maildir tree besides messages. */

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

static void a_folder_that_is_there_keeps_its_spelling(void **state)
{
	struct bk_folder to = {.name = "Entw\xc3\xbcrfe"};

	(void)state;
	scratch_maildir(&w.scratch, "m/.Entw\xc3\xbcrfe");
	open_store();
	begin_folder(&to);
	put(&(struct bk_message){.name = "x"}, "x");
	finish();
	assert_true(scratch_has(&w.scratch, "m/.Entw\xc3\xbcrfe/cur/x:2,"));
	/* And where one is UTF-8, the others are. */
	to.name = "Gel\xc3\xb6scht";
	begin_folder(&to);
	finish();
	assert_true(scratch_has(&w.scratch, "m/.Gel\xc3\xb6scht/cur"));
}

static void a_folder_is_spelt_as_it_was_at_its_source(void **state)
{
	struct bk_folder to = {
		.name = "x\\x0ay",
		.raw = {(const uint8_t *)".x\ny", 4},
		.delimiter = '.',
	};

	(void)state;
	open_store();
	begin_folder(&to);
	finish();
	assert_true(scratch_has(&w.scratch, "m/.x\ny/cur"));
	/* Under another name that spelling is not for it. */
	to.name = "Restored";
	begin_folder(&to);
	finish();
	assert_true(scratch_has(&w.scratch, "m/.Restored/cur"));
	to.name = "..";
	to.raw = (struct bk_view){(const uint8_t *)"..", 2};
	assert_int_equal(
		w.store->ops->begin(w.store, &account, &to, 0, &writer, &w.err),
		-1);
	assert_int_equal(w.err.kind, BK_REFUSED);
}

static void the_fs_layout_comes_back_into_an_empty_account(void **state)
{
	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_maildir(&w.scratch, "m/A/B");
	read_folders();
	struct bk_folder_list source = w.folders;
	w.folders = (struct bk_folder_list){0};
	snprintf(w.path, sizeof(w.path), "%s/to", w.scratch.path);
	open_store();
	for (size_t i = 0; i < source.n; i++) {
		if (source.items[i].no_select)
			continue;
		begin_folder(&source.items[i]);
		finish();
	}
	bk_folder_list_clear(&source);
	assert_true(scratch_has(&w.scratch, "to/A/B/cur"));
	assert_false(scratch_has(&w.scratch, "to/.A.B"));
}

static void a_link_in_the_way_is_not_followed(void **state)
{
	struct bk_folder to = {.name = "Evil"};
	uid_t stranger = 65534;

	(void)state;
	if (geteuid() != 0)
		return;
	scratch_maildir(&w.scratch, "m");
	scratch_maildir(&w.scratch, "victim");
	scratch_link(&w.scratch, "m/.Evil", "../victim");
	assert_int_equal(fchownat(w.scratch.dir, "m/.Evil", stranger, stranger,
				  AT_SYMLINK_NOFOLLOW),
			 0);
	open_store();
	assert_int_equal(
		w.store->ops->begin(w.store, &account, &to, 0, &writer, &w.err),
		-1);
	assert_int_equal(w.err.kind, BK_REFUSED);
	/* Files that are links are replaced, never written through. */
	static const char *const names[] = {
		"dovecot-uidlist.part", "dovecot-keywords.part",
		"dovecot.index.log.part", "subscriptions.part",
		"dovecot-acl.part"};
	const char *keywords[] = {"k"};
	uint16_t keyword = 0;
	struct bk_acl_entry acl = {"anyone", "l"};
	scratch_file(&w.scratch, "secret", "secret");
	for (size_t i = 0; i < 5; i++) {
		char path[64];
		snprintf(path, sizeof(path), "m/%s", names[i]);
		scratch_link(&w.scratch, path, "../secret");
	}
	struct bk_folder all = with_uids;
	all.keywords = keywords;
	all.n_keywords = 1;
	all.acl = &acl;
	all.n_acl = 1;
	all.subscribed = true;
	begin_folder(&all);
	put(&(struct bk_message){.name = "x",
				 .n_keywords = 1,
				 .keywords = &keyword,
				 .uid = 1},
	    "x");
	finish();
	assert_text("secret", "secret");
	assert_text("m/dovecot-acl", "anyone l\n");
	assert_text("m/dovecot-keywords", "0 k\n");
}

static void subscriptions_are_added_to_in_their_own_form(void **state)
{
	struct bk_folder to = {.name = "A/B", .subscribed = true};

	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/subscriptions", "Old\n");
	open_store();
	begin_folder(&to);
	finish();
	assert_text("m/subscriptions", "Old\nA.B\n");
	scratch_file(&w.scratch, "m/subscriptions", "V\t2\n\nOld\n");
	begin_folder(&to);
	finish();
	begin_folder(&to);
	finish();
	assert_text("m/subscriptions", "V\t2\n\nOld\nA\tB\n");
}

static void foreign_subscriptions_come_back_with_the_account(void **state)
{
	static const char text[] = "V\t2\n\nA\nshared\tbob\ttodo\n";
	struct bk_property setting = {
		"maildir/subscriptions",
		{(const uint8_t *)text, sizeof(text) - 1}
        };

	(void)state;
	scratch_maildir(&w.scratch, "m/.A");
	scratch_file(&w.scratch, "m/maildirsize", "1000S\n1 1\n");
	open_store();
	OK(w.store->ops->finish_account(w.store, &account, &setting, 1,
					&w.err));
	assert_text("m/subscriptions", "V\t2\n\nshared\tbob\ttodo\n");
	assert_false(scratch_has(&w.scratch, "m/maildirsize"));
}

static void newer_rights_are_left_alone(void **state)
{
	struct bk_acl_entry acl = {"anyone", "lrwstipekxa"};
	struct bk_folder to = inbox;

	(void)state;
	to.acl = &acl;
	to.n_acl = 1;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/dovecot-acl", "user=bob l\n");
	open_store();
	begin_folder(&to);
	finish();
	assert_text("m/dovecot-acl", "user=bob l\n");
	assert_non_null(strstr(result.note, "rights"));
}

static void a_folder_of_couriers_gets_no_file_of_dovecots(void **state)
{
	struct bk_acl_entry acl = {"anyone", "lr"};
	struct bk_folder to = with_uids;

	(void)state;
	to.acl = &acl;
	to.n_acl = 1;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/courierimapsubscribed", "INBOX\n");
	open_store();
	begin_folder(&to);
	put(&(struct bk_message){.name = "x", .uid = 1}, "x");
	finish();
	assert_false(scratch_has(&w.scratch, "m/dovecot-acl"));
	assert_false(scratch_has(&w.scratch, "m/dovecot-uidlist"));
	assert_true(scratch_has(&w.scratch, "m/courierimapuiddb"));
	assert_non_null(strstr(result.note, "rights"));
}

static void a_copy_beside_the_original_gets_a_guid_of_its_own(void **state)
{
	struct bk_folder to = with_uids;

	(void)state;
	open_store();
	begin_folder(&with_uids);
	finish();
	to.name = "Restored";
	begin_folder(&to);
	finish();
	assert_true(result.kept_uids);
	assert_text("m/.Restored/dovecot-uidlist", "3 V77 N110\n");
	read_folders();
	assert_true(scan("INBOX")->has_guid);
}

static void what_the_uid_list_said_besides_comes_back(void **state)
{
	static const char fields[] = "2 Pabc\n3 W5 G00ff O2\n9 Pgone\n";
	struct bk_property property = {
		"maildir/uidlist",
		{(const uint8_t *)fields, sizeof(fields) - 1}
        };
	struct bk_folder to = with_uids;

	(void)state;
	to.has_guid = false;
	to.annotations = &property;
	to.n_annotations = 1;
	open_store();
	begin_folder(&to);
	put(&(struct bk_message){.name = "c", .uid = 3}, "c");
	put(&(struct bk_message){.name = "a", .uid = 1}, "a");
	put(&(struct bk_message){.name = "b", .uid = 2}, "b");
	put(&(struct bk_message){.name = "b2", .uid = 2}, "b2");
	finish();
	assert_text("m/dovecot-uidlist",
		    "3 V77 N110\n1 :a\n2 Pabc :b\n"
		    "3 W5 G00ff O2 :c\n");
	assert_non_null(strstr(result.note, "UID 2"));
}

static void courier_gets_couriers_files(void **state)
{
	const char *keywords[] = {"x", "y"};
	uint16_t both[] = {0, 1};
	struct bk_folder to = with_uids;

	(void)state;
	scratch_maildir(&w.scratch, "m");
	scratch_file(&w.scratch, "m/courierimapsubscribed", "INBOX.Old\n");
	to.keywords = keywords;
	to.n_keywords = 2;
	to.subscribed = true;
	to.name = "A";
	open_store();
	begin_folder(&to);
	put(&(struct bk_message){.name = "x",
				 .uid = 4,
				 .n_keywords = 2,
				 .keywords = both},
	    "x");
	finish();
	assert_true(result.kept_uids);
	assert_text("m/.A/courierimapuiddb", "1 77 110\n4 x\n");
	assert_text("m/.A/courierimapkeywords/x", "x\ny\n");
	assert_text("m/courierimapsubscribed", "INBOX.Old\nINBOX.A\n");
	assert_false(scratch_has(&w.scratch, "m/.A/dovecot-uidlist"));
	assert_false(scratch_has(&w.scratch, "m/subscriptions"));
}

int main(void)
{
#define WORLD(t)                                                               \
	cmocka_unit_test_setup_teardown(t, maildir_writing_begin,              \
					maildir_writing_end)
	const struct CMUnitTest tests[] = {
		WORLD(a_folder_that_is_there_keeps_its_spelling),
		WORLD(a_folder_is_spelt_as_it_was_at_its_source),
		WORLD(the_fs_layout_comes_back_into_an_empty_account),
		WORLD(a_link_in_the_way_is_not_followed),
		WORLD(subscriptions_are_added_to_in_their_own_form),
		WORLD(foreign_subscriptions_come_back_with_the_account),
		WORLD(newer_rights_are_left_alone),
		WORLD(a_folder_of_couriers_gets_no_file_of_dovecots),
		WORLD(a_copy_beside_the_original_gets_a_guid_of_its_own),
		WORLD(what_the_uid_list_said_besides_comes_back),
		WORLD(courier_gets_couriers_files),
	};
	return cmocka_run_group_tests_name("maildir_finish", tests, NULL, NULL);
}
