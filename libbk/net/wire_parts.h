/* What opening a wire and using it have in common. */

#ifndef BK_NET_WIRE_PARTS_H
#define BK_NET_WIRE_PARTS_H

#include "net/wire.h"

/* Around a connection that bk_line_hold() has made; takes the line. */
struct bk_wire *bk_wire_new(struct bk_line *line);

#endif
