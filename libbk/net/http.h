/*
 * What all that speaks HTTP to a server has in common: what a status means,
 * what headers say, and getting stretches of a file without believing the
 * server.  RFC 9110.
 *
 * An act is begun by bk_line_to(); what it needs (methods, headers, logins) is
 * set on the line before these functions carry it out.
 */

#ifndef BK_NET_HTTP_H
#define BK_NET_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/stream.h"
#include "net/link.h"

/* An answer that is no success, or not the one that was hoped for. */
struct bk_http_answer {
	long status;             /* 0: there was none */
	const char *location;    /* headers; NULL: not there */
	const char *retry_after; /* ... */
	const char *server;
	const char *complaint; /* the body's begin; NULL: none */
	bool put;              /* of a PUT */
	bool anonymous;        /* to who gave no user */
};

/*
 * Fails with the kind and the text of an answer:
 *
 *	401 403 407           BK_DENIED
 *	redirects             BK_DENIED, "redirect to ..."; none is followed
 *	400 of nginx          BK_DENIED: it wants a client's certificate
 *	404 410               BK_GONE
 *	408 425 500 502 504   BK_LOST
 *	none                  BK_LOST
 *	423 429 503           BK_BUSY
 *	412                   BK_EXISTS
 *	416                   BK_CORRUPT: the file ends before
 *	507                   BK_FULL
 *	500 of nginx to PUT   BK_FULL
 *	others                BK_FAILED
 *
 * With BK_LOST and BK_BUSY err->retry_after_s is what Retry-After said.
 */
int bk_http_explain(const struct bk_http_answer *answer, struct bk_err *err);

/* The same of the last answer on a line. */
int bk_http_fail(const struct bk_line *line, struct bk_err *err);

/* Runs the act: 0 for any 2xx, else fails as bk_line_run and bk_http_fail. */
int bk_http_run(struct bk_line *line, struct bk_err *err);

/* Is the last answer a page for people?  No blob is one: where a 2xx brings
 * it, a login page or a gateway stands before the server. */
bool bk_http_is_page(const struct bk_line *line);
/* BK_DENIED, "... a web page came instead of ...". */
int bk_http_fail_page(struct bk_err *err);

/*
 * GET of the bytes [offset, offset + len), len > 0.  A server that ignores the
 * range sends all: then the begin is skipped, and the rest not waited for.
 * BK_CORRUPT: the file ends before, or other bytes than those came;
 * BK_LOST: the body broke off; BK_DENIED: a page came; or as bk_http_run.
 */
int bk_http_get(struct bk_line *line, uint64_t offset, uint64_t len,
		struct bk_sink *to, struct bk_err *err);

/*
 * The same of `n` > 1 stretches, in their order, none touching the next, which
 * come one after the other, when all of them have arrived (RFC 9110 14.6).
 * BK_FAILED from a server that sends anything but just these: get one at a time
 * then.
 */
int bk_http_get_many(struct bk_line *line, const struct bk_stretch *stretches,
		     size_t n, struct bk_sink *to, struct bk_err *err);

/* GET of the first `most` > 0 bytes, or all if there are fewer; *size is how
 * many there are in all.  As bk_http_get; BK_FAILED if the server does not say
 * the size. */
int bk_http_peek(struct bk_line *line, uint64_t most, struct bk_sink *to,
		 uint64_t *size, struct bk_err *err);

/* HEAD: the size of a file.  BK_FAILED if the server does not say it. */
int bk_http_size(struct bk_line *line, uint64_t *size, struct bk_err *err);

/* ---- what headers say; text may be NULL ---- */

/* RFC 9110 5.6.7, all three forms: UTC seconds; 0 for what is no date. */
int64_t bk_http_date(const char *text);

/* RFC 9110 10.2.3: seconds from `now`; 0 for none, for the past and for what
 * is neither a number nor a date. */
uint32_t bk_http_retry_after(const char *text, int64_t now);

struct bk_http_range {
	uint64_t first, last; /* bytes, both of them in it */
	uint64_t size;        /* of the whole; UINT64_MAX: not said */
};

/* RFC 9110 14.4, "bytes 0-99/1000" or "bytes 0-99/" and an asterisk; false for
 * everything else. */
bool bk_http_content_range(const char *text, struct bk_http_range *out);

/* Content-Length, digits only; false for everything else. */
bool bk_http_content_length(const char *text, uint64_t *out);

#endif
