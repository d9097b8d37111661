/* One account of a move in a line: see move_line.h. */

#include "report/move_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "report/units.h"

static const char *color_of(enum bk_move_state state)
{
	switch (state) {
	case BK_MOVE_DONE:
		return "\x1b[32m"; /* green */
	case BK_MOVE_INCOMPLETE:
	case BK_MOVE_PUT_OFF:
		return "\x1b[33m"; /* yellow */
	case BK_MOVE_FAILED:
		return "\x1b[31m"; /* red */
	case BK_MOVE_PLANNED:
		break;
	}
	return "";
}

static const char *word_of(enum bk_move_state state)
{
	switch (state) {
	case BK_MOVE_DONE:
		return "complete";
	case BK_MOVE_INCOMPLETE:
		return "INCOMPLETE";
	case BK_MOVE_FAILED:
		return "FAILED";
	case BK_MOVE_PUT_OFF:
		return "put off";
	case BK_MOVE_PLANNED:
		break;
	}
	return "to do";
}

static void print_name(const struct bk_move_report *report, FILE *out)
{
	char *from = bk_escaped(report->account);
	char *to = bk_escaped(report->to);

	(void)fputs(from, out);
	if (strcmp(from, to) != 0)
		(void)fprintf(out, " -> %s", to);
	if (report->server)
		(void)fprintf(out, " (%s)", report->server);
	free(from);
	free(to);
}

static void print_some(const char *before, uint64_t n, const char *after,
		       FILE *out)
{
	char text[BK_UNITS_TEXT];

	if (n)
		(void)fprintf(out, "%s%s%s", before, bk_units_count(text, n),
			      after);
}

const char *bk_move_cutover_word(enum bk_cutover_end end)
{
	switch (end) {
	case BK_CUTOVER_NOT_TRIED:
		break;
	case BK_CUTOVER_MOVED:
		return "moved";
	case BK_CUTOVER_UNDONE:
		return "undone";
	case BK_CUTOVER_RETURNED:
		return "returned";
	case BK_CUTOVER_STUCK:
		return "stuck";
	}
	return "";
}

static void print_cutover(const struct bk_move_report *report, FILE *out)
{
	char text[BK_UNITS_TEXT];

	if (report->cutover == BK_CUTOVER_NOT_TRIED)
		return;
	(void)fprintf(out, " | %s", bk_move_cutover_word(report->cutover));
	if (report->downtime > 0)
		(void)fprintf(out, ", held for %s",
			      bk_units_duration(text, report->downtime));
}

void bk_move_print(const struct bk_move_report *report, bool color, FILE *out)
{
	bool planned = report->state == BK_MOVE_PLANNED;
	char a[BK_UNITS_TEXT], b[BK_UNITS_TEXT];

	print_name(report, out);
	(void)fprintf(out, ": %s%s%s", color ? color_of(report->state) : "",
		      word_of(report->state), color ? "\x1b[0m" : "");
	(void)fprintf(out, " | %s messages: %s %s",
		      bk_units_count(a, report->messages),
		      bk_units_count(b, report->added),
		      planned ? "to copy" : "copied");
	print_some(", ", report->found + report->kept, " there already", out);
	print_some(", ", report->flags, " flags set", out);
	print_some(", ", report->gone, " taken away", out);
	print_some(", ", report->refused, " REFUSED", out);
	print_some(", ", report->unread, " NOT READ", out);
	print_some(", ", report->lost_flags, " lack a flag", out);
	/* Servers are not asked for sizes to say what would be copied. */
	if (!planned || report->bytes)
		(void)fprintf(out, " | %s", bk_units_size(a, report->bytes));
	if (!planned)
		(void)fprintf(out, " in %s",
			      bk_units_duration(a, report->seconds));
	print_cutover(report, out);
	(void)fputc('\n', out);
}

const char *bk_move_state_word(enum bk_move_state state)
{
	switch (state) {
	case BK_MOVE_DONE:
		return "complete";
	case BK_MOVE_INCOMPLETE:
		return "incomplete";
	case BK_MOVE_FAILED:
		return "failed";
	case BK_MOVE_PUT_OFF:
		return "put-off";
	case BK_MOVE_PLANNED:
		return "planned";
	}
	return "failed";
}
