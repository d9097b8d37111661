/*
 * A connection to a mail server as a stream of bytes: libcurl opens it (proxy,
 * TLS, STARTTLS, the login), and hands it over when the login is done
 * (CURLOPT_CONNECT_ONLY).  Used by one thread at a time.
 *
 * Reading is a window: fill() lets more bytes into `in`, take() says how many
 * of them are used up.  Who writes need not read: what the other side says
 * meanwhile is kept, so that neither waits for the other for ever.
 *
 * Errors: BK_LOST for what may pass when it is tried again (no connection, a
 * time-out, closed by the other side), BK_DENIED for certificates, logins, and
 * servers that lack the TLS that is required, BK_BUSY where a server says that
 * it has too much to do, BK_MISUSE for words that are none, BK_CORRUPT for what
 * cannot be uncompressed, BK_CANCELLED.  Texts begin with the URL.  After an
 * error only close may follow; `in` keeps what came before it: a server that
 * closes may have said why.
 */

#ifndef BK_NET_WIRE_H
#define BK_NET_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limit.h"
#include "crypto/secret.h"
#include "net/deflate.h"
#include "net/link.h"

/* Bytes that one fill() may let in, and that wait while we write. */
#define BK_WIRE_WINDOW ((size_t)1 << 20)

enum bk_sasl {
	BK_SASL_AUTO,        /* PLAIN, or LOGIN where there is none */
	BK_SASL_PLAIN,       /* it alone */
	BK_SASL_XOAUTH2,     /* the secret is a token; Google, Microsoft */
	BK_SASL_OAUTHBEARER, /* the secret is a token; RFC 7628 */
};

/* Who logs in, to whose mail.  Texts are the caller's, for the call. */
struct bk_wire_login {
	const char *user;    /* who proves it: "ann*master"; NULL: the URL's */
	const char *authzid; /* whose mail (RFC 4616); NULL: the user's own;
				not with a token, which says it itself */
	enum bk_sasl sasl;
	/* This account's own; NULL: bk_link_password(), or, of XOAUTH2 and
	 * OAUTHBEARER, the link's token, which is fetched again when it is
	 * old or was refused. */
	const struct bk_secret *secret;
};

struct bk_wire {
	/* What came and is not taken yet. */
	struct bk_view in;
	/* Bytes so far, as they went over the line (compressed, if it is). */
	uint64_t received, sent;
	/* How long we have waited for the other side so far, and how long it
	 * may stay silent. */
	int64_t waited_ms, timeout_ms;

	/* Private. */
	struct bk_line *line;
	struct bk_deflate *deflate;
	int fd;
	int64_t moved_ms;      /* when something last came or went */
	uint8_t *window;       /* `in` lies in it */
	uint8_t *raw;          /* received, not uncompressed yet */
	struct bk_view packed; /* the same: what is left in `raw` */
	/* Never moves: a send is tried again from the same address. */
	uint8_t *out;
	size_t out_at, out_len;
	bool unflushed; /* something stays in the compressor */
	struct bk_bucket *down, *up;
	size_t down_granted, up_granted; /* bytes that the buckets let pass */
	struct bk_err broken;            /* what ended it */
};

/* imap:// with STARTTLS (without only where allow-cleartext says so and the
 * server has none), imaps://.  The link must outlive it.  A token that is
 * refused is fetched again and tried once more.  What the server says unasked
 * in one breath with its OK to the login is lost: libcurl has read it. */
int bk_wire_open(struct bk_wire **out, struct bk_link *link,
		 const struct bk_wire_login *login, struct bk_err *err);

/* All that the server said until the login was done, at most 64 KiB of it;
 * until the wire is closed. */
struct bk_view bk_wire_login_said(const struct bk_wire *wire);
void bk_wire_close(struct bk_wire *wire); /* NULL is fine; says nothing */

/*
 * For a protocol that libcurl does not speak: nobody is logged in yet, nothing
 * was read, and nothing is encrypted.  To the host of the link's URL, through
 * its proxy; `port`: where the URL has none.
 */
int bk_wire_connect(struct bk_wire **out, struct bk_link *link, uint16_t port,
		    struct bk_err *err);
/* From here on TLS, under the link's policy: the server's word that it begins
 * was just taken.  BK_DENIED when more came with it: somebody in between may
 * have put it there (CVE-2011-0411). */
int bk_wire_starttls(struct bk_wire *wire, struct bk_err *err);

/* What proves a login on this link: its own secret, or the link's password or
 * token; with a NUL at its end. */
int bk_wire_secret(struct bk_link *link, const struct bk_wire_login *login,
		   struct bk_secret *out, struct bk_err *err);
/* What AUTHENTICATE says at once: *mechanism, and in base64, with a NUL at its
 * end, *words. */
int bk_wire_sasl(struct bk_link *link, const struct bk_wire_login *login,
		 const char **mechanism, struct bk_secret *words,
		 struct bk_err *err);

/* Waits until `in` is longer than it was; BK_LOST at the end of the stream,
 * when nothing comes for the link's timeout, and where the window is full. */
int bk_wire_fill(struct bk_wire *wire, struct bk_err *err);
/* The first n bytes of `in` are done with; views into it are invalid.  Nothing
 * else moves them: `in` grows in its place. */
void bk_wire_take(struct bk_wire *wire, size_t n);
/* Is something there, or is there at once?  Does not wait. */
bool bk_wire_ready(struct bk_wire *wire);

/* Sends all of it, or keeps it until more comes, or a flush or a fill; a fill
 * that found something at once may leave the rest to the next one. */
int bk_wire_write(struct bk_wire *wire, const void *data, size_t len,
		  struct bk_err *err);
/* With nothing to send, an end fails it only when `in` is empty. */
int bk_wire_flush(struct bk_wire *wire, struct bk_err *err);

/* From here on both directions are DEFLATE streams (RFC 4978): `in` holds
 * nothing any more that is plain, and what was written was flushed. */
int bk_wire_deflate(struct bk_wire *wire, struct bk_err *err);

/* What may flow; the buckets are the caller's, shared by many wires; NULL: no
 * limit. */
void bk_wire_pace(struct bk_wire *wire, struct bk_bucket *down,
		  struct bk_bucket *up);

#endif
