/*
 * The hot loops of base64: whole rows of characters to bytes and back, as
 * vectors where the processor has them.  Nothing here knows about padding or
 * ends; mail/base64.h does.
 */

#ifndef BK_MAIL_BASE64_ROWS_H
#define BK_MAIL_BASE64_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* Room that must be left behind what a row is decoded to, and bytes that must
 * be readable behind what a row is encoded from. */
#define BK_BASE64_SLACK ((size_t)8)

/* A row: `line` characters (a multiple of 4), and LF if gap is 1, not if 0. */
struct bk_base64_shape {
	size_t line;
	size_t gap;
};

/* The value of a character, 64 or more for what is none. */
extern const uint8_t bk_base64_value[256];
extern const char bk_base64_alphabet[65];

/*
 * Decodes up to `rows` rows, each of which is wholly there, and stops at the
 * first that has a character of another kind or no LF where one belongs.
 * Returns the rows decoded, each to line / 4 * 3 bytes.
 */
size_t bk_base64_rows_decode(const struct bk_base64_shape *shape,
			     const uint8_t *in, size_t rows, uint8_t *out);

/* Encodes `rows` rows of line / 4 * 3 bytes each; LF comes before a row. */
void bk_base64_rows_encode(const struct bk_base64_shape *shape,
			   const uint8_t *in, size_t rows, uint8_t *out);

/* The same without vectors: what tests compare with. */
size_t bk_base64_rows_decode_plain(const struct bk_base64_shape *shape,
				   const uint8_t *in, size_t rows,
				   uint8_t *out);
void bk_base64_rows_encode_plain(const struct bk_base64_shape *shape,
				 const uint8_t *in, size_t rows, uint8_t *out);

#endif
