/* Whole responses out of a stream that is cut anywhere, and ceilings. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "imap/fetchrow.h"
#include "imap/lexer.h"
#include "imap/reader.h"
#include "lib/fakewire.h"

static struct fakewire wire;
static struct bk_imap_reader *reader;
static struct bk_buf told; /* what came of it, as text */
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
	bk_buf_clear(&told);
	return 0;
}

static void say(const char *text)
{
	fakewire_say(&wire, text, strlen(text));
}

/* ---- what a reader tells, as text ---- */

static void tell(const char *name, struct bk_view what)
{
	bk_buf_printf(&told, " %s=<", name);
	bk_buf_add(&told, what.data, what.len);
	bk_buf_printf(&told, ">");
}

static int tell_body(void *arg, struct bk_imap_reader *from,
		     struct bk_view before, uint64_t size, struct bk_err *why)
{
	struct bk_buf_sink to;

	(void)arg;
	bk_buf_printf(&told, "body of %zu", (size_t)size);
	tell("before", before);
	bk_buf_printf(&told, "\n");
	bk_buf_sink_init(&to, &told, SIZE_MAX);
	if (bk_imap_reader_copy(from, &to.sink, size / 2, why) < 0 ||
	    bk_imap_reader_copy(from, &to.sink, size - size / 2, why) < 0)
		return -1;
	bk_buf_printf(&told, "\n");
	return 0;
}

static void tell_response(const struct bk_imap_response *r)
{
	bk_buf_printf(&told, "%d %d", r->kind, r->state);
	if (r->has_number)
		bk_buf_printf(&told, " n=%u", r->number);
	tell("tag", r->tag);
	tell("code", r->code);
	tell("text", r->text);
	tell("word", r->word);
	tell("rest", r->rest);
	bk_buf_printf(&told, "\n");
}

/* Everything, up to the end of the stream, or to what is wrong. */
static void tell_all(void)
{
	static const struct bk_imap_literal literal = {tell_body, NULL};
	struct bk_imap_response response;

	told.len = 0;
	while (bk_imap_reader_next(reader, &literal, &response, &err) == 0)
		tell_response(&response);
	bk_buf_printf(&told, "%d %s\n", err.kind, err.text);
}

static const char all_kinds[] =
	"* PREAUTH [CAPABILITY IMAP4rev1] Hello {5}\r\n"
	"* LIST (\\HasNoChildren) \"/\" {7}\r\nA\r\n{3}B\r\n"
	"* LIST () \"/\" ~{3+}\r\na\\b (\"CHILDINFO\" (\"SUBSCRIBED\"))\n"
	"\r\n"
	"* 23 EXISTS\r\n"
	"* 1 FETCH (UID 7 FLAGS (\\Seen) INTERNALDATE \" 1-Jan-2020 "
	"00:00:00 +0000\" BODY[] {13}\r\n)\r\n* BYE {3}\r)\r\n"
	"* 2 FETCH (UID 8 BODY[HEADER.FIELDS (SUBJECT)] {4}\r\na: b "
	"RFC822 \"q\\\"o\\\\t\" FLAGS ())\r\n"
	"* 3 FETCH (BODY[]<0> {0}\r\n UID 9)\r\n"
	"* 4 FETCH (X-GM-LABELS (BODY[] {2}\r\nhi) UID 10)\r\n"
	"* 5 FETCH (UID 11 BODY[] NIL)\r\n"
	"* OK\r\n"
	"+ \r\n"
	"+\r\n"
	"* XUNKNOWN (BODY[] {1}\r\n!)\r\n"
	"a1 NO [LIMIT] text {3}\r\n";

static void it_is_the_same_however_it_is_cut(void **state)
{
	struct bk_buf whole;

	say(all_kinds);
	tell_all();
	assert_non_null(strstr(bk_buf_text(&told), "the stream ended"));
	assert_non_null(strstr(bk_buf_text(&told),
			       "body of 13 before=<* 1 FETCH (UID 7 FLAGS "
			       "(\\Seen) INTERNALDATE \" 1-Jan-2020 00:00:00 "
			       "+0000\" BODY[] >\n)\r\n* BYE {3}\r\n"));
	assert_non_null(strstr(bk_buf_text(&told), "body of 5 before="));
	assert_non_null(strstr(bk_buf_text(&told), ">\nq\"o\\t\n"));
	assert_non_null(strstr(bk_buf_text(&told),
			       "rest=<(BODY[]<0> {0}\r\n "
			       "UID 9)>"));
	assert_non_null(strstr(bk_buf_text(&told),
			       "tag=<a1> code=<LIMIT> text=<text {3}>"));
	whole = told;
	told = (struct bk_buf){0};
	for (size_t piece = 1; piece < 80; piece++) {
		(void)end(state);
		(void)start(state);
		wire.piece = piece;
		say(all_kinds);
		tell_all();
		assert_string_equal(bk_buf_text(&told), bk_buf_text(&whole));
	}
	bk_buf_clear(&whole);
}

/* One cut, at every byte: the first piece alone, then all the rest. */
static void cut_in(struct fakewire *fake)
{
	size_t at = *(size_t *)fake->arg;

	fakewire_say(fake, all_kinds + at, sizeof(all_kinds) - 1 - at);
	fake->more = NULL;
}

static void it_is_the_same_cut_at_any_byte(void **state)
{
	struct bk_buf whole;

	say(all_kinds);
	tell_all();
	whole = told;
	told = (struct bk_buf){0};
	for (size_t at = 1; at < sizeof(all_kinds) - 1; at++) {
		(void)end(state);
		(void)start(state);
		wire.more = cut_in;
		wire.arg = &at;
		fakewire_say(&wire, all_kinds, at);
		tell_all();
		assert_string_equal(bk_buf_text(&told), bk_buf_text(&whole));
	}
	bk_buf_clear(&whole);
}

/* ---- what was asked ---- */

static struct bk_imap_response next(void)
{
	struct bk_imap_response response;

	if (bk_imap_reader_next(reader, NULL, &response, &err) < 0)
		fail_msg("%s", err.text);
	return response;
}

static void a_body_that_nobody_wants_is_passed_over(void **state)
{
	(void)state;
	say("* 1 FETCH (BODY[] {3}\r\nabc UID 4)\r\n* 2 EXISTS\r\n");
	assert_true(bk_imap_word_is(next().word, "FETCH"));
	assert_int_equal(next().number, 2);
}

static int take_two(void *arg, struct bk_imap_reader *from,
		    struct bk_view before, uint64_t size, struct bk_err *why)
{
	struct bk_buf_sink to;

	(void)arg;
	(void)before;
	bk_buf_sink_init(&to, &told, 2);
	assert_int_equal(bk_imap_reader_copy(from, &to.sink, size + 1, why),
			 -1);
	assert_int_equal(why->kind, BK_MISUSE);
	assert_int_equal(bk_imap_reader_copy(from, &to.sink, 2, why), 0);
	return 0;
}

static void what_is_left_of_a_body_is_passed_over(void **state)
{
	static const struct bk_imap_literal literal = {take_two, NULL};
	struct bk_imap_response response;

	(void)state;
	wire.piece = 1;
	say("* 1 FETCH (BODY[] {5}\r\nabcde UID 4)\r\n* 2 EXISTS\r\n");
	assert_int_equal(bk_imap_reader_next(reader, &literal, &response, &err),
			 0);
	assert_string_equal(bk_buf_text(&told), "ab");
	assert_int_equal(next().number, 2);
}

static int refuse(void *arg, struct bk_imap_reader *from, struct bk_view before,
		  uint64_t size, struct bk_err *why)
{
	(void)arg;
	(void)from;
	(void)before;
	(void)size;
	return bk_fail(why, BK_FULL, "no more room");
}

static void who_refuses_a_body_ends_it_all(void **state)
{
	static const struct bk_imap_literal literal = {refuse, NULL};
	struct bk_imap_response response;

	(void)state;
	say("* 1 FETCH (BODY[] {5}\r\nabcde UID 4)\r\n");
	assert_int_equal(bk_imap_reader_next(reader, &literal, &response, &err),
			 -1);
	assert_int_equal(err.kind, BK_FULL);
}

/* The client's way: what was said before the body is a row by then. */
static int read_before(void *arg, struct bk_imap_reader *from,
		       struct bk_view before, uint64_t size, struct bk_err *why)
{
	struct bk_imap_response response;
	struct bk_arena arena = {0};
	struct bk_imap_row row;

	(void)arg;
	(void)from;
	(void)size;
	assert_int_equal(bk_imap_response_parse(before, &response, why), 0);
	assert_int_equal(bk_imap_parse_row(response.number, response.rest,
					   &arena, &row, why),
			 0);
	assert_int_equal(row.seq, 9);
	assert_int_equal(row.uid, 12);
	assert_int_equal(row.said, BK_IMAP_SAID_UID | BK_IMAP_SAID_FLAGS);
	bk_arena_clear(&arena);
	bk_buf_printf(&told, "read");
	return 0;
}

static void what_was_said_before_the_body_is_a_row(void **state)
{
	static const struct bk_imap_literal literal = {read_before, NULL};
	struct bk_imap_response response;

	(void)state;
	say("* 9 FETCH (UID 12 FLAGS (a) BODY[] {5}\r\nabcde)\r\n"
	    "* 9 FETCH (UID 12 FLAGS (a) BODY[] \"abcde\")\r\n");
	for (int i = 0; i < 2; i++) {
		told.len = 0;
		assert_int_equal(
			bk_imap_reader_next(reader, &literal, &response, &err),
			0);
		assert_string_equal(bk_buf_text(&told), "read");
	}
}

/* ---- ceilings ---- */

#define HUGE_BODY ((uint64_t)96 << 20)

static uint64_t huge_left;

static void more_of_it(struct fakewire *fake)
{
	static const char block[65536] = {'x'};
	size_t n = sizeof(block) < huge_left ? sizeof(block) : huge_left;

	if (!huge_left) {
		fake->more = NULL;
		fakewire_say(fake, ")\r\n", 3);
		return;
	}
	fakewire_say(fake, block, n);
	huge_left -= n;
}

struct counting {
	struct bk_sink sink;
	uint64_t n;
	size_t longest;
};

static int count(struct bk_sink *to, const void *data, size_t len,
		 struct bk_err *why)
{
	struct counting *counting = (struct counting *)to;

	(void)data;
	(void)why;
	counting->n += len;
	if (len > counting->longest)
		counting->longest = len;
	return 0;
}

static int count_body(void *arg, struct bk_imap_reader *from,
		      struct bk_view before, uint64_t size, struct bk_err *why)
{
	struct counting *counting = arg;

	(void)before;
	return bk_imap_reader_copy(from, &counting->sink, size, why);
}

static void a_body_larger_than_any_response_streams(void **state)
{
	struct counting counting = {.sink = {count}};
	const struct bk_imap_literal literal = {count_body, &counting};
	struct bk_imap_response response;
	char head[64];

	(void)state;
	_Static_assert(HUGE_BODY > BK_IMAP_RESPONSE_MAX, "");
	(void)snprintf(head, sizeof(head), "* 1 FETCH (UID 1 BODY[] {%ju}\r\n",
		       (uintmax_t)HUGE_BODY);
	say(head);
	huge_left = HUGE_BODY;
	wire.more = more_of_it;
	assert_int_equal(bk_imap_reader_next(reader, &literal, &response, &err),
			 0);
	assert_int_equal(counting.n, HUGE_BODY);
	assert_true(counting.longest <= BK_WIRE_WINDOW);
}

static void assert_corrupt(const char *why)
{
	struct bk_imap_response response;

	assert_int_equal(bk_imap_reader_next(reader, NULL, &response, &err),
			 -1);
	if (err.kind != BK_CORRUPT || !strstr(err.text, why))
		fail_msg("'%s' does not say '%s'", err.text, why);
}

static void a_line_has_a_ceiling(void **state)
{
	static char blanks[1 << 20];

	(void)state;
	memset(blanks, ' ', sizeof(blanks));
	say("* LIST ");
	while (wire.coming.len <= BK_IMAP_LINE_MAX)
		fakewire_say(&wire, blanks, sizeof(blanks));
	assert_corrupt("a line of a response beyond 8388608 bytes");
}

static void a_response_has_a_ceiling(void **state)
{
	(void)state;
	say("* LIST () \"/\" {4294967296}\r\n");
	assert_corrupt("a literal of 4294967296 bytes");
}

static void many_literals_pass_the_ceiling_too(void **state)
{
	static char megabyte[1 << 20];

	(void)state;
	memset(megabyte, 'x', sizeof(megabyte));
	say("* METADATA INBOX (");
	for (int i = 0; i < 16; i++) {
		say("/a {1048576}\r\n");
		fakewire_say(&wire, megabyte, sizeof(megabyte));
	}
	say(")\r\n");
	assert_corrupt("a literal of 1048576 bytes in a response of at most");
}

static void a_literal_beyond_all_numbers_is_refused(void **state)
{
	(void)state;
	say("* 1 FETCH (BODY[] {99999999999999999999}\r\n");
	assert_corrupt("a literal of 99999999999999999999 bytes");
}

static void what_is_no_imap_is_refused(void **state)
{
	static const struct {
		const char *said, *why;
	} cases[] = {
		{"HTTP/1.1 400 Bad Request\r\n",                     "an IMAP response expected"},
		{"SSH-2.0-OpenSSH\r\n",                              "an IMAP response expected"},
		{"*\r\n",					    "an IMAP response expected"},
		{"* \r\n",					   "an IMAP response expected"},
		{" \r\n",					    "an IMAP response expected"},
		{"* 4294967296 EXISTS\r\n",                          "not '4294967296 EXISTS"   },
		{"* 0 FETCH (UID 1)\r\n",                            "message 0"                },
		{"* 0 EXPUNGE\r\n",                                  "message 0"                },
		{"* 1 FETCH (UID 1))\r\n",                           "a word expected, not ')'" },
		{"* 1 FETCH (BODY[] {1}\r\na RFC822 {1}\r\nb)\r\n",
		 "two bodies"								   },
		{"* 1 FETCH (BODY[] \"a\" BODY[] \"b\")\r\n",        "two bodies"               },
		{"* 1 FETCH (BODY[HEADER {1}\r\na)\r\n",             "a word expected"          },
		{"* 1 FETCH (UID 7 BODY[]\r\n* 2 FETCH (UID 8)\r\n",
		 "does not end"								 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		(void)end(state);
		(void)start(state);
		say(cases[i].said);
		assert_corrupt(cases[i].why);
	}
}

static void a_nul_belongs_into_a_literal(void **state)
{
	static const char good[] = "* METADATA a (/b {3}\r\na\0b)\r\n";
	static const char bad[] = "* METADATA a (/b \"a\0b\")\r\n";

	(void)state;
	fakewire_say(&wire, good, sizeof(good) - 1);
	fakewire_say(&wire, bad, sizeof(bad) - 1);
	assert_int_equal(next().rest.len, sizeof(good) - 1 - 11 - 2);
	assert_corrupt("a NUL");
}

static void parentheses_have_a_ceiling(void **state)
{
	struct bk_buf line = {0};

	(void)state;
	bk_buf_printf(&line, "* 1 FETCH ");
	for (int i = 0; i <= BK_IMAP_DEPTH_MAX; i++)
		bk_buf_printf(&line, "(");
	bk_buf_printf(&line, "\r\n");
	fakewire_say(&wire, line.data, line.len);
	bk_buf_clear(&line);
	assert_corrupt("a word expected, not '('");
}

static void a_stream_that_ends_is_lost(void **state)
{
	struct bk_imap_response response;

	(void)state;
	say("* 1 FETCH (BODY[] {10}\r\nabc");
	assert_int_equal(bk_imap_reader_next(reader, NULL, &response, &err),
			 -1);
	assert_int_equal(err.kind, BK_LOST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_the_same_however_it_is_cut),
		TEST(it_is_the_same_cut_at_any_byte),
		TEST(a_body_that_nobody_wants_is_passed_over),
		TEST(what_is_left_of_a_body_is_passed_over),
		TEST(who_refuses_a_body_ends_it_all),
		TEST(what_was_said_before_the_body_is_a_row),
		TEST(a_body_larger_than_any_response_streams),
		TEST(a_line_has_a_ceiling),
		TEST(a_response_has_a_ceiling),
		TEST(many_literals_pass_the_ceiling_too),
		TEST(a_literal_beyond_all_numbers_is_refused),
		TEST(what_is_no_imap_is_refused),
		TEST(a_nul_belongs_into_a_literal),
		TEST(parentheses_have_a_ceiling),
		TEST(a_stream_that_ends_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
