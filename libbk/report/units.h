/* Numbers as people read them.  Each writes into `out` and returns it. */

#ifndef BK_REPORT_UNITS_H
#define BK_REPORT_UNITS_H

#include <stdint.h>

#define BK_UNITS_TEXT 32 /* room for any of them */

/* "0 B", "999 B", "1.9 GiB", "14.2 GiB", "512 MiB": powers of 1024, one
 * decimal below 100. */
const char *bk_units_size(char out[BK_UNITS_TEXT], uint64_t bytes);

/* "18,402". */
const char *bk_units_count(char out[BK_UNITS_TEXT], uint64_t n);

/* "0.4s", "12s", "6m12s", "2h05m", "3d04h"; below zero or not a number:
 * "0.0s". */
const char *bk_units_duration(char out[BK_UNITS_TEXT], double seconds);

/* "2.7" for 27 over 10; "-" where `of` is 0. */
const char *bk_units_ratio(char out[BK_UNITS_TEXT], uint64_t n, uint64_t of);

#endif
