/*
 * Words of people turned into values: sizes, durations, percentages, times.
 * The whole text must fit, every overflow is caught, and the error (always
 * BK_MISUSE) says what was expected, with the text in it.
 */

#ifndef BK_BASE_PARSE_H
#define BK_BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define BK_PPM_ALL 1000000u /* 100 % in parts per million */

/* Decimal digits only, at most `most`. */
int bk_parse_number(const char *text, uint64_t most, uint64_t *out,
		    struct bk_err *err);

/* "64M", "1.5G", "10", "512 KiB": bytes, units are powers of 1024.  A fraction
 * of a byte is cut off. */
int bk_parse_size(const char *text, uint64_t *bytes, struct bk_err *err);

/* "3d", "1h30m", "90s", "2w 1d", "250ms", "0"; a unit is required otherwise. */
int bk_parse_duration(const char *text, int64_t *ms, struct bk_err *err);

/* "30%", "0.1%", "100%": parts per million, at most BK_PPM_ALL. */
int bk_parse_percent(const char *text, uint32_t *ppm, struct bk_err *err);

/* yes, no, true, false, on, off, 1, 0. */
int bk_parse_bool(const char *text, bool *out, struct bk_err *err);

/*
 * A moment in UTC seconds:
 *   20261119T1230, 20261119T123005    as sets are called: UTC
 *   2026-11-19T12:30Z, ...T12:30:05+01:00    the zone as given (RFC 3339)
 *   2026-11-19T12:30, 2026-11-19 12:30, 2026-11-19    local time
 *   14d, 2h30m    so long before `now` (UTC seconds)
 * A local time that a change of clocks skipped is refused; of one that came
 * twice, the first is meant.
 */
int bk_parse_time(const char *text, int64_t now, int64_t *out,
		  struct bk_err *err);

#endif
