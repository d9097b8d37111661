/* A WebDAV target on a scripted server: see dav_server.h. */

#include "lib/dav_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scripted.h"
#include "lib/test.h"
#include "target/webdav.h"

static struct scripted server;
static const struct said *script;
static unsigned used[32];
static struct bk_url url;
static struct bk_access access_;
struct bk_buf dav_heard;
struct bk_target *dav;
struct bk_err dav_err;

/* ---- the server ---- */

static size_t length_of(const char *request)
{
	const char *at = strcasestr(request, "\r\nContent-Length:");

	return at ? strtoul(at + 17, NULL, 10) : 0;
}

static void note(const char *request, size_t len)
{
	static const char *const headers[] = {
		"If-None-Match: *", "Overwrite: F", "Depth: 0",
		"Authorization: Digest", "Authorization: Basic"};

	const char *end = strstr(request, " HTTP/1.1");

	bk_buf_printf(&dav_heard, "%.*s %zu", end ? (int)(end - request) : 0,
		      request, len);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (strstr(request, headers[i]))
			bk_buf_printf(&dav_heard, " (%s)", headers[i]);
	bk_buf_printf(&dav_heard, "\n");
}

/* One request a connection. */
static void serve(int fd, unsigned number)
{
	const char *request = scripted_request(fd);
	size_t len = length_of(request);

	(void)number;
	if (!*request)
		return;
	note(request, len);
	char *asked = bk_strndup(request, strcspn(request, "\r"));
	(void)scripted_swallow(fd, len);
	for (size_t i = 0; script[i].asks; i++)
		if (strncmp(asked, script[i].asks, strlen(script[i].asks)) ==
			    0 &&
		    (!script[i].times || used[i] < script[i].times)) {
			used[i]++;
			if (script[i].says)
				scripted_say(fd, script[i].says);
			free(asked);
			return;
		}
	free(asked);
	scripted_say(fd,
		     "HTTP/1.1 418 Not in the script\r\n"
		     "Connection: close\r\nContent-Length: 0\r\n\r\n");
}

/* ---- the client ---- */

int dav_begin_as(const struct said *with, bool create)
{
	char text[64];

	script = with;
	memset(used, 0, sizeof(used));
	dav_heard.len = 0;
	dav_err = (struct bk_err){0};
	dav = NULL;
	access_ = (struct bk_access){.allow_cleartext = true, .timeout_s = 5};
	scripted_start(&server, serve);
	(void)snprintf(text, sizeof(text), "http://bk@127.0.0.1:%u/bk",
		       (unsigned)server.port);
	assert_int_equal(bk_url_parse(&url, text, &dav_err), 0);
	return bk_webdav_open(&dav, &url, &access_, create, &dav_err);
}

void dav_begin(const struct said *with)
{
	if (dav_begin_as(with, false) < 0)
		fail_msg("%s", dav_err.text);
	dav_heard.len = 0;
}

void dav_end(void)
{
	bk_target_close(dav);
	bk_url_clear(&url);
	scripted_stop(&server);
}

int dav_put(const char *name)
{
	struct bk_view hello = {(const uint8_t *)"hello", 5};

	dav_err = (struct bk_err){0};
	return bk_target_put(dav, name, hello, &dav_err);
}

void dav_failed_with(int rc, enum bk_kind kind, const char *text)
{
	assert_int_equal(rc, -1);
	if (dav_err.kind != kind || !strstr(dav_err.text, text))
		fail_msg("kind %d, %s", (int)dav_err.kind, dav_err.text);
}

void dav_assert_heard(const char *want)
{
	assert_string_equal(bk_buf_text(&dav_heard), want);
}

int dav_drop(void **state)
{
	(void)state;
	bk_buf_clear(&dav_heard);
	return 0;
}
