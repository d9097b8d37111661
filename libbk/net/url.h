/*
 * Where something lies elsewhere: bk-url(7), RFC 3986.
 *
 *   ftp:// ftpes:// ftps:// sftp:// http:// https://  user@host:port/path
 *   smb://DOMAIN;user@host/share/path
 *   s3:https://KEY-ID@host/bucket/prefix   (or s3:http://)
 *   imap:// imaps://  user@host:port/   a mail server, not a target
 *   spread:2+1:nas,offsite,cloud        targets; only bk_url_is() knows it
 *
 * A password in it is refused: it would be in logs and lists of processes.
 */

#ifndef BK_NET_URL_H
#define BK_NET_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* {0} is a valid empty one.  Texts are owned and without %XX. */
struct bk_url {
	char *text;      /* as it was written, for messages: no secret in it */
	char *scheme;    /* lower case: "ftpes"; "s3" */
	char *transport; /* the same; "https" or "http" of s3 */
	char *domain;    /* before ';' in smb, else NULL */
	char *user;      /* NULL: none */
	char *host;      /* "mail.example", "192.0.2.1", "2001:db8::1" */
	char *path;      /* "/bk/mx1": no '/' at the end; "" for the root */
	uint16_t port;   /* 0: as usual for the scheme */
};

/* Is it a URL, and not a path?  "file:///x" is one too. */
bool bk_url_is(const char *text);

/* BK_MISUSE: no scheme, no host, a password, a query or fragment, a NUL or a
 * line end behind a %, "." or ".." in the path. */
int bk_url_parse(struct bk_url *out, const char *text, struct bk_err *err);
void bk_url_clear(struct bk_url *url);

/* What never leaves this host, and no password goes along with: it needs no
 * TLS. */
bool bk_url_is_here(const struct bk_url *url);

/* Appends `text` with all but unreserved characters and '/' as %XX. */
void bk_url_escape(struct bk_buf *out, const char *text);

/* Appends "transport://host:port" as libcurl and HTTP take it: no user. */
void bk_url_origin(struct bk_buf *out, const struct bk_url *url,
		   const char *transport);

#endif
