/* Any text as size, duration, time, schedule, pattern and name: no value goes
 * outside of its range, and what is shown is safe to show. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/nearest.h"
#include "base/parse.h"
#include "base/pattern.h"
#include "base/schedule.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void numbers(const char *text)
{
	struct bk_err err = {0};
	uint64_t n = 0;
	int64_t ms = 0;
	uint32_t ppm = 0;

	(void)bk_parse_size(text, &n, &err);
	(void)bk_parse_number(text, 1000, &n, &err);
	if (bk_parse_duration(text, &ms, &err) == 0)
		must(ms >= 0);
	if (bk_parse_percent(text, &ppm, &err) == 0)
		must(ppm <= BK_PPM_ALL);
}

static void times(const char *text)
{
	struct bk_schedule schedule;
	struct bk_err err = {0};
	char shown[BK_CLOCK_TEXT];
	int64_t t = 0;
	int64_t again = 0;

	if (bk_parse_time(text, 1795091400, &t, &err) == 0) {
		bk_clock_format(shown, t);
		must(bk_parse_time(shown, 0, &again, &err) == 0 && again == t);
	}
	if (bk_schedule_parse(text, &schedule, &err) == 0) {
		t = bk_schedule_last(&schedule, 1795091400);
		must(t <= 1795091400 && t > 1795091400 - 9 * 86400);
		again = bk_schedule_next(&schedule, t);
		must(again > 1795091400);
	}
}

static void names(const char *text)
{
	struct bk_json *json = bk_json_new();
	char *shown = bk_escaped(text);
	char *line;

	must(bk_utf8_valid(shown, strlen(shown)));
	for (const char *p = shown; *p; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
	bk_json_text(json, "name", text);
	line = bk_json_line(json);
	for (const char *p = line; *p; p++)
		must(*p >= 0x20 && *p < 0x7f);
	free(line);
	free(shown);
	bk_json_free(json);
}

/* The first line is a pattern, the rest a name. */
static void patterns(const char *text)
{
	char *pattern = bk_strndup(text, strcspn(text, "\n"));
	const char *name = text + strlen(pattern);

	(void)bk_pattern_folder(pattern, name);
	(void)bk_edit_distance(pattern, name, 4);
	must(bk_pattern_account("*", name));
	if (!bk_pattern_is_wild(name))
		must(bk_pattern_account(name, name));
	free(pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = bk_strndup((const char *)data, len);

	numbers(text);
	times(text);
	names(text);
	patterns(text);
	free(text);
	return 0;
}
