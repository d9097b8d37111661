/*
 * A mail to an administrator as it goes over the line (RFC 5322, MIME): plain
 * text in UTF-8, and the same as JSON attached.  Nobody answers it by itself
 * (Auto-Submitted, RFC 3834), and all of one matter lie in one thread.
 */

#ifndef BK_MAIL_NOTICE_H
#define BK_MAIL_NOTICE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct bk_notice {
	const char *from;      /* address */
	const char *const *to; /* addresses */
	size_t n_to;
	const char *subject; /* UTF-8, one line */
	const char *matter;  /* what it is about: "move mx1 mx2"; of one
				matter, the same in all; NULL: none */
	const char *text;    /* UTF-8, lines ending in LF */
	const char *json;    /* or NULL */
	const char *id;      /* unique: becomes the Message-ID, "<id@host>" */
	const char *host;    /* this one's name */
	int64_t time;        /* UTC seconds */
};

/* Appends it, lines ending in CR LF and none longer than 78 characters but for
 * those of headers that cannot be broken. */
void bk_notice_write(struct bk_buf *out, const struct bk_notice *notice);

#endif
