/* imap/reader: who drips in the middle of an answer is given up. */

#include "lib/test.h"

#include <string.h>

#include "imap/reader.h"
#include "lib/fakewire.h"

static struct fakewire wire;
static struct bk_imap_reader *reader;
static struct bk_err err;

static int start(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	reader = bk_imap_reader_new(&wire.wire);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_imap_reader_free(reader);
	reader = NULL;
	fakewire_clear(&wire);
	return 0;
}

/* Pieces of so many bytes, each after so long, before a timeout of 3 s. */
static int at_pace(const char *text, size_t piece, int64_t slow_ms)
{
	struct bk_imap_response said;
	int rc = 0;

	wire.piece = piece;
	wire.slow_ms = slow_ms;
	wire.wire.timeout_ms = 3000;
	fakewire_say(&wire, text, strlen(text));
	while (rc == 0 && wire.came < wire.coming.len)
		rc = bk_imap_reader_next(reader, NULL, &said, &err);
	return rc;
}

#define FIFTY "01234567890123456789012345678901234567890123456789"

static void a_line_that_drips_is_cut_off(void **state)
{
	(void)state;
	assert_int_equal(at_pace("* OK " FIFTY "\r\n", 1, 1000), -1);
	assert_int_equal(err.kind, BK_LOST);
}

static void a_body_that_drips_is_cut_off(void **state)
{
	(void)state;
	assert_int_equal(at_pace("* 1 FETCH (UID 1 BODY[] {50}\r\n" FIFTY
				 ")\r\n",
				 1, 1000),
			 -1);
	assert_int_equal(err.kind, BK_LOST);
}

static void what_is_slow_and_comes_is_waited_for(void **state)
{
	(void)state;
	assert_int_equal(at_pace("* OK " FIFTY FIFTY FIFTY "\r\n", 20, 1000),
			 0);
	/* Whoever works long says so now and then. */
	assert_int_equal(
		at_pace("* OK 1\r\n* OK 2\r\n* OK 3\r\n* OK 4\r\n", 8, 2900),
		0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
	const struct CMUnitTest tests[] = {
		TEST(a_line_that_drips_is_cut_off),
		TEST(a_body_that_drips_is_cut_off),
		TEST(what_is_slow_and_comes_is_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
