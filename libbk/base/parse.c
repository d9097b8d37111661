/* Numbers with units: see parse.h.  Times are in parsetime.c. */

#include "base/parse.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define FRACTION_DIGITS_MAX 9

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits at *at and steps over them; false on overflow or none. */
static bool take_digits(const char **at, uint64_t *out)
{
	const char *p = *at;
	uint64_t n = 0;

	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return false;
	bool some = p != *at;
	*at = p;
	*out = n;
	return some;
}

/* 1.5: whole 1, part 5, scale 10. */
struct decimal {
	uint64_t whole, part, scale;
};

static bool take_decimal(const char **at, struct decimal *out)
{
	out->part = 0;
	out->scale = 1;
	if (!take_digits(at, &out->whole))
		return false;
	if (**at != '.')
		return true;
	const char *first = ++*at;
	if (!take_digits(at, &out->part) || *at - first > FRACTION_DIGITS_MAX)
		return false;
	for (; first < *at; first++)
		out->scale *= 10;
	return true;
}

/* The same, and a space if a unit follows. */
static bool take_decimal_before(const char **unit, struct decimal *out)
{
	if (!take_decimal(unit, out))
		return false;
	if (**unit == ' ' && (*unit)[1])
		++*unit;
	return true;
}

/* Exact but for what is below one. */
static bool times(const struct decimal *n, uint64_t unit, uint64_t *out)
{
	/* Split so that part * unit cannot overflow for any unit in use. */
	uint64_t fraction = unit / n->scale * n->part +
			    unit % n->scale * n->part / n->scale;

	return !__builtin_mul_overflow(n->whole, unit, out) &&
	       !__builtin_add_overflow(*out, fraction, out);
}

int bk_parse_number(const char *text, uint64_t most, uint64_t *out,
		    struct bk_err *err)
{
	const char *p = text;
	uint64_t n;

	if (!is_digit(*p))
		return bk_fail(err, BK_MISUSE, "'%s' is not a number", text);
	bool fits = take_digits(&p, &n);
	if (fits && *p)
		return bk_fail(err, BK_MISUSE, "'%s' is not a number", text);
	if (!fits || n > most)
		return bk_fail(err, BK_MISUSE,
			       "'%s' is too large, %ju is the most", text,
			       (uintmax_t)most);
	*out = n;
	return 0;
}

/* The power of two that "", "B", "K", "KB", "KiB", "M" ... stand for, or -1. */
static int shift_of_unit(const char *unit)
{
	static const char letters[] = "KMGTPEkmgtpe";
	int shift = 0;

	const char *found = *unit ? strchr(letters, *unit) : NULL;
	if (found) {
		shift = 10 * (int)((found - letters) % 6 + 1);
		unit++;
	}
	bool known = *unit == 0 || strcasecmp(unit, "B") == 0 ||
		     (found && strcasecmp(unit, "iB") == 0);
	return known ? shift : -1;
}

int bk_parse_size(const char *text, uint64_t *bytes, struct bk_err *err)
{
	const char *unit = text;
	struct decimal decimal;
	uint64_t n;

	bool ok = take_decimal_before(&unit, &decimal);
	int shift = ok ? shift_of_unit(unit) : -1;
	if (shift < 0 || !times(&decimal, (uint64_t)1 << shift, &n))
		return bk_fail(err, BK_MISUSE,
			       "'%s' is not a size; write it as 64M or 1.5G",
			       text);
	*bytes = n;
	return 0;
}

struct unit {
	const char *name;
	int64_t ms;
};

static const struct unit *take_time_unit(const char **at)
{
	static const struct unit units[] = {
		{"ms", 1        },
                {"s",  1000     },
                {"m",  60000    },
                {"h",  3600000  },
		{"d",  86400000 },
                {"w",  604800000},
                {NULL, 0        },
	};

	for (const struct unit *u = units; u->name; u++) {
		size_t len = strlen(u->name);
		if (strncmp(*at, u->name, len) != 0)
			continue;
		const char after = (*at)[len];
		if (after == 0 || after == ' ' || is_digit(after)) {
			*at += len;
			return u;
		}
	}
	return NULL;
}

/* One "90s" of the text, added to *ms. */
static bool take_duration(const char **at, int64_t *ms)
{
	struct decimal decimal;
	uint64_t n;

	if (!take_decimal(at, &decimal))
		return false;
	const struct unit *unit = take_time_unit(at);
	return unit && times(&decimal, (uint64_t)unit->ms, &n) &&
	       n <= INT64_MAX && !__builtin_add_overflow(*ms, (int64_t)n, ms);
}

int bk_parse_duration(const char *text, int64_t *ms, struct bk_err *err)
{
	const char *p = text;
	int64_t sum = 0;
	bool ok = *p != 0;

	if (strcmp(text, "0") == 0) {
		*ms = 0;
		return 0;
	}
	while (ok && *p) {
		ok = take_duration(&p, &sum);
		while (ok && *p == ' ')
			p++;
	}
	if (!ok)
		return bk_fail(err, BK_MISUSE,
			       "'%s' is not a duration; write it as 3d, 12h, "
			       "1h30m or 90s",
			       text);
	*ms = sum;
	return 0;
}

int bk_parse_percent(const char *text, uint32_t *ppm, struct bk_err *err)
{
	const char *unit = text;
	struct decimal decimal;
	uint64_t n;

	if (!take_decimal_before(&unit, &decimal) || strcmp(unit, "%") != 0 ||
	    !times(&decimal, BK_PPM_ALL / 100, &n) || n > BK_PPM_ALL)
		return bk_fail(err, BK_MISUSE,
			       "'%s' is not a percentage; write it as 30%% or "
			       "0.1%%",
			       text);
	*ppm = (uint32_t)n;
	return 0;
}

int bk_parse_bool(const char *text, bool *out, struct bk_err *err)
{
	static const char *const words[] = {"no",  "yes", "false", "true",
					    "off", "on",  "0",     "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*out = i % 2 != 0;
			return 0;
		}
	return bk_fail(err, BK_MISUSE, "'%s' is neither yes nor no", text);
}
