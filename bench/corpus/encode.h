/* The two transfer encodings of MIME (RFC 2045), as mail programs write them.
 */

#ifndef BENCH_CORPUS_ENCODE_H
#define BENCH_CORPUS_ENCODE_H

#include <stddef.h>

#include "base/buf.h"

extern const char base64_alphabet[65];

/* In lines of `line` characters, a multiple of 4, each ended by LF. */
void encode_base64(struct bk_buf *out, struct bk_view from, size_t line);

/* Quoted-printable in lines of up to 76; line ends stay. */
void encode_quoted(struct bk_buf *out, struct bk_view from);

#endif
