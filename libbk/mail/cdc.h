/*
 * Where to cut what is too long for one chunk, so that the same stretch of
 * bytes in two places becomes the same pieces.
 *
 * Text is cut by content: FastCDC (W. Xia et al., USENIX ATC 2016) with its
 * normalised chunking.  The gear table is 256 outputs of splitmix64 from the
 * seed 0x626b312067656172, "bk1 gear".  Binaries (compressed, most of them)
 * are cut at fixed offsets: they recur whole or not at all.
 *
 * Nobody who reads a repository needs to know where cuts were made.  A writer
 * that cut otherwise would only miss what is already stored.
 */

#ifndef BK_MAIL_CDC_H
#define BK_MAIL_CDC_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define BK_CDC_MIN        ((size_t)2 << 10)
#define BK_CDC_AVG        ((size_t)8 << 10)
#define BK_CDC_MAX        ((size_t)64 << 10)
#define BK_CDC_SHIFT_MAX  4 /* pieces of 128 KiB, none above 1 MiB */
#define BK_CDC_BINARY     ((size_t)512 << 10)
#define BK_CDC_PIECES_MAX 4096

/*
 * How coarsely to cut a message of this length: with BK_CDC_AVG << shift its
 * pieces are about BK_CDC_PIECES_MAX at most, so that its recipe stays small.
 * 0 up to 32 MiB.
 */
unsigned bk_cdc_shift(uint64_t message_len);

/*
 * The length of the first piece of `bytes`: from BK_CDC_MIN to BK_CDC_MAX, both
 * << shift, about BK_CDC_AVG << shift on average; less at the end.  Depends on
 * the piece's own bytes only, if BK_CDC_MAX << shift of them are given or the
 * text ends there.
 */
size_t bk_cdc_cut(struct bk_view bytes, unsigned shift);

#endif
