/* mail/identity: what is one message, however it is written and cut. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "mail/identity.h"

struct seen {
	struct bk_identity id;
	uint8_t whole[BK_DIGEST_LEN];
};

static struct seen identify(const char *text, size_t len, size_t step)
{
	struct bk_identifier it;
	struct bk_err err = {0};
	struct seen seen;

	bk_identifier_init(&it, true);
	for (size_t at = 0; at < len; at += step)
		assert_int_equal(
			it.sink.write(&it.sink, text + at,
				      len - at < step ? len - at : step, &err),
			0);
	bk_identifier_end(&it, &seen.id);
	bk_identifier_whole(&it, seen.whole);
	return seen;
}

#define IDENTIFY(text) identify(text, sizeof(text) - 1, 1000)

static void assert_same(const struct seen *a, const struct seen *b, bool header,
			bool size, bool whole)
{
	assert_int_equal(memcmp(a->id.header, b->id.header, BK_DIGEST_LEN) == 0,
			 header);
	assert_int_equal(a->id.wire_size == b->id.wire_size, size);
	assert_int_equal(memcmp(a->whole, b->whole, BK_DIGEST_LEN) == 0, whole);
}

static void line_ends_make_no_other_message(void **state)
{
	struct seen lf = IDENTIFY("A: b\nC: d\n\nx\ny\n");
	struct seen crlf = IDENTIFY("A: b\r\nC: d\r\n\r\nx\r\ny\r\n");
	struct seen mixed = IDENTIFY("A: b\r\nC: d\n\nx\r\ny\n");

	(void)state;
	assert_same(&lf, &crlf, true, true, true);
	assert_same(&lf, &mixed, true, true, true);
	assert_int_equal(crlf.id.wire_size, strlen("A: b..C: d....x..y.."));
}

static void a_lone_cr_is_a_byte(void **state)
{
	struct seen one = IDENTIFY("A: b\n\nx\ry\n");
	struct seen two = IDENTIFY("A: b\n\nxy\n");
	struct seen end = IDENTIFY("A: b\n\nxy\n\r");

	(void)state;
	assert_same(&one, &two, true, false, false);
	assert_same(&end, &two, true, false, false);
	assert_int_equal(end.id.wire_size, two.id.wire_size + 1);
}

static void what_servers_cannot_show_makes_no_other_message(void **state)
{
	struct seen raw = IDENTIFY("A: \xc3\xa4\n\nx\0y\n");
	struct seen shown = IDENTIFY("A: XX\r\n\r\nx\x80y\r\n");
	struct seen other = IDENTIFY("A: XX\n\nx\x80\xc3\xa4\n");

	(void)state;
	assert_same(&raw, &shown, true, true, true);
	assert_same(&raw, &other, true, false, false);
}

static void another_body_is_seen_by_the_whole_alone(void **state)
{
	struct seen one = IDENTIFY("A: b\n\nbody\n");
	struct seen two = IDENTIFY("A: b\n\nBody\n");

	(void)state;
	assert_same(&one, &two, true, true, false);
}

static void a_header_alone_is_the_header(void **state)
{
	struct seen whole = IDENTIFY("A: b\nC: d\n\nbody");
	struct seen with_end = IDENTIFY("A: b\r\nC: d\r\n\r\n");
	struct seen without = IDENTIFY("A: b\r\nC: d\r\n");
	struct seen cut = IDENTIFY("A: b\nC: d");

	(void)state;
	assert_same(&whole, &with_end, true, false, false);
	assert_same(&whole, &without, true, false, false);
	assert_same(&whole, &cut, true, false, false);
}

static void no_header_is_told(void **state)
{
	struct seen bare = IDENTIFY("\nA: b\n");
	struct seen empty = IDENTIFY("");
	struct seen header = IDENTIFY("A: b\n");

	(void)state;
	assert_true(bk_identity_is_bare(&bare.id));
	assert_true(bk_identity_is_bare(&empty.id));
	assert_false(bk_identity_is_bare(&header.id));
	assert_int_equal(empty.id.wire_size, 0);
}

static void however_it_is_cut(void **state)
{
	static char text[5000];
	size_t len = 0;

	(void)state;
	while (len < sizeof(text) - 40)
		len += (size_t)snprintf(text + len, 40, "K%zu: v\r\n%s", len,
					len == 2000 ? "\r\n" : "");
	struct seen want = identify(text, len, len);
	for (size_t step = 1; step < 40; step++) {
		struct seen got = identify(text, len, step);
		assert_same(&want, &got, true, true, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_ends_make_no_other_message),
		cmocka_unit_test(a_lone_cr_is_a_byte),
		cmocka_unit_test(
			what_servers_cannot_show_makes_no_other_message),
		cmocka_unit_test(another_body_is_seen_by_the_whole_alone),
		cmocka_unit_test(a_header_alone_is_the_header),
		cmocka_unit_test(no_header_is_told),
		cmocka_unit_test(however_it_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
