/* A run of a job in words: see job_news.h. */

#include "job/job_news.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/quote.h"
#include "report/summary.h"
#include "report/units.h"

/* Of an error, in a subject. */
#define SUBJECT_CHARS 90

static const struct bk_job_record nothing;

static const struct bk_job_record *record_of(const struct bk_job_news *news)
{
	return news->record ? news->record : &nothing;
}

const char *bk_job_event_word(enum bk_job_event event)
{
	switch (event) {
	case BK_JOB_COMPLETE:
		return "complete";
	case BK_JOB_RECOVERED:
		return "recovered";
	case BK_JOB_INCOMPLETE:
		return "incomplete";
	case BK_JOB_FAILED:
		break;
	}
	return "failed";
}

static bool is_bad(const struct bk_target_report *target)
{
	return target->state != BK_TARGET_COMPLETE;
}

/* ---- which trouble ---- */

/* What is said of an account or a message is of the set. */
static bool is_of_set(const struct bk_item_error *item)
{
	return item->folder || item->uid || item->name;
}

char *bk_job_trouble(const struct bk_job_news *news)
{
	const struct bk_job_record *record = record_of(news);
	struct bk_buf out = {0};

	bk_buf_printf(&out, "%d", (int)news->status);
	if (news->why)
		bk_buf_printf(&out, " %d", (int)news->why->kind);
	if (record->has_set && record->set.errors)
		bk_buf_printf(&out, " set");
	if (record->set_back)
		bk_buf_printf(&out, " back");
	for (size_t i = 0; i < record->n_targets; i++)
		if (is_bad(&record->targets[i]))
			bk_buf_printf(&out, " %s", record->targets[i].name);
	for (size_t i = 0; i < record->problems.n; i++) {
		const struct bk_item_error *item = &record->problems.items[i];
		if (item->account && !is_of_set(item) && !record->set.errors)
			bk_buf_printf(&out, " %s:%d", item->account,
				      (int)item->kind);
	}
	char *text = bk_strdup(bk_buf_text(&out));
	bk_buf_clear(&out);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = '?';
	return text;
}

/* ---- the subject ---- */

static void add_cut(struct bk_buf *out, const char *text)
{
	char *shown = bk_escaped(text);
	size_t n = strlen(shown);

	if (n > SUBJECT_CHARS)
		for (n = SUBJECT_CHARS; (shown[n] & 0xc0) == 0x80;)
			n--;
	bk_buf_printf(out, "%.*s%s", (int)n, shown, shown[n] ? "..." : "");
	free(shown);
}

static void add_lacks(struct bk_buf *out, const struct bk_job_record *record)
{
	const char *gap = ": ";

	if (record->has_set && record->set.errors) {
		bk_buf_printf(out, ": %ju item%s not read",
			      (uintmax_t)record->set.errors,
			      record->set.errors == 1 ? "" : "s");
		gap = ", ";
	}
	for (size_t i = 0; i < record->n_targets; i++) {
		const struct bk_target_report *target = &record->targets[i];
		if (!is_bad(target))
			continue;
		bk_buf_printf(out, "%s%s has %ju of %ju sets", gap,
			      target->name, (uintmax_t)target->sets,
			      (uintmax_t)target->sets_of);
		gap = ", ";
	}
	if (record->set_back)
		bk_buf_printf(out, "%ssets are gone that were there", gap);
}

static void add_counts(struct bk_buf *out, const struct bk_summary *set)
{
	char a[BK_UNITS_TEXT], b[BK_UNITS_TEXT];

	bk_buf_printf(out, ": %s account%s, %s new messages",
		      bk_units_count(a, set->accounts),
		      set->accounts == 1 ? "" : "s",
		      bk_units_count(b, set->messages.added));
}

char *bk_job_subject(const struct bk_job_news *news)
{
	static const char *const words[] = {
		[BK_JOB_COMPLETE] = "COMPLETE",
		[BK_JOB_RECOVERED] = "RECOVERED",
		[BK_JOB_INCOMPLETE] = "INCOMPLETE",
		[BK_JOB_FAILED] = "FAILED",
	};
	const struct bk_job_record *record = record_of(news);
	bool set = record->has_set && record->set.set;
	struct bk_buf out = {0};

	bk_buf_printf(&out, "%s %s %s", words[news->event], news->host,
		      news->job);
	if (set && record->set.kind)
		bk_buf_printf(&out, " %s", record->set.kind);
	if (news->why) {
		bk_buf_printf(&out, ": ");
		add_cut(&out, news->why->text);
	} else if (news->event == BK_JOB_INCOMPLETE) {
		add_lacks(&out, record);
	} else if (set) {
		add_counts(&out, &record->set);
	}
	if (news->event >= BK_JOB_INCOMPLETE)
		bk_buf_printf(&out, " - action needed");
	char *text = bk_strdup(bk_buf_text(&out));
	bk_buf_clear(&out);
	return text;
}

/* ---- the text ---- */

/* What ended the run, targets that lack something, and one thing after the
 * other. */
static void print_needs(const struct bk_job_news *news, FILE *out)
{
	const struct bk_job_record *record = record_of(news);
	struct bk_problems all = {0};

	if (news->why)
		bk_problems_add(&all, &(struct bk_item_error){
					      .account = news->job,
					      .text = news->why->text,
				      });
	for (size_t i = 0; i < record->n_targets; i++) {
		const struct bk_target_report *target = &record->targets[i];
		if (is_bad(target))
			bk_problems_add(&all,
					&(struct bk_item_error){
						.account = target->name,
						.text = target->why
								? target->why
								: "incomplete",
						.next = target->next,
					});
	}
	for (size_t i = 0; i < record->problems.n; i++)
		bk_problems_add(&all, &record->problems.items[i]);
	all.more += record->problems.more;
	bk_problems_print(&all, out);
	if (all.n)
		(void)fprintf(out, "\n");
	bk_problems_clear(&all);
}

static void print_since(const struct bk_job_news *news, FILE *out)
{
	char since[BK_CLOCK_TEXT];

	if (!news->since)
		return;
	(void)fprintf(out, "%s %s: %ju run%s",
		      news->event == BK_JOB_RECOVERED ||
				      news->event == BK_JOB_COMPLETE
			      ? "This was so since"
			      : "This is so since",
		      bk_clock_local(since, news->since), (uintmax_t)news->runs,
		      news->runs == 1 ? "" : "s");
	if (news->untold)
		(void)fprintf(out, ", %ju of them not told",
			      (uintmax_t)news->untold);
	(void)fprintf(out, "\n\n");
}

static void print_lists(const struct bk_job_record *record, FILE *out)
{
	if (record->n_targets)
		(void)fprintf(out, "\nTARGETS\n");
	for (size_t i = 0; i < record->n_targets; i++)
		bk_target_print(&record->targets[i], false, out);
	if (record->pruned.n)
		(void)fprintf(out, "\nPRUNED\n");
	for (size_t i = 0; i < record->pruned.n; i++)
		(void)fprintf(out, "  %s\n", record->pruned.items[i]);
	if (record->warnings.n)
		(void)fprintf(out, "\nNOTES\n");
	for (size_t i = 0; i < record->warnings.n; i++) {
		char *shown = bk_escaped(record->warnings.items[i]);
		(void)fprintf(out, "  %s\n", shown);
		free(shown);
	}
}

/* The command that does it again, where a set is lacking. */
static void print_next(const struct bk_job_news *news, FILE *out)
{
	struct bk_buf line = {0};

	if (news->event == BK_JOB_FAILED) {
		bk_buf_printf(&line, "bk backup ");
		bk_quote(&line, news->job);
		(void)fprintf(out, "\nNEXT  %s\n", bk_buf_text(&line));
	}
	bk_buf_clear(&line);
}

char *bk_job_text(const struct bk_job_news *news)
{
	const struct bk_job_record *record = record_of(news);
	char began[BK_CLOCK_TEXT], took[BK_UNITS_TEXT];
	char *text = NULL;
	size_t n = 0;

	FILE *out = open_memstream(&text, &n);
	if (!out)
		abort(); /* as all small allocations do */
	print_needs(news, out);
	print_since(news, out);
	(void)fprintf(
		out, "SUMMARY\njob %s on %s: %s, status %d | %s, %s\n",
		news->job, news->host, bk_job_event_word(news->event),
		(int)news->status, bk_clock_local(began, news->began),
		bk_units_duration(took, (double)(news->ended - news->began)));
	if (record->has_set)
		bk_summary_print(&record->set, false, out);
	print_lists(record, out);
	print_next(news, out);
	(void)fclose(out);
	return text;
}

/* ---- for programs ---- */

static void add_set(struct bk_json *json, const struct bk_summary *set)
{
	bk_json_text_if(json, "set", set->set);
	bk_json_text_if(json, "base", set->base);
	bk_json_text_if(json, "kind", set->kind);
	bk_json_text_if(json, "store", set->store);
	bk_json_text_if(json, "repo", set->repo);
	bk_json_uint(json, "accounts", set->accounts);
	struct bk_json *messages = bk_json_object(json, "messages");
	bk_json_uint(messages, "total", set->messages.total);
	bk_json_uint(messages, "new", set->messages.added);
	bk_json_uint(messages, "kept", set->messages.kept);
	bk_json_uint(messages, "flags", set->messages.flags);
	bk_json_uint(messages, "gone", set->messages.gone);
	struct bk_json *bytes = bk_json_object(json, "bytes");
	bk_json_uint(bytes, "source", set->bytes.source);
	bk_json_uint(bytes, "stored", set->bytes.stored);
	bk_json_uint(json, "errors", set->errors);
}

static void add_problems(struct bk_json *json,
			 const struct bk_problems *problems)
{
	struct bk_json *items = bk_json_array(json, "problems");

	for (size_t i = 0; i < problems->n; i++)
		bk_problem_json(&problems->items[i],
				bk_json_object(items, NULL));
}

static void add_targets(struct bk_json *json,
			const struct bk_job_record *record)
{
	struct bk_json *items = bk_json_array(json, "targets");

	for (size_t i = 0; i < record->n_targets; i++) {
		const struct bk_target_report *target = &record->targets[i];
		struct bk_json *one = bk_json_object(items, NULL);
		bk_json_text(one, "target", target->name);
		bk_json_bool(one, "complete", !is_bad(target));
		bk_json_uint(one, "sets", target->sets);
		bk_json_uint(one, "sets_of", target->sets_of);
		bk_json_uint(one, "bytes", target->bytes);
		bk_json_text_if(one, "newest", target->newest);
		bk_json_text_if(one, "why", target->why);
		bk_json_text_if(one, "next", target->next);
	}
}

char *bk_job_json(const struct bk_job_news *news)
{
	const struct bk_job_record *record = record_of(news);
	struct bk_json *json = bk_json_new();
	char t[BK_CLOCK_TEXT];

	bk_json_int(json, "v", 1);
	bk_json_text(json, "t", bk_clock_format(t, news->ended));
	bk_json_text(json, "type", "job");
	bk_json_text(json, "host", news->host);
	bk_json_text(json, "job", news->job);
	bk_json_text(json, "result", bk_job_event_word(news->event));
	bk_json_int(json, "status", (int)news->status);
	bk_json_int(json, "seconds", news->ended - news->began);
	if (news->why)
		bk_json_text(json, "error", news->why->text);
	if (news->since) {
		bk_json_text(json, "since", bk_clock_format(t, news->since));
		bk_json_uint(json, "runs", news->runs);
	}
	if (record->has_set)
		add_set(json, &record->set);
	add_problems(json, &record->problems);
	add_targets(json, record);
	struct bk_json *pruned = bk_json_array(json, "pruned");
	for (size_t i = 0; i < record->pruned.n; i++)
		bk_json_text(pruned, NULL, record->pruned.items[i]);
	struct bk_json *notes = bk_json_array(json, "notes");
	for (size_t i = 0; i < record->warnings.n; i++)
		bk_json_text(notes, NULL, record->warnings.items[i]);
	char *line = bk_json_line(json);
	bk_json_free(json);
	return line;
}
