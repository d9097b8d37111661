/* Logins at servers that say what the test wrote down. */

#include "lib/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/scratch.h"
#include "lib/scripted.h"
#include "net/wire.h"

/* What the server says; what begins with '*' is said as it is, and then it
 * hangs up. */
static struct {
	const char *greeting, *capability, *starttls;
	const char *logins[3]; /* answers to the first, second, third */
	size_t cut;            /* hangs up after so many bytes; 0: never */
} script;

static struct scripted server;
static char heard[4096]; /* all lines without their tags, "|" behind each */
static unsigned logins;
static size_t said;

static struct bk_access access_;
static struct bk_wire_login login;
static struct bk_err err;

static bool say(int fd, const char *text)
{
	size_t n = strlen(text), left = script.cut - said;
	bool cut = script.cut && n >= left;

	n = cut ? left : n;
	said += n;
	return send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n && !cut;
}

static bool answer(int fd, const char *tag, const char *text)
{
	char line[300];

	if (*text == '*') {
		(void)say(fd, text);
		return false;
	}
	(void)snprintf(line, sizeof(line), "%s %s\r\n", tag, text);
	return say(fd, line);
}

static void hear(const char *text)
{
	size_t at = strlen(heard);

	(void)snprintf(heard + at, sizeof(heard) - at, "%s|", text);
}

static bool answer_login(int fd, const char *tag, const char *what)
{
	const char *said_ = script.logins[logins < 3 ? logins : 2];

	logins++;
	if (strncmp(what, "AUTHENTICATE", 12) == 0 &&
	    !strchr(what + strlen("AUTHENTICATE "), ' ')) {
		if (!say(fd, "+ \r\n"))
			return false;
		hear(scripted_line(fd));
	}
	return answer(fd, tag, said_ ? said_ : "OK in");
}

static bool answer_line(int fd, const char *line)
{
	char tag[5] = "";
	char caps[300];

	if (strlen(line) < 6)
		return false;
	memcpy(tag, line, 4);
	hear(line + 5);
	if (strcmp(line + 5, "CAPABILITY") == 0) {
		(void)snprintf(caps, sizeof(caps),
			       "* CAPABILITY IMAP4rev1 %s\r\n",
			       script.capability);
		return say(fd, caps) && answer(fd, tag, "OK so much");
	}
	if (strcmp(line + 5, "STARTTLS") == 0)
		return answer(fd, tag, script.starttls);
	if (strncmp(line + 5, "AUTH", 4) == 0 ||
	    strncmp(line + 5, "LOGIN", 5) == 0) {
		char what[1000];
		(void)snprintf(what, sizeof(what), "%s", line + 5);
		return answer_login(fd, tag, what);
	}
	return answer(fd, tag, "OK whatever");
}

static void serve(int fd, unsigned number)
{
	(void)number;
	if (!say(fd, script.greeting))
		return;
	while (answer_line(fd, scripted_line(fd)))
		;
}

static void begin(void)
{
	err = (struct bk_err){0};
	access_ = (struct bk_access){.allow_cleartext = true, .timeout_s = 5};
	login = (struct bk_wire_login){0};
	memset(&script, 0, sizeof(script));
	script.greeting = "* OK hello\r\n";
	script.capability = "AUTH=PLAIN";
	scripted_start(&server, serve);
}

/* 0, and somebody is logged in, or -1. */
static int log_in(const char *user, const char *password)
{
	struct bk_secret secret = {0};
	struct bk_link *link = NULL;
	struct bk_wire *wire = NULL;
	struct bk_url url = {0};
	char text[64];

	*heard = 0;
	logins = 0;
	said = 0;
	(void)snprintf(text, sizeof(text), "imap://127.0.0.1:%u",
		       (unsigned)server.port);
	assert_int_equal(bk_url_parse(&url, text, &err), 0);
	assert_int_equal(bk_link_open(&link, &url, &access_, &err), 0);
	login.user = user;
	if (password)
		bk_secret_set(&secret, password, strlen(password));
	login.secret = password ? &secret : NULL;
	int rc = bk_wire_open(&wire, link, &login, &err);
	bk_wire_close(wire);
	bk_link_close(link);
	bk_secret_clear(&secret);
	bk_url_clear(&url);
	return rc;
}

static void end(void)
{
	scripted_stop(&server);
}

static void fails(enum bk_kind kind, const char *text)
{
	if (log_in("ann", "secret") == 0)
		fail_msg("no %s, heard %s", text, heard);
	if (err.kind != kind || !strstr(err.text, text) ||
	    memcmp(err.text, "imap://127", 10) != 0)
		fail_msg("kind %d, not %d: %s; not: %s", (int)err.kind,
			 (int)kind, err.text, text);
}

/* ---- ways in ---- */

static void the_password_goes_by_plain(void **state)
{
	(void)state;
	begin();
	script.capability = "AUTH=NTLM AUTH=GSSAPI AUTH=DIGEST-MD5 AUTH=PLAIN";
	assert_int_equal(log_in("ann@a.test", "secret"), 0);
	/* \0ann@a.test\0secret */
	assert_string_equal(heard,
			    "CAPABILITY|AUTHENTICATE PLAIN|"
			    "AGFubkBhLnRlc3QAc2VjcmV0|");
	end();
}

static void one_round_trip_is_saved_where_it_can_be(void **state)
{
	(void)state;
	begin();
	script.capability = "SASL-IR AUTH=PLAIN";
	assert_int_equal(log_in("ann", "secret"), 0);
	assert_string_equal(heard,
			    "CAPABILITY|AUTHENTICATE PLAIN "
			    "AGFubgBzZWNyZXQ=|");
	end();
}

static void who_logs_in_for_another_says_both_names(void **state)
{
	(void)state;
	begin();
	script.capability = "SASL-IR AUTH=LOGIN AUTH=PLAIN";
	login.authzid = "bob";
	assert_int_equal(log_in("ann", "secret"), 0);
	/* bob\0ann\0secret */
	assert_string_equal(heard,
			    "CAPABILITY|AUTHENTICATE PLAIN "
			    "Ym9iAGFubgBzZWNyZXQ=|");
	script.capability = "AUTH=LOGIN";
	fails(BK_DENIED,
	      "takes no AUTH=PLAIN here, without which nobody can "
	      "log in as 'bob'");
	assert_string_equal(heard, "CAPABILITY|");
	login.sasl = BK_SASL_XOAUTH2;
	fails(BK_MISUSE, "cannot log in as 'bob'");
	end();
}

static void where_there_is_no_sasl_login_is_used(void **state)
{
	(void)state;
	begin();
	script.capability = "";
	assert_int_equal(log_in("a\"n n\\", "se cret"), 0);
	assert_non_null(strstr(heard, "|LOGIN \"a\\\"n n\\\\\" \"se cret\"|"));
	script.logins[0] = "NO no";
	fails(BK_DENIED, "login of 'ann' refused: the server says \"NO no\"");
	assert_int_equal(logins, 1);
	script.capability = "LOGINDISABLED";
	fails(BK_DENIED, "takes no passwords");
	assert_int_equal(logins, 0);
	login.sasl = BK_SASL_OAUTHBEARER;
	fails(BK_DENIED, "takes no AUTH=OAUTHBEARER here");
	assert_int_equal(logins, 0);
	end();
}

/* ---- refusals ---- */

static void a_refusal_says_whether_it_passes(void **state)
{
	static const struct {
		const char *says;
		enum bk_kind kind;
	} cases[] = {
		{"NO [AUTHENTICATIONFAILED] wrong, try again",   BK_DENIED},
		{"NO [AUTHORIZATIONFAILED] not you",             BK_DENIED},
		{"NO [EXPIRED] too old",                         BK_DENIED},
		{"NO no",					BK_DENIED},
		{"BAD what?",				    BK_DENIED},
		{"NO [UNAVAILABLE] Temporary failure",           BK_BUSY  },
		{"NO [INUSE] locked",                            BK_BUSY  },
		{"NO [LIMIT] enough of you",                     BK_BUSY  },
		{"NO [ALERT] Too many simultaneous connections", BK_BUSY  },
		{"NO Maximum number of connections exceeded",    BK_BUSY  },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		script.logins[0] = cases[i].says;
		fails(cases[i].kind, cases[i].says);
		assert_int_equal(logins, 1);
	}
	script.logins[0] = "NO \xd0\x9d\xd0\xb5\xd1\x82 \x1b[31m";
	fails(BK_DENIED, "NO \xd0\x9d\xd0\xb5\xd1\x82 \\x1b[31m");
	end();
}

static void a_farewell_is_repeated(void **state)
{
	(void)state;
	begin();
	script.logins[0] = "* BYE [UNAVAILABLE] going down\r\n";
	fails(BK_BUSY, "the server says \"BYE [UNAVAILABLE] going down\"");
	script.logins[0] = "* BYE I have enough\r\n";
	fails(BK_LOST, "the server says \"BYE I have enough\"");
	script.greeting = "* BYE [LIMIT] Too many of you\r\n";
	fails(BK_BUSY, "BYE [LIMIT] Too many of you");
	end();
}

static void what_is_no_mail_server_is_not_believed(void **state)
{
	(void)state;
	begin();
	access_.timeout_s = 1;
	script.greeting = "HTTP/1.1 400 What?\r\n\r\n";
	fails(BK_LOST, "is it the right port");
	/* Nobody said who he is, but somebody is in. */
	script.greeting = "* PREAUTH I know you\r\n";
	fails(BK_DENIED, "PREAUTH");
	end();
}

/* ---- clear text ---- */

static bool nothing_secret_was_heard(void)
{
	return !strstr(heard, "AUTHENTICATE") && !strstr(heard, "LOGIN");
}

static void without_tls_no_password_is_sent(void **state)
{
	(void)state;
	begin();
	access_.allow_cleartext = false;
	fails(BK_DENIED, "offers no STARTTLS here");
	assert_true(nothing_secret_was_heard());
	script.capability = "STARTTLS AUTH=PLAIN";
	script.starttls = "NO not today";
	fails(BK_DENIED, "offers no STARTTLS here");
	assert_true(nothing_secret_was_heard());
	script.starttls = "BAD";
	fails(BK_DENIED, "offers no STARTTLS here");
	assert_true(nothing_secret_was_heard());
	/* Commands or answers of somebody in between. */
	script.starttls = "OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN";
	fails(BK_DENIED, "more came with the answer to STARTTLS");
	assert_true(nothing_secret_was_heard());
	/* After this one it cannot begin TLS. */
	script.greeting = "* PREAUTH I know you\r\n";
	fails(BK_DENIED, "PREAUTH");
	assert_true(nothing_secret_was_heard());
	end();
}

/* Said to be fine without, but the server began it. */
static void a_broken_tls_is_no_clear_text(void **state)
{
	(void)state;
	begin();
	script.capability = "STARTTLS AUTH=PLAIN";
	script.starttls = "OK go";
	access_.timeout_s = 1;
	assert_int_equal(log_in("ann", "secret"), -1);
	assert_true(nothing_secret_was_heard());
	end();
}

/* ---- tokens ---- */

/* A command that prints a token, another one each time, and counts. */
static char *counting_command(const char *folder)
{
	return bk_asprintf(
		"command:sh -c 'echo x >>%s/n; "
		"echo token$(wc -l <%s/n)'",
		folder, folder);
}

static void a_token_that_is_refused_is_fetched_again(void **state)
{
	struct scratch folder;
	char *command;

	(void)state;
	begin();
	scratch_make(&folder);
	command = counting_command(folder.path);
	access_.token = command;
	login.sasl = BK_SASL_XOAUTH2;
	script.capability = "SASL-IR AUTH=XOAUTH2";
	script.logins[0] = "NO [AUTHENTICATIONFAILED] expired";
	assert_int_equal(log_in("ann", NULL), 0);
	assert_int_equal(logins, 2);
	/* user=ann\1auth=Bearer token2\1\1 */
	assert_non_null(strstr(heard,
			       "AUTHENTICATE XOAUTH2 "
			       "dXNlcj1hbm4BYXV0aD1CZWFyZXIgdG9rZW4yAQE="
			       "|"));
	/* Once: who is not let in is told. */
	script.logins[1] = "NO [AUTHENTICATIONFAILED] no";
	assert_int_equal(log_in("ann", NULL), -1);
	assert_int_equal(logins, 2);
	assert_int_equal(err.kind, BK_DENIED);
	assert_non_null(strstr(err.text, "is the token one for this user"));
	/* What is busy is no matter of tokens. */
	script.logins[0] = "NO [UNAVAILABLE] later";
	assert_int_equal(log_in("ann", NULL), -1);
	assert_int_equal(logins, 1);
	assert_int_equal(err.kind, BK_BUSY);
	end();
	free(command);
	scratch_drop(&folder);
}

static void a_token_that_stays_the_same_is_tried_once(void **state)
{
	(void)state;
	begin();
	access_.token = "command:echo same";
	login.sasl = BK_SASL_OAUTHBEARER;
	script.capability = "SASL-IR AUTH=OAUTHBEARER";
	script.logins[0] = "NO no";
	assert_int_equal(log_in("ann", NULL), -1);
	assert_int_equal(err.kind, BK_DENIED);
	assert_int_equal(logins, 1);
	/* The account's own is not the link's to renew. */
	fails(BK_DENIED, "NO no");
	assert_int_equal(logins, 1);
	access_.token = NULL;
	assert_int_equal(log_in("ann", NULL), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_non_null(strstr(err.text, "token = command:"));
	end();
}

/* ---- the line ---- */

static void a_line_cut_at_any_byte_is_lost(void **state)
{
	size_t all;

	(void)state;
	begin();
	script.capability = "SASL-IR AUTH=PLAIN";
	assert_int_equal(log_in("ann", "secret"), 0);
	all = said;
	for (script.cut = 1; script.cut < all; script.cut++) {
		assert_int_equal(log_in("ann", "secret"), -1);
		if (err.kind != BK_LOST)
			fail_msg("cut at %zu: %s", script.cut, err.text);
	}
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_password_goes_by_plain),
		cmocka_unit_test(one_round_trip_is_saved_where_it_can_be),
		cmocka_unit_test(who_logs_in_for_another_says_both_names),
		cmocka_unit_test(where_there_is_no_sasl_login_is_used),
		cmocka_unit_test(a_refusal_says_whether_it_passes),
		cmocka_unit_test(a_farewell_is_repeated),
		cmocka_unit_test(what_is_no_mail_server_is_not_believed),
		cmocka_unit_test(without_tls_no_password_is_sent),
		cmocka_unit_test(a_broken_tls_is_no_clear_text),
		cmocka_unit_test(a_token_that_is_refused_is_fetched_again),
		cmocka_unit_test(a_token_that_stays_the_same_is_tried_once),
		cmocka_unit_test(a_line_cut_at_any_byte_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
