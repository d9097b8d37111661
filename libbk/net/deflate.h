/*
 * A DEFLATE stream each way, as RFC 4978 has them beneath IMAP: raw (RFC 1951),
 * one stream for as long as the connection lasts.  The one home of zlib.
 *
 * Both ways work on what there is: bytes of `from` that were used are taken
 * off it, what does not fit into `cap` comes with the next call.
 */

#ifndef BK_NET_DEFLATE_H
#define BK_NET_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct bk_deflate;

struct bk_deflate *bk_deflate_new(void);
void bk_deflate_free(struct bk_deflate *both); /* NULL is fine */

/* Compresses; how many bytes went into `into` (cap of 16 at least).  If that
 * is all of cap, there may be more: call again.  `flush`: the other side can
 * read all that was packed so far from what came out. */
size_t bk_deflate_pack(struct bk_deflate *both, struct bk_view *from,
		       bool flush, void *into, size_t cap);

/* Uncompresses; *got of 0: `from` is used up.  BK_CORRUPT for what is no
 * DEFLATE, and at the end of the stream, behind which nothing can come. */
int bk_deflate_unpack(struct bk_deflate *both, struct bk_view *from, void *into,
		      size_t cap, size_t *got, struct bk_err *err);

#endif
