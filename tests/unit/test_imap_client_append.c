/* Appending, and what servers may make of it: libbk/imap/imap_append.c. */

#include "lib/test.h"

#include "imap/imap.h"
#include "lib/fakewire.h"

#define CAPS "* CAPABILITY IMAP4rev1 UIDPLUS "

static struct fakewire wire;
static struct bk_imap *imap;
static struct bk_err err;
static struct bk_imap_appended done;
static size_t n_done;

/* The answers to the five commands with which a session begins. */
static void open_with(const char *more)
{
	struct bk_buf text = {0};

	bk_buf_printf(&text,
		      CAPS
		      "%s\r\nb1 OK\r\nb2 OK\r\nb3 BAD\r\nb4 OK\r\nb5 OK\r\n",
		      more);
	fakewire_say(&wire, text.data, text.len);
	bk_buf_clear(&text);
	fakewire_next = &wire;
	assert_int_equal(bk_imap_open(&imap, NULL, NULL, NULL, &err), 0);
	wire.written.len = 0;
}

static int end(void **state)
{
	(void)state;
	bk_imap_close(imap);
	imap = NULL;
	bk_imap_appended_clear(&done);
	fakewire_clear(&wire);
	err = (struct bk_err){0};
	return 0;
}

static void say(const char *text)
{
	fakewire_say(&wire, text, strlen(text));
}

static int append(const char *bytes)
{
	const struct bk_imap_message msg = {.size = strlen(bytes)};

	if (bk_imap_append_message(imap, &msg, &err) < 0)
		return -1;
	return bk_imap_append_bytes(imap, bytes, strlen(bytes), &err);
}

static int append_all(const char *const *messages, size_t n)
{
	const struct bk_view box = {(const uint8_t *)"Box", 3};

	assert_int_equal(bk_imap_append_begin(imap, box, &err), 0);
	for (size_t i = 0; i < n; i++)
		if (append(messages[i]) < 0)
			return -1;
	return bk_imap_append_end(imap, &done, &n_done, &err);
}

static const char *const two[] = {"one\r\n", "second\r\n"};

#define DATE "\"01-Jan-1970 00:00:00 +0000\""

static void assert_written(const char *text)
{
	assert_string_equal(bk_buf_text(&wire.written), text);
}

static void an_ok_before_the_end_is_a_lie(void **state)
{
	const struct bk_view box = {(const uint8_t *)"Box", 3};

	(void)state;
	open_with("MULTIAPPEND LITERAL+");
	assert_int_equal(bk_imap_append_begin(imap, box, &err), 0);
	assert_int_equal(append(two[0]), 0);
	say("b6 OK [APPENDUID 7 3:4] done\r\n");
	assert_int_equal(append(two[1]), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

static void answer_many(struct fakewire *fake)
{
	fakewire_say(fake, fake->arg, strlen(fake->arg));
}

static void answer_at_the_end(char *text)
{
	wire.more = answer_many;
	wire.arg = text;
}

static void many_are_written_without_waiting(void **state)
{
	char answer[] = "b6 OK [APPENDUID 7 3:4] done\r\n";

	(void)state;
	open_with("MULTIAPPEND LITERAL+");
	answer_at_the_end(answer);
	assert_int_equal(append_all(two, 2), 0);
	assert_written("b6 APPEND \"Box\" () " DATE " {5+}\r\none\r\n () " DATE
		       " {8+}\r\nsecond\r\n\r\n");
	assert_int_equal(n_done, 2);
	assert_int_equal(done.uid_validity, 7);
	assert_int_equal(bk_uid_set_count(&done.uids), 2);
}

static void one_behind_a_refused_one_is_known_to_be_taken(void **state)
{
	char answer[] = "b6 NO [TOOBIG] no\r\nb7 OK [APPENDUID 7 3] done\r\n";

	(void)state;
	open_with("LITERAL+");
	answer_at_the_end(answer);
	assert_int_equal(append_all(two, 2), -1);
	assert_int_equal(err.kind, BK_REFUSED);
	assert_int_equal(bk_imap_code(imap), BK_IMAP_CODE_TOOBIG);
	assert_int_equal(n_done, 0);
	assert_int_equal(done.n, 2);
	assert_false(done.taken[0]);
	assert_true(done.taken[1]);
	assert_int_equal(bk_uid_set_count(&done.uids), 1);
}

static void uids_that_are_too_few_are_none(void **state)
{
	char answer[] = "b6 OK [APPENDUID 7 3] done\r\n";

	(void)state;
	open_with("MULTIAPPEND LITERAL+");
	answer_at_the_end(answer);
	assert_int_equal(append_all(two, 2), 0);
	assert_int_equal(done.uid_validity, 0);
	assert_int_equal(done.uids.n, 0);
}

/* A refusal in the place of "+" ends the command: nothing of the messages may
 * be sent, for the server would take it for commands. */
static void what_is_refused_instead_of_go_on_is_not_sent(void **state)
{
	char answer[] = "b6 NO [TRYCREATE] no such mailbox\r\n";

	(void)state;
	open_with("MULTIAPPEND");
	answer_at_the_end(answer);
	assert_int_equal(append_all(two, 2), -1);
	assert_int_equal(err.kind, BK_GONE);
	assert_written("b6 APPEND \"Box\" () " DATE " {5}\r\n");
	assert_int_equal(n_done, 0);
	assert_false(done.taken[0] || done.taken[1]);
}

static void fewer_bytes_than_announced_end_the_session(void **state)
{
	const struct bk_imap_message msg = {.size = 10};
	const struct bk_view box = {(const uint8_t *)"Box", 3};

	(void)state;
	open_with("LITERAL+");
	assert_int_equal(bk_imap_append_begin(imap, box, &err), 0);
	assert_int_equal(bk_imap_append_message(imap, &msg, &err), 0);
	assert_int_equal(bk_imap_append_bytes(imap, "123", 3, &err), 0);
	assert_int_equal(bk_imap_append_end(imap, &done, &n_done, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_int_equal(bk_imap_unselect(imap, &err), 0);
	assert_int_equal(bk_imap_delete(imap, box, &err), -1);
	assert_int_equal(err.kind, BK_LOST);
}

/* ---- the next batch, before the answer to the last ---- */

static int ask(bool wait)
{
	bk_imap_appended_clear(&done);
	return bk_imap_append_answer(imap, wait, &done, &n_done, &err);
}

static void begin_two_batches(void)
{
	const struct bk_view box = {(const uint8_t *)"Box", 3};

	open_with("MULTIAPPEND LITERAL+");
	assert_int_equal(bk_imap_append_begin(imap, box, &err), 0);
	assert_int_equal(append(two[0]), 0);
	assert_int_equal(append(two[0]), 0);
	assert_int_equal(bk_imap_append_next(imap, &err), 0);
	assert_int_equal(append(two[1]), 0);
}

static void a_batch_is_begun_before_the_last_is_answered(void **state)
{
	char answer[] = "b7 OK [APPENDUID 7 8:9] done\r\n";

	(void)state;
	begin_two_batches();
	assert_int_equal(ask(false), 0);
	say("b6 OK [APPENDUID 7 3:4] done\r\n");
	assert_int_equal(append(two[1]), 0);
	assert_int_equal(ask(false), 1);
	assert_int_equal(n_done, 2);
	assert_int_equal(done.uids.items[0].first, 3);
	assert_int_equal(ask(true), 0);
	answer_at_the_end(answer);
	assert_int_equal(bk_imap_append_end(imap, &done, &n_done, &err), 0);
	assert_int_equal(n_done, 2);
	assert_int_equal(done.uids.items[0].first, 8);
}

static void both_answers_may_come_at_a_time(void **state)
{
	char answer[] =
		"b6 OK [APPENDUID 7 3:4] done\r\n"
		"b7 NO [TOOBIG] no\r\n";

	(void)state;
	begin_two_batches();
	answer_at_the_end(answer);
	assert_int_equal(ask(true), 1);
	assert_int_equal(n_done, 2);
	bk_imap_appended_clear(&done);
	assert_int_equal(bk_imap_append_end(imap, &done, &n_done, &err), -1);
	assert_int_equal(err.kind, BK_REFUSED);
	assert_int_equal(n_done, 0);
}

static void a_batch_that_was_refused_leaves_the_next_one_alone(void **state)
{
	char answer[] = "b7 OK [APPENDUID 7 9] done\r\n";

	(void)state;
	begin_two_batches();
	say("b6 NO [TOOBIG] no\r\n");
	assert_int_equal(ask(true), -1);
	assert_int_equal(err.kind, BK_REFUSED);
	assert_int_equal(done.n, 2);
	assert_int_equal(n_done, 0);
	answer_at_the_end(answer);
	bk_imap_appended_clear(&done);
	assert_int_equal(bk_imap_append_end(imap, &done, &n_done, &err), 0);
	assert_int_equal(done.n, 1);
	assert_int_equal(n_done, 1);
	assert_int_equal(done.uids.items[0].first, 9);
}

static void an_end_before_the_last_batch_was_asked_for_is_misuse(void **state)
{
	(void)state;
	begin_two_batches();
	assert_int_equal(bk_imap_append_end(imap, &done, &n_done, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
}

static void a_keyword_cannot_end_its_list(void **state)
{
	(void)state;
	assert_true(bk_imap_is_keyword("$Label1"));
	assert_false(bk_imap_is_keyword(""));
	assert_false(bk_imap_is_keyword("a b"));
	assert_false(bk_imap_is_keyword("a)"));
	assert_false(bk_imap_is_keyword("a\r\nb7 DELETE INBOX"));
	assert_false(bk_imap_is_keyword("{3+}"));
	assert_false(bk_imap_is_keyword("\xc3\xa4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(an_ok_before_the_end_is_a_lie, end),
		cmocka_unit_test_teardown(many_are_written_without_waiting,
					  end),
		cmocka_unit_test_teardown(
			one_behind_a_refused_one_is_known_to_be_taken, end),
		cmocka_unit_test_teardown(uids_that_are_too_few_are_none, end),
		cmocka_unit_test_teardown(
			what_is_refused_instead_of_go_on_is_not_sent, end),
		cmocka_unit_test_teardown(
			fewer_bytes_than_announced_end_the_session, end),
		cmocka_unit_test_teardown(
			a_batch_is_begun_before_the_last_is_answered, end),
		cmocka_unit_test_teardown(both_answers_may_come_at_a_time, end),
		cmocka_unit_test_teardown(
			a_batch_that_was_refused_leaves_the_next_one_alone,
			end),
		cmocka_unit_test_teardown(
			an_end_before_the_last_batch_was_asked_for_is_misuse,
			end),
		cmocka_unit_test_teardown(a_keyword_cannot_end_its_list, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
