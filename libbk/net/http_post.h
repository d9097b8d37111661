/*
 * Telling a server something by a POST (RFC 9110 9.3.3): webhooks, and the
 * pings of a dead man's switch.  TLS is verified; a server of this host may do
 * without.
 */

#ifndef BK_NET_HTTP_POST_H
#define BK_NET_HTTP_POST_H

#include "base/err.h"
#include "net/access.h"

struct bk_post {
	const char *url;  /* http:// or https://, a query too */
	const char *more; /* behind its path: "/fail"; NULL: nothing */
	const char *type; /* "application/json" */
	const char *body; /* UTF-8 */
	unsigned limit_s; /* gives up after so many seconds at most; 0: as the
			     access says */
};

/* Is it a URL that can be told something? */
int bk_http_check_post(const char *url, struct bk_err *err);

/* 0 for any 2xx; what the server answers is not read.  Fails as bk_link_open
 * and bk_http_run. */
int bk_http_post(const struct bk_post *post, const struct bk_access *access,
		 struct bk_err *err);

#endif
