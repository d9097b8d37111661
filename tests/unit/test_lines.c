/* Line ends taken away and given back. */

#include "lib/test.h"

#include <string.h>

#include "lib/dice.h"
#include "mail/lines.h"

struct keeper {
	struct bk_sink sink;
	struct bk_buf got;
	size_t writes;
};

static int keep(struct bk_sink *to, const void *bytes, size_t len,
		struct bk_err *err)
{
	struct keeper *keeper = (struct keeper *)to;

	(void)err;
	keeper->writes++;
	bk_buf_add(&keeper->got, bytes, len);
	return 0;
}

static struct keeper keeper = {.sink = {keep}};
static struct bk_recipe recipe;
static struct bk_buf message, copy;

static int clear_all(void **state)
{
	(void)state;
	bk_buf_clear(&keeper.got);
	bk_buf_clear(&message);
	bk_buf_clear(&copy);
	bk_recipe_clear(&recipe);
	return 0;
}

static struct bk_view canonical_of(struct bk_view bytes)
{
	struct bk_view canonical;
	struct bk_err err = {0};

	assert_int_equal(
		bk_lines_canonical(bytes, &copy, &recipe, &canonical, &err), 0);
	return canonical;
}

static void restore(struct dice *dice, struct bk_view canonical)
{
	static struct bk_line_writer writer;
	struct bk_err err = {0};

	keeper.got.len = 0;
	keeper.writes = 0;
	bk_line_writer_init(&writer, &recipe, &keeper.sink);
	while (canonical.len) {
		size_t n = 1 + dice_below(dice, 70000);
		if (n > canonical.len || dice_one_in(dice, 4))
			n = 1 + dice_below(dice, canonical.len);
		struct bk_view piece = {canonical.data, n};
		assert_int_equal(bk_line_writer_add(&writer, piece, &err), 0);
		canonical.data += n;
		canonical.len -= n;
	}
	assert_int_equal(bk_line_writer_end(&writer, &err), 0);
}

static void assert_comes_back(struct dice *dice, struct bk_view bytes)
{
	struct bk_view canonical = canonical_of(bytes);

	restore(dice, canonical);
	assert_int_equal(keeper.got.len, bytes.len);
	if (bytes.len)
		assert_memory_equal(keeper.got.data, bytes.data, bytes.len);
}

static struct bk_view text(const char *s)
{
	return (struct bk_view){(const uint8_t *)s, strlen(s)};
}

static void assert_canonical(const char *from, const char *wanted,
			     enum bk_style style, size_t exceptions)
{
	struct dice dice = {9};
	struct bk_view got = canonical_of(text(from));

	assert_int_equal(got.len, strlen(wanted));
	if (got.len)
		assert_memory_equal(got.data, wanted, got.len);
	assert_int_equal(recipe.style, style);
	assert_int_equal(recipe.n_lines, exceptions);
	assert_comes_back(&dice, text(from));
}

static void a_message_with_lf_is_not_copied(void **state)
{
	static const char *const same[] = {"",       "a",  "\n",     "a\nb\n",
					   "a\rb\r", "\r", "a\n\rb", "\r\r\r"};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		struct bk_view from = text(same[i]);
		struct bk_view got = canonical_of(from);
		assert_ptr_equal(got.data, from.data);
		assert_int_equal(got.len, from.len);
		assert_int_equal(recipe.style, BK_STYLE_LF);
		assert_int_equal(recipe.n_lines, 0);
	}
}

static void lf_and_crlf_are_one_canonical_form(void **state)
{
	(void)state;
	assert_canonical("a\r\nb\r\n", "a\nb\n", BK_STYLE_CRLF, 0);
	assert_canonical("a\r\nb", "a\nb", BK_STYLE_CRLF, 0);
	assert_canonical("a\r\nb\r", "a\nb\r", BK_STYLE_CRLF, 0);
	assert_canonical("\r\n\r\n\n", "\n\n\n", BK_STYLE_CRLF, 1);
	assert_canonical("a\nb\r\nc\n", "a\nb\nc\n", BK_STYLE_LF, 1);
	assert_canonical("a\r\r\nb\r\n", "a\r\nb\n", BK_STYLE_CRLF, 0);
	assert_canonical("\n\r\n\n\r\n", "\n\n\n\n", BK_STYLE_LF, 2);
}

static void any_mixture_comes_back(void **state)
{
	static const char letters[] = "\r\n\r\n\nab";
	struct dice dice = {1};

	(void)state;
	for (int round = 0; round < 5000; round++) {
		message.len = 0;
		size_t variety = 2 + dice_below(&dice, sizeof(letters) - 2);
		for (size_t n = dice_below(&dice, 300); n; n--)
			bk_buf_add_u8(
				&message,
				(uint8_t)letters[dice_below(&dice, variety)]);
		assert_comes_back(&dice, bk_buf_view(&message));
	}
}

static void long_messages_come_back_through_the_buffer(void **state)
{
	struct dice dice = {2};

	(void)state;
	for (int round = 0; round < 60; round++) {
		message.len = 0;
		bool crlf = round % 2;
		while (message.len < 200000) {
			size_t n = dice_below(&dice, 200);
			if (dice_one_in(&dice, 200))
				n = 60000;
			memset(bk_buf_grow(&message, n), 'x', n);
			if (dice_one_in(&dice, 50) ? !crlf : crlf)
				bk_buf_add_u8(&message, '\r');
			bk_buf_add_u8(&message, '\n');
		}
		assert_comes_back(&dice, bk_buf_view(&message));
		assert_int_not_equal(recipe.style, BK_STYLE_VERBATIM);
	}
}

static void too_many_exceptions_are_kept_as_they_are(void **state)
{
	struct dice dice = {3};

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		size_t each = BK_LINE_EXCEPTIONS_MAX + more;
		message.len = 0;
		for (size_t i = 0; i < each; i++)
			bk_buf_add(&message, "\n\r\n", 3);
		struct bk_view got = canonical_of(bk_buf_view(&message));
		if (more) {
			assert_int_equal(recipe.style, BK_STYLE_VERBATIM);
			assert_int_equal(recipe.n_lines, 0);
			assert_ptr_equal(got.data, message.data);
		} else {
			assert_int_equal(recipe.style, BK_STYLE_LF);
			assert_int_equal(recipe.n_lines, each);
		}
		assert_comes_back(&dice, bk_buf_view(&message));
	}
}

static void an_exception_behind_the_last_line_is_an_error(void **state)
{
	static struct bk_line_writer writer;
	struct bk_err err = {0};

	(void)state;
	(void)canonical_of(text("a\r\n"));
	recipe.lines = bk_array_room(recipe.lines, 0, &recipe.cap_lines,
				     sizeof(*recipe.lines));
	recipe.lines[0] = 1;
	recipe.n_lines = 1;
	bk_line_writer_init(&writer, &recipe, &keeper.sink);
	assert_int_equal(bk_line_writer_add(&writer, text("a\n"), &err), 0);
	assert_int_equal(bk_line_writer_end(&writer, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

static void short_lines_are_written_together(void **state)
{
	struct dice dice = {4};

	(void)state;
	message.len = 0;
	for (int i = 0; i < 10000; i++)
		bk_buf_add(&message, "short\r\n", 7);
	assert_comes_back(&dice, bk_buf_view(&message));
	assert_true(keeper.writes < 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_with_lf_is_not_copied),
		cmocka_unit_test(lf_and_crlf_are_one_canonical_form),
		cmocka_unit_test(any_mixture_comes_back),
		cmocka_unit_test(long_messages_come_back_through_the_buffer),
		cmocka_unit_test(too_many_exceptions_are_kept_as_they_are),
		cmocka_unit_test(an_exception_behind_the_last_line_is_an_error),
		cmocka_unit_test(short_lines_are_written_together),
	};
	return cmocka_run_group_tests_name("lines", tests, NULL, clear_all);
}
