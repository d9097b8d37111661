/* The times of a schedule in the words of those who start jobs: systemd and
 * cron.  Text only. */

#ifndef BK_JOB_TIMETABLE_H
#define BK_JOB_TIMETABLE_H

#include "base/buf.h"
#include "base/schedule.h"

/* Appends "OnCalendar=Mon..Sat *-*-* 06:30" for each time. */
void bk_timetable_systemd(struct bk_buf *out,
			  const struct bk_schedule *schedule);

/* Appends "30 6 * * 1-6  root  COMMAND" for each time. */
void bk_timetable_cron(struct bk_buf *out, const struct bk_schedule *schedule,
		       const char *command);

#endif
