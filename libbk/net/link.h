/*
 * Connections to one server through libcurl, under one policy: TLS 1.2 at
 * least and verified, no redirects, no proxy but the one that was given, no
 * clear text unless it was allowed, time-outs on everything, Ctrl-C heard
 * within a second.
 *
 * A *link* is a server; a *line* is a connection to it, used by one thread at a
 * time and kept for the next act.  An act:
 *
 *	struct bk_line *line = bk_link_take(link);
 *
 *	bk_line_to(line, "/bk/keys/1.bkk");
 *	curl_easy_setopt(line->easy, CURLOPT_NOBODY, 1L);  what this act needs
 *	rc = bk_line_run(line, err);
 *	status = bk_line_status(line);
 *	bk_link_give(line);
 *
 * Errors of all functions: BK_LOST for what may pass when it is tried again
 * (no connection, a time-out, a broken stream), BK_DENIED for certificates and
 * logins, BK_GONE where the protocol says that a file is not there, BK_MISUSE,
 * BK_CANCELLED; the sink's own.  Texts say what and what to do; drivers put
 * the target's name before them.
 */

#ifndef BK_NET_LINK_H
#define BK_NET_LINK_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"
#include "crypto/secret.h"
#include "net/access.h"
#include "net/reply.h"
#include "net/url.h"

struct bk_link;

struct bk_line {
	CURL *easy;
	struct bk_link *link;

	/* What the last act brought. */
	struct bk_buf replies; /* header lines, or FTP's replies; 64 KiB */
	struct bk_buf
		complaint; /* body of an answer that is no success; 4 KiB */

	/* Private. */
	CURLM *multi;
	struct curl_slist *headers;
	struct bk_line *next;
	struct bk_sink *to;
	struct bk_err sink_err;
	struct bk_view left; /* of what is being sent */
	bool running, done, waiting, ended, stalled, tidying, answered;
	const void *newest_tls; /* context of what was connected last */
	bool ended_by_tls;
	bool renewed; /* `easy` is to be made anew */
	CURLcode result;
	int socket;       /* HTTP's, last opened */
	int64_t moved_ms; /* when something last came or went */
	curl_off_t moved;
	char error[CURL_ERROR_SIZE];
	char reply[BK_REPLY_TEXT];
};

/*
 * Nothing is connected yet.  Takes the secrets from where `access` says (may
 * prompt; BK_MISUSE, BK_CANCELLED as bk_password_get).  BK_MISUSE for a scheme
 * that is clear text and not allowed, and for one that libcurl lacks.  Keeps
 * `url` and `access` by pointer.
 */
int bk_link_open(struct bk_link **out, const struct bk_url *url,
		 const struct bk_access *access, struct bk_err *err);
void bk_link_close(struct bk_link *link); /* NULL is fine; no line is out */

const struct bk_url *bk_link_url(const struct bk_link *link);
const struct bk_access *bk_link_access(const struct bk_link *link);
/* The secret of access->password and ->token as it was when the link was
 * opened, ending in NUL; "" if none. */
const char *bk_link_password(const struct bk_link *link);
const char *bk_link_token(const struct bk_link *link);
/* The same of access->client_key_password; NULL if none. */
const char *bk_link_key_password(const struct bk_link *link);

/*
 * *out becomes a copy of the token with a NUL at its end, for logins with
 * tokens that live for an hour: one that a command prints or a file holds is
 * taken from there again when it is five minutes old, or is the one that was
 * `refused` (NULL: none).  It may be the same again.  Any thread; blocks on the
 * command.  BK_MISUSE without a token, and as bk_password_get.
 */
int bk_link_fresh_token(struct bk_link *link, const struct bk_secret *refused,
			struct bk_secret *out, struct bk_err *err);

/* A connection that was given back, or a new one; any thread. */
struct bk_line *bk_link_take(struct bk_link *link);
void bk_link_give(struct bk_line *line); /* an act under way is broken off */

/* Begins an act: all options as the policy wants them, and the URL of this
 * path, which is escaped here.  Login by user and password is set for all
 * schemes but s3. */
void bk_line_to(struct bk_line *line, const char *path);
/* The same for a whole URL or one with a query. */
void bk_line_to_url(struct bk_line *line, const char *url);

/* Adds "Name: value" to what HTTP asks, or "Name:" to leave libcurl's own
 * out.  "Expect" is left out always: a server that refuses answers early. */
void bk_line_add_header(struct bk_line *line, const char *header);

/* From now on, until the line is given back, its acts clean up after one that
 * failed or was broken off: they are carried out though the run was cancelled,
 * and take 3 s at most, each. */
void bk_line_tidy(struct bk_line *line);

/* Where the body goes: of HTTP only that of a 2xx answer.  NULL: nowhere.
 * Its errors end the act and are its error. */
void bk_line_into(struct bk_line *line, struct bk_sink *to);

/* Carries the act out. */
int bk_line_run(struct bk_line *line, struct bk_err *err);

/* The same up to the end of the login: the connection is the caller's then,
 * with curl_easy_send() and curl_easy_recv() on line->easy, until the line is
 * given back or stopped, which closes it. */
int bk_line_hold(struct bk_line *line, struct bk_err *err);

/*
 * The same with a body that the caller pushes: begin, write any number of
 * times, end.  `length` bytes are announced, or BK_LINE_UNKNOWN.  A server that
 * answers before it has everything ends the sending: further bytes are
 * dropped, and its status tells why; look at it after the end.  After a
 * failure nothing may follow but bk_link_give.
 */
#define BK_LINE_UNKNOWN UINT64_MAX
int bk_line_send_begin(struct bk_line *line, uint64_t length,
		       struct bk_err *err);
int bk_line_send(struct bk_line *line, const void *data, size_t len,
		 struct bk_err *err);
int bk_line_send_end(struct bk_line *line, struct bk_err *err);

/* Breaks an act off that is under way; its connection may be lost. */
void bk_line_stop(struct bk_line *line);

/* HTTP status or last FTP reply; 0 if there was none.  From within a sink it
 * is that of the answer whose body comes. */
long bk_line_status(const struct bk_line *line);

/* The last FTP reply, "550 No such file", as bk_reply_last() has it; "" if
 * there was none; valid until the next act. */
const char *bk_line_reply(struct bk_line *line);

/* FTP: did TLS say that the data that came are all?  Otherwise whoever can cut
 * the connection decided where they end.  Clear text never says: true. */
bool bk_line_ended(const struct bk_line *line);

/* A header of HTTP's last answer, or NULL; valid until the next act. */
const char *bk_line_header(const struct bk_line *line, const char *name);

#endif
