/* Which headers at the top of a message are one delivery's own. */

#include "lib/test.h"

#include <string.h>

#include "mail/trace.h"

/* Each message has '^' where its trace should end. */
static void assert_ends_at_mark(const char *marked)
{
	struct bk_buf text = {0};
	const char *mark = strchr(marked, '^');
	size_t wanted = (size_t)(mark - marked);

	bk_buf_add(&text, marked, wanted);
	bk_buf_add(&text, mark + 1, strlen(mark + 1));
	assert_int_equal(bk_trace_len(bk_buf_view(&text)), wanted);
	bk_buf_clear(&text);
}

static void the_trace_ends_where_the_author_begins(void **state)
{
	(void)state;
	assert_ends_at_mark("^");
	assert_ends_at_mark("^body\n");
	assert_ends_at_mark("^From: a\nReceived: b\n\n");
	assert_ends_at_mark("Received: a\n b\nReceived: c\n^From: d\n\n");
	assert_ends_at_mark("From a@b Mon\nReturn-Path: <a>\n^Subject: c\n");
	assert_ends_at_mark("From a@b Mon\n^Subject: c\n");
	assert_ends_at_mark("RETURN-PATH: <a>\n^\nbody\n");
	assert_ends_at_mark("Received: a\n b^");
}

static void what_filters_add_at_the_top_belongs_to_it(void **state)
{
	(void)state;
	assert_ends_at_mark(
		"Delivered-To: a\nX-Spam-Status: No\n"
		"X-Virus-Scanned: yes\nReceived: b\n^To: c\n\n");
}

static void signatures_stay_with_the_message(void **state)
{
	(void)state;
	assert_ends_at_mark(
		"Return-Path: <a>\nReceived: b\n"
		"^Authentication-Results: c\nDKIM-Signature: d\n"
		"Received: e\nFrom: f\n\n");
}

static void unless_something_of_the_recipients_own_is_below(void **state)
{
	(void)state;
	assert_ends_at_mark(
		"Delivered-To: a\nReceived: b\nARC-Seal: c\n"
		"Return-Path: <d>\nReceived: e\n"
		"^Authentication-Results: f\nFrom: g\n\n");
}

static void names_that_only_resemble_end_it(void **state)
{
	(void)state;
	assert_ends_at_mark("^Receive: a\n\n");
	assert_ends_at_mark("^X: a\n\n");
	assert_ends_at_mark("^Re: a\n\n");
	assert_ends_at_mark("^R: a\n\n");
	assert_ends_at_mark("^Return-Paths: a\n\n");
	assert_ends_at_mark("^X-Spa: a\n\n");
	assert_ends_at_mark("^DK: a\nReturn-Path: b\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_trace_ends_where_the_author_begins),
		cmocka_unit_test(what_filters_add_at_the_top_belongs_to_it),
		cmocka_unit_test(signatures_stay_with_the_message),
		cmocka_unit_test(
			unless_something_of_the_recipients_own_is_below),
		cmocka_unit_test(names_that_only_resemble_end_it),
	};
	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
