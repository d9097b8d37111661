/* The words of a response: what servers send, and what is none. */

#include "lib/imap_words.h"

#include <stdio.h>

#include "base/buf.h"
#include "imap/expect.h"
#include "imap/lexer.h"

/* "a<b> s<c> (" ...: the tokens as text. */
static const char *tokens_of(struct bk_view bytes)
{
	static const char kinds[] = "$asn()!";
	static struct bk_buf out;
	struct bk_imap_lexer lexer = {.left = bytes, .arena = &arena};
	enum bk_imap_token token;

	out.len = 0;
	do {
		struct bk_view word;
		token = bk_imap_lex(&lexer, &word);
		bk_buf_add_u8(&out, (uint8_t)kinds[token]);
		if (token != BK_IMAP_ATOM && token != BK_IMAP_STRING &&
		    token != BK_IMAP_NIL)
			continue;
		bk_buf_add_u8(&out, '<');
		bk_buf_add(&out, word.data, word.len);
		bk_buf_add_u8(&out, '>');
	} while (token != BK_IMAP_END && token != BK_IMAP_WRONG);
	return bk_buf_text(&out);
}

static void words_are_told_apart(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text, *tokens;
	} cases[] = {
		{"", "$"},
		{"  \t ", "$"},
		{"a", "a<a>$"},
		{"UID 12", "a<UID>a<12>$"},
		{"NIL nil NILS", "n<NIL>n<nil>a<NILS>$"},
		{"(\\Seen $x)", "(a<\\Seen>a<$x>)$"},
		{"( \\Seen  )x", "(a<\\Seen>)a<x>$"},
		{"(a)(b)", "(a<a>)(a<b>)$"},
		{"\\*", "a<\\*>$"},
		{"\\ \\", "a<\\>a<\\>$"},
		{"[Gmail]/All", "a<[Gmail]/All>$"},
		{"[css3-page a]b ]", "a<[css3-page>a<a]b>a<]>$"},
		{"+ % * ~ {", "a<+>a<%>a<*>a<~>a<{>$"},
		{"\303\244", "a<\303\244>$"},
		{"a\001b", "a<a\001b>$"},
		{"a\"b\"c", "a<a>s<b>a<c>$"},
		/* Quoted strings. */
		{"\"\"", "s<>$"},
		{"\"NIL\"", "s<NIL>$"},
		{"\"a b\"", "s<a b>$"},
		{"\"a\\\"b\\\\c\"", "s<a\"b\\c>$"},
		{"\"\\\\\"", "s<\\>$"},
		{"\"a\\b\"", "s<a\\b>$"},
		{"\"\303\244\377\r\"", "s<\303\244\377\r>$"},
		{"\"(\" \")\"", "s<(>s<)>$"},
		{"\"{3}\"", "s<{3}>$"},
		/* Literals. */
		{"{3}\r\na\"(", "s<a\"(>$"},
		{"{0}\r\n", "s<>$"},
		{"{003}\r\nabc", "s<abc>$"},
		{"{3+}\r\nabc", "s<abc>$"},
		{"~{3}\r\nabc x", "s<abc>a<x>$"},
		{"~{3+}\r\nabc", "s<abc>$"},
		{"{3}\nabc", "s<abc>$"},
		{"{3}\r\na\r\n", "s<a\r\n>$"},
		{"{3}\r\nabcd", "s<abc>a<d>$"},
		{"a{1}\r\nb", "a<a>s<b>$"},
		/* Sections. */
		{"BODY[] x", "a<BODY[]>a<x>$"},
		{"body[1.2]<0> x", "a<body[1.2]<0>>a<x>$"},
		{"BODY[HEADER.FIELDS (A B)] {1}\r\nx",
		 "a<BODY[HEADER.FIELDS (A B)]>s<x>$"},
		{"BODY[HEADER.FIELDS (\"a]\")]x",
		 "a<BODY[HEADER.FIELDS (\"a]\")]x>$"},
		{"BODY[]{1}\r\nx", "a<BODY[]>s<x>$"},
		{"BINARY.SIZE[1 2] 3", "a<BINARY.SIZE[1 2]>a<3>$"},
		{"BODYX[1 2]", "a<BODYX[1>a<2]>$"},
		/* What is none. */
		{")", "!"},
		{"(a))", "(a<a>)!"},
		{"\"abc", "!"},
		{"\"abc\\\"", "!"},
		{"\"a\nb\"", "!"},
		{"a\r\nb", "a<a>!"},
		{"a\n", "a<a>!"},
		{"{3}\r\nab", "!"},
		{"{9223372036854775807}\r\nab", "!"},
		{"{9223372036854775808}\r\nab",
		 "a<{9223372036854775808}>!"},
		{"{-1}\r\n", "a<{-1}>!"},
		{"{}\r\n", "a<{}>!"},
		{"{3} abc", "a<{3}>a<abc>$"},
		{"BODY[HEADER", "!"},
		{"BODY[\r\n]", "!"},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(tokens_of(words(cases[i].text)),
				    cases[i].tokens);
}

static void a_nul_is_wrong_but_in_a_literal(void **state)
{
	(void)state;
	assert_string_equal(
		tokens_of((struct bk_view){(const uint8_t *)"a\0b", 3}),
		"a<a>!");
	assert_string_equal(
		tokens_of((struct bk_view){(const uint8_t *)"\"a\0b\"", 5}),
		"!");
	struct bk_imap_lexer lexer = {
		.left = {(const uint8_t *)"{3}\r\na\0b", 8}
        };
	struct bk_view word;
	assert_int_equal(bk_imap_lex(&lexer, &word), BK_IMAP_STRING);
	assert_int_equal(word.len, 3);
}

static void a_lexer_stays_at_what_is_wrong(void **state)
{
	struct bk_imap_lexer lexer = {.left = words("a \"b")};
	struct bk_view word;

	(void)state;
	(void)bk_imap_lex(&lexer, &word);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(bk_imap_lex(&lexer, &word), BK_IMAP_WRONG);
		assert_view(lexer.left, "\"b");
	}
}

static void depth_has_a_ceiling(void **state)
{
	char text[2 * BK_IMAP_DEPTH_MAX + 2];
	struct bk_imap_lexer lexer;
	struct bk_view word;

	(void)state;
	memset(text, '(', BK_IMAP_DEPTH_MAX);
	memset(text + BK_IMAP_DEPTH_MAX, ')', BK_IMAP_DEPTH_MAX);
	text[sizeof(text) - 2] = 0;
	lexer = (struct bk_imap_lexer){.left = words(text)};
	assert_fine(bk_imap_skip(&lexer, &err));
	assert_fine(bk_imap_expect_end(&lexer, &err));
	memset(text, '(', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	lexer = (struct bk_imap_lexer){.left = words(text)};
	for (int i = 0; i < BK_IMAP_DEPTH_MAX; i++)
		assert_int_equal(bk_imap_lex(&lexer, &word), BK_IMAP_OPEN);
	assert_int_equal(bk_imap_lex(&lexer, &word), BK_IMAP_WRONG);
}

static void a_value_is_skipped_with_all_in_it(void **state)
{
	static const char *const values[] = {
		"a",
		"NIL",
		"\"a b\"",
		"{3}\r\n(((",
		"()",
		"(a)",
		"(a (b \")\") {1}\r\n) c)",
		"((())(",
		NULL,
	};

	(void)state;
	for (size_t i = 0; values[i]; i++) {
		char text[64];
		(void)snprintf(text, sizeof(text), "%s next", values[i]);
		struct bk_imap_lexer lexer = {.left = words(text)};
		if (values[i + 1]) {
			assert_fine(bk_imap_skip(&lexer, &err));
			assert_view(lexer.left, " next");
		} else {
			assert_corrupt(bk_imap_skip(&lexer, &err), "a value");
		}
	}
	struct bk_imap_lexer lexer = {.left = words("(a) b)"), .depth = 1};
	assert_fine(bk_imap_skip(&lexer, &err));
	assert_fine(bk_imap_skip(&lexer, &err));
	assert_corrupt(bk_imap_skip(&lexer, &err), "a value");
	lexer = (struct bk_imap_lexer){.left = words("")};
	assert_corrupt(bk_imap_skip(&lexer, &err),
		       "a value expected where the response ends");
}

static void numbers_have_a_most(void **state)
{
	static const struct {
		const char *text;
		uint64_t most;
		bool ok;
		uint64_t value;
	} cases[] = {
		{"0",		       10,         true,  0         },
		{"10",                      10,         true,  10        },
		{"11",                      10,         false, 0         },
		{"0010",                    10,         true,  10        },
		{"4294967295",              UINT32_MAX, true,  UINT32_MAX},
		{"4294967296",              UINT32_MAX, false, 0         },
		{"18446744073709551615",    UINT64_MAX, true,  UINT64_MAX},
		{"18446744073709551616",    UINT64_MAX, false, 0         },
		{"99999999999999999999999", UINT64_MAX, false, 0         },
		{"",			10,         false, 0         },
		{"-1",                      10,         false, 0         },
		{"+1",                      10,         false, 0         },
		{"1a",                      10,         false, 0         },
		{"9.3736e+06",              1000,       false, 0         },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t value = 0;
		assert_int_equal(bk_imap_word_number(words(cases[i].text),
						     cases[i].most, &value),
				 cases[i].ok);
		if (cases[i].ok)
			assert_int_equal(value, cases[i].value);
	}
}

static void literals_are_announced_at_the_end_of_a_line(void **state)
{
	static const struct {
		const char *line;
		int rc;
		size_t start;
		uint64_t size;
	} cases[] = {
		{"",			     0,  0, 0        },
		{"}",			    0,  0, 0        },
		{"{}",			   0,  0, 0        },
		{"5}",			   0,  0, 0        },
		{"{+}",			  0,  0, 0        },
		{"{5} ",			 0,  0, 0        },
		{"{5a}",			 0,  0, 0        },
		{"{-5}",			 0,  0, 0        },
		{"{5}",			  1,  0, 5        },
		{"a {5}",                        1,  2, 5        },
		{"a {5+}",                       1,  2, 5        },
		{"a ~{5}",                       1,  2, 5        },
		{"~{007+}",                      1,  0, 7        },
		{"BODY[]{5}",                    1,  6, 5        },
		{"{{5}",			 1,  1, 5        },
		{"{9223372036854775807}",        1,  0, INT64_MAX},
		{"{9223372036854775808}",        -1, 0, 0        },
		{"{99999999999999999999999999}", -1, 0, 0        },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t at = 0;
		uint64_t size = 0;
		assert_int_equal(bk_imap_literal_announced(words(cases[i].line),
							   &at, &size, &err),
				 cases[i].rc);
		if (cases[i].rc == 1) {
			assert_int_equal(at, cases[i].start);
			assert_int_equal(size, cases[i].size);
		}
	}
}

static void whole_messages_have_these_names(void **state)
{
	static const char *const bodies[] = {"BODY[]",   "body[]<0>",
					     "BINARY[]", "BINARY[]<7>",
					     "RFC822",   NULL};
	static const char *const others[] = {
		"BODY",        "BODY[1]", "BODY[HEADER]", "BODY[]x",
		"RFC822.SIZE", "RFC82",   "BINARY[1]",    NULL};

	(void)state;
	for (size_t i = 0; bodies[i]; i++)
		assert_true(bk_imap_word_is_body(words(bodies[i])));
	for (size_t i = 0; others[i]; i++)
		assert_false(bk_imap_word_is_body(words(others[i])));
}

static void what_is_unexpected_is_shown_but_tame(void **state)
{
	struct bk_imap_lexer lexer = {
		.left = words("\033[2J 0123456789012345678901234567890123456")};

	(void)state;
	assert_corrupt(bk_imap_expect_open(&lexer, &err),
		       "a list expected, not '\\x1b[2J 01234567890123456789"
		       "012345678901234...'");
}

static void lists_of_words_are_bounded(void **state)
{
	struct bk_imap_lexer lexer = {.left = words("(a \"b\\\"c\" NIL) d"),
				      .arena = &arena};
	struct bk_view *list;
	size_t n;

	(void)state;
	assert_fine(bk_imap_expect_words(&lexer, 3, &list, &n, &err));
	assert_int_equal(n, 3);
	assert_view(list[0], "a");
	assert_view(list[1], "b\"c");
	assert_view(list[2], "NIL");
	assert_view(lexer.left, " d");
	lexer.left = words("NIL");
	assert_fine(bk_imap_expect_words(&lexer, 3, &list, &n, &err));
	assert_int_equal(n, 0);
	lexer.left = words("(a b c d)");
	assert_corrupt(bk_imap_expect_words(&lexer, 3, &list, &n, &err),
		       "a list of 4 words where 3 are the most");
	lexer = (struct bk_imap_lexer){.left = words("(a (b))"),
				       .arena = &arena};
	assert_corrupt(bk_imap_expect_words(&lexer, 3, &list, &n, &err),
		       "the end of a list expected, not ' (b))'");
	lexer = (struct bk_imap_lexer){
		.left = {(const uint8_t *)"({1}\r\n\0)", 8},
                  .arena = &arena
        };
	assert_corrupt(bk_imap_expect_words(&lexer, 3, &list, &n, &err),
		       "a NUL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words_are_told_apart),
		TEST(a_nul_is_wrong_but_in_a_literal),
		TEST(a_lexer_stays_at_what_is_wrong),
		TEST(depth_has_a_ceiling),
		TEST(a_value_is_skipped_with_all_in_it),
		TEST(numbers_have_a_most),
		TEST(literals_are_announced_at_the_end_of_a_line),
		TEST(whole_messages_have_these_names),
		TEST(what_is_unexpected_is_shown_but_tame),
		TEST(lists_of_words_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
