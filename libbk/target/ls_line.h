/*
 * A line as `ls -l` prints it: what FTP servers without MLSD answer to LIST,
 * and what SFTP servers say beside each name.  Read strictly: a line that is
 * not understood is an error, for what is overlooked here looks as if it were
 * not there.
 */

#ifndef BK_TARGET_LS_LINE_H
#define BK_TARGET_LS_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "target/walk.h"

/* "Nov 22 03:18" of the last half year, or "Nov 22  2025" of before, by the
 * server's clock and in its zone, of which it says nothing. */
struct bk_ls_time {
	bool old; /* with a year, and no time of the day */
	int month, day, hour, minute;
};

/* One line without its line end.  1: an entry, whose name lies in the line, and
 * whose mtime is 0; 0: a line that is none, like the folder itself; BK_FAILED.
 */
int bk_ls_line(struct bk_view line, struct bk_entry *out, struct bk_err *err);
/* The same, and when the entry was written. */
int bk_ls_line_dated(struct bk_view line, struct bk_entry *out,
		     struct bk_ls_time *when, struct bk_err *err);

/* So many seconds old at least, when it was `now` in the same zone; a change of
 * that, and a day of a leap year, are allowed for: 0 for up to a day. */
int64_t bk_ls_age(const struct bk_ls_time *when, const struct bk_ls_time *now);

#endif
