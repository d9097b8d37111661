/* The last lines of a run: see summary.h. */

#include "report/summary.h"

#include <stdlib.h>

#include "base/escape.h"
#include "report/units.h"

static const char *color_of(enum bk_result result)
{
	switch (result) {
	case BK_RESULT_COMPLETE:
		return "\x1b[32m"; /* green */
	case BK_RESULT_INCOMPLETE:
		return "\x1b[33m"; /* yellow */
	case BK_RESULT_FAILED:
		return "\x1b[31m"; /* red */
	case BK_RESULT_PLANNED:
		break;
	}
	return "";
}

static const char *word_of(const struct bk_summary *summary)
{
	bool check = summary->act == BK_ACT_CHECK;
	bool compare = summary->act == BK_ACT_COMPARE;

	switch (summary->result) {
	case BK_RESULT_COMPLETE:
		return compare ? "no difference" : check ? "whole" : "complete";
	case BK_RESULT_INCOMPLETE:
		return compare ? "DIFFERENT" : "INCOMPLETE";
	case BK_RESULT_FAILED:
		return check ? "DAMAGED" : "FAILED";
	case BK_RESULT_PLANNED:
		return "nothing written, this is what a run would do";
	}
	return "";
}

/* Texts come from servers too. */
static void print_escaped(const char *before, const char *text, FILE *out)
{
	if (!text)
		return;
	char *safe = bk_escaped(text);
	(void)fprintf(out, "%s%s", before, safe);
	free(safe);
}

/* "set S (differential on B)", "restore of set S", "check of all sets". */
static void print_subject(const struct bk_summary *summary, FILE *out)
{
	static const char *const acts[] = {[BK_ACT_BACKUP] = "",
					   [BK_ACT_RESTORE] = "restore of ",
					   [BK_ACT_CHECK] = "check of ",
					   [BK_ACT_SHIP] = "copy of ",
					   [BK_ACT_MOVE] = "move from ",
					   [BK_ACT_COMPARE] = "comparison of "};
	bool backup = summary->act == BK_ACT_BACKUP;

	(void)fputs(acts[summary->act], out);
	if (summary->act == BK_ACT_MOVE || summary->act == BK_ACT_COMPARE) {
		print_escaped("", summary->store, out);
		print_escaped(summary->act == BK_ACT_MOVE ? " to " : " and ",
			      summary->repo, out);
		return;
	}
	if (summary->set)
		(void)fprintf(out, "set %s", summary->set);
	else if (summary->result == BK_RESULT_PLANNED)
		(void)fputs("dry run", out);
	else
		(void)fputs(backup ? "no set" : "all sets", out);
	if (summary->kind && summary->base)
		(void)fprintf(out, " (%s on %s)", summary->kind, summary->base);
	else if (summary->kind)
		(void)fprintf(out, " (%s)", summary->kind);
}

/* ": INCOMPLETE, 3 errors". */
static void print_result(const struct bk_summary *summary, bool color,
			 FILE *out)
{
	char errors[BK_UNITS_TEXT];

	print_subject(summary, out);
	(void)fprintf(out, ": %s%s%s", color ? color_of(summary->result) : "",
		      word_of(summary), color ? "\x1b[0m" : "");
	if (summary->errors)
		(void)fprintf(out, ", %s error%s",
			      bk_units_count(errors, summary->errors),
			      summary->errors == 1 ? "" : "s");
	(void)fputc('\n', out);
}

static void print_backup_counts(const struct bk_summary *summary, FILE *out)
{
	char total[BK_UNITS_TEXT], added[BK_UNITS_TEXT], kept[BK_UNITS_TEXT];
	char flags[BK_UNITS_TEXT], gone[BK_UNITS_TEXT];

	(void)fprintf(out, "%s messages: %s new, %s kept, %s flags, %s gone\n",
		      bk_units_count(total, summary->messages.total),
		      bk_units_count(added, summary->messages.added),
		      bk_units_count(kept, summary->messages.kept),
		      bk_units_count(flags, summary->messages.flags),
		      bk_units_count(gone, summary->messages.gone));
}

static void print_restore_counts(const struct bk_summary *summary, FILE *out)
{
	char added[BK_UNITS_TEXT], kept[BK_UNITS_TEXT], failed[BK_UNITS_TEXT];
	char flags[BK_UNITS_TEXT], dates[BK_UNITS_TEXT], gone[BK_UNITS_TEXT];

	(void)fprintf(out, "%s restored, %s already there, %s failed",
		      bk_units_count(added, summary->messages.added),
		      bk_units_count(kept, summary->messages.kept),
		      bk_units_count(failed, summary->errors));
	if (summary->messages.gone)
		(void)fprintf(out, ", %s taken away",
			      bk_units_count(gone, summary->messages.gone));
	(void)fprintf(out, "; flags %s, dates %s\n",
		      bk_units_count(flags, summary->messages.flags),
		      bk_units_count(dates, summary->messages.dates));
}

/* "18 accounts moved, 2 left | 900 messages: ..." */
static void print_move_counts(const struct bk_summary *summary, FILE *out)
{
	char total[BK_UNITS_TEXT], added[BK_UNITS_TEXT], kept[BK_UNITS_TEXT];
	char flags[BK_UNITS_TEXT], gone[BK_UNITS_TEXT], left[BK_UNITS_TEXT];

	if (summary->result != BK_RESULT_PLANNED)
		(void)fprintf(
			out, "%s moved, %s left | ",
			bk_units_count(added, summary->accounts -
						      summary->accounts_left),
			bk_units_count(left, summary->accounts_left));
	(void)fprintf(out,
		      "%s messages: %s %s, %s there already, %s flags set, %s "
		      "taken away, %s not carried over\n",
		      bk_units_count(total, summary->messages.total),
		      bk_units_count(added, summary->messages.added),
		      summary->result == BK_RESULT_PLANNED ? "to copy"
							   : "copied",
		      bk_units_count(kept, summary->messages.kept),
		      bk_units_count(flags, summary->messages.flags),
		      bk_units_count(gone, summary->messages.gone),
		      bk_units_count(left, summary->messages.left));
	if (summary->cutovers)
		(void)fprintf(
			out,
			"%s account%s changed servers, held for %s at most\n",
			bk_units_count(total, summary->cutovers),
			summary->cutovers == 1 ? "" : "s",
			bk_units_duration(left, summary->downtime_most));
}

static void print_counts(const struct bk_summary *summary, FILE *out)
{
	char text[BK_UNITS_TEXT];

	if (summary->accounts)
		(void)fprintf(out, "%s account%s | ",
			      bk_units_count(text, summary->accounts),
			      summary->accounts == 1 ? "" : "s");
	switch (summary->act) {
	case BK_ACT_BACKUP:
		print_backup_counts(summary, out);
		break;
	case BK_ACT_RESTORE:
		print_restore_counts(summary, out);
		break;
	case BK_ACT_CHECK:
		(void)fprintf(out, "%s messages looked at\n",
			      bk_units_count(text, summary->messages.total));
		break;
	case BK_ACT_COMPARE:
		(void)fprintf(out, "%s messages compared\n",
			      bk_units_count(text, summary->messages.total));
		break;
	case BK_ACT_MOVE:
		print_move_counts(summary, out);
		break;
	case BK_ACT_SHIP:
		break;
	}
}

static const char *verb_of(enum bk_act act)
{
	switch (act) {
	case BK_ACT_RESTORE:
		return "write";
	case BK_ACT_SHIP:
	case BK_ACT_MOVE:
		return "copy";
	case BK_ACT_BACKUP:
	case BK_ACT_CHECK:
	case BK_ACT_COMPARE:
		break;
	}
	return "read";
}

/* Time and space. */
static void print_bytes(const struct bk_summary *summary, FILE *out)
{
	char source[BK_UNITS_TEXT], stored[BK_UNITS_TEXT];
	char ratio[BK_UNITS_TEXT], seconds[BK_UNITS_TEXT], rate[BK_UNITS_TEXT];
	double per_second =
		summary->seconds > 0
			? (double)summary->bytes.source / summary->seconds
			: 0;

	(void)bk_units_size(source, summary->bytes.source);
	if (summary->result == BK_RESULT_PLANNED) {
		if (summary->act == BK_ACT_MOVE && !summary->bytes.source)
			return;
		(void)fprintf(out, "%s to %s\n", source, verb_of(summary->act));
		return;
	}
	if (summary->act == BK_ACT_BACKUP && summary->bytes.source)
		(void)fprintf(out, "%s -> %s (%s : 1) in ", source,
			      bk_units_size(stored, summary->bytes.stored),
			      bk_units_ratio(ratio, summary->bytes.source,
					     summary->bytes.stored));
	else if (summary->act == BK_ACT_BACKUP)
		(void)fprintf(out, "%s -> %s in ", source,
			      bk_units_size(stored, summary->bytes.stored));
	else
		(void)fprintf(out, "%s in ", source);
	(void)fputs(bk_units_duration(seconds, summary->seconds), out);
	if (per_second >= 1 && per_second < 1e18)
		(void)fprintf(out, ", %s/s",
			      bk_units_size(rate, (uint64_t)per_second));
	(void)fputc('\n', out);
}

void bk_summary_print(const struct bk_summary *summary, bool color, FILE *out)
{
	print_result(summary, color, out);
	if (summary->result != BK_RESULT_FAILED) {
		print_counts(summary, out);
		print_bytes(summary, out);
	}
	if (summary->next) {
		char *next = bk_escaped(summary->next);
		(void)fprintf(out, "NEXT  %s\n", next);
		free(next);
	}
}

static enum bk_result result_of(enum bk_target_state state)
{
	switch (state) {
	case BK_TARGET_COMPLETE:
		return BK_RESULT_COMPLETE;
	case BK_TARGET_INCOMPLETE:
		return BK_RESULT_INCOMPLETE;
	case BK_TARGET_FAILED:
		return BK_RESULT_FAILED;
	case BK_TARGET_PLANNED:
	case BK_TARGET_UNDER_WAY:
		break;
	}
	return BK_RESULT_PLANNED;
}

static const char *state_word(enum bk_target_state state)
{
	switch (state) {
	case BK_TARGET_COMPLETE:
		return "complete";
	case BK_TARGET_INCOMPLETE:
		return "INCOMPLETE";
	case BK_TARGET_FAILED:
		return "FAILED";
	case BK_TARGET_UNDER_WAY:
		return "under way";
	case BK_TARGET_PLANNED:
		break;
	}
	return "to do";
}

void bk_target_print(const struct bk_target_report *report, bool color,
		     FILE *out)
{
	char a[BK_UNITS_TEXT], b[BK_UNITS_TEXT], c[BK_UNITS_TEXT];

	print_escaped("", report->name, out);
	(void)fprintf(out, ": %s%s%s, %s of %s sets",
		      color ? color_of(result_of(report->state)) : "",
		      state_word(report->state), color ? "\x1b[0m" : "",
		      bk_units_count(a, report->sets),
		      bk_units_count(b, report->sets_of));
	print_escaped(", newest ", report->newest, out);
	(void)fprintf(out, " | %s file%s, %s", bk_units_count(a, report->files),
		      report->files == 1 ? "" : "s",
		      bk_units_size(b, report->bytes));
	if (report->state != BK_TARGET_PLANNED)
		(void)fprintf(out, " in %s",
			      bk_units_duration(c, report->seconds));
	print_escaped("\n  ", report->why, out);
	print_escaped("\n  NEXT  ", report->next, out);
	(void)fputc('\n', out);
}
