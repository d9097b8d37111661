/* Why an act failed, of all that libcurl, the server and we know of it: what
 * bk_line_run() and the like say. */

#ifndef BK_NET_LINK_WHY_H
#define BK_NET_LINK_WHY_H

#include "base/err.h"
#include "net/link.h"

/* After an act that is over and did not succeed; -1. */
int bk_line_why(struct bk_line *line, struct bk_err *err);

#endif
