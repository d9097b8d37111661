/* A week of a job in words: see job_digest.h. */

#include "job/job_digest.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "job/exit.h"
#include "report/units.h"

#define SHOWN_MAX 20

struct sums {
	size_t complete, incomplete, failed, sets;
	uint64_t added, stored;
};

bool bk_job_digest_due(const struct bk_schedule *schedule,
		       struct bk_job_state *state, int64_t now)
{
	if (!state->digested || state->digested > now)
		state->digested = now;
	return bk_schedule_due(schedule, state->digested, now);
}

static struct sums sums_of(const struct bk_job_state *state)
{
	struct sums sums = {0};

	for (size_t i = 0; i < state->n_past; i++) {
		const struct bk_job_past *run = &state->past[i];
		sums.complete += run->status == BK_EXIT_DONE;
		sums.incomplete += run->status == BK_EXIT_INCOMPLETE;
		sums.sets += run->has_set;
		sums.added += run->added;
		sums.stored += run->stored;
	}
	sums.failed = state->n_past - sums.complete - sums.incomplete;
	return sums;
}

/* ---- for people ---- */

static void add_runs(struct bk_buf *out, const struct bk_job_state *state)
{
	const struct sums sums = sums_of(state);

	bk_buf_printf(out, "%zu run%s", state->n_past,
		      state->n_past == 1 ? "" : "s");
	if (sums.failed)
		bk_buf_printf(out, ", %zu failed", sums.failed);
	if (sums.incomplete)
		bk_buf_printf(out, ", %zu incomplete", sums.incomplete);
	if (!sums.failed && !sums.incomplete)
		bk_buf_printf(out, ", all complete");
}

char *bk_job_digest_subject(const struct bk_job_digest *digest)
{
	struct bk_buf out = {0};

	bk_buf_printf(&out, "DIGEST %s %s: ", digest->host, digest->job);
	add_runs(&out, digest->state);
	char *text = bk_strdup(bk_buf_text(&out));
	bk_buf_clear(&out);
	return text;
}

static void print_bad(const struct bk_job_state *state, FILE *out)
{
	char when[BK_CLOCK_TEXT];
	size_t n = 0;

	for (size_t i = 0; i < state->n_past; i++) {
		const struct bk_job_past *run = &state->past[i];
		if (run->status == BK_EXIT_DONE || n++ >= SHOWN_MAX)
			continue;
		(void)fprintf(out, "%s  %s  %s, status %d\n",
			      n == 1 ? "NEEDS YOU\n" : "",
			      bk_clock_local(when, run->ended),
			      run->status == BK_EXIT_INCOMPLETE ? "incomplete"
								: "failed",
			      run->status);
	}
	if (n > SHOWN_MAX)
		(void)fprintf(out, "  and %zu more\n", n - SHOWN_MAX);
	if (n && state->since)
		(void)fprintf(out, "This is so since %s.\n",
			      bk_clock_local(when, state->since));
	else if (n)
		(void)fprintf(out, "The last run was complete.\n");
	if (n)
		(void)fprintf(out, "\n");
}

char *bk_job_digest_text(const struct bk_job_digest *digest)
{
	const struct bk_job_state *state = digest->state;
	const struct sums sums = sums_of(state);
	char from[BK_CLOCK_TEXT], to[BK_CLOCK_TEXT];
	char added[BK_UNITS_TEXT], stored[BK_UNITS_TEXT];
	struct bk_buf runs = {0};
	char *text = NULL;
	size_t n = 0;

	FILE *out = open_memstream(&text, &n);
	if (!out)
		abort(); /* as all small allocations do */
	print_bad(state, out);
	add_runs(&runs, state);
	(void)fprintf(out, "SUMMARY\njob %s on %s, %s to %s: %s\n", digest->job,
		      digest->host, bk_clock_local(from, state->digested),
		      bk_clock_local(to, digest->now), bk_buf_text(&runs));
	(void)fprintf(out, "sets %zu | %s new messages | %s stored\n",
		      sums.sets, bk_units_count(added, sums.added),
		      bk_units_size(stored, sums.stored));
	if (state->since)
		(void)fprintf(out, "\nNEXT  bk doctor\n");
	(void)fclose(out);
	bk_buf_clear(&runs);
	return text;
}

/* ---- for programs ---- */

char *bk_job_digest_json(const struct bk_job_digest *digest)
{
	const struct bk_job_state *state = digest->state;
	const struct sums sums = sums_of(state);
	struct bk_json *json = bk_json_new();
	char t[BK_CLOCK_TEXT];

	bk_json_int(json, "v", 1);
	bk_json_text(json, "t", bk_clock_format(t, digest->now));
	bk_json_text(json, "type", "digest");
	bk_json_text(json, "host", digest->host);
	bk_json_text(json, "job", digest->job);
	bk_json_text(json, "from", bk_clock_format(t, state->digested));
	bk_json_uint(json, "runs", state->n_past);
	bk_json_uint(json, "complete", sums.complete);
	bk_json_uint(json, "incomplete", sums.incomplete);
	bk_json_uint(json, "failed", sums.failed);
	bk_json_uint(json, "sets", sums.sets);
	bk_json_uint(json, "new", sums.added);
	bk_json_uint(json, "stored", sums.stored);
	struct bk_json *bad = bk_json_array(json, "bad");
	for (size_t i = 0; i < state->n_past; i++) {
		const struct bk_job_past *run = &state->past[i];
		if (run->status == BK_EXIT_DONE)
			continue;
		struct bk_json *one = bk_json_object(bad, NULL);
		bk_json_text(one, "t", bk_clock_format(t, run->ended));
		bk_json_int(one, "status", run->status);
	}
	char *line = bk_json_line(json);
	bk_json_free(json);
	return line;
}
