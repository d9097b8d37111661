/* Moments as people write them: see bk_parse_time in parse.h. */

#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"

#define YEAR_MIN 1970
#define YEAR_MAX 9999

/* A time being read: what the fields say, and where the text goes on. */
struct reading {
	const char *at;
	struct tm tm;
	bool bad;
};

/* Exactly n digits. */
static int digits(struct reading *r, int n)
{
	int value = 0;

	for (; n > 0 && !r->bad; n--) {
		if (*r->at < '0' || *r->at > '9')
			r->bad = true;
		else
			value = value * 10 + (*r->at++ - '0');
	}
	return value;
}

static void expect(struct reading *r, char c)
{
	if (*r->at == c)
		r->at++;
	else
		r->bad = true;
}

static void read_date(struct reading *r, bool dashes)
{
	r->tm.tm_year = digits(r, 4) - 1900;
	if (dashes)
		expect(r, '-');
	r->tm.tm_mon = digits(r, 2) - 1;
	if (dashes)
		expect(r, '-');
	r->tm.tm_mday = digits(r, 2);
}

/* hh:mm or hh:mm:ss, with or without the colons. */
static void read_clock(struct reading *r, bool colons)
{
	r->tm.tm_hour = digits(r, 2);
	if (colons)
		expect(r, ':');
	r->tm.tm_min = digits(r, 2);
	if (colons ? *r->at == ':' : *r->at >= '0' && *r->at <= '9') {
		r->at += colons;
		r->tm.tm_sec = digits(r, 2);
	}
}

/* Z or +01:00: true, and the seconds that it is ahead of UTC. */
static bool read_zone(struct reading *r, int64_t *ahead)
{
	int sign = *r->at == '-' ? -1 : 1;

	*ahead = 0;
	if (*r->at == 'Z' || *r->at == 'z') {
		r->at++;
		return true;
	}
	if (*r->at != '+' && *r->at != '-')
		return false;
	r->at++;
	int hours = digits(r, 2);
	if (*r->at == ':')
		r->at++;
	int minutes = digits(r, 2);
	if (hours > 23 || minutes > 59)
		r->bad = true;
	*ahead = (int64_t)sign * (hours * 60 + minutes) * 60;
	return true;
}

static bool same_fields(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon &&
	       a->tm_mday == b->tm_mday && a->tm_hour == b->tm_hour &&
	       a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

/* 31 February becomes March in timegm: then the date does not exist. */
static bool to_utc(const struct tm *fields, int64_t *out)
{
	struct tm tm = *fields;

	*out = timegm(&tm);
	return same_fields(&tm, fields) && tm.tm_year >= YEAR_MIN - 1900 &&
	       tm.tm_year <= YEAR_MAX - 1900;
}

/* Asking for summer time first finds the first of two equal clock readings. */
static bool to_local(const struct tm *fields, int64_t *out)
{
	for (int dst = 1; dst >= 0; dst--) {
		struct tm tm = *fields;
		tm.tm_isdst = dst;
		*out = mktime(&tm);
		if (same_fields(&tm, fields))
			return true;
	}
	return false;
}

static int bad_time(const char *text, struct bk_err *err)
{
	return bk_fail(err, BK_MISUSE,
		       "'%s' is not a time; write it as 2026-11-19T12:30, "
		       "20261119T1230 (UTC) or 14d (ago)",
		       text);
}

/* 20261119T1230: the time by which a set is called. */
static int parse_compact(const char *text, int64_t *out, struct bk_err *err)
{
	struct reading r = {.at = text};
	int64_t ahead = 0;

	read_date(&r, false);
	expect(&r, 'T');
	read_clock(&r, false);
	(void)read_zone(&r, &ahead);
	if (r.bad || *r.at || !to_utc(&r.tm, out))
		return bad_time(text, err);
	*out -= ahead;
	return 0;
}

static int parse_dashed(const char *text, int64_t *out, struct bk_err *err)
{
	struct reading r = {.at = text};
	bool zoned = false;
	int64_t ahead = 0;
	int64_t utc = 0;

	read_date(&r, true);
	if (!r.bad && (*r.at == 'T' || *r.at == 't' || *r.at == ' ')) {
		r.at++;
		read_clock(&r, true);
		zoned = !r.bad && read_zone(&r, &ahead);
	}
	if (r.bad || *r.at || !to_utc(&r.tm, &utc))
		return bad_time(text, err);
	if (zoned) {
		*out = utc - ahead;
		return 0;
	}
	if (!to_local(&r.tm, out))
		return bk_fail(err, BK_MISUSE,
			       "'%s' did not happen here: clocks were put "
			       "forward over it",
			       text);
	return 0;
}

int bk_parse_time(const char *text, int64_t now, int64_t *out,
		  struct bk_err *err)
{
	struct bk_err not_a_duration = {0};
	int64_t ms = 0;

	if (bk_parse_duration(text, &ms, &not_a_duration) == 0) {
		if (ms / 1000 > now)
			return bad_time(text, err);
		*out = now - ms / 1000;
		return 0;
	}
	size_t n = strspn(text, "0123456789");
	return n == 8 && text[n] == 'T' ? parse_compact(text, out, err)
					: parse_dashed(text, out, err);
}
