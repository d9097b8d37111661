/* Names that every file system takes. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "store/safe_name.h"

static struct bk_safe_paths paths;

static int forget(void **state)
{
	(void)state;
	bk_safe_paths_clear(&paths);
	return 0;
}

static void a_plain_name_stays(void **state)
{
	static const char *const plain[] = {
		"INBOX",  "ann@a.example", "Projects 2026", "Entwürfe",
		"2026.1", "受信箱",        "CONTRACTS",     "-rf",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		assert_string_equal(bk_safe_path(&paths, plain[i]), plain[i]);
}

static void levels_are_made_safe_one_by_one(void **state)
{
	(void)state;
	assert_string_equal(bk_safe_path(&paths, "a/b/c"), "a/b/c");
	const char *path = bk_safe_path(&paths, "a/../c");
	assert_memory_equal(path, "a/__~", 5);
	assert_string_equal(path + strlen(path) - 2, "/c");
}

/* What would lead elsewhere, hide, or be refused somewhere. */
static void no_odd_name_gets_through(void **state)
{
	static const char *const odd[] = {
		"",       ".",    "..",        ".hidden",       "a:b",
		"a\\b",   "a\nb", "end.",      "end ",          "NUL",
		"con.x",  "lpt1", "a\x7f",     "bad\xff",       "x.eml",
		"x.part", "a\"b", "u\xcc\x88", "a\xe2\x80\xae", "q~12345678",
		"*",      "a|b",  "\xc2\x85",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		struct bk_buf name = {0};
		bk_safe_name_add(&name, odd[i]);
		const char *text = bk_buf_text(&name);
		assert_string_not_equal(text, odd[i]);
		assert_true(name.len >= 9);
		assert_int_equal(text[name.len - 9], '~');
		assert_null(strpbrk(text, "/\\:*?\"<>|\n\x7f"));
		assert_int_not_equal(text[0], '.');
		bk_buf_clear(&name);
	}
}

static void a_long_name_is_cut_between_characters(void **state)
{
	struct bk_buf name = {0};
	char text[302];

	(void)state;
	for (size_t i = 0; i < 300; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[300] = 0;
	bk_safe_name_add(&name, text);
	assert_int_equal(name.len, 99 + 9);
	bk_buf_clear(&name);
}

static void two_that_differ_by_capitals_get_two_paths(void **state)
{
	(void)state;
	assert_string_equal(bk_safe_path(&paths, "Work/Über"), "Work/Über");
	assert_memory_equal(bk_safe_path(&paths, "work"), "work~", 5);
	assert_memory_equal(bk_safe_path(&paths, "Work/über"), "Work/über~",
			    strlen("Work/über~"));
	assert_string_equal(bk_safe_path(&paths, "Work/Über"), "Work/Über");
	assert_memory_equal(bk_safe_path(&paths, "work/a"), "work~", 5);
}

static void a_name_that_cannot_stay_is_always_the_same(void **state)
{
	char first[64];

	(void)state;
	(void)snprintf(first, sizeof(first), "%s", bk_safe_path(&paths, "a:b"));
	assert_string_not_equal(bk_safe_path(&paths, "a?b"), first);
	bk_safe_paths_clear(&paths);
	assert_string_not_equal(bk_safe_path(&paths, "a?b"), first);
	assert_string_equal(bk_safe_path(&paths, "a:b"), first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_plain_name_stays, forget),
		cmocka_unit_test_teardown(levels_are_made_safe_one_by_one,
					  forget),
		cmocka_unit_test(no_odd_name_gets_through),
		cmocka_unit_test(a_long_name_is_cut_between_characters),
		cmocka_unit_test_teardown(
			two_that_differ_by_capitals_get_two_paths, forget),
		cmocka_unit_test_teardown(
			a_name_that_cannot_stay_is_always_the_same, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
