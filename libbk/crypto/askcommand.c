/* Running a command for what it prints: see askcommand.h. */

#include "crypto/askcommand.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ENDING_MS 2000

/* What password managers and their agents look at; no secret has a name here.
 */
static const char *const passed_on[] = {
	"PATH",
	"HOME",
	"USER",
	"LOGNAME",
	"LANG",
	"TERM",
	"TMPDIR",
	"GNUPGHOME",
	"GPG_TTY",
	"XDG_RUNTIME_DIR",
	"DBUS_SESSION_BUS_ADDRESS",
	"PASSWORD_STORE_DIR",
};

/* A NULL-terminated list of strings in one owned array. */
struct words {
	char **items;
	size_t n, cap;
};

static void words_add(struct words *words, char *word)
{
	words->items = bk_array_room(words->items, words->n, &words->cap,
				     sizeof(*words->items));
	words->items[words->n++] = word;
}

static void words_clear(struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->items[i]);
	free(words->items);
}

/* One word from *at on, without its quotes; NULL when a quote stays open. */
static char *next_word(const char **at)
{
	struct bk_buf word = {0};
	char quote = 0;

	for (; **at && (quote || !strchr(" \t", **at)); (*at)++) {
		if (quote && **at == quote)
			quote = 0;
		else if (!quote && (**at == '\'' || **at == '"'))
			quote = **at;
		else
			bk_buf_add_u8(&word, (uint8_t) * *at);
	}
	char *text = quote ? NULL : bk_strdup(bk_buf_text(&word));
	bk_buf_clear(&word);
	return text;
}

static int split(const char *line, struct words *words, struct bk_err *err)
{
	for (;;) {
		line += strspn(line, " \t");
		if (!*line)
			break;
		char *word = next_word(&line);
		if (!word) {
			(void)bk_fail(err, BK_MISUSE, "a quote is not closed");
			return -1;
		}
		words_add(words, word);
	}
	if (!words->n) {
		(void)bk_fail(err, BK_MISUSE, "no command is named");
		return -1;
	}
	words_add(words, NULL);
	return 0;
}

static void clean_environment(struct words *words)
{
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++) {
		const char *value = getenv(passed_on[i]);
		if (value)
			words_add(words,
				  bk_asprintf("%s=%s", passed_on[i], value));
	}
	words_add(words, NULL);
}

struct child {
	pid_t pid;
	int fd;   /* a descriptor that stands for the process */
	int pipe; /* from its standard output */
	int64_t deadline_ms;
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int time_left(const struct child *child)
{
	int64_t left = child->deadline_ms - now_ms();

	return left > 0 ? (int)left : 0;
}

static int spawn(struct child *child, char **argv, char **env, int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	int rc = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO,
						      "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(&files, 3);
	if (rc == 0)
		rc = posix_spawnp(&child->pid, argv[0], &files, &attr, argv,
				  env);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

static int start(struct child *child, char **argv, struct bk_err *err)
{
	struct words env = {0};
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return bk_fail_errno(err, "pipe");
	clean_environment(&env);
	child->pipe = ends[0];
	int number = spawn(child, argv, env.items, ends[1]);
	words_clear(&env);
	(void)close(ends[1]);
	if (number) {
		child->pid = -1;
		errno = number;
		(void)bk_fail_errno(err, "it cannot be run");
		err->kind = BK_MISUSE;
		return -1;
	}
	child->fd = pidfd_open(child->pid, 0);
	return child->fd < 0 ? bk_fail_errno(err, "pidfd_open") : 0;
}

/*
 * Until the pipe ends, or the command has: what it left running may hold the
 * pipe open for ever.
 */
static int read_answer(struct child *child, struct bk_secret *out,
		       struct bk_err *err)
{
	size_t len = 0;

	for (;;) {
		struct pollfd fds[] = {
			{child->pipe, POLLIN, 0},
                        {child->fd,   POLLIN, 0}
                };
		int n = poll(fds, 2, time_left(child));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bk_fail_errno(err, "poll");
		if (n == 0)
			return bk_fail(err, BK_MISUSE, "no answer in time");
		if (!fds[0].revents)
			break;
		ssize_t got =
			read(child->pipe, out->data + len, out->len - len);
		if (got <= 0)
			break;
		len += (size_t)got;
		if (len == out->len)
			return bk_fail(err, BK_MISUSE, "it prints too much");
	}
	bk_secret_cut(out, len);
	return 0;
}

/* True when the process has ended. */
static bool ended_within(const struct child *child, int ms)
{
	struct pollfd fds = {child->fd, POLLIN, 0};
	int n;

	do
		n = poll(&fds, 1, ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static int reap(struct child *child, int *status)
{
	pid_t pid;

	do
		pid = waitpid(child->pid, status, 0);
	while (pid < 0 && errno == EINTR);
	child->pid = -1;
	return pid < 0 ? -1 : 0;
}

static void stop(struct child *child)
{
	int status;

	(void)close(child->pipe); /* what still prints gets SIGPIPE */
	if (child->pid > 0) {
		(void)kill(child->pid, SIGTERM);
		if (child->fd < 0 || !ended_within(child, ENDING_MS))
			(void)kill(child->pid, SIGKILL);
		(void)reap(child, &status);
	}
	if (child->fd >= 0)
		(void)close(child->fd);
}

static int check_end(struct child *child, struct bk_err *err)
{
	int status = 0;

	if (!ended_within(child, time_left(child)))
		return bk_fail(err, BK_MISUSE, "it did not end in time");
	if (reap(child, &status) < 0)
		return bk_fail_errno(err, "waitpid");
	if (WIFSIGNALED(status))
		return bk_fail(err, BK_MISUSE, "it was ended by signal %d",
			       WTERMSIG(status));
	if (WEXITSTATUS(status))
		return bk_fail(err, BK_MISUSE, "it ended with status %d",
			       WEXITSTATUS(status));
	return 0;
}

int bk_ask_command(struct bk_secret *out, const char *line, int timeout_ms,
		   struct bk_err *err)
{
	struct words words = {0};
	struct child child = {-1, -1, -1, now_ms() + timeout_ms};

	int rc = split(line, &words, err);
	if (rc < 0)
		goto out;
	rc = start(&child, words.items, err);
	if (rc == 0)
		rc = read_answer(&child, out, err);
	if (rc == 0)
		rc = check_end(&child, err);
	if (rc < 0)
		bk_context(err, "%s", words.items[0]);
out:
	if (child.pipe >= 0)
		stop(&child);
	words_clear(&words);
	return rc;
}
