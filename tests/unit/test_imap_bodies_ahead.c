/* Bodies that are asked for before their turn comes, behind a listing. */

#include "lib/fakeimap.h"

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

#define LISTS(test)                                                            \
	cmocka_unit_test_setup_teardown(test, begin_listing, end_listing)

int main(void)
{
	const struct CMUnitTest tests[] = {
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
