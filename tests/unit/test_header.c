/* Header fields as they come. */

#include "lib/test.h"

#include <string.h>

#include "mail/header.h"

static struct bk_view text(const char *s)
{
	return (struct bk_view){(const uint8_t *)s, strlen(s)};
}

static void assert_view(struct bk_view got, const char *wanted)
{
	assert_int_equal(got.len, strlen(wanted));
	if (got.len)
		assert_memory_equal(got.data, wanted, got.len);
}

struct walk {
	const char *header;
	const char *fields; /* name=value, ended by | */
	size_t behind;      /* where the walk ends */
};

static void fields_are_found_one_after_the_other(void **state)
{
	/* clang-format off */
	static const struct walk walks[] = {
		{"", "", 0},
		{"\nbody", "", 1},
		{"\r\nbody", "", 2},
		{"A: b\n\nbody", "A= b|", 6},
		{"A: b\nC:d", "A= b|C=d|", 8},
		{"A:\n b\n\tc\nD: e\n\n", "A=\n b\n\tc|D= e|", 15},
		{"A : b\n\n", "A= b|", 7},
		{"A\t:b\n\n", "A=b|", 6},
		{"A: b\nno field\nC: d\n", "A= b|", 5},
		{"A b: c\n", "", 0},
		{": b\n", "", 0},
		{" A: b\n", "", 0},
		{"A\303\244: b\n", "", 0},
		{"A: b\n \n c\n\nbody", "A= b\n \n c|", 11},
		{"A: b\r\n\r\nbody", "A= b\r|", 8},
		{"A:", "A=|", 2},
		{"A", "", 0},
		{"--b\n", "", 0},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(walks) / sizeof(*walks); i++) {
		struct bk_view header = text(walks[i].header);
		struct bk_buf got = {0};
		struct bk_field field;
		size_t at = 0;
		while (bk_field_next(header, &at, &field)) {
			bk_buf_add(&got, field.name.data, field.name.len);
			bk_buf_add_u8(&got, '=');
			bk_buf_add(&got, field.value.data, field.value.len);
			bk_buf_add_u8(&got, '|');
		}
		assert_string_equal(bk_buf_text(&got), walks[i].fields);
		assert_int_equal(at, walks[i].behind);
		bk_buf_clear(&got);
	}
}

static void a_name_of_any_length_ends_somewhere(void **state)
{
	static char line[100000];
	struct bk_field field;
	size_t at = 0;

	(void)state;
	memset(line, 'a', sizeof(line) - 1);
	line[90000] = ':';
	assert_int_equal(bk_field_next(text(line), &at, &field), 0);
	assert_int_equal(at, 0);
	line[200] = ':';
	assert_int_equal(bk_field_next(text(line), &at, &field), 1);
	assert_int_equal(field.name.len, 200);
	assert_int_equal(at, sizeof(line) - 1);
}

static void names_are_compared_without_case(void **state)
{
	struct bk_field field = {.name = text("content-TYPE")};

	(void)state;
	assert_true(bk_field_is(&field, "Content-Type"));
	assert_false(bk_field_is(&field, "Content-Typ"));
	assert_false(bk_field_is(&field, "Content-Type-"));
	assert_true(bk_field_begins(&field, "Content-"));
	assert_false(bk_field_begins(&field, "Content-Type-"));
}

static void an_mbox_line_is_known_by_its_beginning(void **state)
{
	(void)state;
	assert_int_equal(bk_from_line(text("From a\nb"), 0), 7);
	assert_int_equal(bk_from_line(text("xFrom a"), 1), 6);
	assert_int_equal(bk_from_line(text("From: a\n"), 0), 0);
	assert_int_equal(bk_from_line(text("From"), 0), 0);
	assert_int_equal(bk_from_line(text("From "), 5), 0);
}

struct param {
	const char *value;
	const char *boundary; /* NULL: there is none */
};

static void parameters_are_found_in_every_spelling(void **state)
{
	/* clang-format off */
	static const struct param params[] = {
		{" multipart/mixed; boundary=abc", "abc"},
		{" multipart/mixed;boundary=\"a b;c\"", "a b;c"},
		{" multipart/mixed;\n\tBOUNDARY = \"x\"; charset=y", "x"},
		{" multipart/mixed; x=\"boundary=no\"; boundary=yes", "yes"},
		{" multipart/mixed; x=\"a\\\"; boundary=no\"; boundary=y", "y"},
		{" multipart/mixed; boundary=\"\"", ""},
		{" multipart/mixed; boundary=", ""},
		{" multipart/mixed; boundary=\"open", "open"},
		{" multipart/mixed; boundary=\"a\\", "a\\"},
		{" multipart/mixed; a=b c=d ; boundary=e f", "e"},
		{" multipart/mixed; ;; = ; \" ; boundary=no", NULL},
		{" multipart/mixed; boundaryx=1; xboundary=2", NULL},
		{" multipart/mixed", NULL},
		{" boundary=first", NULL},
		{"", NULL},
		{";", NULL},
		{"; boundary", NULL},
	};
	/* clang-format on */
	struct bk_view got;

	(void)state;
	for (size_t i = 0; i < sizeof(params) / sizeof(*params); i++) {
		bool found =
			bk_field_param(text(params[i].value), "boundary", &got);
		assert_int_equal(found, params[i].boundary != NULL);
		if (found)
			assert_view(got, params[i].boundary);
	}
}

static void bytes_of_zero_end_nothing_too_early(void **state)
{
	static const char value[] = " a/b; \0; \0=\0; boundary=x";
	struct bk_view got;
	struct bk_view all = {(const uint8_t *)value, sizeof(value) - 1};

	(void)state;
	assert_true(bk_field_param(all, "boundary", &got));
	assert_view(got, "x");
}

static void the_first_word_is_the_type(void **state)
{
	(void)state;
	assert_view(bk_field_word(text(" text/plain; charset=x")),
		    "text/plain");
	assert_view(bk_field_word(text("\n\tbase64")), "base64");
	assert_view(bk_field_word(text(" base64 (comment)")), "base64");
	assert_view(bk_field_word(text("  ")), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found_one_after_the_other),
		cmocka_unit_test(a_name_of_any_length_ends_somewhere),
		cmocka_unit_test(names_are_compared_without_case),
		cmocka_unit_test(an_mbox_line_is_known_by_its_beginning),
		cmocka_unit_test(parameters_are_found_in_every_spelling),
		cmocka_unit_test(bytes_of_zero_end_nothing_too_early),
		cmocka_unit_test(the_first_word_is_the_type),
	};
	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
