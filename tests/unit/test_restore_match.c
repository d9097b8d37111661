/* Which messages of a set are in a folder already. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "job/restore_match.h"

static struct bk_row_list rows;
static struct bk_message_list present;
static struct bk_match match;

static int fresh(void **state)
{
	(void)state;
	bk_match_clear(&match);
	bk_row_list_clear(&rows);
	bk_message_list_clear(&present);
	return 0;
}

/* A row whose content is told by one byte. */
static void row(const char *name, uint64_t size, uint8_t content)
{
	struct bk_row *at = bk_row_list_add(&rows);

	at->msg.name = name;
	at->msg.size = size;
	memset(at->digest, content, sizeof(at->digest));
}

static void here(const char *name, uint64_t size)
{
	struct bk_message *at = bk_message_list_add(&present);

	at->name = name;
	at->size = size;
}

static bool content(uint32_t at, uint8_t byte)
{
	uint8_t digest[BK_DIGEST_LEN];

	memset(digest, byte, sizeof(digest));
	return bk_match_content(&match, at, digest);
}

static void names_are_paired_whatever_their_order(void **state)
{
	(void)state;
	row("b", 1, 1);
	row("a", 1, 1);
	row("c", 1, 1);
	here("c", 9);
	here("x", 9);
	here("a", 9);
	bk_match_init(&match, &rows, &present);
	bk_match_names(&match);
	assert_int_equal(match.present_of[0], BK_MATCH_NONE);
	assert_int_equal(match.present_of[1], 2);
	assert_int_equal(match.present_of[2], 0);
	assert_int_equal(match.row_of[0], 2);
	assert_int_equal(match.row_of[1], BK_MATCH_NONE);
	assert_int_equal(match.row_of[2], 1);
	bk_match_part(&match, 1);
	assert_int_equal(match.present_of[1], BK_MATCH_NONE);
	assert_int_equal(match.row_of[2], BK_MATCH_NONE);
}

/* Stores without names: everything would be the same message. */
static void an_empty_name_is_no_name(void **state)
{
	(void)state;
	row("", 1, 1);
	here("", 1);
	bk_match_init(&match, &rows, &present);
	bk_match_names(&match);
	assert_int_equal(match.present_of[0], BK_MATCH_NONE);
}

/* Two copies in the set, one there: one must be restored. */
static void the_same_content_counts_as_often_as_it_is_there(void **state)
{
	(void)state;
	row("a", 5, 7);
	row("b", 5, 7);
	row("c", 5, 7);
	here("x", 5);
	here("y", 5);
	bk_match_init(&match, &rows, &present);
	bk_match_names(&match);
	assert_true(content(0, 7));
	assert_true(content(1, 7));
	assert_int_equal(match.present_of[0], 0);
	assert_int_equal(match.present_of[1], 1);
	assert_int_equal(match.present_of[2], BK_MATCH_NONE);
	assert_false(content(0, 8));
}

static void content_does_not_take_what_a_name_has(void **state)
{
	(void)state;
	row("a", 5, 7);
	here("x", 5);
	here("a", 5);
	bk_match_init(&match, &rows, &present);
	bk_match_names(&match);
	assert_int_equal(match.present_of[0], 1);
	assert_false(content(0, 7));
}

static void only_sizes_that_are_wanted_are_worth_reading(void **state)
{
	size_t n = 0;

	(void)state;
	row("a", 5, 1);
	row("b", 6, 2);
	row("c", 7, 3);
	here("b", 6);
	here("x", 6);
	here("y", 7);
	here("z", 8);
	here("w", UINT64_MAX);
	bk_match_init(&match, &rows, &present);
	bk_match_names(&match);
	uint32_t *list = bk_match_candidates(&match, &n);
	/* 6 was wanted by "b" alone, which has its message. */
	assert_int_equal(n, 1);
	assert_int_equal(list[0], 2);
	free(list);
}

static void other_ends_of_lines_make_a_message_at_most_twice_as_large(
	void **state)
{
	size_t n = 0;

	(void)state;
	row("a", 50, 1);
	here("1", 49);
	here("2", 50);
	here("3", 53);
	here("4", 100);
	here("5", 102);
	here("w", UINT64_MAX);
	bk_match_init(&match, &rows, &present);
	match.wire = true;
	uint32_t *list = bk_match_candidates(&match, &n);
	assert_int_equal(n, 3);
	assert_int_equal(list[0], 1);
	assert_int_equal(list[2], 3);
	free(list);
}

static void nothing_on_one_side_is_fine(void **state)
{
	size_t n = 1;

	(void)state;
	here("x", 6);
	bk_match_init(&match, &rows, &present);
	bk_match_names(&match);
	uint32_t *list = bk_match_candidates(&match, &n);
	assert_int_equal(n, 0);
	assert_false(content(0, 1));
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names_are_paired_whatever_their_order,
				       fresh),
		cmocka_unit_test_setup(an_empty_name_is_no_name, fresh),
		cmocka_unit_test_setup(
			the_same_content_counts_as_often_as_it_is_there, fresh),
		cmocka_unit_test_setup(content_does_not_take_what_a_name_has,
				       fresh),
		cmocka_unit_test_setup(
			only_sizes_that_are_wanted_are_worth_reading, fresh),
		cmocka_unit_test_setup(
			other_ends_of_lines_make_a_message_at_most_twice_as_large,
			fresh),
		cmocka_unit_test_setup(nothing_on_one_side_is_fine, fresh),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)fresh(NULL);
	return failed;
}
