/* Processes of a Postfix: see route_master.h. */

#include "route/route_master.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/path.h"

#define TEXT_MOST 65536

/* Files of /proc have no length. */
static int read_text(const char *path, struct bk_buf *text)
{
	struct bk_err unused = {0};
	char *folder = bk_strdup(path);
	char *slash = strrchr(folder, '/');

	*slash = 0;
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = dir < 0 ? -1
			 : bk_path_read(dir, slash + 1, TEXT_MOST, text,
					&unused);
	bk_path_close(&dir);
	free(folder);
	return rc;
}

static bool has_name(long pid, const char *name)
{
	struct bk_buf text = {0};
	char *path = bk_asprintf("/proc/%ld/comm", pid);

	int rc = read_text(path, &text);
	const char *comm = bk_buf_text(&text);
	bool is = rc == 0 && strcspn(comm, "\n") == strlen(name) &&
		  strncmp(comm, name, strlen(name)) == 0;
	bk_buf_clear(&text);
	free(path);
	return is;
}

static int find_child(long master, const char *name)
{
	struct bk_buf text = {0};
	char *path = bk_asprintf("/proc/%ld/task/%ld/children", master, master);
	int fd = -1;

	(void)read_text(path, &text);
	const char *p = bk_buf_text(&text);
	while (fd < 0 && *p >= '0' && *p <= '9') {
		long pid = (long)strtoll(p, NULL, 10);
		if (has_name(pid, name))
			fd = pidfd_open((pid_t)pid, 0);
		p += strspn(p, "0123456789");
		p += strspn(p, " ");
	}
	free(path);
	bk_buf_clear(&text);
	return fd;
}

/* 0: it does not say. */
static long master_of(const char *queue_directory)
{
	struct bk_buf text = {0};
	long master = 0;

	char *path = bk_asprintf("%s/pid/master.pid", queue_directory);
	if (read_text(path, &text) == 0)
		master = (long)strtoll(bk_buf_text(&text) +
					       strspn(bk_buf_text(&text), " "),
				       NULL, 10);
	free(path);
	bk_buf_clear(&text);
	return master > 1 ? master : 0;
}

int bk_route_master_child(const char *queue_directory, const char *name)
{
	long master = queue_directory ? master_of(queue_directory) : 0;

	return master ? find_child(master, name) : -1;
}

/* A number in a file may be another process's by now: only a master that has
 * such a child is asked. */
int bk_route_master_reload(const char *queue_directory, const char *name)
{
	long master = queue_directory ? master_of(queue_directory) : 0;
	int child = -1;
	int fd = master ? pidfd_open((pid_t)master, 0) : -1;

	if (fd >= 0 && has_name(master, "master"))
		child = find_child(master, name);
	if (child >= 0 && pidfd_send_signal(fd, SIGHUP, NULL, 0) < 0)
		bk_path_close(&child);
	bk_path_close(&fd);
	return child;
}

int bk_route_master_wait(int process, int64_t timeout_ms, struct bk_err *err)
{
	struct pollfd fds = {process, POLLIN, 0};
	int64_t end = bk_clock_monotonic_ms() + timeout_ms;
	int n;

	do {
		int64_t left = end - bk_clock_monotonic_ms();
		n = poll(&fds, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return 0;
	return bk_fail(err, BK_LOST,
		       "Postfix's queue manager did not take the change; is "
		       "the system overloaded?");
}
