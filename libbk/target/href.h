/* What the href of a listing names: RFC 3986, no more of it than folders need.
 */

#ifndef BK_TARGET_HREF_H
#define BK_TARGET_HREF_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends `text` with each %XX as the byte that it means; false for a '%'
 * without two hexadecimal digits, and for %00. */
bool bk_href_decode(struct bk_buf *out, struct bk_view text);

/*
 * The entry of `folder` that an href names, as a path or a whole URL: appends
 * its name to `name`, decoded, without the '/' that may end it.  `folder` is a
 * decoded path without '/' at its end ("" for the root).  1; 0: it is the
 * folder itself; -1, BK_CORRUPT: it lies elsewhere, or is none.
 */
int bk_href_below(struct bk_view href, const char *folder, struct bk_buf *name,
		  struct bk_err *err);

#endif
