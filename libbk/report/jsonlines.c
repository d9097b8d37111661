/* Events as JSON lines: see jsonlines.h. */

#include "report/jsonlines.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "report/move_line.h"
#include "report/pace.h"
#include "report/problems.h"
#include "report/ticker.h"

#define STATUS_MS 1000

struct jsonlines {
	struct bk_progress progress;
	struct bk_jsonlines_options options;
	FILE *out;
	char *run;
	unsigned interval_ms;
	struct bk_ticker *ticker;
	pthread_mutex_t lock; /* of what follows, and of `out` */
	struct bk_totals totals;
	struct bk_pace pace;
	bool finished;     /* an act: another one may begin */
	int failed;        /* a line could not be written: */
	struct bk_err why; /* the first time */
};

static struct jsonlines *of(struct bk_progress *progress)
{
	return (struct jsonlines *)progress;
}

static const char *class_of(enum bk_kind kind)
{
	switch (kind) {
	case BK_OK:
		return "ok";
	case BK_GONE:
		return "gone";
	case BK_EXISTS:
		return "exists";
	case BK_REFUSED:
		return "refused";
	case BK_FULL:
		return "full";
	case BK_BUSY:
		return "busy";
	case BK_LOST:
		return "lost";
	case BK_DENIED:
		return "denied";
	case BK_NO_KEY:
		return "no-key";
	case BK_CORRUPT:
		return "corrupt";
	case BK_NEWER:
		return "newer";
	case BK_MISUSE:
		return "misuse";
	case BK_UNSAFE:
		return "unsafe";
	case BK_CANCELLED:
		return "cancelled";
	case BK_STARVED:
		return "starved";
	case BK_FAILED:
		return "failed";
	}
	return "failed";
}

static const char *result_of(enum bk_result result)
{
	switch (result) {
	case BK_RESULT_COMPLETE:
		return "complete";
	case BK_RESULT_INCOMPLETE:
		return "incomplete";
	case BK_RESULT_FAILED:
		return "failed";
	case BK_RESULT_PLANNED:
		return "planned";
	}
	return "failed";
}

static const char *act_of(enum bk_act act)
{
	switch (act) {
	case BK_ACT_BACKUP:
		return "backup";
	case BK_ACT_RESTORE:
		return "restore";
	case BK_ACT_CHECK:
		return "check";
	case BK_ACT_SHIP:
		return "ship";
	case BK_ACT_MOVE:
		return "move";
	case BK_ACT_COMPARE:
		return "compare";
	}
	return "";
}

static const char *state_of(enum bk_target_state state)
{
	switch (state) {
	case BK_TARGET_COMPLETE:
		return "complete";
	case BK_TARGET_INCOMPLETE:
		return "incomplete";
	case BK_TARGET_FAILED:
		return "failed";
	case BK_TARGET_PLANNED:
		return "planned";
	case BK_TARGET_UNDER_WAY:
		return "under-way";
	}
	return "failed";
}

static struct bk_json *begin(const struct jsonlines *to, const char *type)
{
	struct bk_json *json = bk_json_new();
	char now[BK_CLOCK_TEXT];

	bk_json_int(json, "v", 1);
	bk_json_text(json, "t", bk_clock_format_ms(now, bk_clock_now_ms()));
	bk_json_text(json, "run", to->run);
	bk_json_text(json, "type", type);
	return json;
}

/* Prints and frees.  The lock is held. */
static void end(struct jsonlines *to, struct bk_json *json)
{
	struct bk_err err = {0};

	if (bk_json_print(json, to->out, &err) < 0 && !to->failed) {
		to->failed = 1;
		to->why = err;
	}
	bk_json_free(json);
}

static void end_locked(struct jsonlines *to, struct bk_json *json)
{
	(void)pthread_mutex_lock(&to->lock);
	end(to, json);
	(void)pthread_mutex_unlock(&to->lock);
}

static void add_totals(struct bk_json *json, const char *key,
		       const struct bk_totals *totals)
{
	struct bk_json *into = bk_json_object(json, key);

	bk_json_uint(into, "accounts", totals->accounts);
	bk_json_uint(into, "messages", totals->messages);
	bk_json_uint(into, "bytes", totals->bytes);
}

static void print_status(void *data)
{
	struct jsonlines *to = data;
	const struct bk_totals done = {
		.accounts = atomic_load(&to->progress.accounts),
		.messages = atomic_load(&to->progress.messages),
		.bytes = atomic_load(&to->progress.bytes)};
	struct bk_json *json = begin(to, "status");

	(void)pthread_mutex_lock(&to->lock);
	bk_pace_update(&to->pace, bk_clock_monotonic_ms(), done.bytes);
	bk_json_real(json, "seconds", bk_pace_seconds(&to->pace));
	add_totals(json, "done", &done);
	add_totals(json, "totals", &to->totals);
	bk_json_uint(json, "rate", (uint64_t)to->pace.rate);
	bk_json_uint(json, "errors", atomic_load(&to->progress.errors));
	end(to, json);
	(void)pthread_mutex_unlock(&to->lock);
}

static void start(struct bk_progress *progress, const struct bk_run *run)
{
	struct jsonlines *to = of(progress);
	struct bk_json *json = begin(to, "start");

	bk_json_text(json, "act", act_of(run->act));
	bk_json_text_if(json, "store", run->store);
	bk_json_text_if(json, "repo", run->repo);
	bk_json_text_if(json, "kind", run->kind);
	bk_json_text_if(json, "set", run->set);
	add_totals(json, "totals", &run->totals);
	(void)pthread_mutex_lock(&to->lock);
	if (to->finished) {
		bk_progress_reset(progress);
		to->pace = (struct bk_pace){0};
		to->finished = false;
	}
	to->totals = run->totals;
	bk_pace_update(&to->pace, bk_clock_monotonic_ms(), 0);
	end(to, json);
	if (!to->ticker && !to->options.no_status)
		to->ticker = bk_ticker_start(to->interval_ms, print_status, to);
	(void)pthread_mutex_unlock(&to->lock);
}

static void totals(struct bk_progress *progress, const struct bk_totals *totals)
{
	struct jsonlines *to = of(progress);

	(void)pthread_mutex_lock(&to->lock);
	to->totals = *totals;
	(void)pthread_mutex_unlock(&to->lock);
}

/* Shown by the numbers of the next status. */
static void account(struct bk_progress *progress, const char *address)
{
	(void)progress;
	(void)address;
}

static void item_error(struct bk_progress *progress,
		       const struct bk_item_error *error)
{
	struct jsonlines *to = of(progress);
	struct bk_json *json = begin(to, "item_error");

	bk_json_text(json, "class", class_of(error->kind));
	bk_problem_json(error, json);
	end_locked(to, json);
}

static void warning(struct bk_progress *progress, const char *what)
{
	struct jsonlines *to = of(progress);
	struct bk_json *json = begin(to, "note");
	bk_json_text(json, "text", what);
	end_locked(to, json);
}

static void note(struct bk_progress *progress, const char *what)
{
	if (!of(progress)->options.no_notes)
		warning(progress, what);
}

static void target(struct bk_progress *progress,
		   const struct bk_target_report *report)
{
	struct jsonlines *to = of(progress);
	struct bk_json *json = begin(to, "target");

	bk_json_text(json, "target", report->name);
	bk_json_text(json, "state", state_of(report->state));
	bk_json_uint(json, "sets", report->sets);
	bk_json_uint(json, "sets_of", report->sets_of);
	bk_json_uint(json, "files", report->files);
	bk_json_uint(json, "bytes", report->bytes);
	bk_json_real(json, "seconds", report->seconds);
	bk_json_text_if(json, "newest", report->newest);
	bk_json_text_if(json, "why", report->why);
	bk_json_text_if(json, "next", report->next);
	end_locked(to, json);
}

static void moved(struct bk_progress *progress,
		  const struct bk_move_report *report)
{
	struct jsonlines *to = of(progress);
	struct bk_json *json = begin(to, "account");

	bk_json_text(json, "account", report->account);
	bk_json_text(json, "to", report->to);
	if (report->server)
		bk_json_text(json, "server", report->server);
	bk_json_text(json, "state", bk_move_state_word(report->state));
	bk_json_uint(json, "folders", report->folders);
	struct bk_json *into = bk_json_object(json, "messages");
	bk_json_uint(into, "total", report->messages);
	bk_json_uint(into, "new", report->added);
	bk_json_uint(into, "found", report->found);
	bk_json_uint(into, "kept", report->kept);
	bk_json_uint(into, "flags", report->flags);
	bk_json_uint(into, "gone", report->gone);
	bk_json_uint(into, "refused", report->refused);
	bk_json_uint(into, "unread", report->unread);
	bk_json_uint(into, "lost_flags", report->lost_flags);
	bk_json_uint(json, "bytes", report->bytes);
	bk_json_real(json, "seconds", report->seconds);
	if (report->cutover != BK_CUTOVER_NOT_TRIED) {
		bk_json_text_if(json, "cutover",
				bk_move_cutover_word(report->cutover));
		bk_json_real(json, "downtime", report->downtime);
	}
	bk_json_text_if(json, "why", report->why);
	bk_json_text_if(json, "next", report->next);
	end_locked(to, json);
}

static void stop_status(struct jsonlines *to)
{
	(void)pthread_mutex_lock(&to->lock);
	struct bk_ticker *ticker = to->ticker;
	to->ticker = NULL;
	(void)pthread_mutex_unlock(&to->lock);
	bk_ticker_stop(ticker);
}

static void finish(struct bk_progress *progress,
		   const struct bk_summary *summary)
{
	struct jsonlines *to = of(progress);
	struct bk_json *json, *into;

	stop_status(to);
	json = begin(to, "summary");
	bk_json_text(json, "act", act_of(summary->act));
	bk_json_text(json, "result", result_of(summary->result));
	bk_json_text_if(json, "set", summary->set);
	bk_json_text_if(json, "base", summary->base);
	bk_json_text_if(json, "kind", summary->kind);
	bk_json_text_if(json, "store", summary->store);
	bk_json_text_if(json, "repo", summary->repo);
	bk_json_uint(json, "accounts", summary->accounts);
	bool move = summary->act == BK_ACT_MOVE;
	if (move || summary->act == BK_ACT_COMPARE)
		bk_json_uint(json, "accounts_left", summary->accounts_left);
	if (summary->cutovers) {
		bk_json_uint(json, "cutovers", summary->cutovers);
		bk_json_real(json, "downtime_most", summary->downtime_most);
	}
	into = bk_json_object(json, "messages");
	bk_json_uint(into, "total", summary->messages.total);
	bk_json_uint(into, "new", summary->messages.added);
	bk_json_uint(into, "kept", summary->messages.kept);
	bk_json_uint(into, "flags", summary->messages.flags);
	bk_json_uint(into, "dates", summary->messages.dates);
	bk_json_uint(into, "gone", summary->messages.gone);
	if (move)
		bk_json_uint(into, "left", summary->messages.left);
	into = bk_json_object(json, "bytes");
	bk_json_uint(into, "source", summary->bytes.source);
	bk_json_uint(into, "stored", summary->bytes.stored);
	bk_json_uint(json, "errors", summary->errors);
	bk_json_real(json, "seconds", summary->seconds);
	bk_json_text_if(json, "next", summary->next);
	to->finished = true;
	end_locked(to, json);
}

static const struct bk_progress_ops ops = {
	.start = start,
	.totals = totals,
	.account = account,
	.item_error = item_error,
	.note = note,
	.warning = warning,
	.target = target,
	.moved = moved,
	.finish = finish,
};

static char *random_id(void)
{
	uint64_t id = 0;

	/* It tells runs apart in a log, no more: the clock would do too. */
	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		id = (uint64_t)bk_clock_now_ms();
	return bk_asprintf("%016" PRIx64, id);
}

struct bk_progress *bk_jsonlines_new(const struct bk_jsonlines_options *options)
{
	struct jsonlines *to = bk_alloc(sizeof(*to));

	to->progress.ops = &ops;
	to->options = *options;
	to->out = options->out;
	to->run = options->run ? bk_strdup(options->run) : random_id();
	to->interval_ms =
		options->interval_ms ? options->interval_ms : STATUS_MS;
	(void)pthread_mutex_init(&to->lock, NULL);
	return &to->progress;
}

int bk_jsonlines_exit(struct bk_progress *progress, int status,
		      const struct bk_err *why, struct bk_err *err)
{
	struct jsonlines *to = of(progress);
	struct bk_json *json;

	stop_status(to);
	json = begin(to, "exit");
	bk_json_int(json, "status", status);
	if (why && why->kind != BK_OK) {
		bk_json_text(json, "class", class_of(why->kind));
		bk_json_text(json, "text", why->text);
	}
	end_locked(to, json);
	if (to->failed)
		*err = to->why;
	return to->failed ? -1 : 0;
}

void bk_jsonlines_free(struct bk_progress *progress)
{
	struct jsonlines *to = of(progress);

	if (!progress)
		return;
	stop_status(to);
	(void)pthread_mutex_destroy(&to->lock);
	free(to->run);
	free(to);
}
