/* base/fault: the plug is pulled where the environment says, and only there. */

#include "lib/test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"

/* A child that passes three places; its wait status, and what it printed. */
static int three_places(const char *at, const char *list, char *said, size_t n)
{
	int pipes[2];
	int status;
	size_t len = 0;
	ssize_t got;

	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		const struct rlimit no_core = {0, 0};
		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)signal(SIGABRT, SIG_DFL);
		(void)dup2(pipes[1], STDERR_FILENO);
		(void)setenv("BK_FAULT_AT", at, 1);
		(void)setenv("BK_FAULT_LIST", list, 1);
		bk_fault_pass("one");
		bk_fault_pass("two");
		bk_fault_pass("three");
		_exit(0);
	}
	(void)close(pipes[1]);
	while ((got = read(pipes[0], said + len, n - 1 - len)) > 0)
		len += (size_t)got;
	said[len] = 0;
	(void)close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void the_run_ends_at_the_place_that_was_asked_for(void **state)
{
	static const char *const at[] = {"1", "2", "3"};
	static const char *const said[] = {
		"fault 1: one\n",
		"fault 1: one\nfault 2: two\n",
		"fault 1: one\nfault 2: two\nfault 3: three\n",
	};
	char got[256];

	(void)state;
	for (int i = 0; i < 3; i++) {
		int status = three_places(at[i], "1", got, sizeof(got));
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), BK_FAULT_STATUS);
		assert_string_equal(got, said[i]);
	}
}

static void a_run_with_fewer_places_ends_well(void **state)
{
	static const char *const at[] = {"4", "0", ""};
	char got[256];

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(three_places(at[i], "", got, sizeof(got)), 0);
		assert_string_equal(got, "");
	}
}

static void a_number_that_is_none_is_not_taken_for_never(void **state)
{
	static const char *const at[] = {"x", "2x", "-1", " 1"};
	char got[256];

	(void)state;
	for (int i = 0; i < 4; i++) {
		int status = three_places(at[i], "", got, sizeof(got));
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		assert_non_null(strstr(got, "is no number"));
	}
}

/* Stopped once, however often it comes by; what comes after is done. */
static void a_run_stops_where_it_is_told_to_until_it_may_go_on(void **state)
{
	int status;

	(void)state;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		(void)setenv("BK_FAULT_STOP", "two", 1);
		bk_fault_pass("one");
		bk_fault_pass("two");
		bk_fault_pass("two");
		_exit(7);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(WSTOPSIG(status), SIGSTOP);
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_run_ends_at_the_place_that_was_asked_for),
		cmocka_unit_test(a_run_with_fewer_places_ends_well),
		cmocka_unit_test(a_number_that_is_none_is_not_taken_for_never),
		cmocka_unit_test(
			a_run_stops_where_it_is_told_to_until_it_may_go_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
