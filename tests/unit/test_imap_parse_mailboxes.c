/* What servers say of mailboxes: LIST, STATUS, SELECT, NAMESPACE. */

#include "lib/imap_words.h"

#include <strings.h>

#include "base/buf.h"
#include "imap/mailboxes.h"

/* ---- LIST ---- */

static void listed_mailboxes_are_read(void **state)
{
	/* clang-format off */
	static const struct {
		const char *rest, *name;
		char delimiter;
		unsigned is;
		const char *special_use;
	} cases[] = {
		/* Dovecot */
		{"(\\HasNoChildren) \".\" INBOX", "INBOX", '.', 0, NULL},
		{"(\\HasNoChildren \\Sent) \".\" Sent", "Sent", '.', 0, "\\Sent"},
		{"(\\Noselect \\HasChildren) \"/\" \"a/b\"", "a/b", '/',
		 BK_IMAP_NO_SELECT | BK_IMAP_HAS_CHILDREN, NULL},
		{"(\\Subscribed \\NonExistent) \"/\" gone", "gone", '/',
		 BK_IMAP_SUBSCRIBED | BK_IMAP_NO_SELECT | BK_IMAP_NON_EXISTENT, NULL},
		/* Cyrus */
		{"(\\Noinferiors) \"/\" \"Entw&APw-rfe\"", "Entw&APw-rfe", '/',
		 BK_IMAP_NO_INFERIORS, NULL},
		{"(\\HasNoChildren) \"/\" {6}\r\na\"b\\c&", "a\"b\\c&", '/', 0, NULL},
		/* Exchange */
		{"(\\Marked \\HasNoChildren) \"/\" \"Sent Items\"", "Sent Items", '/', 0, NULL},
		{"(\\HasNoChildren \\Trash) \"/\" \"a\\\\b\"", "a\\b", '/', 0, "\\Trash"},
		/* Gmail, both ways */
		{"(\\All \\HasNoChildren) \"/\" \"[Gmail]/All Mail\"", "[Gmail]/All Mail",
		 '/', 0, "\\All"},
		{"(\\HasNoChildren \\AllMail) \"/\" \"[Gmail]/All Mail\"",
		 "[Gmail]/All Mail", '/', 0, "\\All"},
		{"(\\HasNoChildren \\Spam) \"/\" x", "x", '/', 0, "\\Junk"},
		{"(\\HasNoChildren \\Starred) \"/\" x", "x", '/', 0, "\\Flagged"},
		{"(\\HasNoChildren \\Important \\Flagged) \"/\" [Gmail]/x", "[Gmail]/x",
		 '/', 0, "\\Important"},
		{"(\\HasNoChildren \\) \".\" \"Archive\"", "Archive", '.', 0, NULL},
		/* Courier */
		{"(\\Unmarked \\HasChildren) \".\" \"INBOX\"", "INBOX", '.',
		 BK_IMAP_HAS_CHILDREN, NULL},
		/* Domino */
		{"() \"\\\\\" \"a\\\\b\"", "a\\b", '\\', 0, NULL},
		/* Names of all kinds */
		{"() NIL INBOX", "INBOX", 0, 0, NULL},
		{"() nil \"\"", "", 0, 0, NULL},
		{"() \"\" x", "x", 0, 0, NULL},
		{"() / x", "x", '/', 0, NULL},
		{"( ) \"/\"  x ", "x", '/', 0, NULL},
		{"NIL \"/\" x", "x", '/', 0, NULL},
		{"() \"/\" NIL", "NIL", '/', 0, NULL},
		{"() \"/\" 17", "17", '/', 0, NULL},
		{"() \"/\" \"\320\221\"", "\320\221", '/', 0, NULL},
		{"() \"/\" ../../etc/passwd", "../../etc/passwd", '/', 0, NULL},
		{"() \"/\" {4}\r\na\r\nb", "a\r\nb", '/', 0, NULL},
		{"() \"/\" ~{1}\r\na", "a", '/', 0, NULL},
		/* Extended data (RFC 5258) */
		{"() \"/\" x (\"CHILDINFO\" (\"SUBSCRIBED\"))", "x", '/', 0, NULL},
		{"() \"/\" x (CHILDINFO (SUBSCRIBED) \"OLDNAME\" ({1}\r\ny))", "x", '/', 0, NULL},
		{"() \"/\" x ()", "x", '/', 0, NULL},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bk_imap_mailbox got;
		assert_fine(bk_imap_parse_list(words(cases[i].rest), &arena,
					       &got, &err));
		assert_view(got.name, cases[i].name);
		assert_int_equal(got.name.data[got.name.len], 0);
		assert_int_equal(got.delimiter, cases[i].delimiter);
		assert_int_equal(got.is, cases[i].is);
		if (cases[i].special_use)
			assert_string_equal(got.special_use,
					    cases[i].special_use);
		else
			assert_null(got.special_use);
		assert_false(got.status.known);
	}
}

static void what_is_no_list_is_refused(void **state)
{
	static const struct {
		const char *rest, *why;
	} wrong[] = {
		{"",                    "LIST: a list expected"                  },
		{"()",                  "a delimiter expected"                   },
		{"() \"/\"",            "a word expected where the response ends"},
		{"() \"//\" x",         "a delimiter"                            },
		{"() \" \" x",          "a delimiter"                            },
		{"() \"\303\" x",       "a delimiter"                            },
		{"() (\"/\") x",        "a delimiter"                            },
		{"\\Sent \"/\" x",      "a list"                                 },
		{"((a)) \"/\" x",       "the end of a list"                      },
 /* Half a name would be another mailbox. */
		{"() \"/\" Sent Items", "the end expected, not ' Items'"         },
		{"() \"/\" (x)",        "a word"                                 },
		{"() \"/\" x (a",       "a value"                                },
		{"() \"/\" x (a) y",    "the end"                                },
		{"() \"/\" \"x",        "a word"                                 },
	};
	struct bk_imap_mailbox got;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_corrupt(bk_imap_parse_list(words(wrong[i].rest), &arena,
						  &got, &err),
			       wrong[i].why);
	assert_corrupt(
		bk_imap_parse_list((struct bk_view){(const uint8_t *)"() \"/\" "
								     "{3}\r\n"
								     "a\0b",
						    15},
				   &arena, &got, &err),
		"a name with a NUL");
}

/* ---- STATUS ---- */

static void statuses_are_read(void **state)
{
	struct bk_imap_status got;
	struct bk_view name;

	(void)state;
	assert_fine(bk_imap_parse_status(
		words("\"a b\" (MESSAGES 231 UIDNEXT 44292 UIDVALIDITY "
		      "4294967295 HIGHESTMODSEQ 18446744073709551615 "
		      "MAILBOXID (F2212ea87-6097) SIZE 4294967296 RECENT 0 "
		      "X-NEW (a (b)) Y \"c\" DELETED 5)"),
		&arena, &name, &got, &err));
	assert_view(name, "a b");
	assert_true(got.known);
	assert_int_equal(got.messages, 231);
	assert_int_equal(got.uid_next, 44292);
	assert_int_equal(got.uid_validity, UINT32_MAX);
	assert_int_equal(got.highest_modseq, UINT64_MAX);
	assert_string_equal(got.mailbox_id, "F2212ea87-6097");
	assert_int_equal(got.size, 4294967296);
	assert_fine(bk_imap_parse_status(words("INBOX ()"), &arena, &name, &got,
					 &err));
	assert_true(got.known);
	assert_int_equal(got.uid_next, 0);
	assert_fine(bk_imap_parse_status(words("{2}\r\n(a (MESSAGES 1 ) "),
					 &arena, &name, &got, &err));
	assert_view(name, "(a");
	assert_int_equal(got.messages, 1);
	assert_fine(bk_imap_parse_status(words("x (MAILBOXID NIL)"), &arena,
					 &name, &got, &err));
	assert_null(got.mailbox_id);
}

static void what_is_no_status_is_refused(void **state)
{
	static const struct {
		const char *rest, *why;
	} wrong[] = {
		{"",				       "STATUS: a word"                },
		{"x",				      "a list"                        },
		{"x (MESSAGES",                            "a number"                      },
		{"x (MESSAGES 1",                          "a name"                        },
		{"x (MESSAGES 1) y",                       "the end"                       },
		{"x (MESSAGES 4294967296)",                "a number of at most 4294967295"},
		{"x (UIDVALIDITY 4294967296)",             "a number"                      },
		{"x (UIDNEXT -1)",                         "a number"                      },
		{"x (HIGHESTMODSEQ 18446744073709551616)", "a number"                      },
		{"x (MAILBOXID (a b))",                    "a list of 2 words"             },
		{"x ((MESSAGES 1))",                       "a name"                        },
		{"Sent Items (MESSAGES 1)",                "a list expected"               },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bk_imap_status got;
		struct bk_view name;
		assert_corrupt(bk_imap_parse_status(words(wrong[i].rest),
						    &arena, &name, &got, &err),
			       wrong[i].why);
	}
}

/* ---- SELECT ---- */

static void select_with(struct bk_imap_selected *out, const char *const *lines)
{
	*out = (struct bk_imap_selected){0};
	for (; *lines; lines++) {
		struct bk_imap_response got = response(*lines);
		assert_fine(bk_imap_parse_selected(&got, &arena, out, &err));
	}
}

static void dovecots_select_is_read(void **state)
{
	static const char *const lines[] = {
		"* OK [CLOSED] Previous mailbox closed.",
		"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft b A)",
		"* OK [PERMANENTFLAGS (\\Answered \\Seen a c \\*)] Flags.",
		"* 172 EXISTS",
		"* 1 RECENT",
		"* OK [UNSEEN 12] Message 12 is first unseen",
		"* OK [UIDVALIDITY 3857529045] UIDs valid",
		"* OK [UIDNEXT 4392] Predicted next UID",
		"* OK [HIGHESTMODSEQ 715194045007] Highest",
		"* OK [MAILBOXID (x-1)] Ok",
		"a2 OK [READ-ONLY] Examine completed",
		NULL,
	};
	struct bk_imap_selected got;

	(void)state;
	select_with(&got, lines);
	assert_true(got.status.known);
	assert_int_equal(got.status.messages, 172);
	assert_int_equal(got.status.uid_validity, 3857529045);
	assert_int_equal(got.status.uid_next, 4392);
	assert_int_equal(got.status.highest_modseq, 715194045007);
	assert_string_equal(got.status.mailbox_id, "x-1");
	assert_true(got.read_only);
	assert_true(got.any_keyword);
	assert_false(got.no_modseq);
	assert_int_equal(got.flags, BK_FLAG_ANSWERED | BK_FLAG_SEEN);
	assert_int_equal(got.n_keywords, 3);
	assert_string_equal(got.keywords[0], "A");
	assert_string_equal(got.keywords[1], "b");
	assert_string_equal(got.keywords[2], "c");
}

static void what_was_before_closed_is_anothers(void **state)
{
	static const char *const lines[] = {
		"* 5 EXISTS",
		"* FLAGS (\\Seen x)",
		"* OK [READ-ONLY]",
		"* OK [CLOSED]",
		NULL,
	};
	struct bk_imap_selected got;

	(void)state;
	select_with(&got, lines);
	assert_false(got.status.known);
	assert_int_equal(got.status.messages, 0);
	assert_int_equal(got.n_keywords, 0);
	assert_false(got.read_only);
}

static void flags_stand_for_permanent_ones_that_are_not_said(void **state)
{
	static const char *const without[] = {
		"* FLAGS (\\Seen \\Draft k)", "* OK [NOMODSEQ] none",
		"* OK [UIDNOTSTICKY] so", "* OK [PERMANENTFLAGS] eh", NULL};
	static const char *const before[] = {"* OK [PERMANENTFLAGS (\\Seen)]",
					     "* FLAGS (\\Seen \\Draft k)",
					     NULL};
	static const char *const nothing[] = {
		"* FLAGS (\\Seen)", "* OK [PERMANENTFLAGS ()] read only", NULL};
	struct bk_imap_selected got;

	(void)state;
	select_with(&got, without);
	assert_int_equal(got.flags, BK_FLAG_SEEN | BK_FLAG_DRAFT);
	assert_false(got.says_permanent);
	assert_false(got.any_keyword);
	assert_true(got.no_modseq);
	assert_true(got.uid_not_sticky);
	select_with(&got, before);
	assert_int_equal(got.flags, BK_FLAG_SEEN);
	assert_int_equal(got.n_keywords, 1);
	select_with(&got, nothing);
	assert_true(got.says_permanent);
	assert_int_equal(got.flags, 0);
}

static void odd_lists_of_flags_are_read(void **state)
{
	static const char *const lines[] = {
		"* FLAGS (\"\\\\Deleted\" \\Answered )",
		"* FLAGS (\\Answered OIB-Seen-[Gmail]/All Mail)",
		"* OK [PERMANENTFLAGS ( \\* [css3-page)]",
		"* LIST () \"/\" x",
		"* NO [ALERT] something",
		"* OK [UNKNOWN-THING (((] x",
		NULL,
	};
	struct bk_imap_selected got;

	(void)state;
	select_with(&got, lines);
	assert_true(got.any_keyword);
	assert_int_equal(got.n_keywords, 3);
	assert_string_equal(got.keywords[0], "[css3-page");
}

static void a_thousand_keywords_are_each_there_once(void **state)
{
	struct bk_buf line = {0};
	struct bk_imap_selected got = {0};

	(void)state;
	bk_buf_printf(&line, "* FLAGS (");
	for (unsigned i = 0; i < 3000; i++)
		bk_buf_printf(&line, "%c%u ", i % 2 ? 'K' : 'k',
			      i * 7919 % 1000);
	bk_buf_printf(&line, ")");
	for (int i = 0; i < 2; i++) {
		struct bk_imap_response flags = response(bk_buf_text(&line));
		assert_fine(bk_imap_parse_selected(&flags, &arena, &got, &err));
		assert_int_equal(got.n_keywords, 1000);
	}
	for (size_t i = 1; i < got.n_keywords; i++)
		assert_true(strcasecmp(got.keywords[i - 1], got.keywords[i]) <
			    0);
	bk_buf_clear(&line);
}

static void what_a_select_cannot_say_is_refused(void **state)
{
	static const struct {
		const char *line, *why;
	} wrong[] = {
		{"* FLAGS x",				 "SELECT: a list"   },
		{"* FLAGS (a",				"the end of a list"},
		{"* FLAGS (a) b",                             "the end expected" },
		{"* OK [UIDVALIDITY 4294967296]",             "a number"         },
		{"* OK [UIDVALIDITY]",                        "a number"         },
		{"* OK [UIDNEXT x]",                          "a number"         },
		{"* OK [HIGHESTMODSEQ 18446744073709551616]", "a number"         },
		{"* OK [MAILBOXID x]",                        "a list"           },
		{"* OK [PERMANENTFLAGS (\\Seen) x]",          "the end"          },
	};
	struct bk_imap_selected got = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bk_imap_response line = response(wrong[i].line);
		assert_corrupt(
			bk_imap_parse_selected(&line, &arena, &got, &err),
			wrong[i].why);
	}
}

/* ---- NAMESPACE ---- */

static void namespaces_are_read(void **state)
{
	static const struct {
		const char *rest, *prefix;
		char delimiter;
	} cases[] = {
		{"((\"\" \"/\")) NIL NIL",					    "",       '/' },
		{"((\"INBOX.\" \".\")) NIL ((\"shared.\" \".\"))",                    "INBOX.",
		 '.'										},
		{"((\"\" \"/\") (\"#mh/\" \"/\" \"X-P\" (\"F\" \"G\"))) "
		 "((\"~\" \"/\")) ((\"#s/\" \"/\")(\"#p/\" \"/\"))", "",       '/' },
		{"NIL NIL ((\"\" \".\"))",					    "",       0   },
		{"((\"\" NIL)) NIL NIL",					      "",       0   },
		{"() NIL NIL",							"",       0   },
		{"((\"\" \"\\\\\")) NIL NIL ",                                        "",       '\\'},
		{"(({1}\r\na \"/\")) NIL NIL",                                        "a",      '/' },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bk_view prefix;
		char delimiter;
		assert_fine(bk_imap_parse_namespace(words(cases[i].rest),
						    &arena, &prefix, &delimiter,
						    &err));
		assert_view(prefix, cases[i].prefix);
		assert_int_equal(delimiter, cases[i].delimiter);
	}
}

static void what_is_no_namespace_is_refused(void **state)
{
	static const char *const wrong[] = {"",
					    "NIL",
					    "NIL NIL",
					    "((\"\" \"//\")) NIL NIL",
					    "((\"\")) NIL NIL",
					    "((\"\" \"/\") NIL NIL",
					    "NIL NIL NIL NIL"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bk_view prefix;
		char delimiter;
		assert_corrupt(bk_imap_parse_namespace(words(wrong[i]), &arena,
						       &prefix, &delimiter,
						       &err),
			       "NAMESPACE: ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(listed_mailboxes_are_read),
		TEST(what_is_no_list_is_refused),
		TEST(statuses_are_read),
		TEST(what_is_no_status_is_refused),
		TEST(dovecots_select_is_read),
		TEST(what_was_before_closed_is_anothers),
		TEST(flags_stand_for_permanent_ones_that_are_not_said),
		TEST(odd_lists_of_flags_are_read),
		TEST(a_thousand_keywords_are_each_there_once),
		TEST(what_a_select_cannot_say_is_refused),
		TEST(namespaces_are_read),
		TEST(what_is_no_namespace_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
