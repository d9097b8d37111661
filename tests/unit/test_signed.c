/* Records under a signature. */

#include "lib/test.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/sign.h"
#include "lib/manual.h"
#include "repo/id.h"
#include "repo/signed.h"

/* clang-format off */
static const struct bk_signed_rule rules[] = {
	{1, BK_SIGNED_ONCE},
	{2, BK_SIGNED_PERHAPS},
	{3, BK_SIGNED_REPEATED},
	{129, BK_SIGNED_PERHAPS},
};
/* clang-format on */

/* What a walk over these records says: "1 3 3" or the failure's text. */
static const char *walked(const char *records, size_t len, enum bk_kind *kind)
{
	static char said[BK_ERR_TEXT_MAX];
	struct bk_signed_walk walk = bk_signed_walk_over(
		(struct bk_view){(const uint8_t *)records, len}, rules,
		sizeof(rules) / sizeof(*rules));
	struct bk_cursor body;
	struct bk_err err = {0};
	uint8_t type;
	size_t at = 0;
	int rc;

	memset(said, 0, sizeof(said));
	while ((rc = bk_signed_next(&walk, &type, &body, &err)) > 0)
		said[at++] = (char)('0' + type % 10);
	*kind = err.kind;
	if (rc < 0)
		memcpy(said, err.text, sizeof(said));
	return said;
}

#define WALKED(records) walked(records, sizeof(records) - 1, &kind)

static void records_are_given_in_their_order(void **state)
{
	enum bk_kind kind;

	(void)state;
	assert_string_equal(WALKED("\1\0"), "1");
	assert_string_equal(WALKED("\1\0\2\1a\3\0\3\0\x81\0"), "12339");
	assert_int_equal(kind, BK_OK);
}

static void what_may_be_skipped_is_skipped(void **state)
{
	enum bk_kind kind;

	(void)state;
	assert_string_equal(WALKED("\1\0\x80\2ab\x81\0\xff\0\xff\0"), "19");
	assert_int_equal(kind, BK_OK);
}

static void another_unknown_type_needs_a_newer_version(void **state)
{
	enum bk_kind kind;

	(void)state;
	assert_string_equal(WALKED("\1\0\4\0"),
			    "record 4 is not known to this version");
	assert_int_equal(kind, BK_NEWER);
}

static void records_that_cannot_be_are_refused(void **state)
{
	enum bk_kind kind;

	(void)state;
	assert_string_equal(WALKED(""), "record 1 is missing");
	assert_int_equal(kind, BK_CORRUPT);
	assert_string_equal(WALKED("\2\0"), "record 1 is missing");
	assert_string_equal(WALKED("\1\0\1\0"), "record 1 is there twice");
	assert_string_equal(WALKED("\1\0\x81\0\x81\0"),
			    "record 129 is there twice");
	assert_string_equal(WALKED("\1\0\3\0\2\0"), "record 2 is out of order");
	assert_string_equal(WALKED("\1\0\xff\0\x81\0"),
			    "record 129 is out of order");
	assert_string_equal(WALKED("\1\0\x7f\0"), "record 127 is out of order");
	assert_string_equal(WALKED("\1\0\2\2a"),
			    "records: cut short or malformed");
	assert_string_equal(WALKED("\1\x80\0"),
			    "records: cut short or malformed");
	assert_string_equal(WALKED("\1"), "records: cut short or malformed");
	assert_int_equal(kind, BK_CORRUPT);
}

static void the_signature_is_taken_off_again(void **state)
{
	struct bk_buf all = {0}, body = {0};
	struct bk_view records;
	struct bk_err err = {0};
	uint8_t signature[BK_SIGNATURE_LEN], got[BK_SIGNATURE_LEN];

	(void)state;
	memset(signature, 0x5a, sizeof(signature));
	bk_buf_add(&body, "abc", 3);
	bk_signed_add(&all, 1, &body);
	assert_int_equal(body.len, 0);
	bk_signed_add_text(&all, 129, NULL);
	bk_signed_add_text(&all, 129, "");
	bk_signed_add_text(&all, 129, "why");
	size_t len = all.len;
	bk_signed_end(&all, signature);
	assert_int_equal(
		bk_signed_split(bk_buf_view(&all), &records, got, &err), 0);
	assert_ptr_equal(records.data, all.data);
	assert_int_equal(records.len, len);
	assert_memory_equal(records.data, "\1\3abc\x81\3why", len);
	assert_memory_equal(got, signature, sizeof(got));

	/* Whatever is cut off or hung on. */
	for (size_t n = 0; n < all.len; n++) {
		struct bk_view less = {all.data, n};
		assert_int_equal(bk_signed_split(less, &records, got, &err),
				 -1);
		assert_int_equal(err.kind, BK_CORRUPT);
	}
	bk_buf_add(&all, "\x81", 2);
	assert_int_equal(
		bk_signed_split(bk_buf_view(&all), &records, got, &err), -1);
	bk_buf_clear(&all);
	bk_buf_clear(&body);
}

static void text_is_utf8_without_nul(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		bool good;
	} texts[] = {
		{"",             0, true },
                {"mx1",          3, true },
		{"m\xc3\xbc",    3, true },
                {"m\xc3",        2, false},
		{"a\0b",         3, false},
                {"\xed\xa0\x80", 3, false},
	};
	struct bk_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct bk_cursor from =
			bk_cursor_over(texts[i].bytes, texts[i].len);
		const char *text =
			bk_signed_text(&from, bk_cursor_left(&from), &arena);
		assert_int_equal(!from.bad, texts[i].good);
		assert_string_equal(text, texts[i].good ? texts[i].bytes : "");
	}
	bk_arena_clear(&arena);
}

static void a_time_beyond_all_clocks_is_refused(void **state)
{
	static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					0xff, 0x7f, 0,    0,    0,    0,
					0,    0,    0,    0x80};
	struct bk_cursor from = bk_cursor_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(bk_signed_ms(&from), INT64_MAX);
	assert_false(from.bad);
	assert_int_equal(bk_signed_ms(&from), 0);
	assert_true(from.bad);
}

static void a_body_is_read_to_its_end(void **state)
{
	struct bk_cursor from = bk_cursor_over("ab", 2);
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_signed_check(&from, 4, &err), -1);
	assert_string_equal(err.text, "record 4 has 2 bytes too many");
	(void)bk_cursor_u16(&from);
	assert_int_equal(bk_signed_check(&from, 4, &err), 0);
	(void)bk_cursor_u8(&from);
	assert_int_equal(bk_signed_check(&from, 4, &err), -1);
	assert_string_equal(err.text, "record 4 is malformed");
}

/* The header of the manual's first root, as far as it is signed. */
static void head_of_the_root(uint8_t head[BK_SIGNED_HEAD_LEN])
{
	static const uint8_t magic[] = {0x89, 'B', 'K', 'F', 13, 10, 26, 10};

	memset(head, 0, BK_SIGNED_HEAD_LEN);
	memcpy(head, magic, sizeof(magic));
	head[8] = 1;
	head[10] = 4;
	head[11] = head[12] = 1;
	head[13] = 16;
	bk_put_u16(head + 14, 256);
	bk_put_u32(head + 24, 1);
	memset(head + 32, 0xa1, 16);
	assert_true(bk_id_parse("01a2001f9700b1b1b1b1b1b1b1b1b1b1", head + 48));
	memset(head + 64, 0xc3, 16);
	memset(head + 80, 0x54, 32);
}

static void the_manuals_signature_holds(void **state)
{
	uint8_t head[BK_SIGNED_HEAD_LEN], public_key[32], seed[32];
	uint8_t signature[BK_SIGNATURE_LEN], again[BK_SIGNATURE_LEN];
	struct bk_buf all = {0}, message = {0};
	struct bk_view records;
	struct bk_err err = {0};

	(void)state;
	assert_true(bk_id_parse("c400171dc12e11cafd62e489ac38295a", seed));
	assert_true(bk_id_parse("9fe6245e7f51b3410e607ca8058cbf67", seed + 16));
	bk_sign_public(seed, public_key);
	head_of_the_root(head);
	manual_dump(".Ss Set root sets/01a2001f", NULL, &all);
	assert_int_equal(
		bk_signed_split(bk_buf_view(&all), &records, signature, &err),
		0);
	bk_signed_message(&message, head, records);
	assert_true(
		bk_sign_verify(public_key, bk_buf_view(&message), signature));
	bk_sign(seed, bk_buf_view(&message), again);
	assert_memory_equal(again, signature, sizeof(again));
	all.len = records.len;
	bk_signed_end(&all, again);
	message.data[BK_SIGNED_HEAD_LEN - 1] ^= 1;
	assert_false(
		bk_sign_verify(public_key, bk_buf_view(&message), signature));
	bk_buf_clear(&all);
	bk_buf_clear(&message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_given_in_their_order),
		cmocka_unit_test(what_may_be_skipped_is_skipped),
		cmocka_unit_test(another_unknown_type_needs_a_newer_version),
		cmocka_unit_test(records_that_cannot_be_are_refused),
		cmocka_unit_test(the_signature_is_taken_off_again),
		cmocka_unit_test(text_is_utf8_without_nul),
		cmocka_unit_test(a_time_beyond_all_clocks_is_refused),
		cmocka_unit_test(a_body_is_read_to_its_end),
		cmocka_unit_test(the_manuals_signature_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
