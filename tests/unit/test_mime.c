/* Where bodies begin and end, in good MIME and in bad. */

#include "lib/test.h"

#include <string.h>
#include <time.h>

#include "lib/dice.h"
#include "lib/mails.h"
#include "mail/mime.h"

static struct bk_buf text, got;

static int clear_all(void **state)
{
	(void)state;
	bk_buf_clear(&text);
	bk_buf_clear(&got);
	return 0;
}

/* The bodies, each in brackets, and * behind one that is base64. */
static void scan(struct bk_view message)
{
	struct bk_mime mime;
	struct bk_body body;
	size_t before = 0;

	got.len = 0;
	bk_mime_init(&mime, message, 0);
	while (bk_mime_next(&mime, &body)) {
		assert_true(body.start >= before && body.end >= body.start &&
			    body.end <= message.len);
		before = body.end;
		bk_buf_add_u8(&got, '[');
		bk_buf_add(&got, message.data + body.start,
			   body.end - body.start);
		bk_buf_add(&got, "]*", body.base64 ? 2 : 1);
	}
}

static void assert_bodies(const char *message, const char *bodies)
{
	scan((struct bk_view){(const uint8_t *)message, strlen(message)});
	assert_string_equal(bk_buf_text(&got), bodies);
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"

static void a_message_without_mime_is_one_body(void **state)
{
	(void)state;
	assert_bodies("", "");
	assert_bodies("A: b\n\nbody\n--b\n", "[body\n--b\n]");
	assert_bodies("no header\n", "[no header\n]");
	assert_bodies("A: b\nno header\n", "[no header\n]");
	assert_bodies("A: b\n", "[]");
	assert_bodies("\n\n", "[\n]");
	assert_bodies("Content-Transfer-Encoding: BASE64\n\nQQ==\n",
		      "[QQ==\n]*");
}

static void parts_end_in_front_of_the_line_end_before_a_boundary(void **state)
{
	(void)state;
	assert_bodies(MIXED
		      "pre\n--b\n\none\n--b\nA: b\n\ntwo\n\n--b--\npost\n",
		      "[pre][one][two\n][\npost\n]");
	assert_bodies(MIXED "--b\n\none\n--b--", "[][one]");
	assert_bodies(MIXED "--b \t\n\none\n--b-- \n", "[][one][\n]");
}

static void parts_without_a_body_or_a_header_are_empty(void **state)
{
	(void)state;
	assert_bodies(MIXED "--b\n--b\n\n--b\nA: b\n--b\nA: b\n\n--b--\n",
		      "[][][][][][\n]");
	assert_bodies(MIXED "--b\nnot a header\n--b--\n",
		      "[][not a header][\n]");
}

static void only_a_whole_line_is_a_boundary(void **state)
{
	(void)state;
	assert_bodies(MIXED "--bc\n--b c\n --b\nx--b\n--b-\n--b--x\n--b---\n",
		      "[--bc\n--b c\n --b\nx--b\n--b-\n--b--x\n--b---\n]");
}

static void a_part_says_for_itself_that_it_is_base64(void **state)
{
	(void)state;
	assert_bodies("Content-Transfer-Encoding: base64\n" MIXED
		      "QQ==\n--b\n\nQUI=\n--b\n"
		      "Content-Transfer-Encoding: base64 (x)\n\nQUJD\n--b--\n",
		      "[QQ==][QUI=][QUJD]*[\n]");
}

static void multiparts_nest(void **state)
{
	(void)state;
	assert_bodies(MIXED
		      "--b\nContent-Type: multipart/alternative;\n"
		      " boundary=\"b2\"\n\n--b2\n\none\n--b2\n\ntwo\n"
		      "--b2--\nbetween\n--b\n\nthree\n--b--\n",
		      "[][][one][two][\nbetween][three][\n]");
}

static void an_outer_boundary_ends_what_is_open_inside(void **state)
{
	(void)state;
	assert_bodies(MIXED
		      "--b\nContent-Type: multipart/x; boundary=c\n\n"
		      "--c\n\none\n--b\n\ntwo\n--c\n--b--\n",
		      "[][][one][two\n--c][\n]");
}

static void the_innermost_of_equal_boundaries_counts(void **state)
{
	(void)state;
	assert_bodies(MIXED "--b\n" MIXED
			    "--b\n\none\n--b--\n--b\n\ntwo\n"
			    "--b--\nend\n",
		      "[][][one][][two][\nend\n]");
}

static void boundaries_that_begin_alike_are_kept_apart(void **state)
{
	(void)state;
	assert_bodies("Content-Type: multipart/x; boundary=bb\n\n--bb\n" MIXED
		      "--b\n\none\n--bb\n\ntwo\n--bb--\n",
		      "[][][one][two][\n]");
	assert_bodies(
		"Content-Type: multipart/x; boundary=b--\n\n--b--\n\n"
		"one\n--b----\n",
		"[][one][\n]");
}

static void a_message_in_a_message_is_gone_into(void **state)
{
	(void)state;
	assert_bodies("Content-Type: message/rfc822\n\nSubject: x\n" MIXED
		      "--b\n\none\n--b--\n",
		      "[][one][\n]");
	assert_bodies(
		"Content-Type: message/rfc822\n"
		"Content-Transfer-Encoding: base64\n\nQQ==\n",
		"[QQ==\n]*");
	assert_bodies("Content-Type: message/rfc822\n\n", "[]");
	assert_bodies("Content-Type: message/delivery-status\n\nA: b\n",
		      "[A: b\n]");
}

static void a_multipart_without_a_usable_boundary_is_a_body(void **state)
{
	(void)state;
	assert_bodies("Content-Type: multipart/mixed\n\n--b\n\none\n",
		      "[--b\n\none\n]");
	assert_bodies("Content-Type: multipart/mixed; boundary=\"\"\n\n--\nx\n",
		      "[--\nx\n]");
}

static void of_several_types_the_multipart_counts(void **state)
{
	(void)state;
	assert_bodies("Content-Type: text/plain\n" MIXED "--b\n\none\n--b--\n",
		      "[][one][\n]");
	assert_bodies("Content-Type: multipart/x; boundary=a\n" MIXED
		      "--b\n\none\n--a--\n",
		      "[--b\n\none][\n]");
}

static void stray_lines_in_a_header_do_not_end_it(void **state)
{
	(void)state;
	assert_bodies("Subject: a\nsubject that was\n" MIXED
		      "--b\n\none\n--b--\n",
		      "[][one][\n]");
	assert_bodies(
		"Content-Type: message/rfc822\n\nFrom a Mon\n"
		"A: b\n" MIXED "--b\n\none\n--b--\n",
		"[][one][\n]");
	assert_bodies(MIXED "--b\nA: b\n--b\nC: d\n\none\n--b--\n",
		      "[][][one][\n]");
}

static void crlf_that_was_kept_does_not_hide_boundaries(void **state)
{
	(void)state;
	assert_bodies(
		"Content-Type: multipart/x; boundary=b\r\n\r\n"
		"--b\r\n\r\none\r\n--b--\r\n",
		"[][one\r][\n]");
}

static void boundaries_of_any_length_are_safe(void **state)
{
	(void)state;
	for (size_t len = 1; len < BK_MIME_BOUNDARY_MAX + 100; len += 7) {
		text.len = 0;
		bk_buf_printf(&text, "Content-Type: multipart/x; boundary=%0*d",
			      (int)len, 0);
		bk_buf_printf(&text, "\n\n--%0*d\n\none\n--%0*d--\n", (int)len,
			      0, (int)len, 0);
		scan(bk_buf_view(&text));
		bool known = strcmp(bk_buf_text(&got), "[][one][\n]") == 0;
		bool whole = strstr(bk_buf_text(&got), "--\n]") != NULL;
		assert_true(len <= BK_MIME_BOUNDARY_MAX ? known : whole);
	}
}

/* As many multiparts open as may be, the innermost "b", then 8 MiB of the same
 * trick. */
static void any_amount_of_a_trick(const char *trick, bool counted)
{
	text.len = 0;
	mails_text(&text, "Content-Type: multipart/x; boundary=a0\n\n");
	for (int k = 0; k < BK_MIME_DEPTH_MAX - 2; k++)
		bk_buf_printf(&text,
			      "--a%d\nContent-Type: multipart/x; "
			      "boundary=a%d\n\n",
			      k, k + 1);
	mails_text(&text, "--a14\n" MIXED);
	for (unsigned n = 0; text.len < (size_t)8 << 20; n++) {
		mails_text(&text, trick);
		if (counted)
			bk_buf_printf(&text, "%u\n\n", n);
	}
	clock_t start = clock();
	scan(bk_buf_view(&text));
	assert_true(clock() - start < 60 * CLOCKS_PER_SEC);
}

static void hostile_messages_take_linear_time(void **state)
{
	static const char *const tricks[] = {
		"\n--",
		"\n--b",
		"\n--b\n",
		"\n--b--",
		("--b\n" MIXED),
		"Content-Type: message/rfc822\n\n",
		"Content-Type: ;;;;;\n",
		"Content-Type: multipart/x; a=\"\n",
		"A: b\n ",
		":",
		"\n--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n",
		"\n--b\nContent-Transfer-Encoding: base64\n\nAAAA"};
	static const char *const counted[] = {
		"\n--b\nContent-Type: multipart/x; boundary=",
		"\n--a14\nContent-Type: multipart/x; boundary=", "\n--"};

	(void)state;
	for (size_t i = 0; i < sizeof(tricks) / sizeof(*tricks); i++)
		any_amount_of_a_trick(tricks[i], false);
	for (size_t i = 0; i < sizeof(counted) / sizeof(*counted); i++)
		any_amount_of_a_trick(counted[i], true);
}

static void a_multipart_that_is_nested_too_deeply_is_a_body(void **state)
{
	(void)state;
	for (int depth = 1; depth < 40; depth++) {
		size_t bodies = 0;
		text.len = 0;
		for (int k = 0; k < depth; k++)
			bk_buf_printf(&text,
				      "Content-Type: multipart/x; "
				      "boundary=%d\n\n--%d\n",
				      k, k);
		scan(bk_buf_view(&text));
		for (size_t i = 0; i < got.len; i++)
			bodies += got.data[i] == '[';
		assert_true(bodies <= BK_MIME_DEPTH_MAX + 1);
		assert_true(depth > BK_MIME_DEPTH_MAX || (int)bodies == depth);
	}
}

static void any_message_gives_bodies_in_order(void **state)
{
	struct dice dice = {1};

	(void)state;
	for (int round = 0; round < 3000; round++) {
		mails_any(&dice, &text, 500);
		if (round % 2)
			mails_spoil(&dice, &text);
		scan(bk_buf_view(&text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_without_mime_is_one_body),
		cmocka_unit_test(
			parts_end_in_front_of_the_line_end_before_a_boundary),
		cmocka_unit_test(parts_without_a_body_or_a_header_are_empty),
		cmocka_unit_test(only_a_whole_line_is_a_boundary),
		cmocka_unit_test(a_part_says_for_itself_that_it_is_base64),
		cmocka_unit_test(multiparts_nest),
		cmocka_unit_test(an_outer_boundary_ends_what_is_open_inside),
		cmocka_unit_test(the_innermost_of_equal_boundaries_counts),
		cmocka_unit_test(boundaries_that_begin_alike_are_kept_apart),
		cmocka_unit_test(a_message_in_a_message_is_gone_into),
		cmocka_unit_test(
			a_multipart_without_a_usable_boundary_is_a_body),
		cmocka_unit_test(of_several_types_the_multipart_counts),
		cmocka_unit_test(stray_lines_in_a_header_do_not_end_it),
		cmocka_unit_test(crlf_that_was_kept_does_not_hide_boundaries),
		cmocka_unit_test(boundaries_of_any_length_are_safe),
		cmocka_unit_test(hostile_messages_take_linear_time),
		cmocka_unit_test(
			a_multipart_that_is_nested_too_deeply_is_a_body),
		cmocka_unit_test(any_message_gives_bodies_in_order),
	};
	return cmocka_run_group_tests_name("mime", tests, NULL, clear_all);
}
