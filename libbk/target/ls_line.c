/* Lines of `ls -l`: see ls_line.h. */

#include "target/ls_line.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "target/entry_line.h"

#define DAY_S         ((int64_t)86400)
#define HALF_A_YEAR_S (180 * DAY_S)

/* The next word of *rest, and what is behind it. */
static struct bk_view take_word(struct bk_view *rest)
{
	size_t at = 0, end;

	while (at < rest->len && rest->data[at] == ' ')
		at++;
	for (end = at; end < rest->len && rest->data[end] != ' ';)
		end++;
	struct bk_view word = bk_entry_line_part(*rest, at, end - at);
	*rest = bk_entry_line_part(*rest, end, rest->len - end);
	return word;
}

/* 1 to 12; 0: it is none. */
static int month_of(struct bk_view word)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (word.len == 3 &&
		    strncasecmp((const char *)word.data, months + (size_t)3 * i,
				3) == 0)
			return i + 1;
	return 0;
}

/* "03:18" or "2026". */
static bool take_time_or_year(struct bk_view word, struct bk_ls_time *when)
{
	const uint8_t *colon = memchr(word.data, ':', word.len);
	size_t n = colon ? (size_t)(colon - word.data) : 0;
	uint64_t hour = 0, minute = 0, year = 0;
	bool good;

	if (colon)
		good = bk_entry_line_number(bk_entry_line_part(word, 0, n), 23,
					    &hour) &&
		       bk_entry_line_number(
			       bk_entry_line_part(word, n + 1,
						  word.len - n - 1),
			       59, &minute);
	else
		good = word.len == 4 && bk_entry_line_number(word, 9999, &year);
	when->hour = (int)hour;
	when->minute = (int)minute;
	when->old = !colon;
	return good;
}

static bool is_one_of(uint8_t c, const char *these)
{
	return c && strchr(these, c);
}

/* "-rw-r--r--": perhaps with a mark of further rights behind it. */
static bool is_mode(struct bk_view word)
{
	if (word.len < 10 || word.len > 11 || !is_one_of(*word.data, "-dlbcps"))
		return false;
	for (size_t i = 1; i < 10; i++)
		if (!is_one_of(word.data[i], "-rwxsStT"))
			return false;
	return true;
}

static bool is_total(struct bk_view line)
{
	struct bk_view first = take_word(&line), count = take_word(&line);
	uint64_t n;

	return bk_entry_line_is(first, "total") &&
	       bk_entry_line_number(count, UINT64_MAX, &n) && line.len == 0;
}

/* MODE LINKS OWNER GROUP SIZE MONTH DAY TIME NAME */
static bool read_words(struct bk_view *rest, struct bk_entry *out,
		       struct bk_ls_time *when)
{
	struct bk_view words[8];
	uint64_t links, day = 0;

	for (size_t i = 0; i < 8; i++)
		words[i] = take_word(rest);
	if (!is_mode(words[0]) ||
	    !bk_entry_line_number(words[1], UINT64_MAX, &links) ||
	    !bk_entry_line_number(words[4], INT64_MAX, &out->size) ||
	    !bk_entry_line_number(words[6], 31, &day) ||
	    !take_time_or_year(words[7], when))
		return false;
	when->month = month_of(words[5]);
	when->day = (int)day;
	out->kind = *words[0].data == '-'   ? BK_ENTRY_FILE
		    : *words[0].data == 'd' ? BK_ENTRY_FOLDER
					    : BK_ENTRY_OTHER;
	return when->month > 0 && rest->len >= 2;
}

int bk_ls_line_dated(struct bk_view line, struct bk_entry *out,
		     struct bk_ls_time *when, struct bk_err *err)
{
	struct bk_view rest = line;

	if (is_total(line))
		return 0;
	if (!read_words(&rest, out, when))
		return bk_entry_line_bad(line, err);
	struct bk_view name = bk_entry_line_part(rest, 1, rest.len - 1);
	out->name = (const char *)name.data;
	out->len = name.len;
	out->mtime = 0;
	return !bk_entry_line_is(name, ".") && !bk_entry_line_is(name, "..");
}

int bk_ls_line(struct bk_view line, struct bk_entry *out, struct bk_err *err)
{
	struct bk_ls_time unused;

	return bk_ls_line_dated(line, out, &unused, err);
}

/* In the year that `now` lies in, whichever that is, or the one before. */
static int64_t seconds_of(const struct bk_ls_time *at, int years_ago)
{
	struct tm tm = {
		.tm_year = 101 - years_ago,
		.tm_mon = at->month - 1,
		.tm_mday = at->day,
		.tm_hour = at->hour,
		.tm_min = at->minute,
	};

	return (int64_t)timegm(&tm);
}

int64_t bk_ls_age(const struct bk_ls_time *when, const struct bk_ls_time *now)
{
	int64_t age = seconds_of(now, 0) - seconds_of(when, 0);

	if (now->old)
		return 0;
	if (when->old)
		return HALF_A_YEAR_S;
	if (age < -DAY_S)
		age = seconds_of(now, 0) - seconds_of(when, 1);
	return age > DAY_S ? age - DAY_S : 0;
}
