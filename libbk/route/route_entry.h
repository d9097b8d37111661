/*
 * Entries of the source of a Postfix map: "KEY VALUE", which goes on on lines
 * that begin with a blank; '#' begins a comment.  Keys differ in more than
 * their capitals; of several the first counts.  Pure functions.
 */

#ifndef BK_ROUTE_ROUTE_ENTRY_H
#define BK_ROUTE_ROUTE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct bk_route_entry {
	size_t start, end; /* bytes of the text, without the last line end */
	struct bk_view value;
};

bool bk_route_entry_find(struct bk_view text, const char *address,
			 struct bk_route_entry *entry);

/* Are both the same but for blanks around them? */
bool bk_route_entry_says(struct bk_view value, struct bk_view other);

/* Appends the text with these bytes for the entry of that address, added at the
 * end where there is none, or without it where there are no bytes.  All other
 * bytes stay, and a text without a line end behind its last line stays one. */
void bk_route_entry_put(struct bk_view old, const char *address,
			struct bk_view entry, struct bk_buf *text);

#endif
