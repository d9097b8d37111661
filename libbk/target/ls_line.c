/* Lines of `ls -l`: see ls_line.h. */

#include "target/ls_line.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "target/entry_line.h"

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

static bool is_month(struct bk_view word)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (word.len == 3 &&
		    strncasecmp((const char *)word.data, months + (size_t)3 * i,
				3) == 0)
			return true;
	return false;
}

/* "03:18" or "2026". */
static bool is_time_or_year(struct bk_view word)
{
	const uint8_t *colon = memchr(word.data, ':', word.len);
	size_t n = colon ? (size_t)(colon - word.data) : 0;
	uint64_t hour, minute, year;

	if (!colon)
		return word.len == 4 && bk_entry_line_number(word, 9999, &year);
	return bk_entry_line_number(bk_entry_line_part(word, 0, n), 23,
				    &hour) &&
	       bk_entry_line_number(
		       bk_entry_line_part(word, n + 1, word.len - n - 1), 59,
		       &minute);
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
static bool read_words(struct bk_view *rest, struct bk_entry *out)
{
	struct bk_view words[8];
	uint64_t links, day;

	for (size_t i = 0; i < 8; i++)
		words[i] = take_word(rest);
	if (!is_mode(words[0]) ||
	    !bk_entry_line_number(words[1], UINT64_MAX, &links) ||
	    !bk_entry_line_number(words[4], INT64_MAX, &out->size) ||
	    !bk_entry_line_number(words[6], 31, &day) || !is_month(words[5]) ||
	    !is_time_or_year(words[7]))
		return false;
	out->kind = *words[0].data == '-'   ? BK_ENTRY_FILE
		    : *words[0].data == 'd' ? BK_ENTRY_FOLDER
					    : BK_ENTRY_OTHER;
	return rest->len >= 2;
}

int bk_ls_line(struct bk_view line, struct bk_entry *out, struct bk_err *err)
{
	struct bk_view rest = line;

	if (is_total(line))
		return 0;
	if (!read_words(&rest, out))
		return bk_entry_line_bad(line, err);
	struct bk_view name = bk_entry_line_part(rest, 1, rest.len - 1);
	out->name = (const char *)name.data;
	out->len = name.len;
	out->mtime = 0;
	return !bk_entry_line_is(name, ".") && !bk_entry_line_is(name, "..");
}
