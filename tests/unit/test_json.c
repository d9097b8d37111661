/* One object, one line, whatever the names are made of. */

#include "lib/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static struct bk_json *json;

static int start(void **state)
{
	(void)state;
	json = bk_json_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_json_free(json);
	return 0;
}

static void reads(const char *want)
{
	char *line = bk_json_line(json);

	assert_string_equal(line, want);
	free(line);
}

static void members_keep_their_order_and_kinds(void **state)
{
	(void)state;
	bk_json_text(json, "z", "x");
	bk_json_int(json, "a", -1);
	bk_json_uint(json, "u", UINT64_MAX);
	bk_json_real(json, "r", 1.1);
	bk_json_real(json, "nan", NAN);
	bk_json_bool(json, "b", true);
	bk_json_text(json, "n", NULL);
	reads("{\"z\":\"x\",\"a\":-1,\"u\":9223372036854775807,\"r\":1.1,"
	      "\"nan\":null,\"b\":true,\"n\":null}");
}

static void objects_and_arrays_nest(void **state)
{
	(void)state;
	struct bk_json *list = bk_json_array(json, "list");
	bk_json_int(list, NULL, 1);
	bk_json_text(bk_json_object(list, NULL), "k", "v");
	bk_json_uint(bk_json_object(json, "messages"), "new", 3);
	reads("{\"list\":[1,{\"k\":\"v\"}],\"messages\":{\"new\":3}}");
}

static void a_name_cannot_break_the_line_or_the_terminal(void **state)
{
	(void)state;
	bk_json_text(json, "name", "a\n\x7f\x1b[31m\"\\\xe2\x80\xae\xc3\xa9");
	reads("{\"name\":\"a\\n\\u007F\\u001B[31m\\\"\\\\\\u202E\\u00E9\"}");
}

static void what_is_no_utf8_stays_distinguishable(void **state)
{
	(void)state;
	bk_json_text(json, "name", "a\xff\xc3");
	bk_json_bytes(json, "nul", "a\0b", 3);
	bk_json_text(bk_json_array(json, "list"), NULL, "\xe9");
	reads("{\"name\":\"a\\uFFFD\\uFFFD\",\"name_hex\":\"61ffc3\","
	      "\"nul\":\"a\\u0000b\",\"list\":[\"\\uFFFD\"]}");
}

static void a_line_that_cannot_be_written_is_an_error(void **state)
{
	struct bk_err err = {0};
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(bk_json_print(json, full, &err), -1);
	assert_int_equal(err.kind, BK_FULL);
	(void)fclose(full);
}

static void a_line_ends_with_a_line_end(void **state)
{
	struct bk_err err = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	bk_json_int(json, "v", 1);
	assert_int_equal(bk_json_print(json, out, &err), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(len, 8);
	assert_memory_equal(text, "{\"v\":1}\n", 8);
	free(text);
}

static int find(const char *document, const char *path, struct bk_names *out)
{
	struct bk_view view = {(const uint8_t *)document, strlen(document)};
	struct bk_err err = {0};

	bk_names_clear(out);
	int rc = bk_json_texts_at(view, path, out, &err);
	assert_int_equal(err.kind, rc < 0 ? BK_CORRUPT : BK_OK);
	return rc;
}

static void texts_are_found_in_another_programs_document(void **state)
{
	struct bk_names names = {0};

	(void)state;
	assert_int_equal(find("[[\"r\",{\"users\":[\"a@b\",\"\\u00fc\"]}]]",
			      "0/1/users", &names),
			 0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.items[0], "a@b");
	assert_string_equal(names.items[1], "\xc3\xbc");
	assert_int_equal(find("{\"users\":[]}", "users", &names), 0);
	assert_int_equal(names.n, 0);
	bk_names_clear(&names);
}

static void anything_else_is_no_list_of_texts(void **state)
{
	static const char *const documents[] = {
		"",
		"[",
		"[[\"r\",{\"users\":[\"a\",1]}]]",
		"[[\"r\",{\"users\":\"a\"}]]",
		"[[\"r\",{\"users\":{\"a\":\"b\"}}]]",
		"[[\"r\"]]",
		"[[\"r\",[\"a\"]]]",
		"[[\"r\",{\"users\":[\"a\\u0000b\"]}]]",
		"{\"0\":{\"1\":{}}}",
	};
	struct bk_names names = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++) {
		assert_int_equal(find(documents[i], "0/1/users", &names), -1);
		assert_int_equal(names.n, 0);
	}
	assert_int_equal(find("[[\"a\"]]", "99999999999999999999999/0", &names),
			 -1);
	bk_names_clear(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			members_keep_their_order_and_kinds, start, end),
		cmocka_unit_test_setup_teardown(objects_and_arrays_nest, start,
						end),
		cmocka_unit_test_setup_teardown(
			a_name_cannot_break_the_line_or_the_terminal, start,
			end),
		cmocka_unit_test_setup_teardown(
			what_is_no_utf8_stays_distinguishable, start, end),
		cmocka_unit_test_setup_teardown(
			a_line_that_cannot_be_written_is_an_error, start, end),
		cmocka_unit_test_setup_teardown(a_line_ends_with_a_line_end,
						start, end),
		cmocka_unit_test(texts_are_found_in_another_programs_document),
		cmocka_unit_test(anything_else_is_no_list_of_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
