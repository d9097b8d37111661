/* Where passwords come from, and what is refused there. */

#include "lib/test.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "crypto/askcommand.h"
#include "crypto/password.h"

static char folder[64];

static int start(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/test_password.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	char *command = bk_asprintf("%s/pass", folder);

	(void)state;
	(void)unlink(command);
	free(command);
	return rmdir(folder);
}

/* "file:..." of a file with these bytes and this mode; the caller frees. */
static char *file_spec(const char *bytes, size_t len, mode_t mode)
{
	char *spec = bk_asprintf("file:%s/pass", folder);
	int fd = open(spec + 5, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return spec;
}

static void assert_password(const char *spec, const char *want)
{
	struct bk_secret got = {0};
	struct bk_err err = {0};

	if (bk_password_get(&got, spec, "password", false, &err) < 0)
		fail_msg("%s: %s", spec, err.text);
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.data, want, got.len);
	bk_secret_clear(&got);
}

static void assert_refused(const char *spec, const char *text)
{
	struct bk_secret got = {0};
	struct bk_err err = {0};

	assert_int_equal(bk_password_get(&got, spec, "password", false, &err),
			 -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_null(got.data);
	if (!strstr(err.text, text))
		fail_msg("'%s' does not say '%s'", err.text, text);
}

static void one_line_end_is_taken_off(void **state)
{
	static const struct {
		const char *bytes, *want;
	} cases[] = {
		{"open sesame",   "open sesame"},
		{"open sesame\n", "open sesame"},
		{"unix\r\n",      "unix"       },
		{"tail \n",       "tail "      },
		{"cr\r",          "cr\r"       },
		{" \t",           " \t"        },
		{"\xc3\xa4\n",    "\xc3\xa4"   },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *spec =
			file_spec(cases[i].bytes, strlen(cases[i].bytes), 0600);
		assert_password(spec, cases[i].want);
		free(spec);
	}
}

static void a_file_that_others_may_read_is_refused(void **state)
{
	static const mode_t modes[] = {0644, 0640, 0604, 0660, 0620};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		char *spec = file_spec("secret\n", 7, modes[i]);
		char *hint = bk_asprintf("run: chmod 600 %s", spec + 5);
		assert_refused(spec, hint);
		free(hint);
		free(spec);
	}
	char *spec = file_spec("secret\n", 7, 0400);
	assert_password(spec, "secret");
	free(spec);
}

static void what_cannot_be_a_password_is_refused(void **state)
{
	char longest[BK_PASSWORD_MAX + 3];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	static const struct {
		const char *bytes;
		size_t len;
		const char *text;
	} cases[] = {
		{"",       0, "empty"       },
                {"\n",     1, "empty"       },
		{"\r\n",   2, "empty"       },
                {"a\nb\n", 4, "not one line"},
		{"a\n\n",  3, "one line"    },
                {"a\0b",   3, "not one line"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *spec = file_spec(cases[i].bytes, cases[i].len, 0600);
		assert_refused(spec, cases[i].text);
		free(spec);
	}
	char *spec = file_spec(longest, BK_PASSWORD_MAX + 1, 0600);
	assert_refused(spec, "16384 bytes at most");
	free(spec);
	spec = file_spec(longest, BK_PASSWORD_MAX + 3, 0600);
	assert_refused(spec, "16384 bytes at most");
	free(spec);
	longest[BK_PASSWORD_MAX] = '\n';
	spec = file_spec(longest, BK_PASSWORD_MAX + 1, 0600);
	longest[BK_PASSWORD_MAX] = 0;
	assert_password(spec, longest);
	free(spec);
}

static void a_place_that_is_not_there_is_named(void **state)
{
	(void)state;
	assert_refused("file:/nowhere/pass",
		       "file:/nowhere/pass: cannot open it: No such file");
	assert_refused("file:/etc", "file:/etc: it is a folder");
	assert_refused("env:BK_TEST_UNSET", "env:BK_TEST_UNSET: it is not set");
	assert_refused("fd:", "not the number");
	assert_refused("fd:-1", "not the number");
	assert_refused("fd:3x", "not the number");
	assert_refused("fd:99999999999999999999", "not the number");
	assert_refused("fd:4711", "cannot read it");
}

/* `password = hunter2` must not come back in a log. */
static void a_password_written_in_place_is_not_repeated(void **state)
{
	struct bk_secret got = {0};
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(
		bk_password_get(&got, "hunter2", "password", false, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_null(strstr(err.text, "hunter2"));
	assert_non_null(strstr(err.text, "file:PATH"));
	assert_refused("keyblock:/etc/bk/key", "key block");
}

static void a_descriptor_gives_one_line_and_keeps_the_rest(void **state)
{
	char rest[8] = {0}, spec[16];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "first\nrest", 10), 10);
	(void)snprintf(spec, sizeof(spec), "fd:%d", ends[0]);
	assert_password(spec, "first");
	assert_int_equal(read(ends[0], rest, sizeof(rest)), 4);
	assert_string_equal(rest, "rest");
	close(ends[0]);
	close(ends[1]);
}

static void the_environment_and_credentials_give_passwords(void **state)
{
	(void)state;
	setenv("BK_TEST_PASSWORD", "from env", 1);
	assert_password("env:BK_TEST_PASSWORD", "from env");
	setenv("BK_TEST_PASSWORD", "", 1);
	assert_refused("env:BK_TEST_PASSWORD", "empty");
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_refused("credential:pass", "CREDENTIALS_DIRECTORY is not set");
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	free(file_spec("from systemd\n", 13, 0440));
	assert_password("credential:pass", "from systemd");
	assert_refused("credential:../etc/passwd", "not the name");
	assert_refused("credential:..", "not the name");
	assert_refused("credential:other", "No such file");
}

static void a_command_is_split_without_a_shell(void **state)
{
	(void)state;
	assert_password("command:echo secret", "secret");
	assert_password("command: printf  %s 'a  b'", "a  b");
	assert_password("command:printf %s \"it's\"x", "it'sx");
	assert_password("command:printf %s '' \"$HOME;ls\"", "$HOME;ls");
	assert_password("command:printf %s\\n $(id)", "$(id)");
	assert_refused("command:", "no command");
	assert_refused("command:printf 'a", "not closed");
}

static void a_command_that_fails_gives_no_password(void **state)
{
	(void)state;
	assert_refused("command:false", "false: it ended with status 1");
	assert_refused("command:/nowhere/x y", "/nowhere/x: it cannot be run");
	assert_refused("command:sh -c 'echo secret; exit 3'",
		       "ended with status 3");
	assert_refused("command:sh -c 'kill -9 $$'", "ended by signal 9");
	assert_refused("command:true", "empty");
	assert_refused("command:yes", "prints too much");
}

/* It may be a token: the text goes into logs and mails. */
static void the_arguments_of_a_command_are_not_repeated(void **state)
{
	struct bk_secret got = {0};
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_password_get(&got, "command:false hunter2", "x",
					 false, &err),
			 -1);
	assert_null(strstr(err.text, "hunter2"));
}

static void a_command_gets_a_clean_house(void **state)
{
	int spare = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(dup2(spare, 9), 9);
	setenv("BK_TEST_PASSWORD", "leak", 1);
	assert_password("command:sh -c 'echo \"[$BK_TEST_PASSWORD]\"'", "[]");
	assert_refused("command:sh -c 'exec <&9 || exit 7; echo open'",
		       "ended with status");
	assert_refused("command:cat", "empty"); /* no input */
	close(spare);
	close(9);
}

static void a_command_that_hangs_is_ended(void **state)
{
	struct bk_secret got = {0};
	struct bk_err err = {0};
	time_t begun = time(NULL);

	(void)state;
	bk_secret_alloc(&got, 100);
	assert_int_equal(bk_ask_command(&got, "sleep 30", 100, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_non_null(strstr(err.text, "no answer in time"));
	assert_int_equal(bk_ask_command(&got, "sh -c 'exec >&-; exec sleep 30'",
					100, &err),
			 -1);
	assert_non_null(strstr(err.text, "did not end in time"));
	assert_true(time(NULL) - begun < 10);
	bk_secret_clear(&got);
}

/* What a command leaves running may hold its output open. */
static void a_command_that_leaves_an_agent_behind_is_not_waited_for(
	void **state)
{
	time_t begun = time(NULL);

	(void)state;
	assert_password("command:sh -c 'sleep 5 & echo secret'", "secret");
	assert_true(time(NULL) - begun < 4);
}

/* ---- the terminal ---- */

/* Asks in a child on a new terminal; exits 0 if the password was "sesame". */
static pid_t ask_on_a_terminal(int *master, bool twice)
{
	pid_t pid = forkpty(master, NULL, NULL, NULL);

	if (pid == 0) {
		struct bk_secret got = {0};
		struct bk_err err = {0};
		if (bk_password_get(&got, "prompt", "password for x", twice,
				    &err) < 0)
			_exit(err.kind == BK_MISUSE ? 3 : 4);
		_exit(got.len == 6 && memcmp(got.data, "sesame", 6) == 0 ? 0
									 : 5);
	}
	assert_true(pid > 0);
	return pid;
}

/* Everything up to and with `text`. */
static void expect(int master, const char *text)
{
	char seen[512] = {0};
	size_t len = 0;

	while (!strstr(seen, text)) {
		struct pollfd fds = {master, POLLIN, 0};
		if (poll(&fds, 1, 5000) != 1)
			fail_msg("'%s' instead of '%s'", seen, text);
		ssize_t n = read(master, seen + len, sizeof(seen) - 1 - len);
		if (n <= 0)
			fail_msg("'%s' instead of '%s'", seen, text);
		len += (size_t)n;
		if (strstr(seen, "sesame"))
			fail_msg("the password was echoed");
	}
}

static void type(int master, const char *text)
{
	assert_int_equal(write(master, text, strlen(text)), strlen(text));
}

static int status_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool echoes(int master)
{
	struct termios now;

	assert_int_equal(tcgetattr(master, &now), 0);
	return now.c_lflag & ECHO;
}

static void a_prompt_reads_a_line_without_echo(void **state)
{
	int master;
	pid_t pid = ask_on_a_terminal(&master, false);

	(void)state;
	expect(master, "password for x: ");
	assert_false(echoes(master));
	type(master, "sesame\n");
	expect(master, "\n");
	assert_int_equal(status_of(pid), 0);
	assert_true(echoes(master));
	close(master);
}

static void a_new_password_is_typed_twice(void **state)
{
	int master;
	pid_t pid = ask_on_a_terminal(&master, true);

	(void)state;
	expect(master, "new password for x: ");
	type(master, "sesame\n");
	expect(master, "again: ");
	type(master, "sesame\n");
	expect(master, "\n");
	assert_int_equal(status_of(pid), 0);
	close(master);
	pid = ask_on_a_terminal(&master, true);
	expect(master, "new password for x: ");
	type(master, "sesame\n");
	expect(master, "again: ");
	type(master, "sesamf\n");
	expect(master, "\n");
	assert_int_equal(WEXITSTATUS(status_of(pid)), 3);
	close(master);
}

static void a_signal_at_the_prompt_finds_the_echo_restored(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		int master;
		/* Whoever started the tests may have it ignored. */
		(void)signal(signals[i], SIG_DFL);
		pid_t pid = ask_on_a_terminal(&master, false);
		expect(master, "password for x: ");
		assert_false(echoes(master));
		kill(pid, signals[i]);
		int status = status_of(pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		assert_true(echoes(master));
		close(master);
	}
}

static void no_terminal_is_said(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct bk_secret got = {0};
		struct bk_err err = {0};
		(void)setsid();
		if (bk_password_get(&got, "prompt", "x", false, &err) == 0 ||
		    err.kind != BK_MISUSE || !strstr(err.text, "no terminal"))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(status_of(pid), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_end_is_taken_off),
		cmocka_unit_test(a_file_that_others_may_read_is_refused),
		cmocka_unit_test(what_cannot_be_a_password_is_refused),
		cmocka_unit_test(a_place_that_is_not_there_is_named),
		cmocka_unit_test(a_password_written_in_place_is_not_repeated),
		cmocka_unit_test(
			a_descriptor_gives_one_line_and_keeps_the_rest),
		cmocka_unit_test(
			the_environment_and_credentials_give_passwords),
		cmocka_unit_test(a_command_is_split_without_a_shell),
		cmocka_unit_test(a_command_that_fails_gives_no_password),
		cmocka_unit_test(the_arguments_of_a_command_are_not_repeated),
		cmocka_unit_test(a_command_gets_a_clean_house),
		cmocka_unit_test(a_command_that_hangs_is_ended),
		cmocka_unit_test(
			a_command_that_leaves_an_agent_behind_is_not_waited_for),
		cmocka_unit_test(a_prompt_reads_a_line_without_echo),
		cmocka_unit_test(a_new_password_is_typed_twice),
		cmocka_unit_test(
			a_signal_at_the_prompt_finds_the_echo_restored),
		cmocka_unit_test(no_terminal_is_said),
	};

	return cmocka_run_group_tests_name("password", tests, start, end);
}
