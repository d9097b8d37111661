/*
 * What a message of an mbox file is called, which has no name of its own there:
 *
 *	20261122T203703.4f1c0a2e9b7d112233445566 ann@a.example Sun Nov 22 ...
 *
 * its From_ line's date as it stands there, whatever the time zone, the first
 *12 bytes of the SHA-256 of the message, ".2" and so on where there are several
 *of both, and the From_ line behind "From ", control characters and '%' as %0A.
 *So a name is a content, and the From_ line comes back.  "#0000002a " before it
 *is its place in a file of which too much would have to be said otherwise
 *(mboxframe.h).
 */

#ifndef BK_STORE_MBOXNAME_H
#define BK_STORE_MBOXNAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define BK_MBOX_DIGEST 12

struct bk_mbox_name {
	int64_t place; /* -1: none */
	uint8_t digest[BK_MBOX_DIGEST];
	unsigned number;     /* 1: the first of its kind */
	struct bk_view from; /* the From_ line, without its end */
};

/* Empties `out` first. */
void bk_mbox_name_write(struct bk_buf *out, const struct bk_mbox_name *name);

/* Is it such a name?  Its From_ line goes to `from`. */
bool bk_mbox_name_read(const char *text, struct bk_mbox_name *out,
		       struct bk_buf *from);

#endif
