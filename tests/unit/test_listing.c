/* One table of columns, three ways to print its rows. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/listing.h"

/* clang-format off */
static const struct bk_field fields[] = {
	{"FOLDER",   "folder",   BK_FIELD_NAME},
	{"MESSAGES", "messages", BK_FIELD_COUNT},
	{"SIZE",     "bytes",    BK_FIELD_SIZE},
	{"UID",      "uid",      BK_FIELD_NUMBER},
	{"DATE",     "date",     BK_FIELD_TIME},
	{"FLAGS",    "flags",    BK_FIELD_TEXT},
	{"OPEN",     "open",     BK_FIELD_YES},
	{NULL,       "note",     BK_FIELD_TEXT},
	{"HERE",     NULL,       BK_FIELD_TEXT},
};
/* clang-format on */

#define N_FIELDS (sizeof(fields) / sizeof(*fields))

static void prints(bool json, bool quiet, const char *want)
{
	static const char *const flags[] = {"Seen", "Draft"};
	const struct bk_cell rows[2][N_FIELDS] = {
		{bk_cell_text("INBOX"),        bk_cell_n(18402), bk_cell_n(2048),
		 bk_cell_n(7), bk_cell_time(1795091400),
		 bk_cell_words(flags,					2), bk_cell_n(1), bk_cell_text("yes"),
		 bk_cell_text("x")												    },
		{bk_cell_text("a\nb\x1b[31m"), bk_cell_n(0),     bk_cell_n(0),
		 bk_cell_n(0), bk_cell_time(0),          bk_cell_words(NULL, 0),
		 bk_cell_n(0),								 bk_cell_text(NULL),  bk_cell_text(NULL)},
	};
	struct bk_listing_style style = {.json = json, .quiet = quiet};
	struct bk_err err = {0};
	char *text = NULL;
	size_t len = 0;

	style.out = open_memstream(&text, &len);
	struct bk_listing *to =
		bk_listing_new(&style, "folder", fields, N_FIELDS);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(bk_listing_row(to, rows[i], &err), 0);
	assert_int_equal(bk_listing_finish(to, &err), 0);
	assert_int_equal(fclose(style.out), 0);
	assert_string_equal(text, want);
	free(text);
}

static void a_table_is_for_people(void **state)
{
	(void)state;
	prints(false, false,
	       "FOLDER        MESSAGES     SIZE  UID  DATE              "
	       "FLAGS       OPEN  HERE\n"
	       "INBOX           18,402  2.0 KiB    7  2026-11-19 12:30  "
	       "Seen Draft  yes   x\n"
	       "a\\nb\\x1b[31m         0      0 B       1970-01-01 00:00\n");
}

static void programs_get_an_object_a_line(void **state)
{
	(void)state;
	prints(true, false,
	       "{\"v\":1,\"type\":\"folder\",\"folder\":\"INBOX\","
	       "\"messages\":18402,\"bytes\":2048,\"uid\":7,"
	       "\"date\":\"2026-11-19T12:30:00Z\","
	       "\"flags\":[\"Seen\",\"Draft\"],\"open\":true,"
	       "\"note\":\"yes\"}\n"
	       "{\"v\":1,\"type\":\"folder\",\"folder\":\"a\\nb\\u001B[31m\","
	       "\"messages\":0,\"bytes\":0,\"uid\":0,"
	       "\"date\":\"1970-01-01T00:00:00Z\",\"flags\":[],"
	       "\"open\":false}\n");
}

/* One name a line, whatever is in it. */
static void names_alone_stay_on_their_lines(void **state)
{
	(void)state;
	prints(false, true, "INBOX\na\\nb\\x1b[31m\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_for_people),
		cmocka_unit_test(programs_get_an_object_a_line),
		cmocka_unit_test(names_alone_stay_on_their_lines),
	};

	(void)setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
