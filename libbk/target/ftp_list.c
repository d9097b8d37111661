/* Listings of FTP servers: see ftp_list.h. */

#include "target/ftp_list.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "target/entry_line.h"

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
		if (!bk_entry_line_number(bk_entry_line_part(text, fields[i].at,
							     fields[i].len),
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
	struct bk_view key = bk_entry_line_part(*rest, 0, n);
	struct bk_view value = bk_entry_line_part(*rest, n + 1, len - n - 1);
	if (bk_entry_line_is(key, "type"))
		facts->type = value;
	else if (bk_entry_line_is(key, "size"))
		facts->size = value;
	else if (bk_entry_line_is(key, "modify"))
		facts->modify = value;
	*rest = bk_entry_line_part(*rest, len + 1, rest->len - len - 1);
	return true;
}

/* A file has a size, and says so.  Types of a system's own are neither. */
static bool fill(struct bk_entry *out, const struct facts *facts)
{
	out->size = 0;
	out->mtime = bk_ftp_time(facts->modify);
	if (bk_entry_line_is(facts->type, "file")) {
		out->kind = BK_ENTRY_FILE;
		return bk_entry_line_number(facts->size, INT64_MAX, &out->size);
	}
	out->kind = bk_entry_line_is(facts->type, "dir") ? BK_ENTRY_FOLDER
							 : BK_ENTRY_OTHER;
	return facts->type.len > 0;
}

int bk_ftp_mlsd_line(struct bk_view line, struct bk_entry *out,
		     struct bk_err *err)
{
	struct facts facts = {0};
	struct bk_view rest = line;

	while (rest.len && *rest.data != ' ')
		if (!take_fact(&rest, &facts))
			return bk_entry_line_bad(line, err);
	if (rest.len < 2 || !fill(out, &facts))
		return bk_entry_line_bad(line, err);
	out->name = (const char *)rest.data + 1;
	out->len = rest.len - 1;
	/* Servers give the folder itself and the one above any name. */
	return !bk_entry_line_is(facts.type, "cdir") &&
	       !bk_entry_line_is(facts.type, "pdir");
}
