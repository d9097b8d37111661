/* Accounts and folders as a manifest keeps them: everything comes back, and
 * what the format does not allow is refused. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dice.h"
#include "repo/records.h"

static struct bk_view text(const char *s)
{
	return (struct bk_view){(const uint8_t *)s, strlen(s)};
}

/* ---- round trips ---- */

static void an_account_comes_back(void **state)
{
	struct bk_property settings[2] = {
		{"maildirsize", {(const uint8_t *)"1S\0\n", 4}},
		{"sieve",       {NULL, 0}                     },
	};
	const struct bk_account account = {
		.address = "J\303\274rgen@b\303\274cher.example",
		.root = "/never/stored",
		.settings = settings,
		.n_settings = 2,
	};
	struct bk_set_account back = {0};
	struct bk_buf body = {0};
	struct bk_err err = {0};

	(void)state;
	bk_account_encode(&body, UINT32_MAX, &account);
	assert_int_equal(bk_account_decode(bk_buf_view(&body), &back, &err), 0);
	assert_int_equal(back.id, UINT32_MAX);
	assert_string_equal(back.account.address, account.address);
	assert_null(back.account.root);
	assert_int_equal(back.account.n_settings, 2);
	assert_string_equal(back.account.settings[0].name, "maildirsize");
	assert_int_equal(back.account.settings[0].value.len, 4);
	assert_memory_equal(back.account.settings[0].value.data, "1S\0\n", 4);
	assert_string_equal(back.account.settings[1].name, "sieve");
	assert_int_equal(back.account.settings[1].value.len, 0);
	assert_int_equal(back.body.len, body.len);
	assert_memory_equal(back.body.data, body.data, body.len);
	bk_set_account_clear(&back);
	bk_buf_clear(&body);
}

static void folder_of_everything(struct bk_folder *folder)
{
	*folder = (struct bk_folder){
		.name = "Entw\303\274rfe/\346\227\245",
		.raw = text(".Entw&APw-rfe.&ZeU-"),
		.delimiter = '.',
		.uid_validity = UINT32_MAX,
		.uid_next = 7,
		.highest_modseq = UINT64_MAX,
		.guid = "0123456789abcde",
		.has_guid = true,
		.subscribed = true,
		.no_select = true,
		.special_use = "\\Drafts",
	};
	folder->acl = bk_arena_alloc(&folder->arena, 2 * sizeof(*folder->acl));
	folder->acl[0] = (struct bk_acl_entry){"user=ann", "lrws"};
	folder->acl[1] = (struct bk_acl_entry){"-anyone", ""};
	folder->n_acl = 2;
	(void)bk_folder_keyword(folder, "$Label1");
	(void)bk_folder_keyword(folder, "work");
	folder->annotations =
		bk_arena_alloc(&folder->arena, sizeof(*folder->annotations));
	folder->annotations[0] = (struct bk_property){
		"/comment", {(const uint8_t *)"\0x", 2}
        };
	folder->n_annotations = 1;
}

static void assert_same_folder(const struct bk_folder *a,
			       const struct bk_folder *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->raw.len, b->raw.len);
	assert_memory_equal(a->raw.data, b->raw.data, a->raw.len);
	assert_int_equal(a->delimiter, b->delimiter);
	assert_int_equal(a->uid_validity, b->uid_validity);
	assert_int_equal(a->uid_next, b->uid_next);
	assert_true(a->highest_modseq == b->highest_modseq);
	assert_int_equal(a->has_guid, b->has_guid);
	assert_memory_equal(a->guid, b->guid, sizeof(a->guid));
	assert_int_equal(a->subscribed, b->subscribed);
	assert_int_equal(a->no_select, b->no_select);
	assert_string_equal(a->special_use, b->special_use);
	assert_int_equal(a->n_acl, b->n_acl);
	for (size_t i = 0; i < a->n_acl; i++) {
		assert_string_equal(a->acl[i].who, b->acl[i].who);
		assert_string_equal(a->acl[i].rights, b->acl[i].rights);
	}
	assert_int_equal(a->n_keywords, b->n_keywords);
	for (size_t i = 0; i < a->n_keywords; i++)
		assert_string_equal(a->keywords[i], b->keywords[i]);
	assert_int_equal(a->n_annotations, b->n_annotations);
	assert_string_equal(a->annotations[0].name, b->annotations[0].name);
	assert_int_equal(a->annotations[0].value.len,
			 b->annotations[0].value.len);
	assert_memory_equal(a->annotations[0].value.data,
			    b->annotations[0].value.data, 2);
}

static void a_folder_comes_back_with_every_field(void **state)
{
	struct bk_folder folder;
	struct bk_set_folder back = {0};
	struct bk_buf body = {0};
	struct bk_err err = {0};

	(void)state;
	folder_of_everything(&folder);
	bk_folder_encode(&body, 3, 2, &folder, 1ull << 40);
	assert_int_equal(bk_folder_decode(bk_buf_view(&body), &back, &err), 0);
	assert_int_equal(back.id, 3);
	assert_int_equal(back.account_id, 2);
	assert_true(back.messages == 1ull << 40);
	assert_same_folder(&folder, &back.folder);
	bk_set_folder_clear(&back);
	bk_folder_clear(&folder);
	bk_buf_clear(&body);
}

static void a_folder_of_nothing_but_a_name_comes_back(void **state)
{
	const struct bk_folder folder = {.name = "INBOX"};
	struct bk_set_folder back = {0};
	struct bk_buf body = {0};
	struct bk_err err = {0};

	(void)state;
	bk_folder_encode(&body, 1, 1, &folder, 0);
	assert_int_equal(bk_folder_decode(bk_buf_view(&body), &back, &err), 0);
	assert_string_equal(back.folder.name, "INBOX");
	assert_int_equal(back.folder.raw.len, 0);
	assert_false(back.folder.has_guid || back.folder.subscribed);
	assert_null(back.folder.special_use);
	assert_int_equal(back.folder.n_keywords + back.folder.n_acl, 0);
	bk_set_folder_clear(&back);
	bk_buf_clear(&body);
}

static void a_full_keyword_table_comes_back(void **state)
{
	struct bk_folder folder = {.name = "INBOX"};
	struct bk_set_folder back = {0};
	struct bk_buf body = {0};
	struct bk_err err = {0};
	char word[16];

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		(void)snprintf(word, sizeof(word), "k%u", i);
		(void)bk_folder_keyword(&folder, word);
	}
	bk_folder_encode(&body, 1, 1, &folder, 0);
	assert_int_equal(bk_folder_decode(bk_buf_view(&body), &back, &err), 0);
	assert_int_equal(back.folder.n_keywords, 3000);
	assert_string_equal(back.folder.keywords[2999], "k2999");
	bk_set_folder_clear(&back);
	bk_folder_clear(&folder);
	bk_buf_clear(&body);
}

/* ---- what is refused ---- */

/* A field of a record made by hand. */
struct made {
	uint8_t number;
	const char *value;
	size_t len;
};

/* clang-format off */
#define FIELD(number, value) {number, value, sizeof(value) - 1}
/* clang-format on */

static void make(const struct made *fields, struct bk_buf *out)
{
	out->len = 0;
	for (; fields->number; fields++) {
		bk_buf_add_u8(out, fields->number);
		bk_buf_add_blob(out, fields->value, fields->len);
	}
}

static int decode_account(const struct bk_buf *body, struct bk_err *err)
{
	struct bk_set_account out = {0};

	int rc = bk_account_decode(bk_buf_view(body), &out, err);
	bk_set_account_clear(&out);
	return rc;
}

static int decode_folder(const struct bk_buf *body, struct bk_err *err)
{
	struct bk_set_folder out = {0};

	int rc = bk_folder_decode(bk_buf_view(body), &out, err);
	bk_set_folder_clear(&out);
	return rc;
}

#define ID   FIELD(1, "\1")
#define OF   FIELD(2, "\1")
#define NAME FIELD(3, "INBOX")
#define ANN  FIELD(2, "ann@a.test")

/* clang-format off */
static const struct made bad_accounts[][6] = {
	{{0}},
	{ID},
	{ANN},
	{ANN, ID},
	{ID, ID, ANN},
	{ID, ANN, FIELD(2, "bob@a.test")},
	{FIELD(1, ""), ANN},
	{FIELD(1, "\0"), ANN},
	{FIELD(1, "\x81\0"), ANN},
	{FIELD(1, "\1\1"), ANN},
	{FIELD(1, "\xff\xff\xff\xff\x1f"), ANN},
	{ID, FIELD(2, "")},
	{ID, FIELD(2, "a\0b")},
	{ID, ANN, FIELD(3, "")},
	{ID, ANN, FIELD(3, "\5abc")},
	{ID, ANN, FIELD(3, "\2a\0x")},
	{ID, ANN, FIELD(4, "later")},
	{ID, ANN, FIELD(0x84, "x"), FIELD(3, "\1ax")},
	{ID, ANN, FIELD(0x84, "x"), FIELD(0x83, "x")},
	{ID, FIELD(2, "b\xfc" "cher")},
};
/* clang-format on */

static void accounts_that_are_refused(void **state)
{
	struct bk_buf body = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad_accounts) / sizeof(bad_accounts[0]);
	     i++) {
		struct bk_err err = {0};
		make(bad_accounts[i], &body);
		if (decode_account(&body, &err) == 0)
			fail_msg("account %zu was taken", i);
		assert_int_equal(err.kind, BK_CORRUPT);
	}
	bk_buf_clear(&body);
}

/* clang-format off */
static const struct made bad_folders[][6] = {
	{OF, NAME},
	{ID, NAME},
	{ID, OF},
	{ID, OF, FIELD(3, "")},
	{OF, ID, NAME},
	{ID, NAME, OF},
	{ID, ID, OF, NAME},
	{ID, OF, OF, NAME},
	{ID, OF, NAME, NAME},
	{ID, OF, NAME, FIELD(4, "a"), FIELD(4, "b")},
	{ID, OF, NAME, FIELD(5, "")},
	{ID, OF, NAME, FIELD(5, "..")},
	{ID, OF, NAME, FIELD(4, "")},
	{ID, OF, NAME, FIELD(5, "\0")},
	{ID, OF, NAME, FIELD(6, "\0")},
	{ID, OF, NAME, FIELD(7, "\0")},
	{ID, OF, NAME, FIELD(8, "\0")},
	{ID, OF, NAME, FIELD(11, "\0")},
	{ID, OF, NAME, FIELD(13, "")},
	{ID, OF, NAME, FIELD(15, "\0")},
	{ID, OF, NAME, FIELD(5, "."), FIELD(5, ".")},
	{ID, OF, NAME, FIELD(6, "\xff\xff\xff\xff\x1f")},
	{ID, OF, NAME, FIELD(6, "\1"), FIELD(6, "\2")},
	{ID, OF, NAME, FIELD(7, "\xff")},
	{ID, OF, NAME, FIELD(7, "\1"), FIELD(7, "\1")},
	{ID, OF, NAME, FIELD(8, "\1\1")},
	{ID, OF, NAME, FIELD(8, "\1"), FIELD(8, "\1")},
	{ID, OF, NAME, FIELD(9, "fifteen bytes..")},
	{ID, OF, NAME, FIELD(9, "seventeen bytes..")},
	{ID, OF, NAME, FIELD(9, "sixteen bytes..."), FIELD(9, "sixteen bytes...")},
	{ID, OF, NAME, FIELD(10, "\\Sent"), FIELD(10, "\\Sent")},
	{ID, OF, NAME, FIELD(10, "\\Se\0nt")},
	{ID, OF, NAME, FIELD(11, "\4")},
	{ID, OF, NAME, FIELD(11, "\1"), FIELD(11, "\2")},
	{ID, OF, NAME, FIELD(12, "\1a")},
	{ID, OF, NAME, FIELD(12, "\1a\1bc")},
	{ID, OF, NAME, FIELD(13, "\1a\3b")},
	{ID, OF, NAME, FIELD(13, "\1a"), FIELD(13, "\1b")},
	{ID, OF, NAME, FIELD(14, "\7abc")},
	{ID, OF, NAME, FIELD(15, "\1"), FIELD(15, "\1")},
	{ID, OF, NAME, FIELD(16, "later")},
	{ID, OF, FIELD(3, "IN\0BOX")},
};
/* clang-format on */

static void folders_that_are_refused(void **state)
{
	struct bk_buf body = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad_folders) / sizeof(bad_folders[0]);
	     i++) {
		struct bk_err err = {0};
		make(bad_folders[i], &body);
		if (decode_folder(&body, &err) == 0)
			fail_msg("folder %zu was taken", i);
		assert_int_equal(err.kind, BK_CORRUPT);
	}
	bk_buf_clear(&body);
}

static void fields_of_a_later_version_are_skipped(void **state)
{
	/* clang-format off */
	static const struct made account[] = {
		ID, ANN, FIELD(3, "\1ax"), FIELD(0x81, "?"), FIELD(0x90, ""),
		FIELD(0x90, "again"), {0}};
	static const struct made folder[] = {
		ID, OF, NAME, FIELD(0x81, "?"), FIELD(0xff, "\0"), {0}};
	/* clang-format on */
	struct bk_buf body = {0};
	struct bk_err err = {0};

	(void)state;
	make(account, &body);
	assert_int_equal(decode_account(&body, &err), 0);
	make(folder, &body);
	assert_int_equal(decode_folder(&body, &err), 0);
	bk_buf_clear(&body);
}

static void a_record_that_is_cut_is_refused_wherever_it_is(void **state)
{
	struct bk_folder folder;
	struct bk_buf body = {0};
	struct bk_err err = {0};
	size_t whole = 0;

	(void)state;
	folder_of_everything(&folder);
	bk_folder_encode(&body, 300, 200, &folder, 1000);
	assert_int_equal(decode_folder(&body, &err), 0);
	/* Between two fields it may be whole again, but only behind the name.
	 */
	for (size_t len = body.len; len-- > 0;) {
		struct bk_buf part = {0};
		bk_buf_add(&part, body.data, len);
		if (decode_folder(&part, &err) == 0) {
			whole++;
			assert_true(len > 20);
		}
		bk_buf_clear(&part);
	}
	assert_int_equal(whole, 13);
	bk_folder_clear(&folder);
	bk_buf_clear(&body);
}

static void any_bytes_at_all_are_taken_or_refused(void **state)
{
	struct dice dice = {7};
	struct bk_folder folder;
	struct bk_buf body = {0}, copy = {0};

	(void)state;
	folder_of_everything(&folder);
	bk_folder_encode(&body, 300, 200, &folder, 1000);
	for (int n = 0; n < 20000; n++) {
		struct bk_err err = {0};
		bk_buf_clear(&copy);
		bk_buf_add(&copy, body.data, body.len);
		for (size_t k = 1 + dice_below(&dice, 3); k; k--)
			copy.data[dice_below(&dice, copy.len)] =
				(uint8_t)dice_throw(&dice);
		(void)decode_folder(&copy, &err);
		(void)decode_account(&copy, &err);
	}
	bk_folder_clear(&folder);
	bk_buf_clear(&body);
	bk_buf_clear(&copy);
}

static void records_of_a_block_come_one_after_the_other(void **state)
{
	struct bk_buf block = {0};
	struct bk_view body;
	uint8_t type = 0;
	struct bk_err err = {0};

	(void)state;
	bk_record_add(&block, 1, text("one"));
	bk_record_add(&block, 0x82, text(""));
	struct bk_cursor from = bk_cursor_over(block.data, block.len);
	assert_int_equal(bk_record_next(&from, &type, &body, &err), 1);
	assert_int_equal(type, 1);
	assert_int_equal(body.len, 3);
	assert_int_equal(bk_record_next(&from, &type, &body, &err), 1);
	assert_int_equal(type, 0x82);
	assert_int_equal(body.len, 0);
	assert_int_equal(bk_record_next(&from, &type, &body, &err), 0);
	for (size_t len = 1; len < 5; len++) {
		from = bk_cursor_over(block.data, len);
		assert_int_equal(bk_record_next(&from, &type, &body, &err), -1);
		assert_int_equal(err.kind, BK_CORRUPT);
	}
	bk_buf_clear(&block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_comes_back),
		cmocka_unit_test(a_folder_comes_back_with_every_field),
		cmocka_unit_test(a_folder_of_nothing_but_a_name_comes_back),
		cmocka_unit_test(a_full_keyword_table_comes_back),
		cmocka_unit_test(accounts_that_are_refused),
		cmocka_unit_test(folders_that_are_refused),
		cmocka_unit_test(fields_of_a_later_version_are_skipped),
		cmocka_unit_test(
			a_record_that_is_cut_is_refused_wherever_it_is),
		cmocka_unit_test(any_bytes_at_all_are_taken_or_refused),
		cmocka_unit_test(records_of_a_block_come_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
