/* The words that sets are called by: see choose.h. */

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "job/choose.h"

#define MINUTE_TEXT 13 /* "20261119T1230" */
#define MINUTE_MS   60000

/* "20261119T123005" */
static void full_time(char out[BK_CLOCK_TEXT], const uint8_t id[BK_ID_LEN])
{
	char text[BK_CLOCK_TEXT];
	size_t n = 0;

	bk_clock_format(text, bk_setid_ms(id) / 1000);
	for (const char *at = text; *at && *at != 'Z'; at++)
		if (*at != '-' && *at != ':')
			out[n++] = *at;
	out[n] = 0;
}

bool bk_set_time_begins(const struct bk_set_info *info, const char *word)
{
	char time[BK_CLOCK_TEXT];
	size_t len = strcspn(word, "-");

	full_time(time, info->id);
	if (len < 4 || strncmp(time, word, len) != 0)
		return false;
	if (word[len] == 0)
		return true;
	return !info->broken && word[len + 2] == 0 &&
	       word[len + 1] == bk_set_kind_name(info->root.kind)[0];
}

/* By times only, so sets of another minute need no second look. */
static bool is_only(const struct bk_set_info_list *sets,
		    const struct bk_set_info *info, const char *word)
{
	int64_t minute = bk_setid_ms(info->id) / MINUTE_MS;

	for (size_t i = 0; i < sets->n; i++)
		if (&sets->items[i] != info &&
		    bk_setid_ms(sets->items[i].id) / MINUTE_MS == minute &&
		    bk_set_time_begins(&sets->items[i], word))
			return false;
	return true;
}

const char *bk_set_word(char out[BK_SET_LABEL],
			const struct bk_set_info_list *sets,
			const struct bk_set_info *info)
{
	char time[BK_CLOCK_TEXT], hex[BK_ID_TEXT];
	char end[3] = "";

	if (!info->broken)
		(void)snprintf(end, sizeof(end), "-%.1s",
			       bk_set_kind_name(info->root.kind));
	full_time(time, info->id);
	(void)snprintf(out, BK_SET_LABEL, "%.*s%s", MINUTE_TEXT, time, end);
	if (is_only(sets, info, out))
		return out;
	(void)snprintf(out, BK_SET_LABEL, "%.15s%s", time, end);
	if (is_only(sets, info, out))
		return out;
	(void)snprintf(out, BK_SET_LABEL, "%.16s", bk_id_hex(hex, info->id));
	return out;
}
