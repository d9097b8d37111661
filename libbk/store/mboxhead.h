/* What the files of mboxread.h share. */

#ifndef BK_STORE_MBOXHEAD_H
#define BK_STORE_MBOXHEAD_H

#include "store/mboxread.h"

/* Up to `want` bytes (of a MiB) at `at`; fewer at the end of the file. */
int bk_mbox_see(struct bk_mbox_reader *reader, uint64_t at, size_t want,
		struct bk_view *out, struct bk_err *err);

/* The length of the first line with its end, and of that end. */
size_t bk_mbox_line_length(struct bk_view text, size_t *eol);
/* Does a From_ line begin here?  The rest of it may be cut off. */
bool bk_mbox_is_from(struct bk_view text);

/* Reads the header at `at`, which is over at `end` at the latest; `first`: and
 * where a From_ line begins. */
int bk_mbox_head_find(struct bk_mbox_reader *reader, uint64_t at, uint64_t end,
		      bool first, struct bk_err *err);
/* Where the part ends, a file's own line ends too. */
void bk_mbox_head_clip(struct bk_mbox_reader *reader,
		       const struct bk_mbox_part *part);

#endif
