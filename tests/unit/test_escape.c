/* Names from strangers on a terminal, and the word that was meant. */

#include "lib/test.h"

#include <stdlib.h>

#include "base/escape.h"
#include "base/nearest.h"
#include "base/utf8.h"

static void shows(const char *text, const char *want)
{
	char *got = bk_escaped(text);

	assert_string_equal(got, want);
	free(got);
}

static void plain_text_stays_as_it_is(void **state)
{
	(void)state;
	shows("", "");
	shows("Entw\xc3\xbcrfe/2026 \\ \xe2\x82\xac",
	      "Entw\xc3\xbcrfe/2026 \\ \xe2\x82\xac");
	shows("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae",
	      "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae");
}

static void what_moves_the_cursor_is_shown(void **state)
{
	(void)state;
	shows("a\nb\tc\rd", "a\\nb\\tc\\rd");
	shows("\x1b]0;x\x07", "\\x1b]0;x\\x07");
	shows("\x7f", "\\x7f");
	shows("\xc2\x9b", "\\u{9b}"); /* CSI as a C1 character */
	shows("\x9b", "\\x9b");
}

static void what_turns_the_reading_direction_is_shown(void **state)
{
	(void)state;
	shows("a\xe2\x80\xae"
	      "b",
	      "a\\u{202e}b");
	shows("\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c", "\\u{2066}\\u{200f}\\u{61c}");
	shows("\xe2\x80\xa8\xef\xbb\xbf", "\\u{2028}\\u{feff}");
}

static void what_is_no_utf8_is_shown_by_bytes(void **state)
{
	(void)state;
	shows("\xff"
	      "a\xc3",
	      "\\xffa\\xc3");
	shows("\xc0\x80", "\\xc0\\x80");          /* overlong */
	shows("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* a surrogate */
	shows("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	shows("\xe2\x82", "\\xe2\\x82");
}

/* Every character that UTF-8 has is found valid, and comes back. */
static void all_of_unicode_is_decoded(void **state)
{
	(void)state;
	for (uint32_t c = 0x80; c <= 0x10ffff; c++) {
		uint8_t b[4];
		size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		uint32_t rest = c;
		uint32_t got = 0;

		for (size_t i = n; --i > 0; rest >>= 6)
			b[i] = (uint8_t)(0x80 | (rest & 0x3f));
		b[0] = (uint8_t)(0xf00u >> n | rest);
		bool surrogate = c >= 0xd800 && c <= 0xdfff;
		assert_int_equal(bk_utf8_next(b, n, &got), surrogate ? 0 : n);
		assert_int_equal(bk_utf8_next(b, n - 1, &got), 0);
		if (!surrogate)
			assert_int_equal(bk_utf8_valid(b, n), 1);
	}
}

static void slips_have_their_distance(void **state)
{
	(void)state;
	assert_int_equal(bk_edit_distance("password", "password", 3), 0);
	assert_int_equal(bk_edit_distance("pasword", "password", 3), 1);
	assert_int_equal(bk_edit_distance("passwordd", "password", 3), 1);
	assert_int_equal(bk_edit_distance("pasSwort", "password", 3), 1);
	assert_int_equal(bk_edit_distance("exmaple", "example", 3), 1);
	assert_int_equal(bk_edit_distance("abc", "xyz", 3), 3);
	assert_int_equal(bk_edit_distance("abc", "xyz", 2), 3);
	assert_int_equal(bk_edit_distance("", "abc", 3), 3);
	assert_int_equal(bk_edit_distance("", "abcd", 3), 4);
}

static void the_nearest_word_is_found_or_none(void **state)
{
	static const char *const words[] = {"path", "password", "slot", "keep",
					    NULL};

	(void)state;
	assert_string_equal(bk_nearest_of("pasword", words), "password");
	assert_string_equal(bk_nearest_of("PATH", words), "path");
	assert_string_equal(bk_nearest_of("pth", words), "path");
	assert_string_equal(bk_nearest_of("kep", words), "keep");
	assert_null(bk_nearest_of("colour", words));
	assert_null(bk_nearest_of("", words));
	assert_null(bk_nearest_of("x", words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays_as_it_is),
		cmocka_unit_test(what_moves_the_cursor_is_shown),
		cmocka_unit_test(what_turns_the_reading_direction_is_shown),
		cmocka_unit_test(what_is_no_utf8_is_shown_by_bytes),
		cmocka_unit_test(all_of_unicode_is_decoded),
		cmocka_unit_test(slips_have_their_distance),
		cmocka_unit_test(the_nearest_word_is_found_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
