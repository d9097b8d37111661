/* Bytes as text in base64 (RFC 4648), for what is shown or written to files of
 * other programs, or comes from them: fingerprints, keys, headers. */

#ifndef BK_CRYPTO_ENCODE_H
#define BK_CRYPTO_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends it, with '=' at the end if `padded`. */
void bk_encode_base64(struct bk_buf *out, const void *data, size_t len,
		      bool padded);

/* Appends what a text with its '=' stands for; false, and nothing is appended,
 * when it is no base64. */
bool bk_decode_base64(struct bk_buf *out, const void *text, size_t len);

#endif
