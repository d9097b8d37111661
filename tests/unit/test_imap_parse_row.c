/* Rows of FETCH as servers send them, and dates. */

#include "lib/imap_words.h"

#include <stdio.h>

#include "base/buf.h"
#include "imap/fetchrow.h"
#include "imap/imapdate.h"

static struct bk_imap_row row_of(const char *rest)
{
	struct bk_imap_row row;

	assert_fine(bk_imap_parse_row(7, words(rest), &arena, &row, &err));
	assert_int_equal(row.seq, 7);
	return row;
}

static void dovecot_says_all_at_once(void **state)
{
	struct bk_imap_row row =
		row_of("(UID 1275 FLAGS (\\Seen \\Answered $Forwarded NonJunk) "
		       "INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" "
		       "RFC822.SIZE 4286 MODSEQ (12121231000) BODY[] {0}\r\n)");

	(void)state;
	assert_int_equal(row.said,
			 BK_IMAP_SAID_UID | BK_IMAP_SAID_FLAGS |
				 BK_IMAP_SAID_DATE | BK_IMAP_SAID_SIZE |
				 BK_IMAP_SAID_MODSEQ | BK_IMAP_SAID_BODY);
	assert_int_equal(row.uid, 1275);
	assert_int_equal(row.flags, BK_FLAG_SEEN | BK_FLAG_ANSWERED);
	assert_int_equal(row.n_keywords, 2);
	assert_view(row.keywords[0], "$Forwarded");
	assert_view(row.keywords[1], "NonJunk");
	assert_int_equal(row.date, 837596665);
	assert_int_equal(row.zone_minutes, -420);
	assert_int_equal(row.size, 4286);
	assert_int_equal(row.modseq, 12121231000);
}

static void gmail_has_labels_and_large_numbers(void **state)
{
	struct bk_imap_row row =
		row_of("(X-GM-THRID 1278455344230334865 X-GM-MSGID "
		       "18446744073709551615 X-GM-LABELS (\"\\\\Inbox\" \\Sent "
		       "Important \"Muy Importante\" {5}\r\na\"b\\c \"&AOk-\") "
		       "UID 1 FLAGS ())");

	(void)state;
	assert_int_equal(row.said, BK_IMAP_SAID_UID | BK_IMAP_SAID_FLAGS |
					   BK_IMAP_SAID_EMAIL_ID |
					   BK_IMAP_SAID_LABELS);
	assert_view(row.email_id, "18446744073709551615");
	assert_int_equal(row.n_labels, 6);
	assert_view(row.labels[0], "\\Inbox");
	assert_view(row.labels[1], "\\Sent");
	assert_view(row.labels[2], "Important");
	assert_view(row.labels[3], "Muy Importante");
	assert_view(row.labels[4], "a\"b\\c");
	assert_view(row.labels[5], "&AOk-");
	assert_int_equal(row.n_keywords, 0);
}

static void an_email_id_is_better_than_googles(void **state)
{
	(void)state;
	assert_view(row_of("(EMAILID (M6d99) X-GM-MSGID 5)").email_id, "M6d99");
	assert_view(row_of("(X-GM-MSGID 5 EMAILID (M6d99))").email_id, "M6d99");
	assert_int_equal(row_of("(EMAILID NIL UID 1)").said, BK_IMAP_SAID_UID);
	assert_int_equal(row_of("(THREADID NIL)").said, 0);
}

static void exchange_says_the_uid_last(void **state)
{
	struct bk_imap_row row =
		row_of("(BODY[] {0}\r\n UID 12 FLAGS "
		       "(\\Seen ) )");

	(void)state;
	assert_int_equal(row.said, BK_IMAP_SAID_BODY | BK_IMAP_SAID_UID |
					   BK_IMAP_SAID_FLAGS);
	assert_int_equal(row.uid, 12);
	assert_int_equal(row.flags, BK_FLAG_SEEN);
}

static void odd_flags_are_read(void **state)
{
	struct bk_imap_row row = row_of(
		"(FLAGS (\"\\\\Deleted\" \\Recent \\Foo \\ \\* + [css3-page "
		"OIB-Seen-[Gmail]/All Mail NIL \"\" \\seen {2}\r\nxy))");

	(void)state;
	assert_int_equal(row.flags, BK_FLAG_DELETED | BK_FLAG_SEEN);
	assert_int_equal(row.n_keywords, 6);
	assert_view(row.keywords[0], "+");
	assert_view(row.keywords[1], "[css3-page");
	assert_view(row.keywords[2], "OIB-Seen-[Gmail]/All");
	assert_view(row.keywords[3], "Mail");
	assert_view(row.keywords[4], "NIL");
	assert_view(row.keywords[5], "xy");
	row = row_of("(FLAGS NIL)");
	assert_int_equal(row.said, BK_IMAP_SAID_FLAGS);
}

static void headers_are_views(void **state)
{
	(void)state;
	assert_view(row_of("(BODY[HEADER.FIELDS (SUBJECT DATE)] {6}\r\n"
			   "a: b\r\n)")
			    .header,
		    "a: b\r\n");
	assert_view(row_of("(BODY[HEADER] \"\")").header, "");
	assert_view(row_of("(RFC822.HEADER \"a\\\\b\" UID 4)").header, "a\\b");
	assert_int_equal(row_of("(BODY[HEADER] NIL)").said, 0);
	/* RFC 3501's case, and lower */
	assert_int_equal(row_of("(body[header.fields (\"a\")] \"x\")").said,
			 BK_IMAP_SAID_HEADER);
}

static void unknown_items_are_passed_over(void **state)
{
	struct bk_imap_row row = row_of(
		"(ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" {3}\r\n"
		"a)( ((\"T G\" NIL \"gray\" \"cac\")) NIL NIL NIL NIL NIL "
		"\"<B2@c>\") BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" "
		"\"US-ASCII\") NIL NIL \"7BIT\" 3028 92) BODY[1] {2}\r\nhi "
		"SAVEDATE NIL PREVIEW \"x\" X-THING \\foo UID 3)");

	(void)state;
	assert_int_equal(row.said, BK_IMAP_SAID_UID);
	assert_int_equal(row.uid, 3);
}

static void a_body_may_not_be_there(void **state)
{
	(void)state;
	assert_int_equal(row_of("(BODY[] NIL UID 3)").said,
			 BK_IMAP_SAID_NIL | BK_IMAP_SAID_UID);
	/* Yandex, of an empty or lost one */
	assert_int_equal(row_of("(UID 3 BODY[])").said,
			 BK_IMAP_SAID_NIL | BK_IMAP_SAID_UID);
	assert_int_equal(row_of("(UID 3 BODY[] \"\")").said,
			 BK_IMAP_SAID_BODY | BK_IMAP_SAID_UID);
	assert_int_equal(row_of("(UID 3 RFC822 \"abc\")").said,
			 BK_IMAP_SAID_BODY | BK_IMAP_SAID_UID);
}

static void what_came_before_the_body_is_enough(void **state)
{
	static const char *const bodies[] = {"BODY[]", "BODY[] ", "BINARY[] ",
					     "RFC822", "BODY[]<0>"};
	char rest[80];

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		(void)snprintf(rest, sizeof(rest), "(UID 3 FLAGS () %s",
			       bodies[i]);
		assert_int_equal(row_of(rest).said,
				 BK_IMAP_SAID_UID | BK_IMAP_SAID_FLAGS);
	}
}

static void some_values_are_better_not_said(void **state)
{
	(void)state;
	assert_int_equal(row_of("(INTERNALDATE NIL RFC822.SIZE NIL)").said, 0);
	assert_int_equal(row_of("(INTERNALDATE \"yesterday\" UID 1)").said,
			 BK_IMAP_SAID_UID);
	assert_int_equal(row_of("(MODSEQ 5)").modseq, 5);
}

static void what_is_no_row_is_refused(void **state)
{
	static const struct {
		const char *rest, *why;
	} wrong[] = {
		{"",				   "a list expected where the response ends"},
		{"UID 1",			      "a list expected"                        },
		{"(UID 1",			     "a name expected where the response ends"},
		{"(UID 1) x",                          "the end expected, not ' x'"             },
		{"(UID 0)",			    "UID 0"                                  },
		{"(UID 1 UID 2)",                      "two UIDs"                               },
		{"(UID 4294967296)",                   "a number of at most 4294967295"         },
		{"(UID)",			      "a number"                               },
		{"(UID NIL)",                          "a number"                               },
		{"(RFC822.SIZE 18446744073709551616)", "a number"                               },
		{"(RFC822.SIZE -1)",                   "a number"                               },
		{"(MODSEQ ())",                        "a number"                               },
		{"(MODSEQ (1 2))",                     "the end of a list"                      },
		{"(FLAGS \\Seen)",                     "a list expected"                        },
		{"(FLAGS (\\Seen (x)))",               "the end of a list"                      },
		{"(FLAGS ({1}\r\n",                    "a"                                      },
		{"(BODY[] x)",                         "a message expected, not ' x)'"          },
		{"(BODY[] (x))",                       "a message"                              },
		{"(\"UID\" 1)",                        "a name"                                 },
		{"((UID 1))",                          "a name"                                 },
		{"(X-GM-MSGID 18446744073709551616)",  "a number"                               },
		{"(ENVELOPE",                          "a value"                                },
		{"(ENVELOPE (",                        "a value"                                },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bk_imap_row row;
		assert_corrupt(bk_imap_parse_row(1, words(wrong[i].rest),
						 &arena, &row, &err),
			       wrong[i].why);
	}
	struct bk_imap_row row;
	assert_corrupt(
		bk_imap_parse_row(0, words("(UID 1)"), &arena, &row, &err),
		"message 0");
}

static void keywords_have_a_ceiling(void **state)
{
	struct bk_buf many = {0};
	struct bk_imap_row row;

	(void)state;
	bk_buf_add(&many, "(FLAGS (", 8);
	for (int i = 0; i < BK_KEYWORDS_MAX; i++)
		bk_buf_add(&many, "a ", 2);
	size_t most = many.len;
	bk_buf_add(&many, "))", 2);
	assert_fine(
		bk_imap_parse_row(1, bk_buf_view(&many), &arena, &row, &err));
	assert_int_equal(row.n_keywords, BK_KEYWORDS_MAX);
	many.len = most;
	bk_buf_add(&many, "a))", 3);
	assert_corrupt(
		bk_imap_parse_row(1, bk_buf_view(&many), &arena, &row, &err),
		"65536 words where 65535 are the most");
	bk_buf_clear(&many);
}

/* ---- dates ---- */

static void dates_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t date;
		int zone;
	} dates[] = {
		{"17-Jul-1996 02:44:25 -0700", 837596665,             -420 },
		{"01-Jan-1970 00:00:00 +0000", 0,                     0    },
		{" 1-Jan-1970 00:00:00 +0000", 0,                     0    },
		{"1-Jan-1970 00:00:00 +0000",  0,                     0    },
		{"01-jan-1970 01:00:00 +0100", 0,                     60   },
		{"29-FEB-2000 12:00:00 +0545", 951804900,             345  },
		{"31-Dec-1969 23:59:59 -0000", -1,                    0    },
		{"31-Dec-1998 23:59:60 +0000", 915148800,             0    },
		{"01-Jan-0001 00:00:00 +0000", INT64_C(-62135596800), 0    },
		{"31-Dec-9999 23:59:59 +0000", INT64_C(253402300799), 0    },
		{"01-Jan-1970 00:00:00 -2359", 86340,                 -1439},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
		int64_t date = 1;
		int16_t zone = 1;
		assert_fine(bk_imap_parse_date(words(dates[i].text), &date,
					       &zone, &err));
		assert_int_equal(date, dates[i].date);
		assert_int_equal(zone, dates[i].zone);
	}
}

static void what_is_no_date_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"yesterday",
		"17-Jul-1996",
		"17-Jul-1996 02:44:25",
		"17-Jul-1996 02:44:25 PDT",
		"17-Jul-1996 02:44:25 -07:00",
		"17-Jul-1996 02:44:25 -0700 ",
		"17-Jul-96 02:44:25 -0700",
		"17-Juli-1996 02:44:25 -0700",
		"17-07-1996 02:44:25 -0700",
		"0-Jul-1996 02:44:25 -0700",
		"32-Jul-1996 02:44:25 -0700",
		"30-Feb-1996 02:44:25 -0700",
		"29-Feb-1900 02:44:25 -0700",
		"17-Jul-0000 02:44:25 -0700",
		"17-Jul-1996 24:44:25 -0700",
		"17-Jul-1996 02:60:25 -0700",
		"17-Jul-1996 02:44:61 -0700",
		"17-Jul-1996 02:44:25 -2400",
		"17-Jul-1996 02:44:25 -0760",
		"17-Jul-1996T02:44:25 -0700",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		int64_t date = 5;
		int16_t zone = 6;
		assert_corrupt(
			bk_imap_parse_date(words(wrong[i]), &date, &zone, &err),
			"is no date");
		assert_int_equal(date, 5);
		assert_int_equal(zone, 6);
	}
}

static void dates_go_both_ways(void **state)
{
	static const int zones[] = {0, 60, -60, 345, -210, 840, 1439, -1439};
	char text[27];

	(void)state;
	bk_imap_format_date(text, 837596665, -420);
	assert_string_equal(text, "17-Jul-1996 02:44:25 -0700");
	for (int64_t date = -62135510400; date < 253402214400;
	     date += 98765432) {
		int zone = zones[(uint64_t)date % 8];
		int64_t date_again;
		int16_t zone_again;
		bk_imap_format_date(text, date, (int16_t)zone);
		assert_int_equal(strlen(text), 26);
		assert_fine(bk_imap_parse_date(words(text), &date_again,
					       &zone_again, &err));
		assert_int_equal(date_again, date);
		assert_int_equal(zone_again, zone);
	}
}

static void dates_beyond_the_calendar_stay_in_it(void **state)
{
	char text[27];

	(void)state;
	bk_imap_format_date(text, INT64_MAX, 60);
	assert_string_equal(text, "31-Dec-9999 23:59:59 +0100");
	bk_imap_format_date(text, INT64_MIN, -60);
	assert_string_equal(text, "01-Jan-0001 00:00:00 -0100");
	bk_imap_format_date(text, 0, INT16_MIN);
	assert_string_equal(text, "01-Jan-1970 00:00:00 +0000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dovecot_says_all_at_once),
		TEST(gmail_has_labels_and_large_numbers),
		TEST(an_email_id_is_better_than_googles),
		TEST(exchange_says_the_uid_last),
		TEST(odd_flags_are_read),
		TEST(headers_are_views),
		TEST(unknown_items_are_passed_over),
		TEST(a_body_may_not_be_there),
		TEST(what_came_before_the_body_is_enough),
		TEST(some_values_are_better_not_said),
		TEST(what_is_no_row_is_refused),
		TEST(keywords_have_a_ceiling),
		TEST(dates_are_read),
		TEST(what_is_no_date_is_refused),
		TEST(dates_go_both_ways),
		TEST(dates_beyond_the_calendar_stay_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
