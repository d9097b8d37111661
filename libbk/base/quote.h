/* Words as a shell reads them, for commands that people paste. */

#ifndef BK_BASE_QUOTE_H
#define BK_BASE_QUOTE_H

#include "base/buf.h"

/* Appends the word so that sh makes one word of it, this very one: as it is
 * where nothing in it means anything to a shell, else between single quotes. */
void bk_quote(struct bk_buf *out, const char *word);

#endif
