/*
 * The delivery trace: the headers at the top of a message that each recipient
 * has for himself, although all of them were sent the same.
 */

#ifndef BK_MAIL_TRACE_H
#define BK_MAIL_TRACE_H

#include <stddef.h>

#include "base/buf.h"

/* Its length, from the start of a canonical message to the end of a header
 * field; 0 if there is none. */
size_t bk_trace_len(struct bk_view canonical);

#endif
