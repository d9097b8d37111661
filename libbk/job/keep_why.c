/* Why a set stays or goes, for people: see keep.h. */

#include "job/keep.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/buf.h"

/* Where the next reason goes: behind a comma. */
static struct bk_buf *next(struct bk_buf *line)
{
	if (line->len > 0)
		bk_buf_printf(line, ", ");
	return line;
}

/* "within 30d", "within 1d12h". */
static void say_within(struct bk_buf *line, int64_t ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{"d",  86400000},
                {"h",  3600000 },
                {"m",  60000   },
		{"s",  1000    },
                {"ms", 1       },
	};

	bk_buf_printf(next(line), "within ");
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (ms >= units[i].ms)
			bk_buf_printf(line, "%" PRId64 "%s", ms / units[i].ms,
				      units[i].name);
		ms %= units[i].ms;
	}
}

/* "daily 2026-11-20" */
static void say_period(struct bk_buf *line, enum bk_keep_period period,
		       int64_t ms)
{
	time_t t = ms / 1000;
	struct tm tm = {0};
	char text[64] = "";

	(void)localtime_r(&t, &tm);
	switch (period) {
	case BK_KEEP_HOUR:
		(void)strftime(text, sizeof(text), "hourly %Y-%m-%d %H:00",
			       &tm);
		break;
	case BK_KEEP_DAY:
		(void)strftime(text, sizeof(text), "daily %Y-%m-%d", &tm);
		break;
	case BK_KEEP_WEEK:
		(void)strftime(text, sizeof(text), "weekly %G-W%V", &tm);
		break;
	case BK_KEEP_MONTH:
		(void)strftime(text, sizeof(text), "monthly %Y-%m", &tm);
		break;
	case BK_KEEP_YEAR:
		(void)strftime(text, sizeof(text), "yearly %Y", &tm);
		break;
	}
	bk_buf_printf(next(line), "%s", text);
}

static void say_of_so_many(struct bk_buf *line, const char *which, uint32_t n)
{
	if (n == 1)
		bk_buf_printf(next(line), "the %s", which);
	else
		bk_buf_printf(next(line), "one of the %s %" PRIu32, which, n);
}

static void say_rules(struct bk_buf *line, const struct bk_keep_item *item,
		      unsigned reasons)
{
	if (reasons & BK_KEEP_BY_ALL)
		bk_buf_printf(next(line), "all are kept");
	if (reasons & BK_KEEP_BY_WITHIN)
		say_within(line, item->rules->within_ms);
	if (reasons & BK_KEEP_BY_LAST)
		say_of_so_many(line, "last", item->rules->last);
	for (unsigned i = 0; i < BK_KEEP_PERIODS; i++)
		if (reasons & 1U << i)
			say_period(line, (enum bk_keep_period)i,
				   item->start_ms);
}

static void say_others(struct bk_buf *line, const struct bk_keep_item *items,
		       const struct bk_keep_verdict *verdict)
{
	if (verdict->reasons & BK_KEEP_NEEDED)
		bk_buf_printf(next(line), "%s needs it",
			      items[verdict->needed_by].name);
	if (verdict->reasons & BK_KEEP_UNSURE)
		bk_buf_printf(next(line), "%s does not open and may need it",
			      items[verdict->broken].name);
}

static void say_why_it_goes(struct bk_buf *line,
			    const struct bk_keep_item *item)
{
	if (item->broken)
		bk_buf_printf(next(line), "does not open, and is %d days old",
			      BK_KEEP_TRIAL_DAYS);
	else if (!item->complete)
		bk_buf_printf(next(line), "incomplete for %d days",
			      BK_KEEP_TRIAL_DAYS);
	else
		bk_buf_printf(next(line), "no rule keeps it");
}

const char *bk_keep_why(char out[BK_KEEP_WHY], const struct bk_keep_item *items,
			const struct bk_keep_verdict *verdicts, size_t i)
{
	const struct bk_keep_item *item = &items[i];
	unsigned reasons = verdicts[i].reasons;
	struct bk_buf line = {0};

	if (reasons & BK_KEEP_HELD)
		bk_buf_printf(next(&line), "held");
	if (reasons & BK_KEEP_UNRULED)
		bk_buf_printf(next(&line), "no rules are given for it");
	if (reasons & BK_KEEP_FUTURE)
		bk_buf_printf(next(&line), "its time is ahead of this clock");
	say_rules(&line, item, reasons);
	if (reasons & BK_KEEP_MINIMUM)
		say_of_so_many(&line, "newest", verdicts[i].min_keep);
	if (reasons & BK_KEEP_ON_TRIAL)
		bk_buf_printf(next(&line), "%s, but not yet %d days old",
			      item->broken ? "does not open" : "incomplete",
			      BK_KEEP_TRIAL_DAYS);
	say_others(&line, items, &verdicts[i]);
	if (reasons == 0)
		say_why_it_goes(&line, item);
	(void)snprintf(out, BK_KEEP_WHY, "%s", bk_buf_text(&line));
	bk_buf_clear(&line);
	return out;
}
