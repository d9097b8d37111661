/* Running a program for what it prints: see run.h. */

#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/argv.h"
#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"

#define ENDING_MS 2000
#define HEED_MS   250 /* how soon it is noticed that we are asked to stop */

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

/* One end of a pipe of ours, and what came out of it. */
struct stream {
	int fd; /* -1: it has ended, or there is none */
	uint8_t *into;
	size_t room, len;
};

struct child {
	const struct bk_program *run;
	pid_t pid;
	int fd; /* a descriptor that stands for the process */
	struct stream out, complaint;
	int64_t deadline_ms;
};

static void clean_environment(struct bk_argv *env, char *const *more)
{
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++) {
		const char *value = getenv(passed_on[i]);
		if (!value)
			continue;
		char *entry = bk_asprintf("%s=%s", passed_on[i], value);
		bk_argv_add(env, entry);
		free(entry);
	}
	for (char *const *entry = more; entry && *entry; entry++)
		bk_argv_add(env, *entry);
}

static int time_left(const struct child *child)
{
	int64_t left = child->deadline_ms - bk_clock_monotonic_ms();

	return left > 0 ? (int)left : 0;
}

static int set_files(posix_spawn_file_actions_t *files, int in, int out,
		     int complaint)
{
	int rc = posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);

	if (rc == 0 && complaint >= 0)
		rc = posix_spawn_file_actions_adddup2(files, complaint,
						      STDERR_FILENO);
	if (rc == 0 && in)
		rc = posix_spawn_file_actions_adddup2(files, in, STDIN_FILENO);
	else if (rc == 0)
		rc = posix_spawn_file_actions_addopen(files, STDIN_FILENO,
						      "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(files, 3);
	return rc;
}

/* 0 or an errno. */
static int spawn(struct child *child, char **env, int out, int complaint)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;

	if (child->run->apart)
		flags |= POSIX_SPAWN_SETPGROUP;
	sigemptyset(&none);
	sigfillset(&all);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setpgroup(&attr, 0);
	(void)posix_spawnattr_setflags(&attr, flags);
	int rc = set_files(&files, child->run->input, out, complaint);
	if (rc == 0)
		rc = posix_spawnp(&child->pid, child->run->argv[0], &files,
				  &attr, child->run->argv, env);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static int start(struct child *child, struct bk_err *err)
{
	struct bk_argv env = {0};
	int out[2] = {-1, -1}, complaint[2] = {-1, -1}, number;
	int rc = -1;

	if (pipe2(out, O_CLOEXEC) < 0 ||
	    (child->run->complaint && pipe2(complaint, O_CLOEXEC) < 0)) {
		bk_fail_errno(err, "pipe");
		goto out;
	}
	clean_environment(&env, child->run->more_env);
	number = spawn(child, env.items, out[1], complaint[1]);
	if (number) {
		child->pid = -1;
		errno = number;
		bk_fail_errno(err, "it cannot be run");
		err->kind = BK_MISUSE;
		goto out;
	}
	child->fd = pidfd_open(child->pid, 0);
	rc = child->fd < 0 ? bk_fail_errno(err, "pidfd_open") : 0;
out:
	child->out.fd = out[0];
	child->complaint.fd = complaint[0];
	close_fd(&out[1]);
	close_fd(&complaint[1]);
	bk_argv_clear(&env);
	return rc;
}

/* What comes when there is no more room is looked at by nobody. */
static void read_stream(struct stream *stream)
{
	uint8_t rest[512];
	bool full = stream->len == stream->room;
	ssize_t got = full ? read(stream->fd, rest, sizeof(rest))
			   : read(stream->fd, stream->into + stream->len,
				  stream->room - stream->len);

	if (got <= 0)
		close_fd(&stream->fd);
	else if (!full)
		stream->len += (size_t)got;
}

/* 1 while there may be more, 0 when it has ended and its pipes are empty, -1.
 */
static int wait_and_read(struct child *child, struct bk_err *err)
{
	struct pollfd fds[] = {
		{child->fd,           POLLIN, 0},
		{child->out.fd,       POLLIN, 0},
		{child->complaint.fd, POLLIN, 0},
	};
	int left = time_left(child);

	/* Who never stops printing never lets poll run out of time. */
	if (left == 0)
		return bk_fail(err, BK_LOST, "%s",
			       child->out.fd < 0 ? "it did not end in time"
						 : "no answer in time");
	bool part = child->run->heeds && left > HEED_MS;
	int n = poll(fds, 3, part ? HEED_MS : left);

	if (child->run->heeds && bk_cancelled(err) < 0)
		return -1;
	if (n < 0)
		return errno == EINTR ? 1 : bk_fail_errno(err, "poll");
	if (n == 0)
		return 1;
	if (fds[1].revents)
		read_stream(&child->out);
	if (fds[2].revents)
		read_stream(&child->complaint);
	return fds[1].revents || fds[2].revents || !fds[0].revents;
}

/* What the command left running may hold its pipes open for ever. */
static int read_until_end(struct child *child, struct bk_err *err)
{
	int rc;

	while ((rc = wait_and_read(child, err)) > 0)
		if (child->out.len == child->out.room && !child->run->chatty)
			return bk_fail(err, BK_CORRUPT, "it prints too much");
	return rc;
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

	close_fd(&child->out.fd); /* what still prints gets SIGPIPE */
	close_fd(&child->complaint.fd);
	if (child->pid > 0) {
		pid_t whom = child->run->apart ? -child->pid : child->pid;
		(void)kill(whom, SIGTERM);
		if (child->fd < 0 || !ended_within(child, ENDING_MS))
			(void)kill(whom, SIGKILL);
		(void)reap(child, &status);
	}
	close_fd(&child->fd);
}

static int take_status(struct child *child, int *status, struct bk_err *err)
{
	int how = 0;

	if (reap(child, &how) < 0)
		return bk_fail_errno(err, "waitpid");
	if (WIFSIGNALED(how))
		return bk_fail(err, BK_LOST, "it was ended by signal %d",
			       WTERMSIG(how));
	*status = WEXITSTATUS(how);
	return 0;
}

int bk_run(const struct bk_program *run, size_t *len, int *status,
	   struct bk_err *err)
{
	size_t room = run->complaint ? run->complaint_room - 1 : 0;
	struct child child = {
		.run = run,
		.pid = -1,
		.fd = -1,
		.out = {-1, run->out,                  run->room, 0},
		.complaint = {-1, (uint8_t *)run->complaint, room,      0},
		.deadline_ms = bk_clock_monotonic_ms() + run->timeout_ms,
	};

	int rc = start(&child, err);
	if (rc == 0)
		rc = read_until_end(&child, err);
	if (rc == 0)
		rc = take_status(&child, status, err);
	stop(&child);
	*len = child.out.len;
	if (run->complaint)
		run->complaint[child.complaint.len] = 0;
	return rc < 0 ? bk_context(err, "%s", run->argv[0]) : 0;
}
