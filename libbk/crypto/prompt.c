/*
 * Asking on the terminal: see prompt.h.  The signals that would leave it
 * without echo are held back and read from a descriptor, so that there is no
 * handler, no global, and no moment at which one could be missed.
 */

#include "crypto/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"

struct prompt {
	int tty, signals;
	sigset_t held, before;
	struct termios shown;
};

static int begin(struct prompt *p, struct bk_err *err)
{
	static const int held[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};

	p->signals = -1;
	p->tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->tty < 0 || tcgetattr(p->tty, &p->shown) < 0)
		return bk_fail(
			err, BK_MISUSE,
			"there is no terminal to ask for a password on; "
			"say where it is kept: --password-from file:PATH");
	sigemptyset(&p->held);
	for (size_t i = 0; i < sizeof(held) / sizeof(*held); i++)
		sigaddset(&p->held, held[i]);
	p->signals = signalfd(-1, &p->held, SFD_CLOEXEC);
	if (p->signals < 0)
		return bk_fail_errno(err, "signalfd");
	return 0;
}

static void end(struct prompt *p)
{
	if (p->signals >= 0)
		(void)close(p->signals);
	if (p->tty >= 0)
		(void)close(p->tty);
}

/* Returns 1 when there is input, 0 when *number says which signal came. */
static int wait_for_input(const struct prompt *p, int *number,
			  struct bk_err *err)
{
	struct pollfd fds[] = {
		{p->signals, POLLIN, 0},
                {p->tty,     POLLIN, 0}
        };
	struct signalfd_siginfo info;

	for (;;) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return bk_fail_errno(err, "poll");
		}
		if (!fds[0].revents)
			return 1;
		if (read(p->signals, &info, sizeof(info)) == sizeof(info)) {
			*number = (int)info.ssi_signo;
			return 0;
		}
	}
}

/* A line of at most out->len bytes; 1, 0 when a signal came first. */
static int read_line(const struct prompt *p, struct bk_secret *out, int *number,
		     struct bk_err *err)
{
	size_t len = 0;

	for (;;) {
		uint8_t byte;
		int rc = wait_for_input(p, number, err);
		if (rc <= 0)
			return rc;
		ssize_t n = read(p->tty, &byte, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bk_fail_errno(err, "/dev/tty");
		if (n == 0 || byte == '\n')
			break;
		if (len < out->len)
			out->data[len++] = byte;
	}
	bk_secret_cut(out, len);
	return 1;
}

/* As read_line, with echo off around it and signals held back. */
static int ask_once(struct prompt *p, const char *text, struct bk_secret *out,
		    int *number, struct bk_err *err)
{
	struct termios hidden = p->shown;

	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	(void)pthread_sigmask(SIG_BLOCK, &p->held, &p->before);
	int rc = tcsetattr(p->tty, TCSAFLUSH, &hidden) < 0
			 ? bk_fail_errno(err, "/dev/tty")
			 : bk_fd_write(p->tty, text, strlen(text), err);
	if (rc == 0)
		rc = read_line(p, out, number, err);
	struct bk_err unsaid = {0};
	(void)bk_fd_write(p->tty, "\n", 1, &unsaid); /* the one not echoed */
	(void)tcsetattr(p->tty, TCSAFLUSH, &p->shown);
	(void)pthread_sigmask(SIG_SETMASK, &p->before, NULL);
	return rc;
}

int bk_prompt(struct bk_secret *out, const char *text, struct bk_err *err)
{
	struct prompt p;
	int number = 0;

	int rc = begin(&p, err);
	if (rc < 0)
		goto out;
	for (;;) {
		rc = ask_once(&p, text, out, &number, err);
		if (rc != 0)
			break;
		(void)raise(number);
		if (number != SIGTSTP) {
			rc = bk_fail(err, BK_CANCELLED, "interrupted");
			break;
		}
	}
	rc = rc < 0 ? -1 : 0;
out:
	end(&p);
	return rc;
}
