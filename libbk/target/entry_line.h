/* Words of a server's listing, read strictly: what the readers of its kinds of
 * lines share. */

#ifndef BK_TARGET_ENTRY_LINE_H
#define BK_TARGET_ENTRY_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* BK_FAILED, with the line in it. */
int bk_entry_line_bad(struct bk_view line, struct bk_err *err);

/* In any case. */
bool bk_entry_line_is(struct bk_view view, const char *text);

/* Digits only; false beyond `most`. */
bool bk_entry_line_number(struct bk_view text, uint64_t most, uint64_t *out);

static inline struct bk_view bk_entry_line_part(struct bk_view text, size_t at,
						size_t len)
{
	return (struct bk_view){text.data + at, len};
}

#endif
