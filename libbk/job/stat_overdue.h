/*
 * Who did not complete a set in time: a dead man's switch.  Pure.
 *
 * Only a set that is whole and lacks nothing ends the waiting.  What cannot be
 * judged is never in time: no set at all, a set of the future, sets that lack
 * files.
 */

#ifndef BK_JOB_STAT_OVERDUE_H
#define BK_JOB_STAT_OVERDUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/schedule.h"
#include "job/stat_series.h"

/* Clocks of hosts differ by so much. */
#define BK_DUE_SKEW_S ((int64_t)300)

/* What there must be, in UTC seconds; INT64_MIN: nothing. */
struct bk_due {
	int64_t since;      /* a set begun then or later */
	int64_t full_since; /* a full set begun then or later */
};

/* By a job's schedules: each moment that is `grace_s` ago must have had its
 * set, full ones theirs. */
void bk_due_by_schedule(struct bk_due *out, const struct bk_schedule *full,
			const struct bk_schedule *differential, int64_t grace_s,
			int64_t now);
/* A set of the last `age_s` seconds, of any kind. */
void bk_due_by_age(struct bk_due *out, int64_t age_s, int64_t now);

enum bk_due_state {
	BK_DUE_IN_TIME,
	BK_DUE_INCOMPLETE, /* there is one in time, but mail is missing in it */
	BK_DUE_OVERDUE,
	BK_DUE_DAMAGED, /* there is one in time, but files of it are missing */
	BK_DUE_FUTURE,  /* a set is of the future: nobody can tell */
	BK_DUE_NEVER,   /* there is no set at all */
};

/* "in time", "incomplete", "OVERDUE", ... */
const char *bk_due_word(enum bk_due_state state);

/*
 * `series` NULL: nothing of it is there.  whole[i] is whether all files of its
 * set i are, and only asked of sets that bk_due_asks() for.
 */
enum bk_due_state bk_due_judge(const struct bk_due *due,
			       const struct bk_stat_series *series,
			       const bool *whole, int64_t now);
bool bk_due_asks(const struct bk_due *due, const struct bk_set_info *info);

#endif
