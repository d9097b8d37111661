/* UTF-8 a character at a time (RFC 3629): no overlong forms, no surrogates,
 * nothing above U+10FFFF. */

#ifndef BK_BASE_UTF8_H
#define BK_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at p, of n >= 1 bytes left: its length of 1 to 4 bytes
 * and *code, or 0 when the bytes there are no UTF-8 (skip one, try again). */
size_t bk_utf8_next(const uint8_t *p, size_t n, uint32_t *code);

/* Is all of it UTF-8? */
bool bk_utf8_valid(const void *text, size_t n);

#endif
