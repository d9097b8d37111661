/*
 * How a repository grows, and when its place will be full.  Pure.
 *
 * The slope is Theil's and Sen's: the median of the slopes between any two
 * points, which a few odd days (a move, an import, a full set among small ones)
 * do not bend.  Of many points the newest BK_FORECAST_POINTS count.
 *
 * While nothing was pruned, the points are what all sets took so far.  Where
 * sets go as new ones come, the repository is as large as the mail makes it:
 * then the points are the mail that the newest sets hold, and what is stored is
 * taken to grow at the same rate.
 */

#ifndef BK_JOB_STAT_FORECAST_H
#define BK_JOB_STAT_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/stat_series.h"

#define BK_FORECAST_POINTS 300
#define BK_FORECAST_NEVER  INT64_MAX

struct bk_forecast_point {
	int64_t seconds; /* UTC */
	double bytes;
};

/* Bytes a second; false where less than three points or less than a day are
 * there to tell.  Points are in order of time. */
bool bk_forecast_slope(const struct bk_forecast_point *points, size_t n,
		       double *out);

struct bk_forecast {
	uint64_t stored,
		mail;   /* now: bytes of all sets; of the newest's mail */
	bool known;     /* what follows */
	double per_day; /* bytes; below 0 it shrinks */
	bool by_mail;   /* sets were pruned: see above */
};

void bk_forecast_make(const struct bk_stat_list *list, struct bk_forecast *out);

/* When `room` more bytes will be used up, or BK_FORECAST_NEVER. */
int64_t bk_forecast_full(const struct bk_forecast *forecast, uint64_t room,
			 int64_t now);

#endif
