/* Schedules for systemd and cron: see timetable.h. */

#include "job/timetable.h"

#include <stdio.h>

#define EVERY_DAY 0x7f

/* How days are written, in the order of the week: a range may not pass its
 * end, which is Sunday for systemd, and Saturday for cron. */
struct spelling {
	struct {
		const char *name;
		unsigned bit; /* in a mask, where Sunday is 0 */
	} days[7];
	const char *to;
};

/* clang-format off */
static const struct spelling systemd = {
	{{"Mon", 1}, {"Tue", 2}, {"Wed", 3}, {"Thu", 4}, {"Fri", 5},
	 {"Sat", 6}, {"Sun", 0}},
	"..",
};
static const struct spelling cron = {
	{{"0", 0}, {"1", 1}, {"2", 2}, {"3", 3}, {"4", 4}, {"5", 5},
	 {"6", 6}},
	"-",
};
/* clang-format on */

static bool has_day(const struct spelling *spelling, unsigned d, unsigned days)
{
	return days >> spelling->days[d].bit & 1;
}

/* "Mon..Sat", "Mon,Thu": the runs of days. */
static void add_days(struct bk_buf *out, const struct spelling *spelling,
		     unsigned days)
{
	const char *comma = "";

	for (unsigned d = 0; d < 7; d++) {
		unsigned last = d;
		if (!has_day(spelling, d, days))
			continue;
		while (last < 6 && has_day(spelling, last + 1, days))
			last++;
		bk_buf_printf(out, "%s%s", comma, spelling->days[d].name);
		if (last > d)
			bk_buf_printf(out, "%s%s", spelling->to,
				      spelling->days[last].name);
		comma = ",";
		d = last;
	}
}

void bk_timetable_systemd(struct bk_buf *out,
			  const struct bk_schedule *schedule)
{
	for (size_t i = 0; i < schedule->n; i++) {
		const struct bk_schedule_time *t = &schedule->times[i];
		bk_buf_printf(out, "OnCalendar=");
		if (t->days != EVERY_DAY) {
			add_days(out, &systemd, t->days);
			bk_buf_printf(out, " ");
		}
		bk_buf_printf(out, "*-*-* %02u:%02u\n", t->minute / 60,
			      t->minute % 60);
	}
}

void bk_timetable_cron(struct bk_buf *out, const struct bk_schedule *schedule,
		       const char *command)
{
	for (size_t i = 0; i < schedule->n; i++) {
		const struct bk_schedule_time *t = &schedule->times[i];
		bk_buf_printf(out, "%u %u * * ", t->minute % 60,
			      t->minute / 60);
		if (t->days == EVERY_DAY)
			bk_buf_printf(out, "*");
		else
			add_days(out, &cron, t->days);
		bk_buf_printf(out, "  root  %s\n", command);
	}
}
