/* INTERNALDATE: see imapdate.h. */

#include "imap/imapdate.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/escape.h"

#define EXCERPT 40

/* The first and the last second of the years 1 to 9999. */
#define DATE_LEAST INT64_C(-62135596800)
#define DATE_MOST  INT64_C(253402300799)
#define ZONE_MAX   (24 * 60)

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* ---- reading ---- */

/* Digits off the front, exactly `len`. */
static bool take_number(struct bk_view *left, size_t len, int *out)
{
	*out = 0;
	if (left->len < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = left->data[i];
		if (c < '0' || c > '9')
			return false;
		*out = *out * 10 + (c - '0');
	}
	left->data += len;
	left->len -= len;
	return true;
}

static bool take_char(struct bk_view *left, char c)
{
	if (!left->len || *left->data != (uint8_t)c)
		return false;
	left->data++;
	left->len--;
	return true;
}

static bool take_month(struct bk_view *left, int *out)
{
	if (left->len < 3)
		return false;
	for (int i = 0; i < 12; i++) {
		if (strncasecmp((const char *)left->data, months[i], 3) != 0)
			continue;
		*out = i;
		left->data += 3;
		left->len -= 3;
		return true;
	}
	return false;
}

/* "17-Jul-1996", " 7-Jul-1996", "7-Jul-1996". */
static bool take_day(struct bk_view *left, struct tm *tm)
{
	while (take_char(left, ' '))
		;
	if (!take_number(left, 2, &tm->tm_mday) &&
	    !take_number(left, 1, &tm->tm_mday))
		return false;
	if (!take_char(left, '-') || !take_month(left, &tm->tm_mon) ||
	    !take_char(left, '-') || !take_number(left, 4, &tm->tm_year))
		return false;
	tm->tm_year -= 1900;
	return tm->tm_year > -1900;
}

static bool take_clock(struct bk_view *left, struct tm *tm)
{
	return take_number(left, 2, &tm->tm_hour) && take_char(left, ':') &&
	       take_number(left, 2, &tm->tm_min) && take_char(left, ':') &&
	       take_number(left, 2, &tm->tm_sec) && tm->tm_hour < 24 &&
	       tm->tm_min < 60 && tm->tm_sec <= 60;
}

static bool take_zone(struct bk_view *left, int *minutes)
{
	bool west = take_char(left, '-');
	int h, m;

	if ((!west && !take_char(left, '+')) || !take_number(left, 2, &h) ||
	    !take_number(left, 2, &m) || h > 23 || m > 59)
		return false;
	*minutes = west ? -(h * 60 + m) : h * 60 + m;
	return true;
}

/* timegm makes March the 2nd of the 30th of February. */
static bool to_seconds(const struct tm *tm, int64_t *out)
{
	struct tm even = *tm;

	if (even.tm_mday < 1)
		return false;
	*out = (int64_t)timegm(&even);
	return even.tm_mday == tm->tm_mday || tm->tm_sec == 60;
}

static int no_date(struct bk_view text, struct bk_err *err)
{
	struct bk_buf escaped = {0};

	bk_escape(&escaped, text.data, text.len < EXCERPT ? text.len : EXCERPT);
	(void)bk_fail(err, BK_CORRUPT, "'%s' is no date",
		      bk_buf_text(&escaped));
	bk_buf_clear(&escaped);
	return -1;
}

int bk_imap_parse_date(struct bk_view text, int64_t *date,
		       int16_t *zone_minutes, struct bk_err *err)
{
	struct bk_view left = text;
	struct tm tm = {0};
	int64_t seconds;
	int zone;

	if (!take_day(&left, &tm) || !take_char(&left, ' ') ||
	    !take_clock(&left, &tm) || !take_char(&left, ' ') ||
	    !take_zone(&left, &zone) || left.len || !to_seconds(&tm, &seconds))
		return no_date(text, err);
	*date = seconds - INT64_C(60) * zone;
	*zone_minutes = (int16_t)zone;
	return 0;
}

/* ---- writing ---- */

void bk_imap_format_date(char out[27], int64_t date, int16_t zone_minutes)
{
	int zone = abs(zone_minutes) < ZONE_MAX ? zone_minutes : 0;
	struct tm tm = {0};
	time_t local;

	int64_t east = INT64_C(60) * zone;
	if (date < DATE_LEAST - east)
		date = DATE_LEAST - east;
	if (date > DATE_MOST - east)
		date = DATE_MOST - east;
	local = (time_t)(date + east);
	(void)gmtime_r(&local, &tm);
	char text[64];
	(void)snprintf(text, sizeof(text),
		       "%02d-%s-%04d %02d:%02d:%02d %c%02d%02d", tm.tm_mday,
		       months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
		       tm.tm_min, tm.tm_sec, zone < 0 ? '-' : '+',
		       abs(zone) / 60, abs(zone) % 60);
	(void)snprintf(out, 27, "%.26s", text);
}
