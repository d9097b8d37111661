/* Schedules for systemd and cron: see timetable.h. */

#include "job/timetable.h"

#include <stdio.h>

#define EVERY_DAY 0x7f

/* How days are written; cron's Sunday is 0, and a range ends on Saturday. */
struct spelling {
	const char *names[7];
	const char *to;
};

static const struct spelling systemd = {
	{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
        ".."
};
static const struct spelling cron = {
	{"0", "1", "2", "3", "4", "5", "6"},
        "-"
};

/* "Mon..Sat", "Mon,Thu": the runs of bits. */
static void add_days(struct bk_buf *out, const struct spelling *spelling,
		     unsigned days)
{
	const char *comma = "";

	for (unsigned d = 0; d < 7; d++) {
		unsigned last = d;
		if (!(days >> d & 1))
			continue;
		while (last < 6 && days >> (last + 1) & 1)
			last++;
		bk_buf_printf(out, "%s%s", comma, spelling->names[d]);
		if (last > d)
			bk_buf_printf(out, "%s%s", spelling->to,
				      spelling->names[last]);
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
