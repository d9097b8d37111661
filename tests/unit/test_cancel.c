/* Asked once, a run stops in good order; asked twice, it stops. */

#include "lib/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/log.h"

/* How a child that does this ends, as wait() says. */
static int ends(void (*what)(void))
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		/* Whoever started the tests may have them ignored. */
		(void)signal(SIGINT, SIG_DFL);
		(void)signal(SIGTERM, SIG_DFL);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void be_asked_once(void)
{
	struct bk_err err = {0};

	bk_cancel_catch();
	if (bk_cancelled(&err) < 0)
		_exit(1);
	(void)raise(SIGTERM);
	if (bk_cancelled(&err) == 0 || err.kind != BK_CANCELLED ||
	    strcmp(err.text, "interrupted") != 0 || !bk_cancel_wanted())
		_exit(2);
}

static void the_first_signal_sets_the_flag(void **state)
{
	(void)state;
	assert_int_equal(ends(be_asked_once), 0);
}

static void be_asked_twice(void)
{
	bk_cancel_catch();
	(void)raise(SIGTERM);
	(void)raise(SIGINT);
}

static void the_second_one_ends_the_process(void **state)
{
	int status = ends(be_asked_twice);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

static void stay_deaf(void)
{
	(void)signal(SIGHUP, SIG_IGN); /* as under nohup */
	bk_cancel_catch();
	(void)raise(SIGHUP);
	(void)raise(SIGPIPE);
	if (bk_cancel_wanted())
		_exit(1);
}

static void what_was_ignored_stays_ignored(void **state)
{
	(void)state;
	assert_int_equal(ends(stay_deaf), 0);
}

/* What is said on stderr meanwhile. */
static char *said(void (*what)(void))
{
	FILE *file = tmpfile();
	int old = dup(STDERR_FILENO);
	static char text[512];

	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	what();
	assert_true(dup2(old, STDERR_FILENO) >= 0);
	(void)close(old);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	(void)fclose(file);
	return text;
}

static void frame(void *data, int after)
{
	(void)data;
	(void)fputs(after ? ">\n" : "<\n", stderr);
}

static void talk(void)
{
	bk_log_init("bk-test", BK_LOG_INFO);
	bk_log(BK_LOG_INFO, "one %d", 1);
	bk_log(BK_LOG_DEBUG, "not this");
	bk_log(BK_LOG_ERROR, "a\nb\x1b[1m");
	bk_log_around(frame, NULL);
	bk_log(BK_LOG_WARN, "two");
	bk_log_around(NULL, NULL);
	bk_log_init("bk-test", BK_LOG_ERROR);
	bk_log(BK_LOG_WARN, "nor this");
}

static void a_line_of_talk_is_one_line(void **state)
{
	(void)state;
	assert_string_equal(said(talk),
			    "bk-test: one 1\n"
			    "bk-test: a\\nb\\x1b[1m\n"
			    "<\nbk-test: two\n>\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_signal_sets_the_flag),
		cmocka_unit_test(the_second_one_ends_the_process),
		cmocka_unit_test(what_was_ignored_stays_ignored),
		cmocka_unit_test(a_line_of_talk_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
