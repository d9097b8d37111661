/* What people are told of a move: the texts, and what is noted of each mail. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/account_file.h"
#include "job/move_letter.h"
#include "lib/scratch.h"

static struct scratch scratch;
static char folder[128];
static struct bk_err err;
static struct bk_buf subject, body;

static int begin(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	scratch_make(&scratch);
	(void)snprintf(folder, sizeof(folder), "%s/letters", scratch.path);
	return 0;
}

static int end(void **state)
{
	(void)state;
	scratch_drop(&scratch);
	bk_buf_clear(&subject);
	bk_buf_clear(&body);
	return 0;
}

static void write_it(enum bk_letter letter, const char *text)
{
	const struct bk_letter_words words = {
		.account = "ann%u@a@b.test",
		.source = "mx1",
		.destination = "mx2",
		.when = "at 22:00",
	};

	bk_buf_clear(&subject);
	bk_buf_clear(&body);
	bk_letter_write(letter, text, &words, &subject, &body);
}

static void variables_are_put_in_once(void **state)
{
	(void)state;
	write_it(BK_LETTER_BEFORE, "Subject: %n\n\n%u|%d|%s|%t|%w|100%%|%%u\n");
	assert_string_equal(bk_buf_text(&subject), "ann%u@a");
	assert_string_equal(bk_buf_text(&body),
			    "ann%u@a@b.test|b.test|mx1|mx2|at 22:00|100%|%u\n");
}

static void without_a_subject_it_has_the_usual_one(void **state)
{
	(void)state;
	write_it(BK_LETTER_AFTER, "Hello\r\nthere\r\n");
	assert_string_equal(bk_buf_text(&subject),
			    "Your mailbox ann%u@a@b.test has moved");
	assert_string_equal(bk_buf_text(&body), "Hello\nthere\n");
}

static void the_usual_texts_say_whose_and_when(void **state)
{
	(void)state;
	for (int i = 0; i < BK_LETTERS; i++) {
		write_it((enum bk_letter)i, NULL);
		assert_non_null(strstr(bk_buf_text(&subject), "ann%u@a@b"));
		assert_non_null(strstr(bk_buf_text(&body), "ann%u@a@b"));
		assert_non_null(strstr(bk_buf_text(&body), "at 22:00"));
		assert_null(strstr(bk_buf_text(&body), "Subject"));
		assert_null(strstr(bk_buf_text(&body), "%w"));
	}
}

static void a_text_that_could_not_be_sent_is_refused(void **state)
{
	static const char *const wrong[] = {"",   "%",   "a %",
					    "%x", "%%%", "\xff\xfe"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (bk_letter_check(wrong[i], &err) == 0)
			fail_msg("'%s' is taken", wrong[i]);
	assert_int_equal(bk_letter_check("%u %n %d %s %t %w %%", &err), 0);
}

static enum bk_letter_state noted(const char *account, enum bk_letter letter)
{
	enum bk_letter_state state;

	if (bk_letter_noted(folder, account, letter, &state, &err) < 0)
		fail_msg("%s", err.text);
	return state;
}

static void what_is_noted_is_of_one_account_and_one_mail(void **state)
{
	(void)state;
	for (int s = BK_LETTER_SENT; s >= BK_LETTER_NONE; s--) {
		assert_int_equal(bk_letter_note(folder, "ann/../x",
						BK_LETTER_AFTER,
						(enum bk_letter_state)s, &err),
				 0);
		assert_int_equal(noted("ann/../x", BK_LETTER_AFTER), s);
		assert_int_equal(noted("ann/../x", BK_LETTER_BEFORE),
				 BK_LETTER_NONE);
		assert_int_equal(noted("bob", BK_LETTER_AFTER), BK_LETTER_NONE);
	}
}

/* Or it would be sent again. */
static void a_note_that_cannot_be_understood_says_that_it_may_have_gone(
	void **state)
{
	char *path = bk_account_file(folder, "ann");
	char *file = bk_asprintf("%s.before", path);

	(void)state;
	assert_int_equal(bk_letter_note(folder, "ann", BK_LETTER_BEFORE,
					BK_LETTER_SENT, &err),
			 0);
	assert_int_equal(truncate(file, 0), 0);
	assert_int_equal(noted("ann", BK_LETTER_BEFORE), BK_LETTER_SENDING);
	free(file);
	free(path);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		EACH(variables_are_put_in_once),
		EACH(without_a_subject_it_has_the_usual_one),
		EACH(the_usual_texts_say_whose_and_when),
		EACH(a_text_that_could_not_be_sent_is_refused),
		EACH(what_is_noted_is_of_one_account_and_one_mail),
		EACH(a_note_that_cannot_be_understood_says_that_it_may_have_gone),
	};
#undef EACH
	return cmocka_run_group_tests(tests, NULL, NULL);
}
