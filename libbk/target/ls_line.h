/*
 * A line as `ls -l` prints it: what FTP servers without MLSD answer to LIST.
 * Read strictly: a line that is not understood is an error, for what is
 * overlooked here looks as if it were not there.
 */

#ifndef BK_TARGET_LS_LINE_H
#define BK_TARGET_LS_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "target/walk.h"

/* One line without its line end.  1: an entry, whose name lies in the line, and
 * whose mtime is 0; 0: a line that is none, like the folder itself; BK_FAILED.
 */
int bk_ls_line(struct bk_view line, struct bk_entry *out, struct bk_err *err);

#endif
