/* What a server can do, from its own words. */

#ifndef BK_IMAP_CAPABILITY_H
#define BK_IMAP_CAPABILITY_H

#include "base/buf.h"
#include "imap/answer.h"

/* Adds what CAPABILITY (response or code) or ENABLED lists to *caps; unknown
 * words, and the word CAPABILITY itself, are passed over. */
void bk_imap_parse_caps(struct bk_view words, struct bk_imap_caps *caps);

/* The bit of one of them, without those that it has in it; 0: unknown. */
uint32_t bk_imap_cap_named(const char *word);

#endif
