/* Sessions that are over are not given to the next who asks, however they came
 * to their end. */

#include "lib/test.h"

#include "imap/hangson.h"
#include "imap/imap.h"
#include "lib/fakewire.h"
#include "store/imapstore.h"

static struct fakewire wire;
static struct bk_imapstore imapstore;
static struct bk_err err;

static struct bk_imapstore_session *session_of(const char *said)
{
	static const char text[] =
		"* CAPABILITY IMAP4rev1 METADATA\r\n"
		"b1 OK\r\nb2 OK\r\nb3 BAD\r\nb4 OK\r\nb5 OK\r\n";
	struct bk_imapstore_session *session = bk_alloc(sizeof(*session));

	fakewire_say(&wire, text, strlen(text));
	fakewire_next = &wire;
	session->owner = &imapstore;
	session->address = bk_strdup("ann");
	assert_int_equal(bk_imap_open(&session->imap, NULL, NULL, NULL, &err),
			 0);
	fakewire_say(&wire, said, strlen(said));
	return session;
}

static int begin(void **state)
{
	(void)state;
	(void)pthread_mutex_init(&imapstore.lock, NULL);
	(void)pthread_cond_init(&imapstore.given, NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_imapstore_sessions_close(&imapstore);
	fakewire_clear(&wire);
	(void)pthread_mutex_destroy(&imapstore.lock);
	(void)pthread_cond_destroy(&imapstore.given);
	err = (struct bk_err){0};
	return 0;
}

static int ask(const struct bk_imapstore_session *session)
{
	const struct bk_view box = {(const uint8_t *)"Box", 3};
	struct bk_imap_status status = {0};

	return bk_imap_status(session->imap, box, &status, &err);
}

static void one_that_goes_on_is_kept(void **state)
{
	struct bk_imapstore_session *session =
		session_of("* STATUS Box (MESSAGES 1)\r\nb6 OK\r\n");

	(void)state;
	assert_int_equal(ask(session), 0);
	bk_imapstore_give(session, true, NULL);
	assert_ptr_equal(imapstore.idle, session);
}

/* What befell it was no error of the act. */
static void one_that_is_over_is_not(void **state)
{
	struct bk_imapstore_session *session = session_of("* BYE\r\n");

	(void)state;
	assert_int_equal(ask(session), -1);
	assert_true(bk_imap_is_over(session->imap));
	bk_imapstore_give(session, true, NULL);
	assert_null(imapstore.idle);
}

static void add_entries(struct bk_buf *said, unsigned from, unsigned n)
{
	bk_buf_printf(said, "* METADATA \"\" (");
	for (unsigned i = 0; i < n; i++)
		bk_buf_printf(said, "%s/private/%u \"x\"", i ? " " : "",
			      from + i);
	bk_buf_printf(said, ")\r\n");
}

static void annotations_without_end_are_no_refusal(void **state)
{
	struct bk_metadata_list list = {0};
	struct bk_buf said = {0};

	(void)state;
	add_entries(&said, 0, BK_IMAP_ENTRIES_MAX);
	add_entries(&said, BK_IMAP_ENTRIES_MAX, 1);
	struct bk_imapstore_session *session = session_of(bk_buf_text(&said));
	bk_buf_clear(&said);
	assert_int_equal(bk_imap_get_server_metadata(session->imap, NULL, 0,
						     &list, &err),
			 -1);
	bk_metadata_list_clear(&list);
	assert_int_equal(err.kind, BK_CORRUPT);
	assert_non_null(strstr(err.text, "more than 65536 annotations"));
	bk_imapstore_give(session, true, &err);
	assert_null(imapstore.idle);
}

#define GIVES(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GIVES(one_that_goes_on_is_kept),
		GIVES(one_that_is_over_is_not),
		GIVES(annotations_without_end_are_no_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
