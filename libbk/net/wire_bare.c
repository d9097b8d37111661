/* Connections on which the caller says everything himself, STARTTLS and the
 * login as well: see wire.h. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/link.h"
#include "net/wire.h"
#include "net/wire_parts.h"

static char *origin(const struct bk_link *link, const char *scheme,
		    uint16_t port)
{
	struct bk_url url = *bk_link_url(link);
	struct bk_buf text = {0};

	if (!url.port)
		url.port = port;
	bk_url_origin(&text, &url, scheme);
	char *out = bk_strdup(bk_buf_text(&text));
	bk_buf_clear(&text);
	return out;
}

int bk_wire_connect(struct bk_wire **out, struct bk_link *link, uint16_t port,
		    struct bk_err *err)
{
	struct bk_line *line = bk_link_take(link);
	char *url = origin(link, "http", port);

	/* Up to the first request HTTP is a connection, and no more. */
	bk_line_to_url(line, url);
	free(url);
	(void)curl_easy_setopt(line->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
	if (bk_line_hold(line, err) < 0) {
		bk_link_give(line);
		return bk_context(err, "%s", bk_link_url(link)->text);
	}
	*out = bk_wire_new(line);
	return 0;
}

/* ---- TLS on what is connected ---- */

static curl_socket_t hand_over(void *arg, curlsocktype purpose,
			       struct curl_sockaddr *address)
{
	int *fd = arg;
	int given = *fd;

	(void)purpose;
	(void)address;
	*fd = -1;
	return given < 0 ? CURL_SOCKET_BAD : given;
}

static int is_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	(void)arg;
	(void)fd;
	(void)purpose;
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

/* The certificate is to be that of the URL's host; where that is does not
 * matter any more, nor who connected us. */
static int shake_hands(struct bk_line *line, int fd, struct bk_err *err)
{
	struct curl_slist *nowhere = curl_slist_append(NULL, "::127.0.0.1:");
	char *url = origin(line->link, "https", 0);

	bk_line_to_url(line, url);
	free(url);
	CURL *easy = line->easy;
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_CONNECT_TO, nowhere);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, hand_over);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &fd);
	(void)curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, is_connected);
	int rc = bk_line_hold(line, err);
	curl_slist_free_all(nowhere);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

int bk_wire_starttls(struct bk_wire *wire, struct bk_err *err)
{
	struct bk_line *clear = wire->line;
	struct bk_link *link = clear->link;

	if (bk_wire_ready(wire)) {
		bk_fail(err, BK_DENIED,
			"more came with the answer to STARTTLS than its "
			"answer: somebody in between? Nothing secret was "
			"sent");
		return bk_context(err, "%s", bk_link_url(link)->text);
	}
	int fd = fcntl(wire->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return bk_fail_errno(err, "%s", bk_link_url(link)->text);
	struct bk_line *line = bk_link_take(link);
	if (shake_hands(line, fd, err) < 0) {
		bk_link_give(line);
		return bk_context(err, "%s", bk_link_url(link)->text);
	}
	(void)curl_easy_getinfo(line->easy, CURLINFO_ACTIVESOCKET, &wire->fd);
	line->error[0] = 0;
	wire->line = line;
	bk_link_give(clear);
	return 0;
}
