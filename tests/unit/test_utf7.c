/* Modified UTF-7: known names, refused spellings, and both ways round. */

#include "lib/test.h"

#include <string.h>

#include "base/utf8.h"
#include "lib/dice.h"
#include "mail/utf7.h"

static struct bk_buf decoded, encoded;

static int clear_all(void **state)
{
	(void)state;
	bk_buf_clear(&decoded);
	bk_buf_clear(&encoded);
	return 0;
}

static struct bk_view text(const char *s)
{
	return (struct bk_view){(const uint8_t *)s, strlen(s)};
}

struct name {
	const char *utf7;
	const char *utf8;
};

static void known_names_are_spelled_as_servers_spell_them(void **state)
{
	/* clang-format off */
	static const struct name names[] = {
		{"", ""},
		{"INBOX", "INBOX"},
		{"Entw&APw-rfe", "Entw\303\274rfe"},
		{"~peter/mail/&U,BTFw-/&ZeVnLIqe-",    /* RFC 3501 */
		 "~peter/mail/\345\217\260\345\214\227/"
		 "\346\227\245\346\234\254\350\252\236"},
		{"R&-D", "R&D"},
		{"&-&-", "&&"},
		{"&AOk-&-", "\303\251&"},
		{"&-&AOk-", "&\303\251"},
		{"&2D3eAA-", "\360\237\230\200"},      /* an emoji */
		{"a&AOkA6Q-b", "a\303\251\303\251b"},
		{"&AAE-", "\001"},
		{"&AH8-", "\177"},
		{"&,,8-", "\357\277\277"},
		{"-", "-"},
		{"+AGE-", "+AGE-"},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		decoded.len = 0;
		encoded.len = 0;
		assert_true(bk_utf7_decode(text(names[i].utf7), &decoded));
		assert_string_equal(bk_buf_text(&decoded), names[i].utf8);
		assert_true(bk_utf7_encode(text(names[i].utf8), &encoded));
		assert_string_equal(bk_buf_text(&encoded), names[i].utf7);
	}
}

static void other_spellings_are_refused(void **state)
{
	static const char *const bad[] = {"&",
					  "a&",
					  "&AOk",
					  "&A-",
					  "&AO-",
					  "&AOl-",
					  "&AOkA-",
					  "&AOkAA-",
					  "&AGE-",
					  "&ACY-",
					  "&AAA-",
					  "&2D0-",
					  "&3gA-",
					  "&2D0AYQ-",
					  "&2D3YPQ-",
					  "&AOk-&AOk-",
					  "&AO*-",
					  "&AO/p-",
					  "&AO k-",
					  "\303\274",
					  "\t",
					  "a\nb",
					  "\177",
					  "&AOk=-",
					  "&U,BTFw-&ZeVnLIqe-"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		decoded.len = 0;
		bk_buf_add(&decoded, "kept", 4);
		if (bk_utf7_decode(text(bad[i]), &decoded))
			fail_msg("'%s' was taken", bad[i]);
		assert_string_equal(bk_buf_text(&decoded), "kept");
	}
}

static void what_is_no_utf8_is_not_encoded(void **state)
{
	static const char *const bad[] = {"\374",         "\303",
					  "a\303",        "\300\200",
					  "\355\240\200", "\364\220\200\200"};

	(void)state;
	encoded.len = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(bk_utf7_encode(text(bad[i]), &encoded));
	assert_false(bk_utf7_encode(
		(struct bk_view){(const uint8_t *)"a\0b", 3}, &encoded));
	assert_int_equal(encoded.len, 0);
}

static void add_any_character(struct dice *dice, struct bk_buf *to)
{
	uint8_t bytes[4];
	uint32_t code;

	switch (dice_below(dice, 4)) {
	case 0:
		bk_buf_add_u8(to, (uint8_t)(0x20 + dice_below(dice, 0x5f)));
		return;
	case 1:
		bk_buf_add_u8(to, "&-,+/A"[dice_below(dice, 6)]);
		return;
	default:
		/* Whatever four bytes happen to be a character. */
		do {
			dice_fill(dice, bytes, 4);
			bytes[0] |= 0x80;
			for (int i = 1; i < 4; i++)
				bytes[i] = (bytes[i] & 0x3f) | 0x80;
		} while (!bk_utf8_next(bytes, 4, &code));
		bk_buf_add(to, bytes, bk_utf8_next(bytes, 4, &code));
	}
}

static void any_name_comes_back(void **state)
{
	struct dice dice = {1};
	struct bk_buf name = {0};

	(void)state;
	for (int round = 0; round < 20000; round++) {
		name.len = 0;
		for (size_t n = dice_below(&dice, 12); n; n--)
			add_any_character(&dice, &name);
		encoded.len = 0;
		decoded.len = 0;
		assert_true(bk_utf7_encode(bk_buf_view(&name), &encoded));
		assert_true(bk_utf7_decode(bk_buf_view(&encoded), &decoded));
		assert_int_equal(decoded.len, name.len);
		if (name.len)
			assert_memory_equal(decoded.data, name.data, name.len);
	}
	bk_buf_clear(&name);
}

static void what_decodes_at_all_encodes_to_the_same_bytes(void **state)
{
	static const char letters[] = "&&--AAOkgD2,+a~";
	struct dice dice = {2};
	char raw[12];
	int taken = 0;

	(void)state;
	for (int round = 0; round < 400000; round++) {
		size_t n = dice_below(&dice, sizeof(raw));
		for (size_t i = 0; i < n; i++)
			raw[i] = letters[dice_below(&dice, 15)];
		struct bk_view name = {(const uint8_t *)raw, n};
		decoded.len = 0;
		if (!bk_utf7_decode(name, &decoded))
			continue;
		taken++;
		encoded.len = 0;
		assert_true(bk_utf7_encode(bk_buf_view(&decoded), &encoded));
		assert_int_equal(encoded.len, n);
		if (n)
			assert_memory_equal(encoded.data, raw, n);
	}
	assert_true(taken > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_names_are_spelled_as_servers_spell_them),
		cmocka_unit_test(other_spellings_are_refused),
		cmocka_unit_test(what_is_no_utf8_is_not_encoded),
		cmocka_unit_test(any_name_comes_back),
		cmocka_unit_test(what_decodes_at_all_encodes_to_the_same_bytes),
	};
	return cmocka_run_group_tests_name("utf7", tests, NULL, clear_all);
}
