/* What time it is: UTC for people and files, a monotonic clock for waiting. */

#ifndef BK_BASE_CLOCK_H
#define BK_BASE_CLOCK_H

#include <stdint.h>

#define BK_CLOCK_TEXT 40 /* room for any time as text */

int64_t bk_clock_now(void);          /* UTC seconds */
int64_t bk_clock_now_ms(void);       /* UTC milliseconds */
int64_t bk_clock_monotonic_ms(void); /* since some moment; never goes back */

/* Sleeps for so long, whatever signals come; not at all for 0 and less. */
void bk_clock_rest(int64_t ms);

/* "2026-11-19T12:30:05Z" (RFC 3339) in `out`, which is returned. */
const char *bk_clock_format(char out[BK_CLOCK_TEXT], int64_t seconds);

/* "2026-11-19T12:30:05.123Z". */
const char *bk_clock_format_ms(char out[BK_CLOCK_TEXT], int64_t ms);

/* "20261119T1230": the time by which people call a set. */
const char *bk_clock_compact(char out[BK_CLOCK_TEXT], int64_t seconds);

/* "2026-11-19 13:30" in local time, for tables. */
const char *bk_clock_local(char out[BK_CLOCK_TEXT], int64_t seconds);

#endif
