/*
 * Servers that write an answer in two pieces (Ceph's gateway its headers and
 * its body, Cyrus the last line of what it says) may wait for our
 * acknowledgement in between, which the kernel puts off for 40 ms.  Linux
 * forgets the wish to have it at once: it is made for each answer.
 */

#ifndef BK_NET_QUICKACK_H
#define BK_NET_QUICKACK_H

#include "net/link.h"

/* Learns the socket of the connection that this line opens. */
void bk_quickack_watch(struct bk_line *line);

/* What came so far is acknowledged now. */
void bk_quickack(const struct bk_line *line);

#endif
