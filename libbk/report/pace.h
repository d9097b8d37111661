/* How fast it goes and how long it will take: pure arithmetic. */

#ifndef BK_REPORT_PACE_H
#define BK_REPORT_PACE_H

#include <stdint.h>

#include "sync/progress.h"

/* {0} before the first update. */
struct bk_pace {
	int64_t start_ms, last_ms;
	uint64_t last_bytes;
	double rate; /* bytes a second, smoothed over some ten seconds */
};

/* `now_ms` by a monotonic clock; the first call starts the clock. */
void bk_pace_update(struct bk_pace *pace, int64_t now_ms, uint64_t bytes);

double bk_pace_seconds(const struct bk_pace *pace); /* since the start */

/* Seconds that are left, by bytes where their total is known, else by
 * messages, else by accounts; below 0: not known. */
double bk_pace_left(const struct bk_pace *pace, const struct bk_totals *done,
		    const struct bk_totals *totals);

#endif
