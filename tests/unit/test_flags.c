/* System flags in their two spellings. */

#include "lib/test.h"

#include "mail/flags.h"

static void any_set_of_flags_survives_its_letters(void **state)
{
	char letters[BK_FLAG_LETTERS_MAX + 1];

	(void)state;
	for (unsigned flags = 0; flags < 64; flags++) {
		uint8_t again = 0;
		bk_flags_letters((uint8_t)flags, letters);
		for (const char *p = letters; *p; p++) {
			assert_true(p == letters || p[-1] < p[0]);
			again |= bk_flag_of_letter(*p);
		}
		assert_int_equal(again, flags);
	}
}

static void letters_are_those_of_maildir(void **state)
{
	char letters[BK_FLAG_LETTERS_MAX + 1];

	(void)state;
	bk_flags_letters(63, letters);
	assert_string_equal(letters, "DFPRST");
	assert_int_equal(bk_flag_of_letter('S'), BK_FLAG_SEEN);
	assert_int_equal(bk_flag_of_letter('R'), BK_FLAG_ANSWERED);
	assert_int_equal(bk_flag_of_letter('T'), BK_FLAG_DELETED);
	assert_int_equal(bk_flag_of_letter('s'), 0);
	assert_int_equal(bk_flag_of_letter('a'), 0);
	assert_int_equal(bk_flag_of_letter('X'), 0);
	assert_int_equal(bk_flag_of_letter(0), 0);
}

static void each_flag_has_a_name_in_imap(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 5; bit++) {
		uint8_t flag = (uint8_t)(1U << bit);
		assert_int_equal(bk_flag_of_name(bk_flag_name(flag)), flag);
	}
	assert_string_equal(bk_flag_name(BK_FLAG_SEEN), "\\Seen");
	assert_string_equal(bk_flag_name(BK_FLAG_DRAFT), "\\Draft");
	assert_int_equal(bk_flag_of_name("\\SEEN"), BK_FLAG_SEEN);
	assert_null(bk_flag_name(0));
	assert_null(bk_flag_name(3));
	assert_null(bk_flag_name(64));
}

static void a_keyword_is_no_flag(void **state)
{
	(void)state;
	assert_string_equal(bk_flag_name(BK_FLAG_PASSED), "$Forwarded");
	assert_int_equal(bk_flag_of_name("$Forwarded"), 0);
	assert_int_equal(bk_flag_of_name("\\Recent"), 0);
	assert_int_equal(bk_flag_of_name("Seen"), 0);
	assert_int_equal(bk_flag_of_name("\\Seen "), 0);
	assert_int_equal(bk_flag_of_name(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_set_of_flags_survives_its_letters),
		cmocka_unit_test(letters_are_those_of_maildir),
		cmocka_unit_test(each_flag_has_a_name_in_imap),
		cmocka_unit_test(a_keyword_is_no_flag),
	};
	return cmocka_run_group_tests_name("flags", tests, NULL, NULL);
}
