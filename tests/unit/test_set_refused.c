/*
 * Manifests that say what they must not: a host that holds the keys can write
 * anything, and a reader believes nothing that does not fit together.
 */

#include "lib/test.h"

#include <string.h>

#include "lib/setmaker.h"
#include "repo/set.h"

static struct testrepo t;
static struct setmade full; /* one account, one folder of three messages */
static struct setmaker maker;
static struct bk_manifest_end totals;
static struct bk_err err;

/* ---- what goes into a manifest ---- */

static void name_record(uint8_t type, const struct bk_buf *body)
{
	bk_manifest_writer_name(maker.manifest, type, bk_buf_view(body));
}

static void add_account(uint32_t id, const char *address)
{
	const struct bk_account account = {.address = address};
	struct bk_buf body = {0};

	bk_account_encode(&body, id, &account);
	name_record(BK_RECORD_ACCOUNT, &body);
	bk_buf_clear(&body);
}

static void add_folder(uint32_t id, uint32_t account)
{
	const struct bk_folder folder = {.name = "INBOX"};
	struct bk_buf body = {0};

	bk_folder_encode(&body, id, account, &folder, 3);
	name_record(BK_RECORD_FOLDER, &body);
	bk_buf_clear(&body);
}

static void add_id(uint8_t type, uint32_t id)
{
	struct bk_buf body = {0};

	bk_buf_add_varint(&body, id);
	name_record(type, &body);
	bk_buf_clear(&body);
}

static void messages(uint8_t type, uint32_t folder, struct bk_buf *body)
{
	testrepo_done(bk_manifest_writer_messages(maker.manifest, type, 1,
						  folder, bk_buf_view(body),
						  &err),
		      &err);
	bk_buf_clear(body);
}

/* Record 3 with these uids. */
static void add_rows(uint32_t folder, const uint32_t *uids, size_t n)
{
	const uint8_t digest[BK_DIGEST_LEN] = {0};
	struct bk_rows_record rows = {0};
	const struct bk_recipe recipe = {0};
	struct bk_buf body = {0};

	for (size_t i = 0; i < n; i++) {
		const struct bk_message msg = {.name = "", .uid = uids[i]};
		bk_rows_record_add(&rows, &msg, digest, &recipe);
	}
	bk_rows_record_finish(&rows, folder, &body);
	messages(BK_RECORD_MESSAGES, folder, &body);
	bk_rows_record_clear(&rows);
}

/* Record 7 of these operations, each a number and its count. */
static void add_ops(uint32_t folder, const char *ops, size_t len)
{
	struct bk_buf body = {0};

	bk_buf_add_varint(&body, folder);
	bk_buf_add(&body, ops, len);
	messages(BK_RECORD_CHANGES, folder, &body);
}

#define OPS(folder, ops) add_ops(folder, ops, sizeof(ops) - 1)

static void begin(unsigned number, enum bk_set_kind kind,
		  const struct setmade *base)
{
	setmaker_begin(&maker, &t, number, kind, base);
	totals = (struct bk_manifest_end){.accounts = 1, .folders = 1};
}

static int start(void **state)
{
	static const uint32_t uids[] = {1, 2, 3};

	(void)state;
	err = (struct bk_err){0};
	testrepo_make(&t);
	begin(0, BK_SET_FULL, NULL);
	add_account(1, "ann@a.test");
	add_folder(1, 1);
	add_rows(1, uids, 3);
	setmaker_finish(&maker, &totals);
	full = maker.made;
	return 0;
}

static int end(void **state)
{
	(void)state;
	testrepo_drop(&t);
	return 0;
}

/* ---- what becomes of it ---- */

/* Opening the set, or else reading its folder 1, must fail so. */
static void assert_refused(enum bk_kind kind, const char *text)
{
	struct bk_row_list rows = {0};
	struct bk_set *set = NULL;
	struct bk_err why = {0};

	setmaker_finish(&maker, &totals);
	int rc = bk_set_open(&set, &t.repo, maker.made.id, &why);
	if (rc == 0)
		rc = bk_set_rows(set, 1, true, &rows, &why);
	if (rc == 0)
		fail_msg("was taken, and should say '%s'", text);
	if (!strstr(why.text, text))
		fail_msg("'%s' does not say '%s'", why.text, text);
	assert_int_equal(why.kind, kind);
	assert_null(rows.items);
	bk_set_close(set);
}

static size_t rows_of_set(void)
{
	struct bk_row_list rows = {0};
	struct bk_set *set = NULL;

	setmaker_finish(&maker, &totals);
	testrepo_done(bk_set_open(&set, &t.repo, maker.made.id, &err), &err);
	testrepo_done(bk_set_rows(set, 1, false, &rows, &err), &err);
	size_t n = rows.n;
	bk_row_list_clear(&rows);
	bk_set_close(set);
	return n;
}

static void begin_delta(void)
{
	begin(1, BK_SET_DIFFERENTIAL, &full);
}

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

static void names_that_do_not_fit(void **state)
{
	(void)state;
	begin_delta();
	add_id(BK_RECORD_FOLDER_GONE, 2);
	assert_refused(BK_CORRUPT, "folder 2 is gone but was never there");
	begin_delta();
	add_id(BK_RECORD_ACCOUNT_GONE, 2);
	assert_refused(BK_CORRUPT, "account 2 is gone but was never there");
	begin_delta();
	add_folder(2, 7);
	totals.folders = 2;
	assert_refused(BK_CORRUPT, "folder 2 has no account");
	begin_delta();
	totals.folders = 2;
	assert_refused(BK_CORRUPT, "end record does not agree");
	begin_delta();
	totals.accounts = 0;
	assert_refused(BK_CORRUPT, "end record does not agree");
	begin_delta();
	struct bk_buf body = {0};
	(void)memset(bk_buf_grow(&body, 64), 0, 64);
	name_record(BK_RECORD_END, &body);
	assert_refused(BK_CORRUPT, "end record does not agree");
	bk_buf_clear(&body);
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

static void one_identifier_for_two(void **state)
{
	(void)state;
	begin(1, BK_SET_FULL, NULL);
	add_account(1, "ann@a.test");
	add_account(1, "bob@a.test");
	assert_refused(BK_CORRUPT, "account 1 is there twice");
	begin_delta();
	add_folder(1, 1); /* once replaces what the base has */
	assert_int_equal(rows_of_set(), 3);
	begin_delta();
	add_folder(1, 1);
	add_folder(1, 1);
	assert_refused(BK_CORRUPT, "folder 1 is there twice");
}

static void what_is_gone_and_there(void **state)
{
	(void)state;
	begin_delta();
	add_folder(1, 1);
	add_id(BK_RECORD_FOLDER_GONE, 1);
	assert_refused(BK_CORRUPT, "folder 1 is gone and there");
	begin_delta();
	add_id(BK_RECORD_FOLDER_GONE, 1);
	add_folder(1, 1);
	assert_refused(BK_CORRUPT, "folder 1 was gone, and is there again");
	begin_delta();
	add_id(BK_RECORD_ACCOUNT_GONE, 1);
	add_account(1, "bob@a.test");
	totals.folders = 0;
	assert_refused(BK_CORRUPT, "account 1 was gone, and is there again");
	begin_delta();
	add_id(BK_RECORD_FOLDER_GONE, 1);
	add_id(BK_RECORD_ACCOUNT_GONE, 1);
	totals = (struct bk_manifest_end){0};
	assert_refused(BK_CORRUPT, "folder 1 is gone, and its account too");
	begin_delta();
	add_folder(1, 1);
	add_id(BK_RECORD_ACCOUNT_GONE, 1);
	totals = (struct bk_manifest_end){0};
	assert_refused(BK_CORRUPT, "of an account that is gone");
}

/* A chain has each identifier once; what another set on the same full did is
 * not in it. */
static void an_identifier_is_used_once_in_a_chain(void **state)
{
	struct setmade without;

	(void)state;
	begin_delta();
	add_id(BK_RECORD_FOLDER_GONE, 1);
	totals.folders = 0;
	setmaker_finish(&maker, &totals);
	without = maker.made;
	begin(2, BK_SET_INCREMENTAL, &without);
	add_folder(1, 1);
	assert_refused(BK_CORRUPT, "folder 1 was gone, and is there again");
	begin(3, BK_SET_INCREMENTAL, &without);
	add_folder(2, 1);
	setmaker_finish(&maker, &totals);
	begin(4, BK_SET_DIFFERENTIAL, &full);
	add_folder(2, 1);
	totals.folders = 2;
	assert_int_equal(rows_of_set(), 3);
}

static void add_folder_with(const char *keyword, const char *another)
{
	struct bk_folder folder = {.name = "INBOX"};
	struct bk_buf body = {0};

	(void)bk_folder_keyword(&folder, keyword);
	if (another)
		(void)bk_folder_keyword(&folder, another);
	bk_folder_encode(&body, 1, 1, &folder, 3);
	name_record(BK_RECORD_FOLDER, &body);
	bk_buf_clear(&body);
	bk_folder_clear(&folder);
}

static void keywords_that_would_change_their_meaning(void **state)
{
	struct setmade base;

	(void)state;
	begin_delta();
	add_folder_with("work", NULL);
	setmaker_finish(&maker, &totals);
	base = maker.made;
	begin(2, BK_SET_INCREMENTAL, &base);
	add_folder_with("work", "home");
	assert_int_equal(rows_of_set(), 3);
	begin(3, BK_SET_INCREMENTAL, &base);
	add_folder_with("home", "work");
	assert_refused(BK_CORRUPT, "keywords that do not begin with");
	begin(4, BK_SET_INCREMENTAL, &base);
	add_folder(1, 1);
	assert_refused(BK_CORRUPT, "keywords that do not begin with");
}

static void messages_among_names(void **state)
{
	(void)state;
	begin_delta();
	add_id(BK_RECORD_MESSAGES, 1);
	assert_refused(BK_CORRUPT, "record 3, of messages, among names");
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

static void a_record_behind_the_end(void **state)
{
	struct bk_buf body = {0};

	(void)state;
	begin_delta();
	bk_buf_add_u64(&body, 1);
	bk_buf_add_u64(&body, 1);
	(void)memset(bk_buf_grow(&body, 48), 0, 48);
	name_record(BK_RECORD_END, &body);
	assert_refused(BK_CORRUPT, "after the end record");
	bk_buf_clear(&body);
}

static void an_account_that_goes_takes_its_folders_along(void **state)
{
	struct bk_set *set = NULL;

	(void)state;
	begin_delta();
	add_id(BK_RECORD_ACCOUNT_GONE, 1);
	add_account(2, "ann@a.test"); /* the same address, another account */
	totals = (struct bk_manifest_end){.accounts = 1};
	setmaker_finish(&maker, &totals);
	testrepo_done(bk_set_open(&set, &t.repo, maker.made.id, &err), &err);
	assert_int_equal(set->n_folders, 0);
	assert_int_equal(set->accounts[0].id, 2);
	/* Nobody gets their identifiers. */
	assert_int_equal(set->last_account, 2);
	assert_int_equal(set->last_folder, 1);
	bk_set_close(set);
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
		cmocka_unit_test_setup_teardown(names_that_do_not_fit, start,
						end),
		cmocka_unit_test_setup_teardown(
			flags_and_keywords_that_cannot_be, start, end),
		cmocka_unit_test_setup_teardown(one_identifier_for_two, start,
						end),
		cmocka_unit_test_setup_teardown(what_is_gone_and_there, start,
						end),
		cmocka_unit_test_setup_teardown(
			an_identifier_is_used_once_in_a_chain, start, end),
		cmocka_unit_test_setup_teardown(
			keywords_that_would_change_their_meaning, start, end),
		cmocka_unit_test_setup_teardown(messages_among_names, start,
						end),
		cmocka_unit_test_setup_teardown(
			a_differential_on_a_differential, start, end),
		cmocka_unit_test_setup_teardown(a_record_behind_the_end, start,
						end),
		cmocka_unit_test_setup_teardown(
			an_account_that_goes_takes_its_folders_along, start,
			end),
		cmocka_unit_test_setup_teardown(records_of_a_later_version,
						start, end),
		cmocka_unit_test_setup_teardown(a_base_of_another_store, start,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
