/* Whether bytes are text, by looking at them: what a header says about them
 * differs between senders, and the same bytes must become the same chunks. */

#ifndef BK_MAIL_CONTENT_H
#define BK_MAIL_CONTENT_H

#include <stdbool.h>

#include "base/buf.h"

/* True unless a sample of the bytes has many control characters that no text in
 * an 8-bit character set has.  UTF-16 counts as binary. */
bool bk_content_is_text(struct bk_view bytes);

#endif
