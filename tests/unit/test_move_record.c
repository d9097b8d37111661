/* What came of the accounts of a move: written, read back, the last pass of
 * each counts, and what a crash cut off does no harm. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "job/move_record.h"

static char path[] = "/tmp/bk-record-XXXXXX";
static struct bk_move_records records;
static struct bk_err err;

static void add(const char *name, enum bk_move_state state, uint64_t added,
		const char *why)
{
	struct bk_move_item items[] = {
		{"Sent\tone\nline", "",        "too\\large", "left out", 42},
		{"Old",             "1001.mx", "gone",       "",         0 },
	};
	const struct bk_move_record record = {
		.name = name,
		.report = {.account = name,
			   .to = "there",
			   .state = state,
			   .messages = 9,
			   .added = added,
			   .lost_flags = 3,
			   .seconds = 1.5,
			   .cutover = BK_CUTOVER_UNDONE,
			   .downtime = 2.25,
			   .why = why},
		.ended = 1700000000,
		.items = items,
		.n_items = why ? 2 : 0,
		.more_items = 7,
	};

	assert_int_equal(bk_move_record_add(path, &record, &err), 0);
}

static void read_back(void)
{
	bk_move_records_clear(&records);
	assert_int_equal(bk_move_records_read(&records, path, &err), 0);
}

static void the_last_pass_of_each_counts(void **state)
{
	(void)state;
	add("bob", BK_MOVE_FAILED, 1, "login\trefused\\\n");
	add("ann", BK_MOVE_DONE, 2, NULL);
	add("bob", BK_MOVE_INCOMPLETE, 3, "two\tmessages");
	read_back();
	assert_int_equal(records.n, 2);
	assert_string_equal(records.items[0].name, "ann");
	assert_int_equal(records.items[0].n_items, 0);
	assert_null(records.items[0].report.why);
	const struct bk_move_record *bob =
		bk_move_records_find(&records, "bob");
	assert_non_null(bob);
	assert_int_equal(bob->report.state, BK_MOVE_INCOMPLETE);
	assert_int_equal(bob->report.added, 3);
	assert_int_equal(bob->report.messages, 9);
	assert_int_equal(bob->report.lost_flags, 3);
	assert_int_equal(bob->report.cutover, BK_CUTOVER_UNDONE);
	assert_true(bob->report.downtime == 2.25);
	assert_string_equal(bob->report.why, "two\tmessages");
	assert_string_equal(bob->report.to, "there");
	assert_int_equal(bob->ended, 1700000000);
	assert_int_equal(bob->more_items, 7);
	assert_int_equal(bob->n_items, 2);
	assert_string_equal(bob->items[0].folder, "Sent\tone\nline");
	assert_string_equal(bob->items[0].text, "too\\large");
	assert_int_equal(bob->items[0].uid, 42);
	assert_string_equal(bob->items[1].name, "1001.mx");
	assert_null(bk_move_records_find(&records, "carl"));
	/* Written anew it is the same. */
	assert_int_equal(bk_move_records_write(&records, path, &err), 0);
	read_back();
	assert_int_equal(records.n, 2);
	assert_int_equal(bk_move_records_find(&records, "bob")->n_items, 2);
}

static void carry(const char *what, const char *folder, enum bk_became became,
		  uint64_t n, const char *why)
{
	struct bk_move_record record = {
		.name = "eve",
		.report = {.account = "eve", .to = "eve"},
	};
	const struct bk_carried row = {what, folder, became, n, why};

	/* Of one pass, twice. */
	bk_carried_list_add(&record.carried, &row);
	bk_carried_list_add(&record.carried, &row);
	assert_int_equal(bk_move_record_add(path, &record, &err), 0);
	bk_move_record_clear(&record);
}

/* "what folder became n why" of each row. */
static void reads(const char *expected)
{
	const struct bk_move_record *eve =
		bk_move_records_find(&records, "eve");
	struct bk_buf text = {0};

	assert_non_null(eve);
	for (size_t i = 0; i < eve->carried.n; i++) {
		const struct bk_carried *row = &eve->carried.items[i];
		bk_buf_printf(&text, "%s %s %s %d %s|", row->what, row->folder,
			      bk_became_word(row->became), (int)row->n,
			      row->why);
	}
	assert_string_equal(bk_buf_text(&text), expected);
	bk_buf_clear(&text);
}

static void what_a_later_pass_does_not_tell_of_stays(void **state)
{
	(void)state;
	carry("quota", "", BK_BECAME_IMPOSSIBLE, 1, "no\tone may");
	carry("rights", "Team", BK_BECAME_MOVED, 3, "");
	carry("rights", "Other", BK_BECAME_SKIPPED, 1, "nobody");
	read_back();
	reads("quota  not possible here 1 no\tone may|"
	      "quota  not possible here 1 no\tone may|"
	      "rights Team moved 3 |rights Team moved 3 |"
	      "rights Other skipped 1 nobody|rights Other skipped 1 nobody|");
	assert_int_equal(bk_move_records_write(&records, path, &err), 0);
	carry("rights", "Team", BK_BECAME_MOVED, 0, "");
	carry("quota", "", BK_BECAME_MOVED, 1, "");
	read_back();
	reads("rights Other skipped 1 nobody|rights Other skipped 1 nobody|"
	      "rights Team moved 0 |rights Team moved 0 |"
	      "quota  moved 1 |quota  moved 1 |");
}

static void what_is_not_understood_is_passed_over(void **state)
{
	FILE *out = fopen(path, "a");

	(void)state;
	assert_non_null(out);
	assert_true(fputs("item\tof nobody\n\nrubbish\naccount\tx\taccount\n"
			  "account\tcut\tcut\tcut\tcomplete\t1\t1\t0\t\t1",
			  out) >= 0);
	assert_int_equal(fclose(out), 0);
	read_back();
	assert_int_equal(records.n, 3);
	assert_int_equal(unlink(path), 0);
	read_back();
	assert_int_equal(records.n, 0);
	assert_null(bk_move_records_find(&records, "ann"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_pass_of_each_counts),
		cmocka_unit_test(what_a_later_pass_does_not_tell_of_stays),
		cmocka_unit_test(what_is_not_understood_is_passed_over),
	};
	int fd = mkstemp(path);

	if (fd < 0 || close(fd) < 0)
		return 1;
	int failed =
		cmocka_run_group_tests_name("move_record", tests, NULL, NULL);
	bk_move_records_clear(&records);
	return failed;
}
