/* URLs of targets and servers: see url.h. */

#include "net/url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char unreserved[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	"abcdefghijklmnopqrstuvwxyz"
	"0123456789-._~";

/* Up to the "://" of a URL, or 0. */
static size_t scheme_length(const char *text)
{
	size_t n = strspn(text,
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "abcdefghijklmnopqrstuvwxyz0123456789+-.");

	return isalpha((unsigned char)*text) && strncmp(text + n, "://", 3) == 0
		       ? n
		       : 0;
}

static bool is_s3(const char *text)
{
	return strncasecmp(text, "s3:", 3) == 0;
}

/* Over several targets: target/spread_shape.h. */
static bool is_spread(const char *text)
{
	return strncmp(text, "spread:", 7) == 0;
}

bool bk_url_is(const char *text)
{
	return is_s3(text) || is_spread(text) || scheme_length(text) > 0;
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The n bytes with %XX decoded; NULL for what no name may hold. */
static char *decode(const char *from, size_t n)
{
	char *out = bk_alloc(n + 1), *to = out;

	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)from[i];
		if (c == '%') {
			int high = i + 2 < n ? digit_of(from[i + 1]) : -1;
			int low = high < 0 ? -1 : digit_of(from[i + 2]);
			c = low < 0 ? 0 : high << 4 | low;
			i += 2;
		}
		if (c < 0x20 || c == 0x7f) {
			free(out);
			return NULL;
		}
		*to++ = (char)c;
	}
	return out;
}

static int undecodable(const char *what, struct bk_err *err)
{
	return bk_fail(err, BK_MISUSE,
		       "the %s has a %% that is not followed by two "
		       "hexadecimal digits, or a control character; write %% "
		       "itself as %%25",
		       what);
}

static int take(char **out, const char *from, size_t n, const char *what,
		struct bk_err *err)
{
	*out = decode(from, n);
	return *out ? 0 : undecodable(what, err);
}

/* "DOMAIN;user" before the '@'. */
static int parse_user(struct bk_url *url, const char *text, size_t n,
		      struct bk_err *err)
{
	const char *semicolon = memchr(text, ';', n);

	if (memchr(text, ':', n))
		return bk_fail(err, BK_MISUSE,
			       "a URL with a password in it is refused; write "
			       "password = file:PATH beside it");
	if (semicolon && strcmp(url->scheme, "smb") == 0) {
		size_t len = (size_t)(semicolon - text);
		if (take(&url->domain, text, len, "domain", err) < 0)
			return -1;
		text = semicolon + 1;
		n -= len + 1;
	}
	return take(&url->user, text, n, "user", err);
}

static int parse_port(struct bk_url *url, const char *text, size_t n,
		      struct bk_err *err)
{
	unsigned port = 0;

	for (size_t i = 0; i < n && port <= UINT16_MAX; i++) {
		int digit = isdigit((unsigned char)text[i]) ? text[i] - '0'
							    : UINT16_MAX;
		port = port * 10 + (unsigned)digit;
	}
	if (port == 0 || port > UINT16_MAX)
		return bk_fail(err, BK_MISUSE,
			       "'%.*s' is not a port from 1 to 65535", (int)n,
			       text);
	url->port = (uint16_t)port;
	return 0;
}

/* Sets url->host; what is left of the text, or NULL. */
static const char *take_host(struct bk_url *url, const char *text,
			     const char *end, struct bk_err *err)
{
	size_t n = (size_t)(end - text);
	const char *from = text, *to = memchr(text, ':', n);

	if (n && *text == '[') {
		from = text + 1;
		to = memchr(text, ']', n);
		if (!to) {
			bk_fail(err, BK_MISUSE, "']' is missing");
			return NULL;
		}
	}
	if (!to)
		to = end;
	if (take(&url->host, from, (size_t)(to - from), "host", err) < 0)
		return NULL;
	return from == text ? to : to + 1;
}

static int parse_host(struct bk_url *url, const char *text, const char *end,
		      struct bk_err *err)
{
	const char *after = take_host(url, text, end, err);

	if (!after)
		return -1;
	if (!*url->host)
		return bk_fail(err, BK_MISUSE, "it names no host");
	if (url->host[strspn(url->host, unreserved)] &&
	    url->host[strspn(url->host, "0123456789abcdefABCDEF:.%")])
		return bk_fail(err, BK_MISUSE, "'%s' is not the name of a host",
			       url->host);
	if (after == end)
		return 0;
	if (*after != ':')
		return bk_fail(err, BK_MISUSE, "what is behind ']'?");
	return parse_port(url, after + 1, (size_t)(end - after - 1), err);
}

/* No way up, no empty levels, nothing at the end. */
static int parse_path(struct bk_url *url, const char *text, struct bk_err *err)
{
	if (strpbrk(text, "?#"))
		return bk_fail(err, BK_MISUSE,
			       "the path has a '?' or '#'; write them as %%3F "
			       "and %%23");
	if (take(&url->path, text, strlen(text), "path", err) < 0)
		return -1;
	size_t len = strlen(url->path);
	while (len && url->path[len - 1] == '/')
		url->path[--len] = 0;
	for (const char *at = url->path; *at; at += strcspn(at, "/")) {
		at++;
		size_t n = strcspn(at, "/");
		if (n == 0 || (n == 1 && *at == '.') ||
		    (n == 2 && strncmp(at, "..", 2) == 0))
			return bk_fail(err, BK_MISUSE,
				       "the path has an empty level, '.' or "
				       "'..'");
	}
	return 0;
}

static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

static int parse(struct bk_url *url, const char *text, struct bk_err *err)
{
	bool s3 = is_s3(text);
	const char *rest = s3 ? text + 3 : text;
	size_t n = scheme_length(rest);

	if (!n)
		return bk_fail(err, BK_MISUSE,
			       s3 ? "s3: is followed by https:// and a host"
				  : "it is not a URL");
	url->transport = bk_strndup(rest, n);
	lower(url->transport);
	url->scheme = bk_strdup(s3 ? "s3" : url->transport);
	if (s3 && strcmp(url->transport, "https") != 0 &&
	    strcmp(url->transport, "http") != 0)
		return bk_fail(err, BK_MISUSE,
			       "s3: is followed by https:// and a host");
	rest += n + 3;
	size_t authority = strcspn(rest, "/");
	const char *path = rest + authority;
	const char *at = memrchr(rest, '@', authority);
	if (at && parse_user(url, rest, (size_t)(at - rest), err) < 0)
		return -1;
	const char *host = at ? at + 1 : rest;
	if (parse_host(url, host, path, err) < 0)
		return -1;
	return parse_path(url, path, err);
}

/* What is repeated in a message must not hold a password. */
static bool hides_nothing(const char *text)
{
	const char *rest = strstr(text, "://");

	if (!rest)
		return true;
	rest += 3;
	size_t n = strcspn(rest, "/");
	const char *at = memrchr(rest, '@', n);
	return !at || !memchr(rest, ':', (size_t)(at - rest));
}

int bk_url_parse(struct bk_url *out, const char *text, struct bk_err *err)
{
	struct bk_url url = {.text = bk_strdup(text)};

	if (parse(&url, text, err) < 0) {
		bk_url_clear(&url);
		return hides_nothing(text) ? bk_context(err, "%s", text) : -1;
	}
	*out = url;
	return 0;
}

void bk_url_clear(struct bk_url *url)
{
	free(url->text);
	free(url->scheme);
	free(url->transport);
	free(url->domain);
	free(url->user);
	free(url->host);
	free(url->path);
	*url = (struct bk_url){0};
}

void bk_url_escape(struct bk_buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '/' || strchr(unreserved, *text))
			bk_buf_add(out, text, 1);
		else
			bk_buf_printf(out, "%%%02X", (unsigned char)*text);
	}
}

void bk_url_origin(struct bk_buf *out, const struct bk_url *url,
		   const char *transport)
{
	bool v6 = strchr(url->host, ':') != NULL;

	bk_buf_printf(out, v6 ? "%s://[%s]" : "%s://%s", transport, url->host);
	if (url->port)
		bk_buf_printf(out, ":%u", (unsigned)url->port);
}

bool bk_url_is_here(const struct bk_url *url)
{
	return !url->user && (strcmp(url->host, "localhost") == 0 ||
			      strncmp(url->host, "127.", 4) == 0 ||
			      strcmp(url->host, "::1") == 0);
}
