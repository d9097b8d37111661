/* Mail given to a server: what arrives there, and what its refusals mean. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/scripted_link.h"
#include "net/smtp.h"

static struct scripted_link there;
static struct bk_err err;
static char came[4096];    /* all that the server was told */
static const char *at;     /* the command that is refused */
static const char *answer; /* so */
static bool breaks;        /* it hangs up when it has the mail */
static struct bk_names *refused;

static bool refuses(int fd, const char *command)
{
	if (!at || strncmp(at, command, strlen(at)) != 0)
		return false;
	scripted_say(fd, answer);
	return true;
}

/* Everything until the line with the dot. */
static void take_message(int fd)
{
	scripted_say(fd, "354 go on\r\n");
	for (;;) {
		const char *line = scripted_line(fd);
		strncat(came, line, sizeof(came) - strlen(came) - 2);
		strcat(came, "\n");
		if (strcmp(line, ".") == 0)
			break;
	}
	if (!breaks && !refuses(fd, "."))
		scripted_say(fd, "250 queued\r\n");
}

static void serve(int fd, unsigned number)
{
	(void)number;
	if (refuses(fd, "greeting"))
		return;
	scripted_say(fd, "220 mx ESMTP\r\n");
	for (;;) {
		char verb[5] = {0};
		const char *line = scripted_line(fd);
		if (!*line)
			return;
		strncat(came, line, sizeof(came) - strlen(came) - 2);
		strcat(came, "\n");
		(void)snprintf(verb, sizeof(verb), "%.4s", line);
		if (refuses(fd, strcmp(verb, "RCPT") ? verb : line))
			continue;
		if (strcmp(verb, "DATA") == 0)
			take_message(fd);
		if (breaks && strcmp(verb, "DATA") == 0)
			return;
		if (strcmp(verb, "DATA") != 0)
			scripted_say(fd, "250 ok\r\n");
	}
}

static int begin(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	*came = 0;
	at = NULL;
	breaks = false;
	refused = NULL;
	scripted_link_open(&there, "smtp", 5, serve);
	return 0;
}

static int end(void **state)
{
	(void)state;
	scripted_link_close(&there);
	return 0;
}

static int send_from(const char *from, const char *to)
{
	static const char text[] = "Subject: x\r\n\r\n.a dot\r\n..two\r\n";
	const char *const both[] = {to, "bob@b.test"};
	const struct bk_smtp_mail mail = {
		.from = from,
		.to = both,
		.n_to = 2,
		.message = {(const uint8_t *)text, sizeof(text) - 1},
		.refused = refused,
	};

	err = (struct bk_err){0};
	return bk_smtp_send(there.link, &mail, &err);
}

static void a_mail_arrives_as_it_is(void **state)
{
	(void)state;
	if (send_from("bk@a.test", "ann@a.test") < 0)
		fail_msg("%s", err.text);
	assert_non_null(strstr(came, "MAIL FROM:<bk@a.test>"));
	assert_non_null(strstr(came, "RCPT TO:<ann@a.test>\n"));
	assert_non_null(strstr(came, "RCPT TO:<bob@b.test>\n"));
	assert_non_null(
		strstr(came, "DATA\nSubject: x\n\n..a dot\n...two\n.\n"));
}

static void nobody_may_be_the_sender(void **state)
{
	(void)state;
	assert_int_equal(send_from("", "ann@a.test"), 0);
	assert_non_null(strstr(came, "MAIL FROM:<>"));
}

static void what_it_says_tells_what_to_do(void **state)
{
	static const struct {
		const char *at, *answer;
		enum bk_kind kind;
	} all[] = {
		{"greeting", "421 busy\r\n",          BK_BUSY   },
		{"greeting", "554 not you\r\n",       BK_REFUSED},
		{"MAIL",     "451 later\r\n",         BK_BUSY   },
		{"MAIL",     "530 log in first\r\n",  BK_DENIED },
		{"RCPT",     "450 4.3.2 moving\r\n",  BK_BUSY   },
		{"RCPT",     "550 no such user\r\n",  BK_REFUSED},
		{"RCPT",     "552 mailbox full\r\n",  BK_FULL   },
		{"DATA",     "554 no\r\n",            BK_REFUSED},
		{".",        "452 disk full\r\n",     BK_FULL   },
		{".",        "554 5.7.1 is spam\r\n", BK_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		at = all[i].at;
		answer = all[i].answer;
		if (send_from("bk@a.test", "ann@a.test") == 0)
			fail_msg("%s: taken", at);
		if (err.kind != all[i].kind)
			fail_msg("%s %s: kind %d: %s", at, answer,
				 (int)err.kind, err.text);
		char word[8];
		(void)snprintf(word, sizeof(word), "\"%.3s", answer);
		if (!strstr(err.text, word))
			fail_msg("%s: it does not say what the server said: %s",
				 at, err.text);
	}
}

static void one_dead_address_keeps_nobody_else_from_it(void **state)
{
	static const struct {
		const char *at, *said;
	} dead[] = {
		{"RCPT TO:<ann@a.test>", "ann@a.test: 550 who?"},
		{"RCPT TO:<bob@b.test>", "bob@b.test: 550 who?"},
	};
	struct bk_names names = {0};

	(void)state;
	answer = "550-sorry\r\n550 who?\r\n";
	for (size_t i = 0; i < 2; i++) {
		at = dead[i].at;
		*came = 0;
		refused = &names;
		assert_int_equal(send_from("bk@a.test", "ann@a.test"), 0);
		assert_non_null(strstr(came, "\n.\n"));
		assert_int_equal(names.n, 1);
		assert_string_equal(names.items[0], dead[i].said);
		bk_names_clear(&names);
		refused = NULL;
		*came = 0;
		assert_int_equal(send_from("bk@a.test", "ann@a.test"), -1);
		assert_int_equal(err.kind, BK_REFUSED);
		assert_null(strstr(came, "DATA"));
	}
	at = "RCPT";
	refused = &names;
	assert_int_equal(send_from("bk@a.test", "ann@a.test"), -1);
	assert_int_equal(err.kind, BK_REFUSED);
	assert_int_equal(names.n, 0);
	at = NULL;
	assert_int_equal(send_from("bk@a.test", "ann@a.test"), 0);
	assert_int_equal(names.n, 0);
}

static void who_hangs_up_with_the_mail_may_have_taken_it(void **state)
{
	(void)state;
	breaks = true;
	assert_int_equal(send_from("bk@a.test", "ann@a.test"), -1);
	assert_int_equal(err.kind, BK_UNSAFE);
	assert_non_null(strstr(came, "DATA\nSubject: x\n"));
	breaks = false;
	scripted_stop(&there.server);
	assert_int_equal(send_from("bk@a.test", "ann@a.test"), -1);
	assert_int_equal(err.kind, BK_LOST);
	scripted_start(&there.server, serve);
}

static void an_address_cannot_say_more(void **state)
{
	static const char *const wrong[] = {"", "ann@a.test>\r\nRCPT TO:<x@y",
					    "a b@c.test", "<ann@a.test>"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(send_from("bk@a.test", wrong[i]), -1);
		assert_int_equal(err.kind, BK_MISUSE);
	}
	assert_int_equal(send_from("a\nb", "ann@a.test"), -1);
	assert_string_equal(came, "");
}

static void clear_text_has_to_be_allowed(void **state)
{
	(void)state;
	there.access.allow_cleartext = false;
	assert_int_equal(send_from("bk@a.test", "ann@a.test"), -1);
	assert_int_equal(err.kind, BK_DENIED);
	assert_null(strstr(came, "MAIL"));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		EACH(a_mail_arrives_as_it_is),
		EACH(nobody_may_be_the_sender),
		EACH(what_it_says_tells_what_to_do),
		EACH(one_dead_address_keeps_nobody_else_from_it),
		EACH(who_hangs_up_with_the_mail_may_have_taken_it),
		EACH(an_address_cannot_say_more),
		EACH(clear_text_has_to_be_allowed),
	};
#undef EACH
	return cmocka_run_group_tests(tests, NULL, NULL);
}
