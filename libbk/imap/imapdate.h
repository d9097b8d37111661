/* INTERNALDATE (RFC 9051, date-time), both ways. */

#ifndef BK_IMAP_IMAPDATE_H
#define BK_IMAP_IMAPDATE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * "17-Jul-1996 02:44:25 -0700" as UTC seconds, and minutes east of Greenwich.
 * A day may have one digit, with or without a blank before it; letters may
 * have any case.  BK_CORRUPT: days that there are not, zones of 24 h and more.
 */
int bk_imap_parse_date(struct bk_view text, int64_t *date,
		       int16_t *zone_minutes, struct bk_err *err);

/* 26 characters and a NUL.  What does not fit into the years 1 to 9999 is
 * written as the nearest that does; a zone of 24 h and more as +0000. */
void bk_imap_format_date(char out[27], int64_t date, int16_t zone_minutes);

#endif
