/*
 * How many columns of a terminal a text takes: wide characters of East Asia
 * take two, marks that sit on others none.  For text that went through
 * base/escape.h: a byte that is no UTF-8, and a character that the C library
 * does not know, count as one.
 */

#ifndef BK_REPORT_WIDTH_H
#define BK_REPORT_WIDTH_H

#include <stddef.h>

size_t bk_width(const char *text, size_t n);

/* How many bytes of the text fit into `columns`; never cuts a character, and
 * takes the marks along that sit on the last one. */
size_t bk_width_fit(const char *text, size_t n, size_t columns);

#endif
