/* Extra fields of a passwd-file: what says where, and what is left alone. */

#include "lib/test.h"

#include <string.h>

#include "route/route_fields.h"

static const struct bk_route_fields which = {
	.source = "proxy=y host=10.0.0.1 ssl=any-cert",
	.destination = "proxy=y host=10.0.0.2 port=1143",
};

static struct bk_view view(const char *text)
{
	return (struct bk_view){(const uint8_t *)text, strlen(text)};
}

static void points(const char *extra, const char *want)
{
	struct bk_buf out = {0};

	bk_route_fields_point(&which, view(extra), which.destination, &out);
	assert_string_equal(bk_buf_text(&out), want);
	assert_true(
		bk_route_fields_lead(&which, view(want), which.destination));
	bk_buf_clear(&out);
}

static void only_the_fields_that_say_where_are_replaced(void **state)
{
	(void)state;
	points("", "proxy=y host=10.0.0.2 port=1143");
	points("a=1", "a=1 proxy=y host=10.0.0.2 port=1143");
	points("a=1 proxy=y host=10.0.0.1 b=2 ssl=any-cert",
	       "a=1 proxy=y host=10.0.0.2 port=1143 b=2");
	points("nologin=y reason=gone hostile=1 ports=2",
	       "proxy=y host=10.0.0.2 port=1143 hostile=1 ports=2");
}

static void a_line_leads_somewhere_or_to_neither(void **state)
{
	(void)state;
	assert_true(bk_route_fields_lead(
		&which, view("ssl=any-cert x=1  host=10.0.0.1 proxy"),
		which.source));
	assert_false(bk_route_fields_lead(&which, view("host=10.0.0.1 proxy=y"),
					  which.source));
	assert_false(bk_route_fields_lead(
		&which, view("proxy=y host=10.0.0.1 ssl=any-cert port=143"),
		which.source));
	assert_false(bk_route_fields_lead(&which, view("x=1"), which.source));
	assert_false(bk_route_fields_any(&which, view("x=1 hosts=3")));
	assert_true(bk_route_fields_any(&which, view("x=1 nologin")));
}

static void a_hold_is_known_whatever_its_reason(void **state)
{
	struct bk_buf out = {0};

	(void)state;
	bk_route_fields_hold(&which, view("x=1 host=10.0.0.1"),
			     "100% of it moves", &out);
	assert_true(bk_route_fields_held(&which, bk_buf_view(&out)));
	assert_false(
		bk_route_fields_lead(&which, bk_buf_view(&out), which.source));
	/* Blanks would end the field, a percent sign begin a variable. */
	assert_non_null(
		strstr(bk_buf_text(&out), "reason=100%%\tof\tit\tmoves "));
	bk_buf_clear(&out);
	/* Somebody else's is none of ours. */
	assert_false(bk_route_fields_held(&which, view("nologin=y reason=x")));
}

/* From any state over a hold and a move back to the very bytes. */
static void what_was_saved_comes_back_to_the_byte(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"a=1",
		"proxy=y  host=10.0.0.1 ssl=any-cert",
		"  a=1   proxy b=2 ",
		"a=* host=%{x} b=%25 port=\t1",
		"reason=100%%\tx nologin=y",
		"host=10.0.0.1 host=10.0.0.2 a=1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct bk_buf saved = {0}, held = {0}, moved = {0}, back = {0};
		bk_route_fields_save(&which, view(lines[i]), &saved);
		bk_route_fields_hold(&which, view(lines[i]), "x y", &held);
		bk_route_fields_point(&which, bk_buf_view(&held),
				      which.destination, &moved);
		bk_route_fields_back(&which, bk_buf_view(&moved),
				     bk_buf_text(&saved), &back);
		assert_string_equal(bk_buf_text(&back), lines[i]);
		for (size_t at = 0; at < saved.len; at++)
			assert_true(saved.data[at] >= ' ');
		bk_buf_clear(&saved);
		bk_buf_clear(&held);
		bk_buf_clear(&moved);
		bk_buf_clear(&back);
	}
}

static void what_the_user_changed_meanwhile_stays(void **state)
{
	struct bk_buf saved = {0}, back = {0};

	(void)state;
	bk_route_fields_save(&which, view("q=1 host=old w=2"), &saved);
	assert_string_equal(bk_buf_text(&saved), "* host=old *");
	bk_route_fields_back(&which, view("q=9 proxy=y w=8 new=7"),
			     bk_buf_text(&saved), &back);
	assert_string_equal(bk_buf_text(&back), "q=9 host=old w=8 new=7");
	bk_buf_clear(&saved);
	bk_buf_clear(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_fields_that_say_where_are_replaced),
		cmocka_unit_test(a_line_leads_somewhere_or_to_neither),
		cmocka_unit_test(a_hold_is_known_whatever_its_reason),
		cmocka_unit_test(what_was_saved_comes_back_to_the_byte),
		cmocka_unit_test(what_the_user_changed_meanwhile_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
