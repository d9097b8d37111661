/* report/grid and report/width: columns that stay aligned whatever the names
 * hold, and a list that is never cut in silence. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/grid.h"
#include "report/width.h"

static const struct bk_column columns[] = {
	{"FOLDER",   BK_ALIGN_LEFT },
	{"MESSAGES", BK_ALIGN_RIGHT},
	{"NOTE",     BK_ALIGN_LEFT },
};

static void a_character_takes_the_columns_that_a_terminal_gives_it(void **state)
{
	/* clang-format off */
	static const struct { const char *text; size_t width; } rows[] = {
		{"", 0}, {"abc", 3}, {"Entw\u00fcrfe", 8}, {"e\u0301", 1},
		{"\u4e2d\u6587", 4}, {"\U0001f4e7", 2}, {"\uff21", 2},
		{"\xff\xfe", 2}, {"\xe4\xb8", 2}, {"\u200b", 0},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(bk_width(rows[i].text, strlen(rows[i].text)),
				 rows[i].width);
}

static void a_cut_falls_between_characters(void **state)
{
	(void)state;
	assert_int_equal(bk_width_fit("abc", 3, 2), 2);
	assert_int_equal(bk_width_fit("abc", 3, 9), 3);
	assert_int_equal(bk_width_fit("\u4e2d\u6587", 6, 3), 3);
	assert_int_equal(bk_width_fit("\u4e2d\u6587", 6, 1), 0);
	assert_int_equal(bk_width_fit("e\u0301x", 4, 1), 3);
	assert_int_equal(bk_width_fit("", 0, 0), 0);
}

static void columns_are_aligned_and_lines_end_without_spaces(void **state)
{
	struct bk_err err = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct bk_grid *grid = bk_grid_new(out, columns, 3);

	(void)state;
	bk_grid_row(grid, (const char *[]){"INBOX", "18,402", NULL});
	bk_grid_row(grid, (const char *[]){"Entw\u00fcrfe", "3", "draft"});
	bk_grid_row(grid, (const char *[]){"\u4e2d\u6587", "", ""});
	assert_int_equal(0, bk_grid_finish(grid, &err));
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
			    "FOLDER    MESSAGES  NOTE\n"
			    "INBOX       18,402\n"
			    "Entw\u00fcrfe         3  draft\n"
			    "\u4e2d\u6587\n");
	free(text);
}

static void a_name_without_end_moves_its_own_line_alone(void **state)
{
	struct bk_err err = {0};
	char name[101], *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct bk_grid *grid = bk_grid_new(out, columns, 3);

	(void)state;
	memset(name, 'x', 100);
	name[100] = 0;
	bk_grid_row(grid, (const char *[]){name, "1", "long"});
	bk_grid_row(grid, (const char *[]){"INBOX", "2", "short"});
	assert_int_equal(0, bk_grid_finish(grid, &err));
	assert_int_equal(fclose(out), 0);
	const char *last = strstr(text, "INBOX");
	assert_non_null(last);
	assert_true(strlen(last) < 70);
	free(text);
}

static void a_name_cannot_steer_the_terminal(void **state)
{
	static const struct bk_column bare[] = {
		{NULL, BK_ALIGN_LEFT},
                {NULL, BK_ALIGN_LEFT}
        };
	struct bk_err err = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct bk_grid *grid = bk_grid_new(out, bare, 2);

	(void)state;
	bk_grid_row(grid, (const char *[]){"a\x1b[2J\nb", "x"});
	bk_grid_row(grid, (const char *[]){"\u202egpj\u202c.exe", "y"});
	assert_int_equal(0, bk_grid_finish(grid, &err));
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
			    "a\\x1b[2J\\nb              x\n"
			    "\\u{202e}gpj\\u{202c}.exe  y\n");
	free(text);
}

static void without_rows_nothing_is_printed(void **state)
{
	struct bk_err err = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_int_equal(0, bk_grid_finish(bk_grid_new(out, columns, 3), &err));
	bk_grid_free(NULL);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(len, 0);
	free(text);
}

static void a_long_list_streams_and_keeps_every_row(void **state)
{
	static const struct bk_column one[] = {
		{"N", BK_ALIGN_RIGHT}
        };
	struct bk_err err = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct bk_grid *grid = bk_grid_new(out, one, 1);
	unsigned lines = 0;

	(void)state;
	for (unsigned i = 1; i <= 12345; i++) {
		char n[16];
		(void)snprintf(n, sizeof(n), "%u", i);
		bk_grid_row(grid, (const char *[]){n});
	}
	assert_int_equal(0, bk_grid_finish(grid, &err));
	assert_int_equal(fclose(out), 0);
	for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
		if (lines)
			assert_int_equal(strtoul(at, NULL, 10), lines);
		lines++;
	}
	assert_int_equal(lines, 12346);
	assert_string_equal(text + len - 12, "12344\n12345\n");
	free(text);
}

static void a_full_disk_is_an_error(void **state)
{
	struct bk_err err = {0};
	FILE *out = fopen("/dev/full", "we");

	(void)state;
	assert_non_null(out);
	struct bk_grid *grid = bk_grid_new(out, columns, 3);
	bk_grid_row(grid, (const char *[]){"INBOX", "1", ""});
	assert_int_equal(-1, bk_grid_finish(grid, &err));
	assert_int_equal(err.kind, BK_FULL);
	(void)fclose(out);
}

static void a_full_disk_long_before_the_end_is_an_error(void **state)
{
	struct bk_err err = {0};
	FILE *out = fopen("/dev/full", "we");

	(void)state;
	assert_non_null(out);
	struct bk_grid *grid = bk_grid_new(out, columns, 3);
	for (int i = 0; i < 5000; i++)
		bk_grid_row(grid, (const char *[]){"INBOX", "1", ""});
	assert_int_equal(-1, bk_grid_finish(grid, &err));
	assert_int_equal(err.kind, BK_FULL);
	(void)fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_character_takes_the_columns_that_a_terminal_gives_it),
		cmocka_unit_test(a_cut_falls_between_characters),
		cmocka_unit_test(
			columns_are_aligned_and_lines_end_without_spaces),
		cmocka_unit_test(a_name_without_end_moves_its_own_line_alone),
		cmocka_unit_test(a_name_cannot_steer_the_terminal),
		cmocka_unit_test(without_rows_nothing_is_printed),
		cmocka_unit_test(a_long_list_streams_and_keeps_every_row),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(a_full_disk_long_before_the_end_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
