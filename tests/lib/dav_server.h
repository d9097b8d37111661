/*
 * A WebDAV target on a server that says what the test wrote down, one request a
 * connection.  The target is /bk of it.
 */

#ifndef BK_TESTS_LIB_DAV_SERVER_H
#define BK_TESTS_LIB_DAV_SERVER_H

#include <stdbool.h>

#include "base/buf.h"
#include "target/target.h"

/* What is asked begins so; then this is said, so often (0: always).  NULL: the
 * connection is closed without a word.  The first that fits counts; a table
 * ends in THE_END. */
struct said {
	const char *asks, *says;
	unsigned times;
};

/* clang-format off */
#define SAY(status, headers, body)                                             \
	"HTTP/1.1 " status "\r\nConnection: close\r\n" headers "\r\n" body
#define DONE(status)   SAY(status, "Content-Length: 0\r\n", "")
#define SIZED(n)       SAY("200 OK", "Content-Length: " n "\r\n", "")
#define PAGE                                                                   \
	SAY("200 OK", "Content-Type: text/html\r\n", "<html>Welcome</html>")
#define FOLDER(href)                                                           \
	"<response><href>" href "</href><propstat><prop><resourcetype>"        \
	"<collection/></resourcetype></prop><status>HTTP/1.1 200 OK</status>"  \
	"</propstat></response>"
#define BLOB(href)                                                             \
	"<response><href>" href "</href><propstat><prop><resourcetype/>"       \
	"<getcontentlength>5</getcontentlength><getlastmodified>"              \
	"Sun, 06 Nov 1994 08:49:37 GMT</getlastmodified></prop>"               \
	"<status>HTTP/1.1 200 OK</status></propstat></response>"
#define LISTED(what)                                                           \
	SAY("207 Multi", "",                                                   \
	    "<multistatus xmlns='DAV:'>" what "</multistatus>")
#define ROOT    {"PROPFIND /bk/ ", LISTED(FOLDER("/bk/")), 0}
#define THE_END {NULL, NULL, 0}
/* clang-format on */

extern struct bk_target *dav;
extern struct bk_err dav_err;
extern struct bk_buf dav_heard; /* a line for each request */

/* Starts the server and opens the target; dav_end() follows, even after -1. */
int dav_begin_as(const struct said *script, bool create);
/* The same, and fails the test if that does not work. */
void dav_begin(const struct said *script);
void dav_end(void);

/* Puts "hello". */
int dav_put(const char *name);
/* It did, with that kind, and the text has that in it. */
void dav_failed_with(int rc, enum bk_kind kind, const char *text);
void dav_assert_heard(const char *want);
/* For cmocka's group. */
int dav_drop(void **state);

#endif
