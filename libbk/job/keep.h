/*
 * How long sets are kept: rules as people write them, and which sets stay by
 * them.  Pure: nothing here reads a clock, a file or a target.  Days, weeks
 * and months are those of local time (TZ), as localtime_r() knows it.
 */

#ifndef BK_JOB_KEEP_H
#define BK_JOB_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* ---- rules ---- */

enum bk_keep_period {
	BK_KEEP_HOUR,
	BK_KEEP_DAY,
	BK_KEEP_WEEK, /* from Monday, numbered as in ISO 8601 */
	BK_KEEP_MONTH,
	BK_KEEP_YEAR,
};
#define BK_KEEP_PERIODS 5

/* A set stays if any of them keeps it.  {0} is the empty one: no rules. */
struct bk_keep {
	bool all;          /* nothing goes */
	int64_t within_ms; /* before the newest set; 0: no such rule */
	uint32_t last;     /* so many sets; 0: no such rule */
	uint32_t periods[BK_KEEP_PERIODS]; /* so many of each that have sets */
};

/*
 * "30d", "daily:14 weekly:8 monthly:12 yearly:5", "last:10", "hourly:24 3d",
 * "all": words parted by blanks or commas, each rule once.
 *
 * BK_MISUSE names the word that is not understood and says what there is; so
 * for an empty text, a count or duration of zero ("keep nothing" is never
 * meant), and one below an hour: who writes 6m thinks of months.
 */
int bk_keep_parse(const char *text, struct bk_keep *out, struct bk_err *err);

/* What either of them keeps. */
void bk_keep_add(struct bk_keep *to, const struct bk_keep *more);

bool bk_keep_is_empty(const struct bk_keep *rules);

/* ---- sets ---- */

/* An incomplete or broken set is not waited for any longer than that. */
#define BK_KEEP_TRIAL_DAYS 30

#define BK_KEEP_NONE       SIZE_MAX

struct bk_keep_item {
	const char *name; /* for bk_keep_why: "20261119T1230-d" */
	int64_t start_ms; /* UTC, not negative */
	unsigned series;  /* of one host and store */
	size_t base;      /* its index among the items, or BK_KEEP_NONE */
	bool complete;    /* it and its bases can be read back */
	bool broken;      /* its root is damaged: series, base and complete are
			     not looked at */
	bool held;
	/* NULL or empty: none apply, it stays.  A broken set needs some too if
	 * it is ever to go; one that cannot be read now, or was made by a newer
	 * version, is to have none. */
	const struct bk_keep *rules;
};

/* Why a set stays: bits. */
enum bk_keep_reason {
	BK_KEEP_BY_HOUR = 1 << BK_KEEP_HOUR,
	BK_KEEP_BY_DAY = 1 << BK_KEEP_DAY,
	BK_KEEP_BY_WEEK = 1 << BK_KEEP_WEEK,
	BK_KEEP_BY_MONTH = 1 << BK_KEEP_MONTH,
	BK_KEEP_BY_YEAR = 1 << BK_KEEP_YEAR,
	BK_KEEP_BY_ALL = 1 << 5,
	BK_KEEP_BY_WITHIN = 1 << 6,
	BK_KEEP_BY_LAST = 1 << 7,
	BK_KEEP_HELD = 1 << 8,
	BK_KEEP_UNRULED = 1 << 9,
	BK_KEEP_MINIMUM = 1 << 10,  /* one of the newest min_keep */
	BK_KEEP_FUTURE = 1 << 11,   /* later than now */
	BK_KEEP_ON_TRIAL = 1 << 12, /* incomplete or broken, but not for long */
	BK_KEEP_NEEDED = 1 << 13,   /* `needed_by` stands on it */
	BK_KEEP_UNSURE = 1 << 14,   /* `broken` may stand on it */
};

struct bk_keep_verdict {
	bool stays;
	unsigned reasons;  /* all that hold; 0: it goes */
	unsigned min_keep; /* with BK_KEEP_MINIMUM: of how many it is one */
	size_t needed_by;  /* with BK_KEEP_NEEDED: the newest that stays and
			      stands directly on it */
	size_t broken;     /* with BK_KEEP_UNSURE: the newest broken one */
};

/*
 * What stays and what goes.  Items come oldest first, those of all series
 * together; `out` has room for n verdicts.
 *
 * Rules look at the complete sets of a series that are not later than now_ms,
 * and reckon from the newest of them, not from now: nothing expires because
 * backups have stopped or this clock is ahead.  Of each hour, day, week, month
 * and year its newest set counts, and of these the latest so many that have
 * sets at all.  The hour that comes twice when clocks are put back is two.
 *
 * Besides, these stay: what is held; the newest min_keep of the sets that rules
 * look at; sets without rules; a set later than now_ms, whose clock or ours is
 * wrong, and which no rule looks at; an incomplete or broken set until it is
 * BK_KEEP_TRIAL_DAYS old by now_ms, or for ever by "all"; all that come before
 * a broken one that stays, since its base is not known; and whatever one that
 * stays stands on, directly or not, also where it seems to be the younger.
 */
void bk_keep_plan(const struct bk_keep_item *items, size_t n, unsigned min_keep,
		  int64_t now_ms, struct bk_keep_verdict *out);

#define BK_KEEP_WHY 512 /* room for all reasons; longer names are cut */

/*
 * "daily 2026-11-20, weekly 2026-W47", "within 30d", "one of the last 3",
 * "held", "20261119T1230-d needs it"; of those that go "no rule keeps it" or
 * "incomplete for 30 days".  Of item i, in `out`, which is returned.
 */
const char *bk_keep_why(char out[BK_KEEP_WHY], const struct bk_keep_item *items,
			const struct bk_keep_verdict *verdicts, size_t i);

#endif
