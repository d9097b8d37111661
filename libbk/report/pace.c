/* Rates and the rest of the way: see pace.h. */

#include "report/pace.h"

#define SMOOTH_S 10.0 /* what is older counts little */
#define FIRST_S  2.0  /* before that a forecast is a guess */

void bk_pace_update(struct bk_pace *pace, int64_t now_ms, uint64_t bytes)
{
	if (!pace->last_ms) {
		pace->start_ms = pace->last_ms = now_ms;
		pace->last_bytes = bytes;
		return;
	}
	double seconds = (double)(now_ms - pace->last_ms) / 1000;
	if (seconds <= 0)
		return;
	double rate = (double)(bytes - pace->last_bytes) / seconds;
	/* In the first seconds it is the plain mean of all there is. */
	double span = bk_pace_seconds(pace);
	if (span > SMOOTH_S)
		span = SMOOTH_S;
	pace->rate += (rate - pace->rate) * seconds / (span + seconds);
	pace->last_ms = now_ms;
	pace->last_bytes = bytes;
}

double bk_pace_seconds(const struct bk_pace *pace)
{
	return (double)(pace->last_ms - pace->start_ms) / 1000;
}

double bk_pace_left(const struct bk_pace *pace, const struct bk_totals *done,
		    const struct bk_totals *totals)
{
	double seconds = bk_pace_seconds(pace);

	if (seconds < FIRST_S)
		return -1;
	if (totals->bytes > done->bytes)
		return pace->rate < 1 ? -1
				      : (double)(totals->bytes - done->bytes) /
						pace->rate;
	if (!totals->bytes && done->messages &&
	    totals->messages > done->messages)
		return seconds * (double)(totals->messages - done->messages) /
		       (double)done->messages;
	/* Of accounts it is known how many were begun. */
	if (!totals->bytes && !totals->messages && done->accounts > 1 &&
	    totals->accounts >= done->accounts)
		return seconds *
		       (double)(totals->accounts - done->accounts + 1) /
		       (double)(done->accounts - 1);
	return -1;
}
