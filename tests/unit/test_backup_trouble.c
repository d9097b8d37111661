/* Backups of stores that cannot be read, that shrank or are not there, on
 * repositories that are damaged or full. */

#include "lib/test.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/lock.h"
#include "job/exit.h"
#include "lib/backups.h"
#include "lib/condemn.h"
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

static void make_unreadable(const char *name)
{
	assert_int_equal(fchmodat(b.t.scratch.dir, name, 0, 0), 0);
}

static int status_of(int rc)
{
	return (int)bk_exit_status(rc, &b.outcome, &b.err);
}

static struct bk_buf view_of_set(void)
{
	struct bk_buf view = {0};

	view_set(&b.t.repo, b.set, &view);
	return view;
}

/* The set that a run with trouble made has nothing less than the one before. */
static void assert_nothing_lost(enum bk_backup_wish wish)
{
	struct bk_buf before = view_of_set();

	testrepo_done(backups_run(&b, wish), &b.err);
	assert_int_equal(status_of(0), BK_EXIT_INCOMPLETE);
	struct bk_buf after = view_of_set();
	view_compare(&before, &after);
	bk_buf_clear(&before);
	bk_buf_clear(&after);
}

/* ---- the store ---- */

static void the_previous_copy_of_an_unreadable_message_stays(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	make_unreadable(ANN "/cur/173.M3.host:2,S");
	assert_nothing_lost(BK_BACKUP_FULL);
	assert_true(backups_said(&b, "173.M3.host"));
	assert_true(backups_said(&b, "previous copy kept"));
	assert_int_equal(b.summary.errors, 1);
	assert_nothing_lost(BK_BACKUP_FULL);
}

static void an_unreadable_message_without_a_copy_is_left_out_and_named(
	void **state)
{
	(void)state;
	backups_deliver(&b, ANN, "", "9.new.host:2,", "New\n");
	make_unreadable(ANN "/cur/9.new.host:2,");
	for (int wish = BK_BACKUP_FULL; wish <= BK_BACKUP_INCREMENTAL; wish++) {
		testrepo_done(backups_run(&b, (enum bk_backup_wish)wish),
			      &b.err);
		assert_int_equal(status_of(0), BK_EXIT_INCOMPLETE);
		assert_true(backups_said(&b, "9.new.host"));
		assert_true(backups_said(&b, "not in this set"));
		assert_int_equal(b.summary.messages.total, 74);
	}
	assert_int_equal(unlinkat(b.t.scratch.dir, ANN "/cur/9.new.host:2,", 0),
			 0);
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
}

/* Known mail is not opened, so that nobody notices here; and the copy of what
 * came since the full set is the previous differential's. */
static void an_unreadable_message_in_a_differential(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	backups_deliver(&b, ANN, "", "9.new.host:2,", "New\n");
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	make_unreadable(ANN "/cur/9.new.host:2,");
	assert_nothing_lost(BK_BACKUP_DIFFERENTIAL);
	assert_true(backups_said(&b, "previous copy kept"));
}

static void an_unreadable_folder_stays_as_it_was_in_a_full_set(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	make_unreadable(BOB "/.Archive");
	assert_nothing_lost(BK_BACKUP_FULL);
	assert_true(backups_said(&b, "bob@b.test Archive"));
	assert_true(backups_said(&b, "kept as the previous set has it"));
	assert_int_equal(b.summary.errors, 1);
}

static void an_unreadable_folder_stays_as_it_was_in_a_differential(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	make_unreadable(BOB "/.Archive");
	assert_nothing_lost(BK_BACKUP_DIFFERENTIAL);
	assert_nothing_lost(BK_BACKUP_INCREMENTAL);
	assert_true(backups_said(&b, "bob@b.test Archive"));
}

/* What came since the full set is in the previous differential alone. */
static void an_unreadable_folder_keeps_what_the_last_set_has_of_it(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	backups_deliver(&b, BOB, ".Archive", "9.new.host:2,", "New\n");
	backups_remove(&b, BOB, ".Archive", "170.M0.host:2,S");
	backups_deliver(&b, BOB, ".Fresh", "8.new.host:2,S", "Fresh\n");
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	make_unreadable(BOB "/.Archive");
	make_unreadable(BOB "/.Fresh");
	assert_nothing_lost(BK_BACKUP_DIFFERENTIAL);
	assert_nothing_lost(BK_BACKUP_DIFFERENTIAL);
	assert_nothing_lost(BK_BACKUP_INCREMENTAL);
	assert_nothing_lost(BK_BACKUP_FULL);
}

static void an_unreadable_account_keeps_what_the_last_set_has_of_it(
	void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	backups_deliver(&b, BOB, ".Archive", "9.new.host:2,", "New\n");
	backups_deliver(&b, "mail/c.test/carl", "", "7.new.host:2,S", "Carl\n");
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	make_unreadable(BOB);
	make_unreadable("mail/c.test/carl");
	assert_nothing_lost(BK_BACKUP_DIFFERENTIAL);
	assert_true(backups_said(&b, "bob@b.test"));
	assert_nothing_lost(BK_BACKUP_INCREMENTAL);
	assert_nothing_lost(BK_BACKUP_FULL);
	assert_nothing_lost(BK_BACKUP_DIFFERENTIAL);
}

static void too_many_unreadable_messages_stop_it(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	for (int i = 0; i < 11; i++) {
		char *name = bk_asprintf(ANN "/cur/8%d.new.host:2,", i);
		scratch_link(&b.t.scratch, name, "/nowhere");
		free(name);
	}
	for (int wish = BK_BACKUP_FULL; wish <= BK_BACKUP_INCREMENTAL; wish++) {
		int rc = backups_run(&b, (enum bk_backup_wish)wish);
		assert_int_equal(status_of(rc), BK_EXIT_SAFETY);
		assert_non_null(strstr(b.err.text, "cannot be read"));
		assert_int_equal(backups_sets(&b), 1);
	}
	b.job.read_errors_ppm = 20000; /* of 74: one more */
	testrepo_done(backups_run(&b, BK_BACKUP_FULL), &b.err);
	assert_int_equal(status_of(0), BK_EXIT_INCOMPLETE);
}

static void too_many_unreadable_messages_stop_the_first_set_too(void **state)
{
	(void)state;
	for (int i = 0; i < 11; i++) {
		char *name = bk_asprintf(ANN "/cur/8%d.new.host:2,", i);
		scratch_link(&b.t.scratch, name, "/nowhere");
		free(name);
	}
	int rc = backups_run(&b, BK_BACKUP_FULL);
	assert_int_equal(status_of(rc), BK_EXIT_SAFETY);
	assert_int_equal(backups_sets(&b), 0);
}

/* Two errors are few, but all that there is. */
static void a_store_of_which_nothing_can_be_read_makes_no_set(void **state)
{
	(void)state;
	make_unreadable(ANN);
	make_unreadable(BOB);
	int rc = backups_run(&b, BK_BACKUP_FULL);
	assert_int_equal(status_of(rc), BK_EXIT_SOURCE);
	assert_non_null(strstr(b.err.text,
			       "none of its accounts can be listed. No set "
			       "written. Mend what is named above"));
	assert_int_equal(backups_sets(&b), 0);
	assert_int_equal(fchmodat(b.t.scratch.dir, ANN, 0700, 0), 0);
	assert_int_equal(fchmodat(b.t.scratch.dir, BOB, 0700, 0), 0);
}

static void a_store_that_shrank_stops_it_unless_that_is_right(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	backups_rename(&b, BOB "/.Archive", "aside");
	for (int wish = BK_BACKUP_FULL; wish <= BK_BACKUP_INCREMENTAL; wish++) {
		int rc = backups_run(&b, (enum bk_backup_wish)wish);
		assert_int_equal(status_of(rc), BK_EXIT_SAFETY);
		assert_non_null(
			strstr(b.err.text,
			       "store mail shrank from 74 to 44 messages "
			       "(limit 30 %)."));
		assert_non_null(strstr(b.err.text, "--accept-shrink"));
	}
	assert_int_equal(backups_sets(&b), 1);
	b.request.accept_shrink = true;
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	b.request.accept_shrink = false;
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
}

static void no_account_is_no_store(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	backups_rename(&b, "mail", "aside");
	int rc = backups_run(&b, BK_BACKUP_DIFFERENTIAL);
	assert_int_equal(status_of(rc), BK_EXIT_SOURCE);
	scratch_dir(&b.t.scratch, "mail");
	rc = backups_run(&b, BK_BACKUP_DIFFERENTIAL);
	assert_int_equal(status_of(rc), BK_EXIT_SOURCE);
	assert_non_null(strstr(b.err.text, "No set written"));
	assert_int_equal(backups_sets(&b), 1);
}

static void an_account_that_is_not_there_is_nothing_found(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	bk_names_add(&b.only.include, "nobody@*");
	int rc = backups_run(&b, BK_BACKUP_AUTO);
	assert_int_equal(status_of(rc), BK_EXIT_NOTHING);
	assert_int_equal(backups_sets(&b), 1);
}

/* ---- the repository ---- */

static void damage_newest(enum bk_part_type type)
{
	struct bk_set *set = NULL;
	struct bk_err err = {0};
	char name[BK_NAME_MAX];

	testrepo_done(bk_set_open(&set, &b.t.repo, b.set, &err), &err);
	const struct bk_root_part *part =
		bk_root_part(&set->levels[0].root, type);
	testrepo_flip(&b.t, bk_root_part_name(name, part, b.set),
		      (size_t)part->offset + 300, 1);
	bk_set_close(set);
}

static void on_a_damaged_full_set_a_differential_becomes_a_full_one(
	void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	damage_newest(BK_PART_MANIFEST);
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_string_equal(b.summary.kind, "full");
	assert_true(backups_said(&b, "cannot stand on an earlier set"));
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_string_equal(b.summary.kind, "differential");
}

static void on_a_set_whose_files_are_gone_it_becomes_a_full_one(void **state)
{
	char name[BK_NAME_MAX];

	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	testrepo_remove(&b.t, bk_name_bundle(name, b.set));
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_string_equal(b.summary.kind, "full");
}

static void on_a_broken_root_it_becomes_a_full_one(void **state)
{
	char name[BK_NAME_MAX];

	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	testrepo_flip(&b.t, bk_name_root(name, b.set), 280, 1);
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_string_equal(b.summary.kind, "full");
}

static void a_damaged_index_makes_a_full_set_too(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	damage_newest(BK_PART_INDEX);
	backups_deliver(&b, ANN, "", "9.new.host:2,", "Subject: x\n\nNew\n");
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_string_equal(b.summary.kind, "full");
}

static void a_condemned_full_set_is_no_base(void **state)
{
	struct condemned_things list = {.number = 1};

	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	list.set = b.set;
	condemn(&b.t, &list);
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_string_equal(b.summary.kind, "full");
}

/* Condemned between choosing and the intent. */
static void condemn_newest(void *arg, const char *act)
{
	struct condemned_things list = {.number = 1, .set = b.set};

	(void)arg;
	if (strncmp(act, "put open/", 9) != 0)
		return;
	b.recorder.before = NULL;
	condemn(&b.t, &list);
}

/* Every file is written once, intents too. */
static void assert_no_intent_twice(void)
{
	const char *log = bk_buf_text(&b.recorder.log);

	for (const char *at = strstr(log, "put open/"); at;
	     at = strstr(at + 1, "put open/")) {
		char *line = bk_strndup(at, strcspn(at, "\n"));
		assert_null(strstr(at + 1, line));
		free(line);
	}
}

static void a_base_that_is_condemned_meanwhile_is_given_up(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	b.recorder.before = condemn_newest;
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_string_equal(b.summary.kind, "full");
	assert_true(backups_said(&b, "a prune condemned"));
	assert_no_intent_twice();
}

/* A run of some accounts keeps the others as the newest set has them: without
 * that set it could only lose them. */
static void part_of_a_store_needs_the_newest_set(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	bk_names_add(&b.only.include, "ann@*");
	damage_newest(BK_PART_MANIFEST);
	int rc = backups_run(&b, BK_BACKUP_AUTO);
	assert_int_equal(status_of(rc), BK_EXIT_SAFETY);
	assert_non_null(strstr(b.err.text, "without --account"));
	assert_int_equal(backups_sets(&b), 1);
	bk_filter_clear(&b.only);
	backups_make(&b, BK_BACKUP_FULL);
	bk_names_add(&b.only.include, "ann@*");
	b.recorder.before = condemn_newest;
	rc = backups_run(&b, BK_BACKUP_AUTO);
	assert_int_equal(rc, -1);
	assert_non_null(strstr(b.err.text, "without --account"));
}

static void part_of_a_store_does_not_stand_on_an_older_set(void **state)
{
	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	for (int i = 2; i < BK_CHAIN_MAX; i++)
		testrepo_done(backups_run(&b, BK_BACKUP_INCREMENTAL), &b.err);
	backups_deliver(&b, BOB, "", "9.new.host:2,", "Hello Bob\n");
	bk_names_add(&b.only.include, "ann@*");
	int rc = backups_run(&b, BK_BACKUP_AUTO);
	assert_int_equal(rc, -1);
	assert_non_null(strstr(b.err.text, "without --account"));
	bk_filter_clear(&b.only);
	backups_make(&b, BK_BACKUP_INCREMENTAL);
	assert_string_equal(b.summary.kind, "differential");
}

static void a_full_disk_leaves_the_repository_as_it_was(void **state)
{
	struct bk_buf before = {0}, after = {0};

	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	testrepo_files(&b.t, "", &before);
	backups_deliver(&b, ANN, "", "9.new.host:2,", "Subject: x\n\nNew\n");
	for (uint64_t room = 1; room < 40000; room += 1500) {
		b.recorder.room = room;
		b.recorder.written = 0;
		int rc = backups_run(&b, BK_BACKUP_FULL);
		if (rc == 0)
			break;
		assert_int_equal(status_of(rc), BK_EXIT_FULL);
		assert_int_equal(backups_sets(&b), 1);
		assert_int_equal(testrepo_parts(&b.t), 0);
	}
	b.recorder.room = 0;
	testrepo_files(&b.t, "", &after);
	assert_int_equal(backups_sets(&b), 2);
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	bk_buf_clear(&before);
	bk_buf_clear(&after);
}

static void another_run_holds_the_lock(void **state)
{
	char *store = bk_store_identity(&b.job.store.config);
	char repo[BK_ID_TEXT];
	struct bk_lock_request mine = {
		.state_dir = b.state,
		.store = store,
		.repo = bk_id_hex(repo, b.t.repo.id),
		.command = "bk-backup",
	};
	struct bk_lock *lock = NULL;

	(void)state;
	testrepo_done(bk_lock_take(&lock, &mine, &b.err), &b.err);
	int rc = backups_run(&b, BK_BACKUP_FULL);
	assert_int_equal(status_of(rc), BK_EXIT_LOCKED);
	bk_lock_release(lock);
	free(store);
	backups_make(&b, BK_BACKUP_FULL);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

/* Root can read everything. */
static int become_nobody(void)
{
	if (geteuid() != 0)
		return 0;
	return setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0
		       ? -1
		       : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_previous_copy_of_an_unreadable_message_stays),
		CASE(an_unreadable_message_without_a_copy_is_left_out_and_named),
		CASE(an_unreadable_message_in_a_differential),
		CASE(an_unreadable_folder_stays_as_it_was_in_a_full_set),
		CASE(an_unreadable_folder_stays_as_it_was_in_a_differential),
		CASE(an_unreadable_folder_keeps_what_the_last_set_has_of_it),
		CASE(an_unreadable_account_keeps_what_the_last_set_has_of_it),
		CASE(too_many_unreadable_messages_stop_it),
		CASE(too_many_unreadable_messages_stop_the_first_set_too),
		CASE(a_store_of_which_nothing_can_be_read_makes_no_set),
		CASE(a_store_that_shrank_stops_it_unless_that_is_right),
		CASE(no_account_is_no_store),
		CASE(an_account_that_is_not_there_is_nothing_found),
		CASE(on_a_damaged_full_set_a_differential_becomes_a_full_one),
		CASE(on_a_set_whose_files_are_gone_it_becomes_a_full_one),
		CASE(on_a_broken_root_it_becomes_a_full_one),
		CASE(a_damaged_index_makes_a_full_set_too),
		CASE(a_condemned_full_set_is_no_base),
		CASE(a_base_that_is_condemned_meanwhile_is_given_up),
		CASE(part_of_a_store_needs_the_newest_set),
		CASE(part_of_a_store_does_not_stand_on_an_older_set),
		CASE(a_full_disk_leaves_the_repository_as_it_was),
		CASE(another_run_holds_the_lock),
	};

	if (become_nobody() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
