/*
 * Base64 (RFC 4648 section 4) of which every byte is accounted for: decoding
 * stops at the first character that encoding the decoded bytes again would not
 * give.  So what was read is, byte for byte, the encoding of what came out:
 *
 *   - characters of the alphabet only, in groups of 4;
 *   - every line as long as the first, a multiple of 4; one LF between lines;
 *   - padding only at the end, and the bits that it leaves over are 0.
 *
 * Under these rules each sequence of bytes has one encoding at a given line
 * length, and the decoder accepts that one alone; the tests prove it.
 */

#ifndef BK_MAIL_BASE64_H
#define BK_MAIL_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Room that a call needs to be able to go on. */
#define BK_BASE64_ROOM_MIN ((size_t)64)

struct bk_base64_reader {
	const uint8_t *at; /* the first character that is not decoded */
	const uint8_t *start, *end;
	uint32_t line;   /* characters a line; 0 = never broken */
	uint32_t column; /* characters of the line that are decoded */
	bool eol;        /* there are LFs between lines */
	bool ended;
};

/* Begins at text, whose first line sets the length of all; false if that is
 * not a multiple of 4, and nothing can be decoded. */
bool bk_base64_open(struct bk_base64_reader *from, struct bk_view text);

/*
 * Decodes into up to cap (at least BK_BASE64_ROOM_MIN) bytes; returns how many.
 * 0 is the end, and from->ended is true: the characters before from->at are
 * the encoding of all that was returned, and the rest is something else.
 * Bytes of `into` behind those returned may have been written.
 */
size_t bk_base64_read(struct bk_base64_reader *from, uint8_t *into, size_t cap);

struct bk_base64_writer {
	uint32_t line;
	uint32_t column;
	bool eol;
	uint8_t carry[3]; /* bytes that are not yet a group of three */
	uint8_t n_carry;
};

/* line and eol as a reader found them; line is a multiple of 4. */
void bk_base64_writer_init(struct bk_base64_writer *writer, uint32_t line,
			   bool eol);

/* Encodes from the front of *from, which shrinks, until it is used up or fewer
 * than 5 of the cap bytes (at least BK_BASE64_ROOM_MIN) are left; returns how
 * many were written. */
size_t bk_base64_write(struct bk_base64_writer *writer, struct bk_view *from,
		       uint8_t *into, size_t cap);

/* The last group with its padding, 0 to 5 bytes. */
size_t bk_base64_end(struct bk_base64_writer *writer, uint8_t into[8]);

#endif
