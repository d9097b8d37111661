/* Bytes of a file as one printable line, for what is kept of a former state:
 * control characters, '%' and '*' are written as %0A. */

#ifndef BK_ROUTE_ROUTE_SAVED_H
#define BK_ROUTE_ROUTE_SAVED_H

#include "base/buf.h"

void bk_route_encode(struct bk_buf *out, struct bk_view bytes);

/* Appends the byte or bytes that *at stands for and moves *at behind them. */
void bk_route_decode_one(struct bk_buf *out, const char **at);

void bk_route_decode(struct bk_buf *out, const char *text);

#endif
