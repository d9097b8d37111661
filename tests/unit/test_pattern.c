/* Accounts and folders by pattern, from options and from files. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pattern.h"

static void stars_and_question_marks(void **state)
{
	(void)state;
	assert_true(bk_pattern_account("*", ""));
	assert_true(bk_pattern_account("*@example.org", "ann@example.org"));
	assert_true(bk_pattern_account("*@example.org", "@example.org"));
	assert_false(bk_pattern_account("*@example.org", "ann@example.net"));
	assert_true(bk_pattern_account("a*b*c", "aXbYbZc"));
	assert_false(bk_pattern_account("a*b*c", "aXbYbZ"));
	assert_true(bk_pattern_account("?nn@*", "ann@example.org"));
	assert_false(bk_pattern_account("?", ""));
	assert_false(bk_pattern_account("", "a"));
	assert_true(bk_pattern_account("", ""));
	assert_true(bk_pattern_account("a**", "a"));
}

static void a_question_mark_is_one_character_not_one_byte(void **state)
{
	(void)state;
	assert_true(bk_pattern_folder("Entw?rfe", "Entw\xc3\xbcrfe"));
	assert_false(bk_pattern_folder("Entw??rfe", "Entw\xc3\xbcrfe"));
	assert_true(bk_pattern_folder("?", "\xe2\x82\xac"));
	assert_true(bk_pattern_folder("??", "\xff\x41"));
}

static void a_backslash_takes_the_next_one_as_it_is(void **state)
{
	(void)state;
	assert_true(bk_pattern_folder("a\\*b", "a*b"));
	assert_false(bk_pattern_folder("a\\*b", "aXb"));
	assert_true(bk_pattern_folder("\\\\", "\\"));
	assert_true(bk_pattern_folder("x\\", "x\\"));
	assert_true(bk_pattern_is_wild("a*"));
	assert_false(bk_pattern_is_wild("ann@example.org"));
}

static void case_matters_for_folders_and_not_for_accounts(void **state)
{
	(void)state;
	assert_true(bk_pattern_account("Ann@*", "ann@EXAMPLE.org"));
	assert_false(bk_pattern_folder("projects/*", "Projects/Rhine"));
	assert_true(bk_pattern_folder("Projects/*", "Projects/a/b"));
	assert_true(bk_pattern_folder("inbox", "INBOX"));
	assert_true(bk_pattern_folder("Inbox/Sent", "INBOX/Sent"));
	assert_false(bk_pattern_folder("Inbox/sent", "INBOX/Sent"));
	assert_false(bk_pattern_folder("inboxes", "INBOXES"));
}

/* Doubling the name must not square the time more than once. */
static void many_stars_end_in_time(void **state)
{
	static char name[20001];
	static char pattern[4001];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	for (size_t i = 0; i + 2 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[sizeof(pattern) - 2] = 'b';
	assert_false(bk_pattern_folder(pattern, name));
}

static void a_list_file_has_a_name_a_line(void **state)
{
	char path[] = "/tmp/bk-list-XXXXXX";
	static const char text[] =
		"# people\n\n  ann@a.example \r\nb c\n"
		"#x\n*@b.example";
	struct bk_names names = {0};
	struct bk_err err = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_int_equal(bk_names_add_file(&names, path, &err), 0);
	assert_int_equal(names.n, 3);
	assert_string_equal(names.items[0], "ann@a.example");
	assert_string_equal(names.items[1], "b c");
	assert_string_equal(names.items[2], "*@b.example");
	assert_int_equal(write(fd, "\0", 1), 1);
	assert_int_equal(bk_names_add_file(&names, path, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	bk_names_clear(&names);
	(void)close(fd);
	(void)unlink(path);
	assert_int_equal(bk_names_add_file(&names, path, &err), -1);
	assert_int_equal(err.kind, BK_GONE);
}

static void a_filter_takes_what_is_in_and_not_out(void **state)
{
	struct bk_filter filter = {0};

	(void)state;
	assert_true(bk_filter_is_empty(&filter));
	assert_true(bk_filter_takes(&filter, "anyone"));
	bk_names_add_words(&filter.exclude, "spam-*@*, test");
	assert_true(bk_filter_takes(&filter, "ann@a.example"));
	assert_false(bk_filter_takes(&filter, "spam-1@a.example"));
	assert_false(bk_filter_takes(&filter, "Test"));
	bk_names_add_words(&filter.domains, "a.example,b.example");
	assert_true(bk_filter_takes(&filter, "ann@A.Example"));
	assert_false(bk_filter_takes(&filter, "ann@sub.a.example"));
	assert_false(bk_filter_takes(&filter, "a.example"));
	assert_false(bk_filter_takes(&filter, "ann@c.example"));
	bk_names_add(&filter.include, "ann@c.example");
	assert_true(bk_filter_takes(&filter, "ann@c.example"));
	assert_false(bk_filter_takes(&filter, "spam-2@b.example"));
	bk_filter_clear(&filter);
	assert_true(bk_filter_is_empty(&filter));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stars_and_question_marks),
		cmocka_unit_test(a_question_mark_is_one_character_not_one_byte),
		cmocka_unit_test(a_backslash_takes_the_next_one_as_it_is),
		cmocka_unit_test(case_matters_for_folders_and_not_for_accounts),
		cmocka_unit_test(many_stars_end_in_time),
		cmocka_unit_test(a_list_file_has_a_name_a_line),
		cmocka_unit_test(a_filter_takes_what_is_in_and_not_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
