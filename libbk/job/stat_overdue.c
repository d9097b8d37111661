/* Who is overdue: see stat_overdue.h. */

#include "job/stat_overdue.h"

void bk_due_by_schedule(struct bk_due *out, const struct bk_schedule *full,
			const struct bk_schedule *differential, int64_t grace_s,
			int64_t now)
{
	int64_t other = bk_schedule_last(differential, now - grace_s);

	out->full_since = bk_schedule_last(full, now - grace_s);
	out->since = other > out->full_since ? other : out->full_since;
}

void bk_due_by_age(struct bk_due *out, int64_t age_s, int64_t now)
{
	*out = (struct bk_due){.since = now - age_s, .full_since = INT64_MIN};
}

const char *bk_due_word(enum bk_due_state state)
{
	switch (state) {
	case BK_DUE_IN_TIME:
		return "in time";
	case BK_DUE_INCOMPLETE:
		return "incomplete";
	case BK_DUE_OVERDUE:
		return "OVERDUE";
	case BK_DUE_DAMAGED:
		return "DAMAGED";
	case BK_DUE_FUTURE:
		return "OF THE FUTURE";
	case BK_DUE_NEVER:
		return "NO SET";
	}
	return "";
}

/* A timer may fire, by the watcher's clock, a little early. */
static bool is_since(const struct bk_set_info *info, int64_t since)
{
	return since == INT64_MIN ||
	       info->root.start_ms / 1000 >= since - BK_DUE_SKEW_S;
}

static bool is_future(const struct bk_set_info *info, int64_t now)
{
	int64_t latest = (now + BK_DUE_SKEW_S) * 1000;

	return info->root.start_ms > latest || info->root.end_ms > latest ||
	       bk_setid_ms(info->id) > latest;
}

bool bk_due_asks(const struct bk_due *due, const struct bk_set_info *info)
{
	int64_t earliest =
		due->full_since != INT64_MIN ? due->full_since : due->since;

	return is_since(info, earliest);
}

/* Is one of them in time, at the best? */
static enum bk_due_state best_since(const struct bk_stat_series *series,
				    const bool *whole, int64_t since, bool full)
{
	enum bk_due_state best = BK_DUE_OVERDUE;

	for (size_t i = series->n; i-- > 0;) {
		const struct bk_set_info *info = series->sets[i];
		if (!is_since(info, since) ||
		    (full && info->root.kind != BK_SET_FULL))
			continue;
		if (whole[i] && !info->root.incomplete)
			return BK_DUE_IN_TIME;
		if (whole[i])
			best = BK_DUE_INCOMPLETE;
		else if (best == BK_DUE_OVERDUE)
			best = BK_DUE_DAMAGED;
	}
	return best;
}

enum bk_due_state bk_due_judge(const struct bk_due *due,
			       const struct bk_stat_series *series,
			       const bool *whole, int64_t now)
{
	enum bk_due_state any, full = BK_DUE_IN_TIME;

	if (!series || !series->n)
		return BK_DUE_NEVER;
	for (size_t i = 0; i < series->n; i++)
		if (is_future(series->sets[i], now))
			return BK_DUE_FUTURE;
	any = best_since(series, whole, due->since, false);
	if (due->full_since != INT64_MIN)
		full = best_since(series, whole, due->full_since, true);
	return any > full ? any : full;
}
