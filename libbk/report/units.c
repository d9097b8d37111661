/* Sizes, counts and durations for people: see units.h. */

#include "report/units.h"

#include <inttypes.h>
#include <stdio.h>

const char *bk_units_size(char out[BK_UNITS_TEXT], uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	unsigned unit = 0;

	if (bytes < 1024) {
		(void)snprintf(out, BK_UNITS_TEXT, "%" PRIu64 " B", bytes);
		return out;
	}
	/* In long double every 64-bit number is exact, so that rounding up to
	 * the next unit is seen: 1023.96 KiB are 1.0 MiB. */
	long double n = (long double)bytes / 1024;
	while (n >= 1023.5L && units[unit + 1]) {
		n /= 1024;
		unit++;
	}
	(void)snprintf(out, BK_UNITS_TEXT, "%.*Lf %ciB", n < 99.95L ? 1 : 0, n,
		       units[unit]);
	return out;
}

const char *bk_units_count(char out[BK_UNITS_TEXT], uint64_t n)
{
	char digits[BK_UNITS_TEXT];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	char *to = out;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = 0;
	return out;
}

const char *bk_units_duration(char out[BK_UNITS_TEXT], double seconds)
{
	const double longest = 1e12; /* some 30,000 years */

	if (!(seconds > 0))
		seconds = 0;
	if (seconds > longest)
		seconds = longest;
	if (seconds < 9.95) {
		(void)snprintf(out, BK_UNITS_TEXT, "%.1fs", seconds);
		return out;
	}
	uint64_t s = (uint64_t)(seconds + 0.5);
	if (s < 60)
		(void)snprintf(out, BK_UNITS_TEXT, "%" PRIu64 "s", s);
	else if (s < 3600)
		(void)snprintf(out, BK_UNITS_TEXT, "%" PRIu64 "m%02us", s / 60,
			       (unsigned)(s % 60));
	else if (s < 86400)
		(void)snprintf(out, BK_UNITS_TEXT, "%" PRIu64 "h%02um",
			       s / 3600, (unsigned)(s / 60 % 60));
	else
		(void)snprintf(out, BK_UNITS_TEXT, "%" PRIu64 "d%02uh",
			       s / 86400, (unsigned)(s / 3600 % 24));
	return out;
}

const char *bk_units_ratio(char out[BK_UNITS_TEXT], uint64_t n, uint64_t of)
{
	if (of)
		(void)snprintf(out, BK_UNITS_TEXT, "%.1f",
			       (double)n / (double)of);
	else
		(void)snprintf(out, BK_UNITS_TEXT, "-");
	return out;
}
