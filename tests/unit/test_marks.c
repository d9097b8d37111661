/* Flags and keywords of two sides and of what they were, merged one by one. */

#include "lib/test.h"

#include "sync/folder_plan.h"

static void marks(const struct bk_journal_message *was, uint8_t from,
		  uint8_t to, uint8_t want)
{
	const struct bk_journal_message a = {.name = "", .flags = from};
	const struct bk_journal_message b = {.name = "", .flags = to};
	struct bk_journal_message got = {0};
	struct bk_arena arena = {0};

	bk_marks_merge(was, &a, &b, &got, &arena);
	assert_int_equal(got.flags, want);
	bk_arena_clear(&arena);
}

static void every_flag_goes_its_own_way(void **state)
{
	(void)state;
	for (unsigned was = 0; was < 8; was++)
		for (unsigned from = 0; from < 8; from++)
			for (unsigned to = 0; to < 8; to++) {
				const struct bk_journal_message known = {
					.name = "", .flags = (uint8_t)was};
				unsigned moved = was ^ from;
				marks(&known, (uint8_t)from, (uint8_t)to,
				      (uint8_t)((to & ~moved) |
						(from & moved)));
				marks(NULL, (uint8_t)from, (uint8_t)to,
				      (uint8_t)from);
			}
}

static void keywords_are_merged_one_by_one(void **state)
{
	static const uint16_t was_list[] = {1, 2, 3};
	static const uint16_t from_list[] = {2, 3, 5};
	static const uint16_t to_list[] = {1, 2, 7};
	const struct bk_journal_message was = {
		.name = "", .n_keywords = 3, .keywords = was_list};
	const struct bk_journal_message from = {
		.name = "", .n_keywords = 3, .keywords = from_list};
	const struct bk_journal_message to = {
		.name = "", .n_keywords = 3, .keywords = to_list};
	struct bk_journal_message got = {0};
	struct bk_arena arena = {0};

	(void)state;
	bk_marks_merge(&was, &from, &to, &got, &arena);
	/* 1 went at the source, 5 came there; 3 went and 7 came here. */
	assert_int_equal(got.n_keywords, 3);
	assert_int_equal(got.keywords[0], 2);
	assert_int_equal(got.keywords[1], 5);
	assert_int_equal(got.keywords[2], 7);
	bk_marks_merge(NULL, &from, &to, &got, &arena);
	assert_true(bk_marks_equal(&got, &from));
	bk_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flag_goes_its_own_way),
		cmocka_unit_test(keywords_are_merged_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
