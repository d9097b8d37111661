/* ManageSieve: what servers say, in pieces of every size, and what hostile ones
 * say. */

#include "lib/test.h"

#include "imap/sieve.h"
#include "imap/sieve_name.h"
#include "lib/fakewire.h"
#include "net/link.h"

#define GREETING                                                               \
	"\"IMPLEMENTATION\" \"Dovecot\"\r\n"                                   \
	"\"SASL\" \"LOGIN plain\"\r\n"                                         \
	"\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\n"                              \
	"OK \"ready.\"\r\n"

static struct fakewire wire;
static struct bk_err err;
static struct bk_sieve *sieve;
static struct bk_link *link_;
static struct bk_url url;
static struct bk_access access_ = {.allow_cleartext = false};

/* What is said after each command, in order. */
static const char *const *answers;

static void answer(struct fakewire *fake)
{
	if (*answers) {
		fakewire_say(fake, *answers, strlen(*answers));
		answers++;
	}
}

static int open_with(const char *const *said, size_t piece)
{
	static const struct bk_wire_login login = {.user = "ann",
						   .authzid = "bob"};

	fakewire_clear(&wire);
	wire.piece = piece;
	wire.more = answer;
	answers = said;
	err = (struct bk_err){0};
	sieve = NULL;
	fakewire_next = &wire;
	return bk_sieve_open(&sieve, link_, &login, &err);
}

static void done(void)
{
	bk_sieve_close(sieve);
	sieve = NULL;
	fakewire_clear(&wire);
}

/* An open one, which says these to what is asked then. */
static void opened(const char *const *said, size_t piece)
{
	static const char *const login[] = {GREETING, "OK\r\n", GREETING,
					    "OK \"hello\"\r\n", NULL};

	assert_int_equal(open_with(login, piece), 0);
	assert_true(wire.encrypted);
	wire.written.len = 0;
	answers = said;
}

static void scripts_are_listed_and_read(void **state)
{
	static const char *const said[] = {
		"\"a \\\"b\\\\\"\r\n{5+}\r\nl\xc3\xa4ng ACTIVE\r\n"
		"{1}\r\nz\r\nOK (WARNINGS) {5}\r\nfine!\r\n",
		"{7}\r\nke\r\nep;\r\nOK\r\n",
		"OK\r\n",
		"no (NONEXISTENT) \"No such\"\r\n",
		NULL,
	};
	struct bk_sieve_names names = {0};
	struct bk_buf text = {0};
	const struct bk_view z = {(const uint8_t *)"z", 1};

	(void)state;
	for (size_t piece = 0; piece < 12; piece++) {
		opened(said, piece);
		assert_int_equal(bk_sieve_list(sieve, &names, &err), 0);
		assert_int_equal(names.n, 3);
		assert_string_equal(names.items[0].name, "a \"b\\");
		assert_string_equal(names.items[1].name, "l\xc3\xa4ng");
		assert_true(names.items[1].active);
		assert_false(names.items[2].active);
		assert_int_equal(bk_sieve_get(sieve, z, &text, &err), 0);
		assert_string_equal(bk_buf_text(&text), "ke\r\nep;");
		wire.written.len = 0;
		assert_int_equal(
			bk_sieve_put(sieve, z, bk_buf_view(&text), &err), 0);
		assert_string_equal(
			bk_buf_text(&wire.written),
			"PUTSCRIPT {1+}\r\nz {7+}\r\nke\r\nep;\r\n");
		assert_int_equal(bk_sieve_delete(sieve, z, &err), -1);
		assert_int_equal(err.kind, BK_GONE);
		assert_non_null(strstr(err.text, "No such"));
		done();
	}
	bk_sieve_names_clear(&names);
	bk_buf_clear(&text);
}

static void words_of_a_refusal_are_shown_in_one_line(void **state)
{
	static const char *const said[] = {
		"NO (QUOTA/MAXSIZE) {12}\r\nline 1: \x1b[1\n\r\n", NULL};

	(void)state;
	opened(said, 0);
	assert_int_equal(bk_sieve_put(sieve, (struct bk_view){0},
				      (struct bk_view){0}, &err),
			 -1);
	assert_int_equal(err.kind, BK_REFUSED);
	assert_non_null(strstr(err.text, "QUOTA/MAXSIZE line 1: \\x1b[1"));
	done();
}

static void logins(void **state)
{
	static const struct {
		const char *said[6];
		enum bk_kind kind;
		const char *words;
	} cases[] = {
		{{"BYE (TRYLATER) \"busy\"\r\n"},                       BK_BUSY,   "busy"             },
		{{"BYE (REFERRAL \"sieve://b\") \"there\"\r\n"},
		 BK_DENIED,							"sieve://b"        },
		{{"\"SASL\" \"PLAIN\"\r\nOK\r\n"},                      BK_DENIED, "no STARTTLS"      },
		{{GREETING, "OK\r\n" GREETING},                         BK_DENIED, "more came"        },
		{{GREETING, "OK\r\n", "\"SASL\" \"GSSAPI\"\r\nOK\r\n"},
		 BK_DENIED,							"no login by PLAIN"},
		{{GREETING, "OK\r\n", GREETING, "NO \"wrong\"\r\n"},
		 BK_DENIED,							"wrong"            },
		{{GREETING, "OK\r\n", GREETING, "\"e30=\"\r\n",
		  "NO \"later: too many\"\r\n"},
		 BK_BUSY,							  "too many"         },
		{{"* OK IMAP4rev1\r\n"},                                BK_LOST,   "ended"            },
		{{""},						  BK_LOST,   "ended"            },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(open_with(cases[i].said, 0), -1);
		assert_int_equal(err.kind, cases[i].kind);
		if (!strstr(err.text, cases[i].words))
			fail_msg("%s", err.text);
		/* No secret in clear text. */
		assert_null(wire.encrypted ? NULL
					   : strstr(bk_buf_text(&wire.written),
						    "AUTHENTICATE"));
		done();
	}
}

static char *repeated(const char *text, size_t n)
{
	struct bk_buf out = {0};

	for (size_t i = 0; i < n; i++)
		bk_buf_add(&out, text, strlen(text));
	char *copy = bk_strdup(bk_buf_text(&out));
	bk_buf_clear(&out);
	return copy;
}

static void hostile_answers_end_the_session(void **state)
{
	char *line = repeated("a", 20000);
	char *words = repeated("\"x\" ", 6000);
	char *rows = repeated("\"x\"\r\n", 3000);
	char *literals = repeated("{300000+}\r\n", 1);
	const char *const all[] = {
		line,
		words,
		rows,
		literals,
		"{4294967296}\r\n",
		"{99999999999999999999}\r\n",
		"{-1}\r\n",
		"{1+\r\n",
		"{1}x",
		"\"a\r\n\"\r\nOK\r\n",
		"(((\r\nOK\r\n",
		"\"\x01\"\r\nOK\r\n",
		"\"a\xff\"\r\nOK\r\n",
		"\"\"\r\nOK\r\n",
		"{3}\r\na\r\n\r\nOK\r\n",
		"ATOM\r\nOK\r\n",
		"\x01\r\n",
		"\r\r\n",
		"BYE\r\n",
	};
	struct bk_sieve_names names = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const char *said[] = {all[i], NULL};
		opened(said, 0);
		if (bk_sieve_list(sieve, &names, &err) == 0)
			fail_msg("%zu", i);
		assert_true(err.kind == BK_LOST || err.kind == BK_REFUSED);
		done();
	}
	bk_sieve_names_clear(&names);
	free(line);
	free(words);
	free(rows);
	free(literals);
}

static void names_as_cyrus_spells_them(void **state)
{
	static const char *const cases[][2] = {
		{"=?UTF-8?Q?mit_=C3=A4?=",           "mit \xc3\xa4"},
		{"=?utf-8?q?a?=\r\n =?UTF-8?Q?_b?=", "a b"         },
		{"=?UTF-8?Q?"
		 "?=",              ""            },
		{"main",			     NULL          },
		{"=?UTF-8?Q?=C3?= x",                NULL          },
		{"=?UTF-8?Q?=C?=",                   NULL          },
		{"=?UTF-8?Q?a",                      NULL          },
		{"=?ISO-8859-1?Q?a?=",               NULL          },
	};
	struct bk_buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *raw = cases[i][0];
		out.len = 0;
		bool is = bk_sieve_name_decode(
			(struct bk_view){(const uint8_t *)raw, strlen(raw)},
			&out);
		assert_int_equal(is, cases[i][1] != NULL);
		assert_string_equal(bk_buf_text(&out), is ? cases[i][1] : "");
	}
	bk_buf_clear(&out);
}

/* No room is told before anything is sent; a server of before RFC 5804 is not
 * asked to check what it has room for. */
static void a_script_is_tried(void **state)
{
	static const char *const said[] = {
		"NO (QUOTA/MAXSIZE) \"too long\"\r\n", "OK\r\n",
		"NO \"line 1: unknown vacation\"\r\n", "OK\r\n",
		"OK (WARNINGS) \"line 1: odd\"\r\n",   NULL,
	};
	static const char *const old[] = {
		"\"SASL\" \"PLAIN\"\r\n\"STARTTLS\"\r\nOK\r\n",
		"OK\r\n",
		"\"SASL\" \"PLAIN\"\r\nOK\r\n",
		"OK\r\n",
		"OK\r\n",
		NULL,
	};
	const struct bk_view name = {(const uint8_t *)"a", 1};
	const struct bk_view text = {(const uint8_t *)"keep;", 5};

	(void)state;
	opened(said, 3);
	assert_int_equal(bk_sieve_check(sieve, name, text, &err), -1);
	assert_int_equal(err.kind, BK_REFUSED);
	assert_non_null(strstr(err.text, "HAVESPACE"));
	assert_non_null(strstr(err.text, "too long"));
	assert_string_equal(bk_buf_text(&wire.written),
			    "HAVESPACE {1+}\r\na 5\r\n");
	err = (struct bk_err){0};
	assert_int_equal(bk_sieve_check(sieve, name, text, &err), -1);
	assert_int_equal(err.kind, BK_REFUSED);
	assert_non_null(strstr(err.text, "vacation"));
	assert_int_equal(bk_sieve_check(sieve, name, text, &err), 0);
	assert_non_null(strstr(bk_buf_text(&wire.written),
			       "CHECKSCRIPT {5+}\r\nkeep;\r\n"));
	done();
	assert_int_equal(open_with(old, 100), 0);
	wire.written.len = 0;
	assert_int_equal(bk_sieve_check(sieve, name, text, &err), 0);
	assert_null(strstr(bk_buf_text(&wire.written), "CHECKSCRIPT"));
	done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_are_listed_and_read),
		cmocka_unit_test(a_script_is_tried),
		cmocka_unit_test(words_of_a_refusal_are_shown_in_one_line),
		cmocka_unit_test(logins),
		cmocka_unit_test(hostile_answers_end_the_session),
		cmocka_unit_test(names_as_cyrus_spells_them),
	};

	(void)bk_url_parse(&url, "sieve://mail.example", &err);
	(void)bk_link_open(&link_, &url, &access_, &err);
	int failed = cmocka_run_group_tests_name("sieve", tests, NULL, NULL);
	bk_link_close(link_);
	bk_url_clear(&url);
	return failed;
}
