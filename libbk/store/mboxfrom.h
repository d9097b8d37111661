/*
 * The line that begins a message of an mbox file:
 *
 *	From ann@a.example Sun Nov 22 20:37:03 2026
 *
 * There is no standard (RFC 4155 describes one habit).  Who sent it may be any
 * text; the date is what tells such a line from one of the mail's own, as
 * Dovecot and mutt have it: without one it is text.
 */

#ifndef BK_STORE_MBOXFROM_H
#define BK_STORE_MBOXFROM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* A line that is longer is none. */
#define BK_MBOX_FROM_MAX 1000

struct bk_mbox_date {
	/* Seconds; a line without a zone is in this host's, as every program
	 * that writes it has it: of an hour that comes twice, when summer time
	 * ends, the first. */
	int64_t utc;
	int64_t shown; /* the line's digits, as if they were UTC: the same on
			  every host */
};

/* `line` ends before its line end. */
bool bk_mbox_from_parse(struct bk_view line, struct bk_mbox_date *out);

/* Appends such a line, without a line end, in this host's zone. */
void bk_mbox_from_write(struct bk_buf *to, struct bk_view sender, int64_t date);

#endif
