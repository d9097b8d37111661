/* Names of folders on disk and for people. */

#include "lib/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/dice.h"
#include "store/folder_name.h"

static struct bk_buf out;
static struct bk_err err;

static const char *shown(const char *raw, enum bk_layout layout)
{
	struct bk_view view = {(const uint8_t *)raw, strlen(raw)};

	out.len = 0;
	bk_folder_name_decode(view, layout, &out);
	return bk_buf_text(&out);
}

static const char *spelt(const char *name, enum bk_layout layout, bool utf8)
{
	out.len = 0;
	if (bk_folder_name_encode(name, layout, utf8, &out, &err) < 0)
		return NULL;
	return bk_buf_text(&out);
}

static const struct {
	const char *pp, *fs, *name;
} pairs[] = {
	{".",				".",			       "INBOX"           },
	{".Sent",			    "Sent",			    "Sent"            },
	{".Entw&APw-rfe",                    "Entw&APw-rfe",                    "Entw\xc3\xbcrfe" },
	{".A.B.C",			   "A/B/C",                           "A/B/C"           },
	{".A &- B",			  "A &- B",                          "A & B"           },
 /* RFC 3501 section 5.1.3 */
	{".~peter.mail.&U,BTFw-.&ZeVnLIqe-", "~peter/mail/&U,BTFw-/&ZeVnLIqe-",
	 "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa"
	 "\x9e"										   },
	{".&2D3c5w-",			"&2D3c5w-",                        "\xf0\x9f\x93\xa7"},
	{".INBOX.x",			 "INBOX/x",                         "INBOX/x"         },
	{".&AAo-",			   "&AAo-",                           NULL              }, /* a newline: shown, not written */
};

static void names_are_the_same_there_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (!pairs[i].name)
			continue;
		assert_string_equal(shown(pairs[i].pp, BK_LAYOUT_MAILDIRPP),
				    pairs[i].name);
		assert_string_equal(shown(pairs[i].fs, BK_LAYOUT_FS),
				    pairs[i].name);
		assert_string_equal(
			spelt(pairs[i].name, BK_LAYOUT_MAILDIRPP, false),
			pairs[i].pp);
		assert_string_equal(spelt(pairs[i].name, BK_LAYOUT_FS, false),
				    pairs[i].fs);
	}
}

static void utf8_on_disk_is_understood(void **state)
{
	(void)state;
	assert_string_equal(shown(".Entw\xc3\xbcrfe.B", BK_LAYOUT_MAILDIRPP),
			    "Entw\xc3\xbcrfe/B");
	assert_string_equal(
		spelt("Entw\xc3\xbcrfe/B", BK_LAYOUT_MAILDIRPP, true),
		".Entw\xc3\xbcrfe.B");
	assert_string_equal(spelt("A & B", BK_LAYOUT_FS, true), "A & B");
}

static void what_is_no_name_is_shown_as_it_lies(void **state)
{
	(void)state;
	assert_string_equal(shown(".A&B", BK_LAYOUT_MAILDIRPP), "A&B");
	assert_string_equal(shown(".A&AGE-", BK_LAYOUT_MAILDIRPP), "A&AGE-");
	assert_string_equal(shown(".A&APw", BK_LAYOUT_MAILDIRPP), "A&APw");
	assert_string_equal(shown(".A&2D0-", BK_LAYOUT_MAILDIRPP), "A&2D0-");
	assert_string_equal(shown(".A&APx-", BK_LAYOUT_MAILDIRPP), "A&APx-");
	assert_string_equal(shown(".A\xff", BK_LAYOUT_MAILDIRPP), "A\\xff");
	assert_string_equal(shown(".A\nB", BK_LAYOUT_MAILDIRPP), "A\\x0aB");
	assert_string_equal(shown(".&AAo-", BK_LAYOUT_MAILDIRPP), "\\x0a");
	assert_string_equal(shown("..x", BK_LAYOUT_MAILDIRPP), "..x");
	assert_string_equal(shown(".a..b", BK_LAYOUT_MAILDIRPP), ".a..b");
	assert_string_equal(shown(".a.", BK_LAYOUT_MAILDIRPP), ".a.");
}

static void nothing_else_passes_for_the_inbox(void **state)
{
	(void)state;
	assert_string_equal(shown(".INBOX", BK_LAYOUT_MAILDIRPP), ".INBOX");
	assert_string_equal(shown(".inbox", BK_LAYOUT_MAILDIRPP), ".inbox");
	assert_string_equal(shown("INBOX", BK_LAYOUT_FS), "./INBOX");
	assert_string_equal(shown("Inbox", BK_LAYOUT_FS), "./Inbox");
	assert_string_equal(spelt("inbox", BK_LAYOUT_FS, false), ".");
}

static void refuse(const char *name, enum bk_layout layout, bool utf8)
{
	err.kind = BK_OK;
	if (spelt(name, layout, utf8))
		fail_msg("'%s' was taken", name);
	assert_int_equal(err.kind, BK_REFUSED);
}

static void names_that_a_layout_cannot_hold_are_refused(void **state)
{
	static const char *const bad[] = {"",     "/",     "/a",   "a/",
					  "a//b", "..",    "a/..", ".",
					  "../a", "a/./b", "\xff"};
	char large[400];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refuse(bad[i], BK_LAYOUT_MAILDIRPP, false);
		refuse(bad[i], BK_LAYOUT_FS, false);
		refuse(bad[i], BK_LAYOUT_MAILDIRPP, true);
		refuse(bad[i], BK_LAYOUT_FS, true);
	}
	refuse("v1.2", BK_LAYOUT_MAILDIRPP, false);
	assert_non_null(strstr(err.text, "v1.2"));
	assert_non_null(strstr(err.text, "fs layout"));
	assert_string_equal(spelt("v1.2", BK_LAYOUT_FS, false), "v1.2");
	refuse("cur", BK_LAYOUT_FS, false);
	refuse("a/tmp", BK_LAYOUT_FS, false);
	refuse("a/.hidden", BK_LAYOUT_FS, false);
	assert_non_null(spelt("cur/new", BK_LAYOUT_MAILDIRPP, false));
	refuse("a\nb", BK_LAYOUT_FS, true);
	memset(large, 'x', sizeof(large));
	large[256] = 0;
	refuse(large, BK_LAYOUT_FS, false);
	large[255] = 0;
	refuse(large, BK_LAYOUT_MAILDIRPP, false); /* and its dot */
	assert_non_null(spelt(large, BK_LAYOUT_FS, false));
	large[100] = '/';
	large[255] = 'x';
	large[300] = 0;
	assert_non_null(spelt(large, BK_LAYOUT_FS, false));
	refuse(large, BK_LAYOUT_MAILDIRPP, false);
}

static void layouts_have_names(void **state)
{
	enum bk_layout layout;

	(void)state;
	assert_int_equal(bk_layout_parse(NULL, &layout, &err), 0);
	assert_int_equal(layout, BK_LAYOUT_AUTO);
	assert_int_equal(bk_layout_parse("Maildir++", &layout, &err), 0);
	assert_int_equal(layout, BK_LAYOUT_MAILDIRPP);
	assert_int_equal(bk_layout_parse("fs", &layout, &err), 0);
	assert_int_equal(layout, BK_LAYOUT_FS);
	assert_int_equal(bk_layout_parse("ext4", &layout, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
}

/* Whatever a name is made of, it is shown as clean UTF-8, and what can be
 * written is read back. */
static void any_bytes_give_a_name_and_any_name_comes_back(void **state)
{
	struct dice dice = {1};
	static const char letters[] = "&-,/.aAU \xc3\xbc\xff\n+B9";

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char raw[24] = ".";
		char name[200];
		size_t len = 1 + dice_below(&dice, 20);
		for (size_t k = 1; k < len; k++)
			raw[k] =
				letters[dice_below(&dice, sizeof(letters) - 1)];
		raw[len] = 0;
		snprintf(name, sizeof(name), "%s",
			 shown(raw, BK_LAYOUT_MAILDIRPP));
		for (const char *p = name; *p; p++)
			assert_true((unsigned char)*p >= 0x20);
		if (!spelt(name, BK_LAYOUT_FS, false))
			continue;
		char again[1000];
		snprintf(again, sizeof(again), "%s", bk_buf_text(&out));
		assert_string_equal(shown(again, BK_LAYOUT_FS), name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_the_same_there_and_back),
		cmocka_unit_test(utf8_on_disk_is_understood),
		cmocka_unit_test(what_is_no_name_is_shown_as_it_lies),
		cmocka_unit_test(nothing_else_passes_for_the_inbox),
		cmocka_unit_test(names_that_a_layout_cannot_hold_are_refused),
		cmocka_unit_test(layouts_have_names),
		cmocka_unit_test(any_bytes_give_a_name_and_any_name_comes_back),
	};
	int failed =
		cmocka_run_group_tests_name("folder_name", tests, NULL, NULL);
	bk_buf_clear(&out);
	return failed;
}
