/* What servers say about UIDs: sets, searches, what vanished, UIDPLUS. */

#include "lib/imap_words.h"

#include "base/buf.h"
#include "imap/uidsaid.h"

static struct bk_uid_set from, to;
static struct bk_buf text;

static int clear_all(void **state)
{
	(void)state;
	bk_uid_set_clear(&from);
	bk_uid_set_clear(&to);
	bk_buf_clear(&text);
	bk_arena_clear(&arena);
	return 0;
}

static const char *formatted(struct bk_uid_set *set)
{
	text.len = 0;
	bk_uid_set_format(set, &text);
	bk_uid_set_clear(set);
	return bk_buf_text(&text);
}

static void sets_keep_their_order(void **state)
{
	static const struct {
		const char *said, *means;
		uint64_t count;
	} cases[] = {
		{"1",		       "1",            1         },
		{"1:5,7,9:8",               "1:5,7:9",      8         },
		{"9:8,7",                   "8:9,7",        3         },
		{"5,4,3",                   "5,4,3",        3         },
		{"3,4,5",                   "3:5",          3         },
		{"4294967295",              "4294967295",   1         },
		{"1:4294967295",            "1:4294967295", UINT32_MAX},
		{"4294967295:4294967295,1", "4294967295,1", 2         },
		{"00001",                   "1",            1         },
		{"2,2,2",                   "2,2,2",        3         },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_fine(
			bk_imap_parse_uids(words(cases[i].said), &to, &err));
		assert_int_equal(bk_uid_set_count(&to), cases[i].count);
		assert_string_equal(formatted(&to), cases[i].means);
	}
}

static void what_is_no_set_is_refused(void **state)
{
	static const struct {
		const char *said, *why;
	} wrong[] = {
		{"",		     "a UID expected where the response ends"},
		{"0",                    "a UID expected, not '0'"               },
		{"1:0",                  "a UID expected, not '0'"               },
		{"*",                    "a UID expected, not '*'"               },
		{"1:*",                  "a UID expected, not '*'"               },
		{"1,",                   "a UID"				 },
		{",1",                   "a UID"				 },
		{"1:",                   "a UID"				 },
		{"1:2:3",                "a set of UIDs expected, not ':3'"      },
		{"1 2",                  "a set of UIDs"                         },
		{"4294967296",           "a UID"                                 },
		{"99999999999999999999", "a UID"                                 },
		{"-1",                   "a UID"				 },
		{"1:4294967295,1",       "more UIDs than there are"              },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_corrupt(
			bk_imap_parse_uids(words(wrong[i].said), &to, &err),
			wrong[i].why);
		bk_uid_set_clear(&to);
	}
}

static void ranges_have_a_ceiling(void **state)
{
	struct bk_buf many = {0};

	(void)state;
	for (size_t i = 0; i < BK_IMAP_RANGES_MAX; i++)
		bk_buf_add(&many, "7,", 2);
	bk_buf_add(&many, "7", 1);
	assert_corrupt(bk_imap_parse_uids(bk_buf_view(&many), &to, &err),
		       "more than 4194304 ranges");
	bk_uid_set_clear(&to);
	many.len -= 2;
	assert_fine(bk_imap_parse_uids(bk_buf_view(&many), &to, &err));
	bk_buf_clear(&many);
}

/* ---- VANISHED ---- */

static void vanished_uids_are_read(void **state)
{
	bool earlier;

	(void)state;
	assert_fine(bk_imap_parse_vanished(words("(EARLIER) 41,43:116,118"),
					   &earlier, &to, &err));
	assert_true(earlier);
	assert_string_equal(formatted(&to), "41,43:116,118");
	assert_fine(bk_imap_parse_vanished(words("405 "), &earlier, &to, &err));
	assert_false(earlier);
	assert_string_equal(formatted(&to), "405");
	assert_corrupt(
		bk_imap_parse_vanished(words("(LATER) 1"), &earlier, &to, &err),
		"EARLIER");
	assert_corrupt(
		bk_imap_parse_vanished(words("1 2"), &earlier, &to, &err),
		"the end");
	assert_corrupt(
		bk_imap_parse_vanished(words("(EARLIER)"), &earlier, &to, &err),
		"a word");
}

/* ---- SEARCH, ESEARCH ---- */

static int search(const char *line)
{
	struct bk_imap_response got = response(line);

	return bk_imap_parse_search(&got, &to, &err);
}

static void searches_are_read(void **state)
{
	static const struct {
		const char *line, *uids;
	} cases[] = {
		{"* SEARCH",					   ""        },
		{"* SEARCH ",					  ""        },
		{"* SEARCH 2 84 882",                                  "2,84,882"},
		{"* SEARCH 2 3 4 ",				    "2:4"     },
		{"* SEARCH 2 5 6 7 11 (MODSEQ 917162500)",             "2,5:7,11"},
		{"* SEARCH (MODSEQ 5)",                                ""        },
		{"* SEARCH 5 4",				       "5,4"     },
		{"* ESEARCH (TAG \"A285\") UID MIN 7 MAX 3800",        ""        },
		{"* ESEARCH (TAG \"A284\") UID MIN 4",                 ""        },
		{"* ESEARCH (TAG \"A283\") UID ALL 2,10:11",           "2,10:11" },
		{"* ESEARCH (TAG a) UID COUNT 3 ALL 2,10:11 MODSEQ 5",
		 "2,10:11"						       },
		{"* ESEARCH (TAG a) UID ALL 2,10:11 X-NEW (1 2) Y 4",
		 "2,10:11"						       },
		{"* ESEARCH (TAG \"a\") UID COUNT 0",                  ""        },
 /* Only COUNT was asked for */
		{"* ESEARCH (TAG \"a\") UID COUNT 5",                  ""        },
		{"* ESEARCH UID ALL \"1:3\"",                          "1:3"     },
		{"* ESEARCH UID",				      ""        },
		{"* ESEARCH (TAG \"x\")",                              ""        },
		{"* ESEARCH",					  ""        },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_fine(search(cases[i].line));
		assert_string_equal(formatted(&to), cases[i].uids);
	}
}

static void what_no_search_finds_is_refused(void **state)
{
	static const struct {
		const char *line, *why;
	} wrong[] = {
		{"* SEARCH 0",                    "SEARCH: a UID"       },
		{"* SEARCH 1,2",                  "a UID"               },
		{"* SEARCH x",                    "a UID"               },
		{"* SEARCH 4294967296",           "a UID"               },
		{"* SEARCH 1 (MODSEQ 5) 6",       "the end"             },
		{"* SEARCH 1 (MODSEQ",            "a value"             },
		{"* SEARCH \"1\"",                "a UID"               },
 /* Sequence numbers taken for UIDs would delete others' mail. */
		{"* ESEARCH (TAG \"a\") ALL 1:3", "sequence numbers"    },
		{"* ESEARCH UID ALL 1:3 COUNT 4", "4 are counted, and 3"},
		{"* ESEARCH UID ALL",             "a word"              },
		{"* ESEARCH UID ALL *",           "a UID"               },
		{"* ESEARCH UID MIN",             "a value"             },
		{"* ESEARCH UID COUNT x",         "a number"            },
		{"* ESEARCH (TAG",                "a value"             },
		{"* ESEARCH \"x\"",               "a name"              },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_corrupt(search(wrong[i].line), wrong[i].why);
		bk_uid_set_clear(&to);
	}
}

/* ---- UIDPLUS ---- */

static void appended_and_copied_uids_are_read(void **state)
{
	uint32_t validity;

	(void)state;
	assert_fine(bk_imap_parse_uidplus(words("APPENDUID 38505 3955"),
					  &validity, NULL, &to, &err));
	assert_int_equal(validity, 38505);
	assert_string_equal(formatted(&to), "3955");
	assert_fine(bk_imap_parse_uidplus(words("appenduid 4294967295 5,4:3"),
					  &validity, NULL, &to, &err));
	assert_int_equal(validity, UINT32_MAX);
	assert_string_equal(formatted(&to), "5,3:4");
	assert_fine(bk_imap_parse_uidplus(
		words("COPYUID 38505 304,319:320 3956:3958"), &validity, &from,
		&to, &err));
	assert_string_equal(formatted(&from), "304,319:320");
	assert_string_equal(formatted(&to), "3956:3958");
	assert_fine(bk_imap_parse_uidplus(words("COPYUID 7 1 2"), &validity,
					  NULL, &to, &err));
	assert_string_equal(formatted(&to), "2");
	assert_fine(bk_imap_parse_uidplus(words("COPYUID 7  "), &validity,
					  &from, &to, &err));
	assert_int_equal(validity, 7);
	assert_int_equal(to.n, 0);
}

static void other_codes_say_nothing_about_uids(void **state)
{
	static const char *const codes[] = {"", "READ-WRITE", "TRYCREATE",
					    "\"APPENDUIDS\" 1 2", "(("};
	uint32_t validity;

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		validity = 7;
		assert_fine(bk_imap_parse_uidplus(words(codes[i]), &validity,
						  &from, &to, &err));
		assert_int_equal(validity, 0);
		assert_int_equal(to.n, 0);
	}
}

static void lying_uidplus_codes_are_refused(void **state)
{
	static const struct {
		const char *code, *why;
	} wrong[] = {
		{"APPENDUID",              "APPENDUID: a number"},
		{"APPENDUID 1",            "a word"             },
		{"APPENDUID 0 1",          "UIDVALIDITY 0"      },
		{"APPENDUID 4294967296 1", "a number"           },
		{"APPENDUID 1 0",          "a UID"              },
		{"APPENDUID 1 1:*",        "a UID"              },
		{"APPENDUID 1 1 2",        "the end"            },
		{"COPYUID 1 2",            "COPYUID: a word"    },
		{"COPYUID 1 2 3:4",        "not as many"        },
		{"COPYUID 1 2 3 4",        "the end"            },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		uint32_t validity = 9;
		assert_corrupt(bk_imap_parse_uidplus(words(wrong[i].code),
						     &validity, &from, &to,
						     &err),
			       wrong[i].why);
		assert_int_equal(validity, 0);
		bk_uid_set_clear(&from);
		bk_uid_set_clear(&to);
	}
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, clear_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sets_keep_their_order),
		TEST(what_is_no_set_is_refused),
		TEST(ranges_have_a_ceiling),
		TEST(vanished_uids_are_read),
		TEST(searches_are_read),
		TEST(what_no_search_finds_is_refused),
		TEST(appended_and_copied_uids_are_read),
		TEST(other_codes_say_nothing_about_uids),
		TEST(lying_uidplus_codes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
