/* Lines that begin a message: see mboxfrom.h. */

#include "store/mboxfrom.h"

#include <string.h>
#include <time.h>

static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed",
				"Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The index of the three letters at *at and the blanks behind them, or -1. */
static int take_word(const char **at, const char (*words)[4], int n)
{
	for (int i = 0; i < n; i++) {
		if (strncmp(*at, words[i], 3) != 0 || (*at)[3] != ' ')
			continue;
		*at += 3;
		*at += strspn(*at, " ");
		return i;
	}
	return -1;
}

/* Between `least` and `most` digits, or -1. */
static int take_number(const char **at, int least, int most)
{
	int n = 0, value = 0;

	for (; n < most && is_digit(**at); n++)
		value = value * 10 + *(*at)++ - '0';
	return n >= least && !is_digit(**at) ? value : -1;
}

/* "20:37:03" or "20:37", and a blank. */
static bool take_time(const char **at, struct tm *tm)
{
	tm->tm_hour = take_number(at, 1, 2);
	if (tm->tm_hour < 0 || *(*at)++ != ':')
		return false;
	tm->tm_min = take_number(at, 2, 2);
	if (tm->tm_min < 0)
		return false;
	if (**at == ':') {
		(*at)++;
		tm->tm_sec = take_number(at, 2, 2);
	}
	if (tm->tm_sec < 0 || **at != ' ' || tm->tm_hour > 23 ||
	    tm->tm_min > 59 || tm->tm_sec > 60)
		return false;
	*at += strspn(*at, " ");
	return true;
}

struct zone {
	bool known;
	int seconds; /* east of Greenwich */
};

/* "+0200", or letters, which stand for nothing certain but these two. */
static void take_zone(const char **at, struct zone *zone)
{
	const char *text = *at;

	if (*text == '+' || *text == '-') {
		const char *digits = text + 1;
		int number = take_number(&digits, 4, 4);
		if (number < 0)
			return;
		zone->known = true;
		zone->seconds = (number / 100 * 60 + number % 100) * 60;
		if (*text == '-')
			zone->seconds = -zone->seconds;
		*at = digits;
	} else {
		size_t len = 0;
		while (len < 6 && ((text[len] >= 'A' && text[len] <= 'Z') ||
				   (text[len] >= 'a' && text[len] <= 'z')))
			len++;
		zone->known |= len == 3 && (strncmp(text, "UTC", 3) == 0 ||
					    strncmp(text, "GMT", 3) == 0);
		*at += len;
	}
	*at += strspn(*at, " ");
}

static long offset_at(time_t when)
{
	struct tm tm;

	return localtime_r(&when, &tm) ? tm.tm_gmtoff : 0;
}

/* The time that this host's clocks show so; the first of two, and an hour that
 * is left out goes on as the one before.  mktime(3) would choose by what it was
 * asked last. */
static int64_t in_local_time(int64_t shown)
{
	static const int day = 86400;
	long before = offset_at((time_t)(shown - day));
	long after = offset_at((time_t)(shown + day));

	if (before != after && offset_at((time_t)(shown - before)) != before &&
	    offset_at((time_t)(shown - after)) == after)
		return shown - after;
	return shown - before;
}

/* "Sun Nov 22 20:37:03 [ZONE] 2026 [ZONE]" and whatever follows. */
static bool take_date(const char *at, struct bk_mbox_date *out)
{
	struct tm tm = {0};
	struct zone zone = {false, 0};

	if (take_word(&at, days, 7) < 0)
		return false;
	tm.tm_mon = take_word(&at, months, 12);
	if (tm.tm_mon < 0)
		return false;
	tm.tm_mday = take_number(&at, 1, 2);
	if (tm.tm_mday < 1 || tm.tm_mday > 31 || *at != ' ')
		return false;
	at += strspn(at, " ");
	if (!take_time(&at, &tm))
		return false;
	if (!is_digit(*at))
		take_zone(&at, &zone);
	tm.tm_year = take_number(&at, 4, 4) - 1900;
	if (tm.tm_year < -1900)
		return false;
	at += strspn(at, " ");
	if (!zone.known && *at)
		take_zone(&at, &zone);
	out->shown = (int64_t)timegm(&tm);
	out->utc = zone.known ? out->shown - zone.seconds
			      : in_local_time(out->shown);
	return true;
}

bool bk_mbox_from_parse(struct bk_view line, struct bk_mbox_date *out)
{
	char text[BK_MBOX_FROM_MAX + 1];

	if (line.len > BK_MBOX_FROM_MAX || line.len < 5 ||
	    memcmp(line.data, "From ", 5) != 0 ||
	    memchr(line.data, 0, line.len))
		return false;
	memcpy(text, line.data, line.len);
	text[line.len] = 0;
	for (const char *at = text + 5; (at = strchr(at, ' ')); at++)
		if (take_date(at + 1, out))
			return true;
	return false;
}

void bk_mbox_from_write(struct bk_buf *to, struct bk_view sender, int64_t date)
{
	time_t when = (time_t)date;
	struct tm tm;

	bk_buf_printf(to, "From ");
	if (sender.len)
		bk_buf_add(to, sender.data, sender.len);
	else
		bk_buf_printf(to, "MAILER-DAEMON");
	if (!localtime_r(&when, &tm) || tm.tm_year < -900 || tm.tm_year > 8099)
		tm = (struct tm){.tm_mday = 1, .tm_year = 70, .tm_wday = 4};
	bk_buf_printf(to, " %s %s %2d %02d:%02d:%02d %d", days[tm.tm_wday],
		      months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min,
		      tm.tm_sec, tm.tm_year + 1900);
}
