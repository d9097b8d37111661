/* Flags as lists of IMAP have them. */

#ifndef BK_IMAP_IMAPFLAGS_H
#define BK_IMAP_IMAPFLAGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The system flags (enum bk_flag) among the words; what stays in the array, *n
 * of them, are keywords: other words with a backslash, and empty ones, go. */
uint8_t bk_imap_sort_flags(struct bk_view *words, size_t *n);

#endif
