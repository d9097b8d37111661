/* Answers in two pieces without a wait: see quickack.h. */

#include "net/quickack.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static int note_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	struct bk_line *line = arg;

	(void)purpose;
	line->socket = fd;
	return CURL_SOCKOPT_OK;
}

void bk_quickack_watch(struct bk_line *line)
{
	(void)curl_easy_setopt(line->easy, CURLOPT_SOCKOPTFUNCTION,
			       note_socket);
	(void)curl_easy_setopt(line->easy, CURLOPT_SOCKOPTDATA, line);
}

/* A connection that was closed since leaves a number that may be somebody
 * else's: to whom this does nothing. */
void bk_quickack(const struct bk_line *line)
{
	int on = 1;

	if (line->socket > 0)
		(void)setsockopt(line->socket, IPPROTO_TCP, TCP_QUICKACK, &on,
				 sizeof(on));
}
