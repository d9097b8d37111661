/* Clocks and times as text: see clock.h. */

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
	struct timespec now = {0};

	(void)clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t bk_clock_now(void)
{
	return bk_clock_now_ms() / 1000;
}

int64_t bk_clock_now_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

int64_t bk_clock_monotonic_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

void bk_clock_rest(int64_t ms)
{
	int64_t end = bk_clock_monotonic_ms() + ms;

	while ((ms = end - bk_clock_monotonic_ms()) > 0)
		(void)nanosleep(
			&(struct timespec){ms / 1000, ms % 1000 * 1000000},
			NULL);
}

/* A time whose year does not fit (it came from a file) is shown as seconds. */
static const char *or_seconds(char out[BK_CLOCK_TEXT], size_t written,
			      int64_t seconds)
{
	if (written == 0)
		(void)snprintf(out, BK_CLOCK_TEXT, "@%" PRId64, seconds);
	return out;
}

const char *bk_clock_format(char out[BK_CLOCK_TEXT], int64_t seconds)
{
	struct tm tm;
	time_t t = seconds;
	size_t n = 0;

	if (gmtime_r(&t, &tm))
		n = strftime(out, BK_CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return or_seconds(out, n, seconds);
}

const char *bk_clock_format_ms(char out[BK_CLOCK_TEXT], int64_t ms)
{
	int64_t part = ms % 1000 + (ms % 1000 < 0 ? 1000 : 0);
	int64_t seconds = (ms - part) / 1000;

	bk_clock_format(out, seconds);
	size_t len = strlen(out);
	if (out[len - 1] == 'Z' && len + 5 <= BK_CLOCK_TEXT)
		(void)snprintf(out + len - 1, 6, ".%03uZ",
			       (unsigned)part % 1000u);
	return out;
}

const char *bk_clock_compact(char out[BK_CLOCK_TEXT], int64_t seconds)
{
	struct tm tm;
	time_t t = seconds;
	size_t n = 0;

	if (gmtime_r(&t, &tm))
		n = strftime(out, BK_CLOCK_TEXT, "%Y%m%dT%H%M", &tm);
	return or_seconds(out, n, seconds);
}

const char *bk_clock_local(char out[BK_CLOCK_TEXT], int64_t seconds)
{
	struct tm tm;
	time_t t = seconds;
	size_t n = 0;

	if (localtime_r(&t, &tm))
		n = strftime(out, BK_CLOCK_TEXT, "%Y-%m-%d %H:%M", &tm);
	return or_seconds(out, n, seconds);
}
