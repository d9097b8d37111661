/*
 * How many bytes a second, and when: "2M", "07:00-19:00 2M",
 * "mon-fri 07:00-12:00 2M 12:00-19:00 4M sat 08:00-13:00 1M 20M".
 *
 * A window is two times of day by the clock on the wall, [from, to); "22:00-
 * 06:00" reaches into the next day, "24:00" is the end of one.  Days stand
 * before the windows that they are for, as in base/schedule.h; without them a
 * window is for every day.  A rate without a window holds outside of all
 * windows; without one there is no limit there.
 */

#ifndef BK_BASE_LIMIT_H
#define BK_BASE_LIMIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/timer.h"

#define BK_LIMIT_WINDOWS_MAX 32
#define BK_LIMIT_RATE_MIN    1024u /* below, no backup ever ends */

struct bk_limit_window {
	uint8_t days;      /* on which it begins; bit 0 is Sunday */
	uint16_t from, to; /* minutes of the day; `to` up to 1440 */
	uint64_t rate;     /* bytes a second */
};

/* {0} is no limit. */
struct bk_limit {
	struct bk_limit_window windows[BK_LIMIT_WINDOWS_MAX];
	size_t n;
	uint64_t otherwise; /* outside of all windows; 0: no limit */
};

/* BK_MISUSE, with what was not understood; for windows that overlap too. */
int bk_limit_parse(const char *text, struct bk_limit *out, struct bk_err *err);

/* Bytes a second at a moment in UTC seconds; 0: no limit. */
uint64_t bk_limit_rate(const struct bk_limit *limit, int64_t now);

/*
 * A bucket that fills at the limit's rate and holds what flows in one second:
 * in any time, no more passes than the rate allows and one second's worth.
 * Any number of threads may take from it.
 */
struct bk_bucket;

/* Copies the limit; NULL timer: the real one. */
struct bk_bucket *bk_bucket_new(const struct bk_limit *limit,
				struct bk_timer *timer);
void bk_bucket_free(struct bk_bucket *bucket); /* NULL is fine */

/*
 * Waits until some of `want` bytes (at least one) may pass; *got says how many,
 * at most an eighth of a second's worth.  Without a limit all of them, at once.
 * BK_CANCELLED as timer.h says.
 */
int bk_bucket_take(struct bk_bucket *bucket, size_t want, size_t *got,
		   struct bk_err *err);

#endif
