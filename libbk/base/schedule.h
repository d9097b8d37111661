/*
 * Times of the week in local time: "sat 22:00", "mon-sat 06:30 12:30 19:00",
 * "22:00" (every day), "mon,thu 06:00 sun 10:00".
 *
 * A time that a change of clocks skips falls on the moment of the change; one
 * that comes twice is meant the first time.
 */

#ifndef BK_BASE_SCHEDULE_H
#define BK_BASE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BK_SCHEDULE_MAX 48 /* times in one schedule */

struct bk_schedule_time {
	uint8_t days;    /* bit 0 is Sunday */
	uint16_t minute; /* of the day, by the clock on the wall */
};

/* {0} is the empty one: never due. */
struct bk_schedule {
	struct bk_schedule_time times[BK_SCHEDULE_MAX];
	size_t n;
};

int bk_schedule_parse(const char *text, struct bk_schedule *out,
		      struct bk_err *err);

/* The words that a schedule is made of, without their end: "mon-wed,sat" or
 * "daily", bit 0 is Sunday; "06:30", minutes of the day.  False for others. */
bool bk_schedule_read_days(const char *word, size_t len, uint8_t *days);
bool bk_schedule_read_minute(const char *word, size_t len, uint16_t *minute);

/* The latest scheduled moment not after `now`, and the first one after it, in
 * UTC seconds; INT64_MIN and INT64_MAX of an empty schedule. */
int64_t bk_schedule_last(const struct bk_schedule *schedule, int64_t now);
int64_t bk_schedule_next(const struct bk_schedule *schedule, int64_t now);

/* Was there a scheduled moment after `since` and not after `now`? */
bool bk_schedule_due(const struct bk_schedule *schedule, int64_t since,
		     int64_t now);

#endif
