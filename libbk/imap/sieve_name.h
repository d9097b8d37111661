/*
 * Names of scripts as Cyrus lists them: what is no ASCII becomes encoded words
 * (RFC 2047), though they should be UTF-8 (RFC 5804, 1.6).
 *
 *	=?UTF-8?Q?mit_Uml=C3=A4uten?=      mit Umläuten
 */

#ifndef BK_IMAP_SIEVE_NAME_H
#define BK_IMAP_SIEVE_NAME_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends what it stands for; false, and nothing is appended, when it is no
 * row of such words. */
bool bk_sieve_name_decode(struct bk_view raw, struct bk_buf *out);

#endif
