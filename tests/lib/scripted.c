/* A server that says what the test wrote down: see scripted.h. */

#include "lib/scripted.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *run(void *arg)
{
	struct scripted *server = arg;
	int fd;

	for (unsigned n = 0;
	     (fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;
	     n++) {
		server->serve(fd, n);
		(void)close(fd);
	}
	return NULL;
}

void scripted_start(struct scripted *server,
		    void (*serve)(int fd, unsigned number))
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(at);

	server->serve = serve;
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server->listener < 0 ||
	    bind(server->listener, (struct sockaddr *)&at, len) < 0 ||
	    listen(server->listener, 8) < 0 ||
	    getsockname(server->listener, (struct sockaddr *)&at, &len) < 0)
		abort();
	server->port = ntohs(at.sin_port);
	if (pthread_create(&server->thread, NULL, run, server) != 0)
		abort();
}

void scripted_stop(struct scripted *server)
{
	(void)shutdown(server->listener, SHUT_RDWR);
	(void)pthread_join(server->thread, NULL);
	(void)close(server->listener);
}

static _Thread_local char text[8192];

/* Up to and with `end`: how many bytes. */
static size_t read_up_to(int fd, const char *end)
{
	size_t n = 0, len = strlen(end);

	while (n + 1 < sizeof(text) && read(fd, text + n, 1) == 1) {
		text[++n] = 0;
		if (n >= len && strcmp(text + n - len, end) == 0)
			return n;
	}
	text[n] = 0;
	return n;
}

const char *scripted_request(int fd)
{
	(void)read_up_to(fd, "\r\n\r\n");
	return text;
}

const char *scripted_line(int fd)
{
	size_t n = read_up_to(fd, "\r\n");

	if (n >= 2 && text[n - 1] == '\n')
		text[n - 2] = 0;
	return text;
}

void scripted_say(int fd, const char *said)
{
	(void)!send(fd, said, strlen(said), MSG_NOSIGNAL);
}

size_t scripted_swallow(int fd, size_t n)
{
	char bytes[4096];
	size_t got = 0;

	while (got < n) {
		size_t want = n - got < sizeof(bytes) ? n - got : sizeof(bytes);
		ssize_t now = read(fd, bytes, want);
		if (now <= 0)
			break;
		got += (size_t)now;
	}
	return got;
}

bool scripted_imap_login(int fd)
{
	char answer[100];

	scripted_say(fd, "* OK hello\r\n");
	for (;;) {
		const char *line = scripted_line(fd);
		bool asks = strstr(line, " CAPABILITY") != NULL;
		if (strlen(line) < 4)
			return false;
		(void)snprintf(answer, sizeof(answer), "%s%.4s OK done\r\n",
			       asks ? "* CAPABILITY IMAP4rev1 SASL-IR "
				      "AUTH=PLAIN\r\n"
				    : "",
			       line);
		scripted_say(fd, answer);
		if (!asks)
			return true;
	}
}
