/* Responses of real servers, cut into their parts. */

#include "lib/imap_words.h"

struct expected {
	const char *line;
	enum bk_imap_kind kind;
	enum bk_imap_state state;
	const char *tag, *code, *text, *word, *rest;
};

/* clang-format off */
static const struct expected cases[] = {
	/* Dovecot */
	{"* OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+] Dovecot ready.\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "CAPABILITY IMAP4rev1 SASL-IR LITERAL+",
	 "Dovecot ready.", "OK", ""},
	{"a1 OK [READ-WRITE] Select completed (0.001 + 0.000 secs).\r\n",
	 BK_IMAP_TAGGED, BK_IMAP_OK, "a1", "READ-WRITE",
	 "Select completed (0.001 + 0.000 secs).", "OK", ""},
	{"* OK [PERMANENTFLAGS (\\Answered foo[bar] a] \\*)] Flags permitted.\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_OK, "",
	 "PERMANENTFLAGS (\\Answered foo[bar] a] \\*)", "Flags permitted.", "OK", ""},
	{"* BYE Disconnected for inactivity.\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_BYE, "", "", "Disconnected for inactivity.", "BYE", ""},
	/* Cyrus */
	{"* PREAUTH [CAPABILITY IMAP4rev1] host Cyrus IMAP 3.6.1 server ready\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_PREAUTH, "", "CAPABILITY IMAP4rev1",
	 "host Cyrus IMAP 3.6.1 server ready", "PREAUTH", ""},
	{"* OK [URLMECH INTERNAL] Ok\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "URLMECH INTERNAL", "Ok", "OK", ""},
	{"* OK [ANNOTATIONS 65536] Ok\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "ANNOTATIONS 65536", "Ok", "OK", ""},
	/* Exchange, Office 365 */
	{"* OK\r\n", BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "", "", "OK", ""},
	{"+\r\n", BK_IMAP_CONTINUE, BK_IMAP_NO_STATE, "", "", "", "", ""},
	{"+ \r\n", BK_IMAP_CONTINUE, BK_IMAP_NO_STATE, "", "", "", "", ""},
	{"* OK The Microsoft Exchange IMAP4 service is ready. [TABPADMA==]\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "",
	 "The Microsoft Exchange IMAP4 service is ready. [TABPADMA==]", "OK", ""},
	{"A3 BAD User is authenticated but not connected.\r\n",
	 BK_IMAP_TAGGED, BK_IMAP_BAD, "A3", "",
	 "User is authenticated but not connected.", "BAD", ""},
	{"[COPYUID 124 10 233]\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "COPYUID 124 10 233", "", "", ""},
	/* Gmail */
	{"* OK [HIGHESTMODSEQ 9195383]\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "HIGHESTMODSEQ 9195383", "", "OK", ""},
	{"a5 OK [READ-WRITE] [Gmail]/Trash selected. (Success)\r\n",
	 BK_IMAP_TAGGED, BK_IMAP_OK, "a5", "READ-WRITE",
	 "[Gmail]/Trash selected. (Success)", "OK", ""},
	{"+ go ahead\r\n", BK_IMAP_CONTINUE, BK_IMAP_NO_STATE, "", "", "go ahead", "", ""},
	/* Zimbra */
	{"* NOOP\r\n", BK_IMAP_UNTAGGED, BK_IMAP_NO_STATE, "", "", "", "NOOP", ""},
	{"a1 NO [REFERRAL imap://h/INBOX;x=[1]] go there\r\n",
	 BK_IMAP_TAGGED, BK_IMAP_NO, "a1", "REFERRAL imap://h/INBOX;x=[1]", "go there", "NO", ""},
	/* Data */
	{"* FLAGS (\\Seen)\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_NO_STATE, "", "", "", "FLAGS", "(\\Seen)"},
	{"* FLAGS(\\Seen)\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_NO_STATE, "", "", "", "FLAGS", "(\\Seen)"},
	{"*  search  1 2 \r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_NO_STATE, "", "", "", "search", "1 2 "},
	{"* SEARCH\n", BK_IMAP_UNTAGGED, BK_IMAP_NO_STATE, "", "", "", "SEARCH", ""},
	{"* SEARCH", BK_IMAP_UNTAGGED, BK_IMAP_NO_STATE, "", "", "", "SEARCH", ""},
	{"* LIST () \"/\" {3}\r\na]b\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_NO_STATE, "", "", "", "LIST", "() \"/\" {3}\r\na]b"},
	/* Spaces where none should be, and none where one should. */
	{"* OK[READ-ONLY]x\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "READ-ONLY", "x", "OK", ""},
	{"* ok  [ALERT]  x  y\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "ALERT", "x  y", "ok", ""},
	/* Codes that do not close, or not evenly. */
	{"* OK [hello\r\n", BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "", "[hello", "OK", ""},
	{"* OK [ALERT \"] x\r\n", BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "ALERT \"", "x", "OK", ""},
	{"* OK [ALERT (] x\r\n", BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "ALERT (", "x", "OK", ""},
	{"* OK [ALERT )] x\r\n", BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "ALERT )", "x", "OK", ""},
	{"* OK [X [] x\r\n", BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "X [", "x", "OK", ""},
	{"* OK [X \"a]\\\"]\"] x\r\n",
	 BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "X \"a]\\\"]\"", "x", "OK", ""},
	{"* OK [] x\r\n", BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "", "x", "OK", ""},
	{"* OK a\rb\r\n", BK_IMAP_UNTAGGED, BK_IMAP_OK, "", "", "a\rb", "OK", ""},
	{"+ [ALERT] x\r\n", BK_IMAP_CONTINUE, BK_IMAP_NO_STATE, "", "ALERT", "x", "", ""},
};
/* clang-format on */

static void parts_are_what_servers_mean(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct expected *want = &cases[i];
		struct bk_imap_response got = response(want->line);
		assert_int_equal(got.kind, want->kind);
		assert_int_equal(got.state, want->state);
		assert_false(got.has_number);
		assert_view(got.tag, want->tag);
		assert_view(got.code, want->code);
		assert_view(got.text, want->text);
		assert_view(got.word, want->word);
		assert_view(got.rest, want->rest);
	}
}

static void numbers_come_before_words(void **state)
{
	struct bk_imap_response got = response("* 23 EXISTS\r\n");

	(void)state;
	assert_true(got.has_number);
	assert_int_equal(got.number, 23);
	assert_view(got.word, "EXISTS");
	got = response("* 0 EXISTS");
	assert_true(got.has_number);
	assert_int_equal(got.number, 0);
	got = response("* 4294967295 FETCH (UID 1)");
	assert_int_equal(got.number, UINT32_MAX);
	assert_view(got.rest, "(UID 1)");
	/* It is data, whatever it is called. */
	got = response("* 5 OK x");
	assert_int_equal(got.state, BK_IMAP_NO_STATE);
	assert_view(got.rest, "x");
}

static void what_is_none_is_refused(void **state)
{
	static const struct {
		const char *line, *why;
	} wrong[] = {
		{"",		     "where the response ends"  },
		{"\r\n",                 "where the response ends"  },
		{"*",                    "an IMAP response expected"},
		{"* 5",                  "an IMAP response expected"},
		{"* (a)",                "an IMAP response expected"},
		{"* [",                  "an IMAP response expected"},
		{"[",                    "an IMAP response expected"},
		{"[]",                   "an IMAP response expected"},
		{"a1",                   "an IMAP response expected"},
		{"a1 FETCH",             "an IMAP response expected"},
		{"220 mail ESMTP ready", "an IMAP response expected"},
		{"* 99999999999 EXISTS", "an IMAP response expected"},
		{"* 5x EXISTS",          "an IMAP response expected"},
		{"* 0 EXPUNGE",          "message 0"                },
		{"* 0 fetch (UID 1)",    "message 0"                },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bk_imap_response got;
		assert_corrupt(bk_imap_response_parse(words(wrong[i].line),
						      &got, &err),
			       wrong[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(parts_are_what_servers_mean),
		TEST(numbers_come_before_words),
		TEST(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
