/*
 * What FTP servers answer to MLSD, RFC 3659; those without it:
 * target/ls_line.h. Read strictly: a line that is not understood is an error,
 * for what is overlooked here looks as if it were not there.
 */

#ifndef BK_TARGET_FTP_LIST_H
#define BK_TARGET_FTP_LIST_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "target/walk.h"

#define BK_FTP_LINE_MAX ((size_t)4096)

/* One line without its line end.  1: an entry, whose name lies in the line; 0:
 * a line that is none, like the folder itself; BK_FAILED. */
int bk_ftp_mlsd_line(struct bk_view line, struct bk_entry *out,
		     struct bk_err *err);
/* "20261122031814", perhaps with ".123", as UTC seconds; 0 if it is none. */
int64_t bk_ftp_time(struct bk_view text);

#endif
