/* The rows of a pack, one for each chunk: bk-format(5), PACKS.  Bytes in memory
 * only; no I/O. */

#ifndef BK_REPO_PACK_ROWS_H
#define BK_REPO_PACK_ROWS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Where the fields of a row are, behind its identifier. */
#define BK_ROW_LENGTH 16
#define BK_ROW_BLOCK  20
#define BK_ROW_TYPE   22

/* That each can be one; `first` is the number of the first, for the error.
 * BK_CORRUPT. */
int bk_pack_rows_check(const struct bk_buf *rows, uint32_t first,
		       struct bk_err *err);

#endif
