/* Schedules in the words of systemd and cron. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "job/timetable.h"

static void check(const char *text, const char *systemd, const char *cron)
{
	struct bk_schedule schedule;
	struct bk_buf out = {0};
	struct bk_err err = {0};

	assert_int_equal(bk_schedule_parse(text, &schedule, &err), 0);
	bk_timetable_systemd(&out, &schedule);
	assert_string_equal(bk_buf_text(&out), systemd);
	bk_buf_clear(&out);
	bk_timetable_cron(&out, &schedule, "it");
	assert_string_equal(bk_buf_text(&out), cron);
	bk_buf_clear(&out);
}

static void times_become_lines(void **state)
{
	(void)state;
	check("sat 22:00", "OnCalendar=Sat *-*-* 22:00\n",
	      "0 22 * * 6  root  it\n");
	check("mon-sat 06:30 19:00",
	      "OnCalendar=Mon..Sat *-*-* 06:30\n"
	      "OnCalendar=Mon..Sat *-*-* 19:00\n",
	      "30 6 * * 1-6  root  it\n0 19 * * 1-6  root  it\n");
	check("sun 00:00", "OnCalendar=Sun *-*-* 00:00\n",
	      "0 0 * * 0  root  it\n");
}

static void days_are_runs_or_lists(void **state)
{
	(void)state;
	check("mon,thu 23:59", "OnCalendar=Mon,Thu *-*-* 23:59\n",
	      "59 23 * * 1,4  root  it\n");
	check("sat-mon 01:05", "OnCalendar=Mon,Sat..Sun *-*-* 01:05\n",
	      "5 1 * * 0-1,6  root  it\n");
	check("sun-fri 06:30", "OnCalendar=Mon..Fri,Sun *-*-* 06:30\n",
	      "30 6 * * 0-5  root  it\n");
}

static void every_day_needs_no_day(void **state)
{
	(void)state;
	check("22:00", "OnCalendar=*-*-* 22:00\n", "0 22 * * *  root  it\n");
}

/* All weeks in one call, which fails where one of them is refused. */
static void systemd_takes_every_week(void **state)
{
	struct bk_buf out = {0}, command = {0};

	(void)state;
	if (system("command -v systemd-analyze >/dev/null") != 0)
		skip();
	for (unsigned days = 1; days < 128; days++) {
		const struct bk_schedule schedule = {
			.times = {{.days = (uint8_t)days, .minute = 390}},
			.n = 1,
		};
		bk_timetable_systemd(&out, &schedule);
	}
	(void)bk_buf_text(&out); /* its end */
	bk_buf_printf(&command, "systemd-analyze calendar >/dev/null");
	for (char *rest = NULL, *line = strtok_r((char *)out.data, "\n", &rest);
	     line; line = strtok_r(NULL, "\n", &rest))
		bk_buf_printf(&command, " '%s'", strchr(line, '=') + 1);
	assert_int_equal(system(bk_buf_text(&command)), 0);
	bk_buf_clear(&command);
	bk_buf_clear(&out);
}

static void no_schedule_is_no_line(void **state)
{
	struct bk_schedule none = {0};
	struct bk_buf out = {0};

	(void)state;
	bk_timetable_systemd(&out, &none);
	bk_timetable_cron(&out, &none, "it");
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_become_lines),
		cmocka_unit_test(days_are_runs_or_lists),
		cmocka_unit_test(every_day_needs_no_day),
		cmocka_unit_test(systemd_takes_every_week),
		cmocka_unit_test(no_schedule_is_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
