/* Weekly times in local time: see schedule.h. */

#include "base/schedule.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define ALL_DAYS 0x7f

static const char *const day_names[] = {"sun", "mon", "tue", "wed",
					"thu", "fri", "sat"};

/* The number of a day's name at *at, which is stepped over; -1 if none. */
static int take_day(const char **at)
{
	for (int day = 0; day < 7; day++)
		if (strncasecmp(*at, day_names[day], 3) == 0) {
			*at += 3;
			return day;
		}
	return -1;
}

/* "mon-sat" and "fri-mon" (over the end of the week), or one day. */
static bool take_range(const char **at, uint8_t *days)
{
	int first = take_day(at);
	int last = first;

	if (first < 0)
		return false;
	if (**at == '-') {
		++*at;
		last = take_day(at);
		if (last < 0)
			return false;
	}
	for (int day = first;; day = (day + 1) % 7) {
		*days = (uint8_t)(*days | 1 << day);
		if (day == last)
			return true;
	}
}

/* "mon-wed,sat", "daily". */
bool bk_schedule_read_days(const char *word, size_t len, uint8_t *days)
{
	const char *p = word;

	if (len == 5 && strncasecmp(word, "daily", 5) == 0) {
		*days = ALL_DAYS;
		return true;
	}
	*days = 0;
	while (take_range(&p, days)) {
		if (p == word + len)
			return true;
		if (*p++ != ',')
			return false;
	}
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "06:30", "6:30". */
bool bk_schedule_read_minute(const char *word, size_t len, uint16_t *minute)
{
	size_t colon = len - 3;
	int hour = 0;

	if (len < 4 || len > 5 || word[colon] != ':')
		return false;
	for (size_t i = 0; i < len; i++)
		if (i != colon && !is_digit(word[i]))
			return false;
	for (size_t i = 0; i < colon; i++)
		hour = hour * 10 + (word[i] - '0');
	int past = (word[colon + 1] - '0') * 10 + (word[colon + 2] - '0');
	*minute = (uint16_t)(hour * 60 + past);
	return hour < 24 && past < 60;
}

/* A text being read: the days that the next times are for. */
struct reading {
	const char *text;
	struct bk_schedule schedule;
	uint8_t days;
	bool hanging; /* days without a time so far */
};

static int add_time(struct reading *r, uint16_t minute, struct bk_err *err)
{
	struct bk_schedule *s = &r->schedule;

	if (s->n == BK_SCHEDULE_MAX)
		return bk_fail(err, BK_MISUSE, "'%s' has more than %d times",
			       r->text, BK_SCHEDULE_MAX);
	s->times[s->n++] = (struct bk_schedule_time){r->days, minute};
	r->hanging = false;
	return 0;
}

static int take_word(struct reading *r, const char *word, size_t len,
		     struct bk_err *err)
{
	uint16_t minute = 0;

	if (bk_schedule_read_minute(word, len, &minute))
		return add_time(r, minute, err);
	if (!r->hanging && bk_schedule_read_days(word, len, &r->days)) {
		r->hanging = true;
		return 0;
	}
	return bk_fail(err, BK_MISUSE,
		       "'%.*s' in '%s' is not understood; write times as sat "
		       "22:00 or mon-sat 06:30 12:30",
		       (int)len, word, r->text);
}

int bk_schedule_parse(const char *text, struct bk_schedule *out,
		      struct bk_err *err)
{
	struct reading r = {.text = text, .days = ALL_DAYS};

	for (const char *p = text + strspn(text, " \t"); *p;) {
		size_t len = strcspn(p, " \t");
		if (take_word(&r, p, len, err) < 0)
			return -1;
		p += len;
		p += strspn(p, " \t");
	}
	if (r.hanging || r.schedule.n == 0)
		return bk_fail(err, BK_MISUSE,
			       "'%s' lacks a time of day, as in sat 22:00",
			       text);
	*out = r.schedule;
	return 0;
}

/* Wall clocks as numbers that can be compared. */
static int64_t wall(const struct tm *tm)
{
	return ((((int64_t)tm->tm_year * 12 + tm->tm_mon) * 31 + tm->tm_mday) *
			24 +
		tm->tm_hour) *
		       60 +
	       tm->tm_min;
}

/* The clock jumped over the wanted reading: the moment at which it did, found
 * by halving, since there it only goes forward. */
static int64_t end_of_gap(const struct tm *wanted)
{
	struct tm tm = *wanted;

	tm.tm_isdst = -1;
	time_t low = mktime(&tm) - 26L * 3600;
	time_t high = low + 52L * 3600;
	while (high - low > 1) {
		time_t middle = low + (high - low) / 2;
		(void)localtime_r(&middle, &tm);
		if (wall(&tm) >= wall(wanted))
			high = middle;
		else
			low = middle;
	}
	return high;
}

/* Summer time comes first where the clock shows the same reading twice. */
static int64_t moment(const struct tm *day, unsigned minute)
{
	struct tm wanted = {
		.tm_year = day->tm_year,
		.tm_mon = day->tm_mon,
		.tm_mday = day->tm_mday,
		.tm_hour = (int)minute / 60,
		.tm_min = (int)minute % 60,
	};

	for (int dst = 1; dst >= 0; dst--) {
		struct tm tm = wanted;
		tm.tm_isdst = dst;
		time_t t = mktime(&tm);
		if (wall(&tm) == wall(&wanted))
			return t;
	}
	return end_of_gap(&wanted);
}

/* The local date so many days from that of `now`, at noon, which no change of
 * clocks reaches. */
static struct tm day_from(int64_t now, int days)
{
	time_t t = now;
	struct tm tm = {0};

	(void)localtime_r(&t, &tm);
	tm.tm_mday += days;
	tm.tm_hour = 12;
	tm.tm_min = 0;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	(void)mktime(&tm);
	return tm;
}

/* Of the moments of one day, the latest up to `now` (step -1) or the first
 * after it (step 1); `none` if there is none. */
static int64_t best_of_day(const struct bk_schedule *s, const struct tm *day,
			   int64_t now, int step, int64_t none)
{
	int64_t best = none;

	for (size_t i = 0; i < s->n; i++) {
		if (!(s->times[i].days & 1 << day->tm_wday))
			continue;
		int64_t t = moment(day, s->times[i].minute);
		if (step < 0 ? t <= now && t > best : t > now && t < best)
			best = t;
	}
	return best;
}

static int64_t seek(const struct bk_schedule *s, int64_t now, int step,
		    int64_t none)
{
	/* A week and the same day again, if its time was after now. */
	for (int days = 0; s->n > 0 && days <= 8; days++) {
		struct tm day = day_from(now, step * days);
		int64_t t = best_of_day(s, &day, now, step, none);
		if (t != none)
			return t;
	}
	return none;
}

int64_t bk_schedule_last(const struct bk_schedule *schedule, int64_t now)
{
	return seek(schedule, now, -1, INT64_MIN);
}

int64_t bk_schedule_next(const struct bk_schedule *schedule, int64_t now)
{
	return seek(schedule, now, 1, INT64_MAX);
}

bool bk_schedule_due(const struct bk_schedule *schedule, int64_t since,
		     int64_t now)
{
	return bk_schedule_last(schedule, now) > since;
}
