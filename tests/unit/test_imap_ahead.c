/* What is asked for before its turn comes: a mailbox that is made behind a
 * batch, and bodies that come behind a listing. */

#include "lib/test.h"

#include "imap/imap.h"
#include "lib/fakewire.h"

#define CAPS "* CAPABILITY IMAP4rev1 UIDPLUS MULTIAPPEND LITERAL+ ACL\r\n"

static struct fakewire wire;
static struct bk_imap *imap;
static struct bk_err err;

static const struct bk_view box = {(const uint8_t *)"Box", 3};
static const struct bk_view next_box = {(const uint8_t *)"Next", 4};

static int begin(void **state)
{
	static const char text[] =
		CAPS "b1 OK\r\nb2 OK\r\nb3 BAD\r\nb4 OK\r\nb5 OK\r\n";

	(void)state;
	fakewire_say(&wire, text, strlen(text));
	fakewire_next = &wire;
	assert_int_equal(bk_imap_open(&imap, NULL, NULL, NULL, &err), 0);
	wire.written.len = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_imap_close(imap);
	imap = NULL;
	fakewire_clear(&wire);
	err = (struct bk_err){0};
	return 0;
}

static void say_more(struct fakewire *fake)
{
	fakewire_say(fake, fake->arg, strlen(fake->arg));
}

/* Once everything was sent that is sent without waiting. */
static void answer(char *text)
{
	wire.more = say_more;
	wire.arg = text;
}

static void assert_written(const char *text)
{
	assert_string_equal(bk_buf_text(&wire.written), text);
	wire.written.len = 0;
}

/* ---- a mailbox behind a batch ---- */

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

static void a_session_that_ends_behind_the_batch_is_lost(void **state)
{
	char said[] = "b6 OK [APPENDUID 7 3] done\r\nb7 OK\r\n* BYE\r\n";

	(void)state;
	answer(said);
	assert_int_equal(append_and_make(), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_int_equal(n_done, 1);
	assert_null(made.selected);
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

/* ---- bodies behind a listing ---- */

static unsigned rows, bodies;
static struct bk_buf bytes;

static int take_row(void *arg, const struct bk_imap_row *row,
		    struct bk_err *why)
{
	(void)arg;
	(void)row;
	(void)why;
	rows++;
	return 0;
}

static int take_bytes(struct bk_sink *sink, const void *data, size_t len,
		      struct bk_err *why)
{
	(void)sink;
	(void)why;
	bk_buf_add(&bytes, data, len);
	return 0;
}

static int begin_body(void *arg, const struct bk_imap_row *row, uint64_t size,
		      struct bk_sink **to, struct bk_err *why)
{
	static struct bk_sink sink = {take_bytes};

	(void)arg;
	(void)row;
	(void)size;
	(void)why;
	*to = &sink;
	return 0;
}

static int end_body(void *arg, const struct bk_imap_row *row,
		    struct bk_err *why)
{
	(void)arg;
	(void)row;
	(void)why;
	bodies++;
	return 0;
}

static int begin_listing(void **state)
{
	rows = bodies = 0;
	bytes.len = 0;
	return begin(state);
}

static int end_listing(void **state)
{
	bk_buf_clear(&bytes);
	return end(state);
}

#define EXAMINED "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\nb6 OK [READ-ONLY]\r\n"
#define LISTED                                                                 \
	"* 1 FETCH (UID 3 FLAGS ())\r\n* 2 FETCH (UID 4 FLAGS ())\r\nb7 OK\r\n"
#define SAME "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\nb8 OK [READ-ONLY]\r\n"
#define BODY(number, uid)                                                      \
	"* " number " FETCH (UID " uid                                         \
	" FLAGS () INTERNALDATE "                                              \
	"\"01-Jan-1970 00:00:00 +0000\" BODY[] {3}\r\nA\r\n)\r\n"

static int list_with_bodies(void)
{
	const struct bk_imap_rows to = {.row = take_row};
	const struct bk_imap_changes all = {
		.want = BK_IMAP_SAID_UID | BK_IMAP_SAID_FLAGS,
		.rows = &to,
		.bodies = true,
	};
	const struct bk_imap_selected *selected = NULL;

	return bk_imap_select_since(imap, box, &all, &selected, &err);
}

static int fetch(uint32_t first, uint32_t last)
{
	struct bk_uid_range range = {first, last};
	const struct bk_uid_set uids = {&range, 1, 1};
	const struct bk_imap_bodies to = {begin_body, end_body, end_body, NULL};

	return bk_imap_fetch_bodies(imap, &uids, &to, &err);
}

static void they_come_without_being_asked_for_again(void **state)
{
	char said[] =
		EXAMINED LISTED SAME BODY("1", "3") BODY("2", "4") "b9 OK\r\n";

	(void)state;
	answer(said);
	assert_int_equal(list_with_bodies(), 1);
	assert_written(
		"b6 EXAMINE \"Box\"\r\nb7 UID FETCH 1:* (UID FLAGS)\r\n"
		"b8 EXAMINE \"Box\"\r\nb9 UID FETCH 1:* (UID FLAGS "
		"INTERNALDATE BODY.PEEK[])\r\n");
	assert_int_equal(rows, 2);
	assert_int_equal(bodies, 0);
	assert_true(bk_imap_bodies_come(imap));
	assert_int_equal(fetch(3, 4), 0);
	assert_int_equal(bodies, 2);
	assert_written("");
	assert_false(bk_imap_bodies_come(imap));
}

static void what_did_not_come_is_asked_for(void **state)
{
	char said[] = EXAMINED LISTED SAME BODY("1", "3") "b9 OK\r\n";
	char later[] = BODY("2", "4") "b10 OK\r\n";

	(void)state;
	answer(said);
	assert_int_equal(list_with_bodies(), 1);
	wire.written.len = 0;
	wire.arg = later;
	assert_int_equal(fetch(3, 4), 0);
	assert_int_equal(bodies, 2);
	assert_written(
		"b10 UID FETCH 4 (UID FLAGS INTERNALDATE "
		"BODY.PEEK[])\r\n");
}

static void what_nobody_wants_is_passed_over(void **state)
{
	char said[] =
		EXAMINED LISTED SAME BODY("1", "3") BODY("2", "4") "b9 OK\r\n";

	(void)state;
	answer(said);
	assert_int_equal(list_with_bodies(), 1);
	assert_int_equal(fetch(4, 4), 0);
	assert_int_equal(bodies, 1);
}

/* Its UIDs are other messages'. */
static void of_another_mailbox_of_that_name_nothing_is_taken(void **state)
{
	char said[] = EXAMINED LISTED
		"* 2 EXISTS\r\n* OK [UIDVALIDITY 8] v\r\nb8 OK\r\n" BODY(
			"1", "3") BODY("2", "4") "b9 OK\r\n";

	(void)state;
	answer(said);
	assert_int_equal(list_with_bodies(), 1);
	assert_int_equal(fetch(3, 4), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_int_equal(bodies, 0);
	assert_int_equal(bytes.len, 0);
}

static void before_the_mailbox_is_known_nothing_is_taken(void **state)
{
	char said[] =
		EXAMINED LISTED BODY("1", "3") SAME BODY("2", "4") "b9 OK\r\n";
	char later[] = BODY("1", "3") "b10 OK\r\n";

	(void)state;
	answer(said);
	assert_int_equal(list_with_bodies(), 1);
	wire.arg = later;
	assert_int_equal(fetch(3, 4), 0);
	assert_int_equal(bodies, 2);
}

static void who_asks_for_something_else_finds_it_lost(void **state)
{
	char said[] =
		EXAMINED LISTED SAME BODY("1", "3") BODY("2", "4") "b9 OK\r\n";
	struct bk_imap_status status = {0};

	(void)state;
	answer(said);
	assert_int_equal(list_with_bodies(), 1);
	assert_int_equal(bk_imap_status(imap, box, &status, &err), -1);
	assert_int_equal(err.kind, BK_LOST);
}

/* Then they are dropped as they come, and the session goes on. */
static void without_a_listing_there_are_no_bodies(void **state)
{
	char said[] = EXAMINED "b7 NO no\r\n" SAME BODY("1", "3") "b9 OK\r\n";
	char later[] = BODY("1", "3") "b10 OK\r\n";

	(void)state;
	answer(said);
	assert_int_equal(list_with_bodies(), 0);
	assert_false(bk_imap_bodies_come(imap));
	wire.arg = later;
	assert_int_equal(fetch(3, 3), 0);
	assert_int_equal(bodies, 1);
}

#define MAKES(test) cmocka_unit_test_setup_teardown(test, begin, end_making)
#define LISTS(test)                                                            \
	cmocka_unit_test_setup_teardown(test, begin_listing, end_listing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAKES(it_is_made_behind_the_batch),
		MAKES(a_batch_may_be_refused_before_it),
		MAKES(one_that_is_refused_is_no_failure_of_the_batch),
		MAKES(a_session_that_ends_behind_the_batch_is_lost),
		MAKES(the_batch_before_may_be_answered_behind_it),
		MAKES(the_batch_before_may_be_refused_alone),
		MAKES(behind_the_end_no_message_is_taken),
		LISTS(they_come_without_being_asked_for_again),
		LISTS(what_did_not_come_is_asked_for),
		LISTS(what_nobody_wants_is_passed_over),
		LISTS(of_another_mailbox_of_that_name_nothing_is_taken),
		LISTS(before_the_mailbox_is_known_nothing_is_taken),
		LISTS(who_asks_for_something_else_finds_it_lost),
		LISTS(without_a_listing_there_are_no_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
