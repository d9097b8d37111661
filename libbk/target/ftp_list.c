/* Listings of FTP servers: see ftp_list.h. */

#include "target/ftp_list.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static int not_understood(struct bk_view line, struct bk_err *err)
{
	char text[120];
	size_t n = line.len < sizeof(text) ? line.len : sizeof(text) - 1;

	for (size_t i = 0; i < n; i++)
		text[i] = isprint(line.data[i]) ? (char)line.data[i] : '?';
	return bk_fail(err, BK_FAILED,
		       "the server's listing has a line that is not "
		       "understood: %.*s",
		       (int)n, text);
}

static bool is_text(struct bk_view view, const char *text)
{
	return view.len == strlen(text) &&
	       strncasecmp((const char *)view.data, text, view.len) == 0;
}

/* Digits only; false beyond `most`. */
static bool number(struct bk_view text, uint64_t most, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (!isdigit(text.data[i]))
			return false;
		uint64_t digit = (uint64_t)(text.data[i] - '0');
		if (n > (most - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return text.len > 0;
}

static struct bk_view part_of(struct bk_view text, size_t at, size_t len)
{
	return (struct bk_view){text.data + at, len};
}

int64_t bk_ftp_time(struct bk_view text)
{
	static const struct {
		size_t at, len;
		uint64_t least, most;
	} fields[] = {
		{0,  4, 1970, 9999},
                {4,  2, 1,    12  },
                {6,  2, 1,    31  },
		{8,  2, 0,    23  },
                {10, 2, 0,    59  },
                {12, 2, 0,    60  },
	};
	uint64_t v[6];

	if (text.len < 14 || (text.len > 14 && text.data[14] != '.'))
		return 0;
	for (size_t i = 0; i < 6; i++)
		if (!number(part_of(text, fields[i].at, fields[i].len),
			    fields[i].most, &v[i]) ||
		    v[i] < fields[i].least)
			return 0;
	struct tm tm = {
		.tm_year = (int)v[0] - 1900,
		.tm_mon = (int)v[1] - 1,
		.tm_mday = (int)v[2],
		.tm_hour = (int)v[3],
		.tm_min = (int)v[4],
		.tm_sec = (int)v[5],
	};
	return (int64_t)timegm(&tm);
}

/* ---- MLSD ---- */

/* What has been seen of a line's facts. */
struct facts {
	struct bk_view type, size, modify;
};

/* "type=file;", taken off the front of *rest. */
static bool take_fact(struct bk_view *rest, struct facts *facts)
{
	const uint8_t *end = memchr(rest->data, ';', rest->len);
	size_t len = end ? (size_t)(end - rest->data) : 0;
	const uint8_t *eq = len ? memchr(rest->data, '=', len) : NULL;

	if (!eq)
		return false;
	size_t n = (size_t)(eq - rest->data);
	struct bk_view key = part_of(*rest, 0, n);
	struct bk_view value = part_of(*rest, n + 1, len - n - 1);
	if (is_text(key, "type"))
		facts->type = value;
	else if (is_text(key, "size"))
		facts->size = value;
	else if (is_text(key, "modify"))
		facts->modify = value;
	*rest = part_of(*rest, len + 1, rest->len - len - 1);
	return true;
}

/* A file has a size, and says so.  Types of a system's own are neither. */
static bool fill(struct bk_entry *out, const struct facts *facts)
{
	out->size = 0;
	out->mtime = bk_ftp_time(facts->modify);
	if (is_text(facts->type, "file")) {
		out->kind = BK_ENTRY_FILE;
		return number(facts->size, INT64_MAX, &out->size);
	}
	out->kind =
		is_text(facts->type, "dir") ? BK_ENTRY_FOLDER : BK_ENTRY_OTHER;
	return facts->type.len > 0;
}

int bk_ftp_mlsd_line(struct bk_view line, struct bk_entry *out,
		     struct bk_err *err)
{
	struct facts facts = {0};
	struct bk_view rest = line;

	while (rest.len && *rest.data != ' ')
		if (!take_fact(&rest, &facts))
			return not_understood(line, err);
	if (rest.len < 2 || !fill(out, &facts))
		return not_understood(line, err);
	out->name = (const char *)rest.data + 1;
	out->len = rest.len - 1;
	/* Servers give the folder itself and the one above any name. */
	return !is_text(facts.type, "cdir") && !is_text(facts.type, "pdir");
}

/* ---- LIST ---- */

/* The next word of *rest, and what is behind it. */
static struct bk_view take_word(struct bk_view *rest)
{
	size_t at = 0, end;

	while (at < rest->len && rest->data[at] == ' ')
		at++;
	for (end = at; end < rest->len && rest->data[end] != ' ';)
		end++;
	struct bk_view word = part_of(*rest, at, end - at);
	*rest = part_of(*rest, end, rest->len - end);
	return word;
}

static bool is_month(struct bk_view word)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (size_t i = 0; i < 36; i += 3)
		if (word.len == 3 &&
		    strncasecmp((const char *)word.data, months + i, 3) == 0)
			return true;
	return false;
}

/* "03:18" or "2026". */
static bool is_time_or_year(struct bk_view word)
{
	const uint8_t *colon = memchr(word.data, ':', word.len);
	size_t n = colon ? (size_t)(colon - word.data) : 0;
	uint64_t v;

	if (!colon)
		return word.len == 4 && number(word, 9999, &v);
	return number(part_of(word, 0, n), 23, &v) &&
	       number(part_of(word, n + 1, word.len - n - 1), 59, &v);
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

	return is_text(first, "total") && number(count, UINT64_MAX, &n) &&
	       line.len == 0;
}

/* MODE LINKS OWNER GROUP SIZE MONTH DAY TIME NAME */
int bk_ftp_unix_line(struct bk_view line, struct bk_entry *out,
		     struct bk_err *err)
{
	struct bk_view rest = line, words[8];
	uint64_t n;

	if (is_total(line))
		return 0;
	for (size_t i = 0; i < 8; i++)
		words[i] = take_word(&rest);
	if (!is_mode(words[0]) || !number(words[1], UINT64_MAX, &n) ||
	    !number(words[4], INT64_MAX, &out->size) || !is_month(words[5]) ||
	    !number(words[6], 31, &n) || !is_time_or_year(words[7]) ||
	    rest.len < 2)
		return not_understood(line, err);
	out->name = (const char *)rest.data + 1;
	out->len = rest.len - 1;
	out->mtime = 0;
	out->kind = *words[0].data == '-'   ? BK_ENTRY_FILE
		    : *words[0].data == 'd' ? BK_ENTRY_FOLDER
					    : BK_ENTRY_OTHER;
	return !is_text(part_of(rest, 1, rest.len - 1), ".") &&
	       !is_text(part_of(rest, 1, rest.len - 1), "..");
}
