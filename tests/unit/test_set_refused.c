/*
 * Manifests that say what they must not: a host that holds the keys can write
 * anything, and a reader believes nothing that does not fit together.
 */

#include "lib/refusing.h"

static void changes_that_do_not_fit_their_base(void **state)
{
	(void)state;
	begin_delta();
	OPS(1, "\1\2\0");
	assert_refused(BK_CORRUPT, "leave 1 base rows out");
	begin_delta();
	OPS(1, "\1\4\0");
	assert_refused(BK_CORRUPT, "keeps more rows than its base has");
	begin_delta();
	OPS(1, "\1\1\2\3\0");
	assert_refused(BK_CORRUPT, "drops more rows than its base has");
	begin_delta();
	OPS(1, "\1\3\3\0\0\0\0");
	assert_refused(BK_CORRUPT, "keeps more rows than its base has");
	begin_delta();
	OPS(1, "\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0");
	assert_refused(BK_CORRUPT, "keeps more rows than its base has");
	begin_delta();
	OPS(1, "\2\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0");
	assert_refused(BK_CORRUPT, "drops more rows than its base has");
}

static void changes_that_are_malformed(void **state)
{
	(void)state;
	begin_delta();
	OPS(1, "\1\3");
	assert_refused(BK_CORRUPT, "operation");
	begin_delta();
	OPS(1, "\1\3\0\0");
	assert_refused(BK_CORRUPT, "left over");
	begin_delta();
	OPS(1, "\1\3\5\0");
	assert_refused(BK_CORRUPT, "unknown operation 5");
	begin_delta();
	OPS(1, "\1\0\1\3\0");
	assert_refused(BK_CORRUPT, "no rows");
	begin_delta();
	OPS(1, "\2\0\1\3\0");
	assert_refused(BK_CORRUPT, "no rows");
}

static void changes_may_be_several_records(void **state)
{
	(void)state;
	begin_delta();
	OPS(1, "\1\1\0");
	OPS(1, "\2\1\0");
	OPS(1, "\1\1\0");
	assert_int_equal(rows_of_set(), 2);
}

static void messages_and_changes_of_one_folder(void **state)
{
	static const uint32_t uids[] = {9};

	(void)state;
	begin_delta();
	OPS(1, "\1\3\0");
	add_rows(1, uids, 1);
	assert_refused(BK_CORRUPT, "messages and changes");
	begin_delta();
	add_rows(1, uids, 1); /* alone it replaces what the base has */
	assert_int_equal(rows_of_set(), 1);
}

static void rows_that_do_not_ascend(void **state)
{
	static const uint32_t twice[] = {1, 1};

	(void)state;
	begin(1, BK_SET_FULL, NULL);
	add_account(1, "ann@a.test");
	add_folder(1, 1);
	add_rows(1, twice, 2);
	assert_refused(BK_CORRUPT, "out of order");
	begin(1, BK_SET_FULL, NULL);
	add_account(1, "ann@a.test");
	add_folder(1, 1);
	add_rows(1, twice + 1, 1);
	add_rows(1, twice, 1); /* nor over two records */
	assert_refused(BK_CORRUPT, "out of order");
}

static void changes_in_a_full_set_have_nothing_to_change(void **state)
{
	(void)state;
	begin(1, BK_SET_FULL, NULL);
	add_account(1, "ann@a.test");
	add_folder(1, 1);
	OPS(1, "\1\1\0");
	assert_refused(BK_CORRUPT, "keeps more rows than its base has");
}

static void other_records_among_messages(void **state)
{
	struct bk_buf body = {0};

	(void)state;
	begin_delta();
	bk_buf_add_varint(&body, 1);
	messages(BK_RECORD_FOLDER_GONE, 1, &body);
	assert_refused(BK_CORRUPT, "record of type 9 among messages");
}

static void flags_and_keywords_that_cannot_be(void **state)
{
	(void)state;
	begin_delta();
	OPS(1, "\3\x3f\2\0\1\0\1\2\0");
	assert_int_equal(rows_of_set(), 3);
	begin(2, BK_SET_DIFFERENTIAL, &full);
	OPS(1, "\3\x40\0\0\1\2\0");
	assert_refused(BK_CORRUPT, "flags");
	begin(2, BK_SET_DIFFERENTIAL, &full);
	OPS(1, "\3\x80\1\0\0\0\1\2\0");
	assert_refused(BK_CORRUPT, "flags");
	begin(2, BK_SET_DIFFERENTIAL, &full);
	OPS(1, "\3\0\2\1\1\0\1\2\0"); /* a keyword twice */
	assert_refused(BK_CORRUPT, "flags");
	begin(2, BK_SET_DIFFERENTIAL, &full);
	OPS(1, "\3\0\2\1\0\0\1\2\0"); /* descending */
	assert_refused(BK_CORRUPT, "flags");
}

static void a_differential_on_a_differential(void **state)
{
	struct setmade base;

	(void)state;
	begin_delta();
	setmaker_finish(&maker, &totals);
	base = maker.made;
	begin(2, BK_SET_DIFFERENTIAL, &base);
	assert_refused(BK_CORRUPT, "differential that is based on no full set");
	begin(3, BK_SET_INCREMENTAL, &base);
	assert_int_equal(rows_of_set(), 3);
}

static void records_of_a_later_version(void **state)
{
	(void)state;
	begin_delta();
	add_id(0x8b, 1);
	assert_int_equal(rows_of_set(), 3);
	begin(2, BK_SET_DIFFERENTIAL, &full);
	add_id(0x0b, 1);
	assert_refused(BK_NEWER, "upgrade this host first");
}

static void a_base_of_another_store(void **state)
{
	(void)state;
	begin_delta();
	memcpy(maker.root.store, "another", 8);
	assert_refused(BK_CORRUPT, "another host or store");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			changes_that_do_not_fit_their_base, start, end),
		cmocka_unit_test_setup_teardown(changes_that_are_malformed,
						start, end),
		cmocka_unit_test_setup_teardown(changes_may_be_several_records,
						start, end),
		cmocka_unit_test_setup_teardown(
			messages_and_changes_of_one_folder, start, end),
		cmocka_unit_test_setup_teardown(rows_that_do_not_ascend, start,
						end),
		cmocka_unit_test_setup_teardown(
			changes_in_a_full_set_have_nothing_to_change, start,
			end),
		cmocka_unit_test_setup_teardown(other_records_among_messages,
						start, end),
		cmocka_unit_test_setup_teardown(
			flags_and_keywords_that_cannot_be, start, end),
		cmocka_unit_test_setup_teardown(
			a_differential_on_a_differential, start, end),
		cmocka_unit_test_setup_teardown(records_of_a_later_version,
						start, end),
		cmocka_unit_test_setup_teardown(a_base_of_another_store, start,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
