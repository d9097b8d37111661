/* A mailbox that is made behind a batch, before its turn comes. */

#include "lib/fakeimap.h"

static const struct bk_view next_box = {(const uint8_t *)"Next", 4};

static struct bk_imap_appended done;
static struct bk_imap_made made;
static size_t n_done;

static int append(void)
{
	static const char text[] = "one\r\n";
	const struct bk_imap_message msg = {.size = strlen(text)};

	if (bk_imap_append_message(imap, &msg, &err) < 0)
		return -1;
	return bk_imap_append_bytes(imap, text, strlen(text), &err);
}

static int append_and_make(void)
{
	const struct bk_imap_make make = {next_box, NULL, true};

	assert_int_equal(bk_imap_append_begin(imap, box, &err), 0);
	assert_int_equal(append(), 0);
	assert_int_equal(bk_imap_append_close(imap, &make, &made, &err), 0);
	return bk_imap_append_end(imap, &done, &n_done, &err);
}

static int end_making(void **state)
{
	bk_acl_list_clear(&made.acl);
	bk_imap_appended_clear(&done);
	return end(state);
}

static void it_is_made_behind_the_batch(void **state)
{
	char said[] =
		"* 5 EXISTS\r\nb6 OK [APPENDUID 7 3] done\r\n"
		"b7 OK\r\nb8 OK\r\n* ACL Next ann lr\r\nb9 OK\r\n"
		"* 0 EXISTS\r\n* OK [UIDVALIDITY 9] v\r\nb10 OK\r\n";

	(void)state;
	answer(said);
	assert_int_equal(append_and_make(), 0);
	assert_written(
		"b6 APPEND \"Box\" () \"01-Jan-1970 00:00:00 +0000\" "
		"{5+}\r\none\r\n\r\n"
		"b7 CREATE \"Next\"\r\nb8 SUBSCRIBE \"Next\"\r\n"
		"b9 GETACL \"Next\"\r\nb10 SELECT \"Next\"\r\n");
	assert_int_equal(n_done, 1);
	assert_int_equal(done.uid_validity, 7);
	assert_true(made.created && made.subscribed && made.has_acl);
	assert_int_equal(made.acl.n, 1);
	assert_non_null(made.selected);
	assert_int_equal(made.selected->status.uid_validity, 9);
	assert_int_equal(made.selected->status.messages, 0);
}

static void a_batch_may_be_refused_before_it(void **state)
{
	char said[] =
		"b6 NO [OVERQUOTA] full\r\nb7 OK\r\nb8 NO\r\nb9 NO\r\n"
		"* OK [UIDVALIDITY 9] v\r\nb10 OK\r\n";

	(void)state;
	answer(said);
	assert_int_equal(append_and_make(), -1);
	assert_int_equal(err.kind, BK_FULL);
	assert_int_equal(n_done, 0);
	assert_true(made.created);
	assert_false(made.subscribed || made.has_acl);
	assert_non_null(made.selected);
}

static void one_that_is_refused_is_no_failure_of_the_batch(void **state)
{
	char said[] =
		"b6 OK [APPENDUID 7 3] done\r\nb7 NO [LIMIT] no\r\n"
		"b8 NO\r\nb9 NO\r\nb10 NO [NONEXISTENT] no\r\n";

	(void)state;
	answer(said);
	assert_int_equal(append_and_make(), 0);
	assert_int_equal(n_done, 1);
	assert_false(made.created);
	assert_null(made.selected);
}

/* The batch was answered, and the session is over. */
static void assert_ends_behind_the_batch(char *said)
{
	answer(said);
	assert_int_equal(append_and_make(), 0);
	assert_int_equal(n_done, 1);
	assert_int_equal(done.uids.n, 1);
	assert_null(made.selected);
	assert_true(bk_imap_is_over(imap));
}

static void a_session_may_end_behind_the_batch(void **state)
{
	char said[] = "b6 OK [APPENDUID 7 3] done\r\nb7 OK\r\n* BYE\r\n";

	(void)state;
	assert_ends_behind_the_batch(said);
	assert_true(made.created);
	assert_false(made.has_acl);
}

static void nonsense_of_the_next_mailbox_fails_no_batch(void **state)
{
	char acl[] =
		"b6 OK [APPENDUID 7 3] done\r\nb7 OK\r\nb8 OK\r\n"
		"* ACL (Next\r\n";

	(void)state;
	assert_ends_behind_the_batch(acl);
}

static void nor_does_nonsense_of_its_flags(void **state)
{
	char flags[] =
		"b6 OK [APPENDUID 7 3] done\r\nb7 OK\r\nb8 OK\r\n"
		"b9 OK\r\n* FLAGS nonsense\r\n";

	(void)state;
	assert_ends_behind_the_batch(flags);
}

static void a_refusal_is_told_though_the_session_ends(void **state)
{
	char said[] = "b6 NO [OVERQUOTA] full\r\nb7 OK\r\n* BYE\r\n";

	(void)state;
	answer(said);
	assert_int_equal(append_and_make(), -1);
	assert_int_equal(err.kind, BK_FULL);
	assert_int_equal(n_done, 0);
	assert_null(made.selected);
	assert_true(bk_imap_is_over(imap));
}

static void a_session_that_ends_before_the_batch_is_lost(void **state)
{
	char said[] = "* BYE\r\n";

	(void)state;
	answer(said);
	assert_int_equal(append_and_make(), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_int_equal(n_done, 0);
	assert_null(made.selected);
}

/* The one before stays selected until SELECT, and not all servers say [CLOSED]
 * then. */
#define OLD_ONE                                                                \
	"* FLAGS (\\Seen Old)\r\n* 5 EXISTS\r\n"                               \
	"* OK [PERMANENTFLAGS (\\Seen Old \\*)] any\r\n"

static void assert_nothing_of_the_old_one(void)
{
	assert_non_null(made.selected);
	assert_int_equal(made.selected->status.uid_validity, 9);
	assert_int_equal(made.selected->n_keywords, 0);
	assert_int_equal(made.selected->status.messages, 0);
	assert_false(made.selected->any_keyword);
}

static void flags_of_the_old_one_are_not_the_next_ones(void **state)
{
	char said[] = OLD_ONE "b6 OK\r\n" OLD_ONE "b7 OK\r\nb8 OK\r\n" OLD_ONE
			      "b9 OK\r\n* OK [UIDVALIDITY 9] v\r\nb10 OK\r\n";

	(void)state;
	answer(said);
	assert_int_equal(append_and_make(), 0);
	assert_nothing_of_the_old_one();
}

static void nor_are_they_where_nothing_was_appended(void **state)
{
	const struct bk_imap_make make = {next_box, NULL, true};
	char said[] = "b6 OK\r\nb7 OK\r\n" OLD_ONE
		      "b8 OK\r\n* OK [UIDVALIDITY 9] v\r\nb9 OK\r\n";

	(void)state;
	answer(said);
	assert_int_equal(bk_imap_make_selected(imap, &make, &made, &err), 0);
	assert_nothing_of_the_old_one();
}

#define MESSAGE "\"01-Jan-1970 00:00:00 +0000\" {5+}\r\none\r\n\r\n"

/* The batch before is answered when everything was sent. */
static int append_two_and_make(void)
{
	const struct bk_imap_make make = {next_box, NULL, true};

	assert_int_equal(bk_imap_append_begin(imap, box, &err), 0);
	assert_int_equal(append(), 0);
	assert_int_equal(bk_imap_append_next(imap, &err), 0);
	assert_int_equal(append(), 0);
	assert_int_equal(bk_imap_append_close(imap, &make, &made, &err), 0);
	assert_int_equal(bk_imap_append_close(imap, &make, &made, &err), 0);
	assert_written("b6 APPEND \"Box\" () " MESSAGE
		       "b7 APPEND \"Box\" () " MESSAGE
		       "b8 CREATE \"Next\"\r\nb9 SUBSCRIBE \"Next\"\r\n"
		       "b10 GETACL \"Next\"\r\nb11 SELECT \"Next\"\r\n");
	int rc = bk_imap_append_answer(imap, true, &done, &n_done, &err);
	bk_imap_appended_clear(&done);
	return rc;
}

static void the_batch_before_may_be_answered_behind_it(void **state)
{
	char said[] =
		"b6 OK [APPENDUID 7 3] done\r\n"
		"b7 OK [APPENDUID 7 4] done\r\nb8 OK\r\nb9 NO\r\n"
		"* ACL Next ann lr\r\nb10 OK\r\n"
		"* OK [UIDVALIDITY 9] v\r\nb11 OK\r\n";

	(void)state;
	answer(said);
	assert_int_equal(append_two_and_make(), 1);
	assert_int_equal(n_done, 1);
	assert_int_equal(bk_imap_append_end(imap, &done, &n_done, &err), 0);
	assert_int_equal(n_done, 1);
	assert_int_equal(done.n, 1);
	assert_int_equal(done.uids.items[0].first, 4);
	assert_true(made.created && made.has_acl);
	assert_false(made.subscribed);
	assert_int_equal(made.selected->status.uid_validity, 9);
}

static void the_batch_before_may_be_refused_alone(void **state)
{
	char said[] =
		"b6 NO [TOOBIG] no\r\nb7 OK [APPENDUID 7 4] done\r\n"
		"b8 OK\r\nb9 OK\r\nb10 OK\r\nb11 NO\r\n";

	(void)state;
	answer(said);
	assert_int_equal(append_two_and_make(), -1);
	assert_int_equal(err.kind, BK_REFUSED);
	assert_int_equal(bk_imap_append_end(imap, &done, &n_done, &err), 0);
	assert_int_equal(n_done, 1);
	assert_true(made.created && made.subscribed);
	assert_null(made.selected);
}

static void behind_the_end_no_message_is_taken(void **state)
{
	(void)state;
	assert_int_equal(bk_imap_append_begin(imap, box, &err), 0);
	assert_int_equal(append(), 0);
	assert_int_equal(bk_imap_append_close(imap, NULL, NULL, &err), 0);
	assert_int_equal(append(), -1);
	assert_int_equal(err.kind, BK_MISUSE);
}

#define MAKES(test) cmocka_unit_test_setup_teardown(test, begin, end_making)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAKES(it_is_made_behind_the_batch),
		MAKES(a_batch_may_be_refused_before_it),
		MAKES(one_that_is_refused_is_no_failure_of_the_batch),
		MAKES(a_session_may_end_behind_the_batch),
		MAKES(nonsense_of_the_next_mailbox_fails_no_batch),
		MAKES(nor_does_nonsense_of_its_flags),
		MAKES(a_refusal_is_told_though_the_session_ends),
		MAKES(a_session_that_ends_before_the_batch_is_lost),
		MAKES(flags_of_the_old_one_are_not_the_next_ones),
		MAKES(nor_are_they_where_nothing_was_appended),
		MAKES(the_batch_before_may_be_answered_behind_it),
		MAKES(the_batch_before_may_be_refused_alone),
		MAKES(behind_the_end_no_message_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
