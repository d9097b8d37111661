/* The progress line, made to fit: see line.h. */

#include "report/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "report/units.h"
#include "report/width.h"

#define GAP       2
#define PART_TEXT 128
#define RED       "\x1b[31m"
#define PLAIN     "\x1b[0m"

/* In the order of the line. */
enum part { ACCOUNTS, MESSAGES, BYTES, RATE, LEFT, ERRORS, ACCOUNT, PARTS };

/* What goes first when there is no room, and last. */
static const enum part dispensable[PARTS] = {ACCOUNT,  RATE,  ACCOUNTS, LEFT,
					     MESSAGES, BYTES, ERRORS};

static void count(char out[PART_TEXT], uint64_t done, uint64_t total,
		  const char *what)
{
	char a[BK_UNITS_TEXT], b[BK_UNITS_TEXT];

	if (total >= done && total)
		(void)snprintf(out, PART_TEXT, "%s/%s %s",
			       bk_units_count(a, done),
			       bk_units_count(b, total), what);
	else if (done)
		(void)snprintf(out, PART_TEXT, "%s %s", bk_units_count(a, done),
			       what);
}

static void size(char out[PART_TEXT], uint64_t done, uint64_t total)
{
	char a[BK_UNITS_TEXT], b[BK_UNITS_TEXT];

	if (total >= done && total)
		(void)snprintf(out, PART_TEXT, "%s/%s", bk_units_size(a, done),
			       bk_units_size(b, total));
	else
		(void)snprintf(out, PART_TEXT, "%s", bk_units_size(a, done));
}

static void fill(char parts[PARTS][PART_TEXT], const struct bk_line *line)
{
	char text[BK_UNITS_TEXT];

	count(parts[ACCOUNTS], line->done.accounts, line->totals.accounts,
	      "accounts");
	count(parts[MESSAGES], line->done.messages, line->totals.messages,
	      "messages");
	size(parts[BYTES], line->done.bytes, line->totals.bytes);
	if (line->rate >= 1)
		(void)snprintf(parts[RATE], PART_TEXT, "%s/s",
			       bk_units_size(text, (uint64_t)line->rate));
	if (line->left_s >= 0)
		(void)snprintf(parts[LEFT], PART_TEXT, "%s left",
			       bk_units_duration(text, line->left_s));
	if (line->errors)
		(void)snprintf(parts[ERRORS], PART_TEXT, "%s error%s",
			       bk_units_count(text, line->errors),
			       line->errors == 1 ? "" : "s");
	if (line->account) {
		char *name = bk_escaped(line->account);
		size_t n = strnlen(name, PART_TEXT - 1);
		(void)snprintf(parts[ACCOUNT], PART_TEXT, "%.*s",
			       (int)bk_width_fit(name, n, 40), name);
		free(name);
	}
}

static size_t width_of(char parts[PARTS][PART_TEXT])
{
	size_t sum = 0;

	for (int i = 0; i < PARTS; i++) {
		size_t width = bk_width(parts[i], strlen(parts[i]));
		sum += width + (sum && width ? GAP : 0);
	}
	return sum;
}

void bk_line_format(struct bk_buf *out, const struct bk_line *line,
		    size_t width)
{
	char parts[PARTS][PART_TEXT] = {0};
	const char *gap = "";

	fill(parts, line);
	for (int i = 0; i < PARTS && width_of(parts) > width; i++)
		parts[dispensable[i]][0] = 0;
	for (int i = 0; i < PARTS; i++) {
		bool red = i == ERRORS && line->color;
		if (!parts[i][0])
			continue;
		bk_buf_printf(out, "%s%s%s%s", gap, red ? RED : "", parts[i],
			      red ? PLAIN : "");
		gap = "  ";
	}
}
