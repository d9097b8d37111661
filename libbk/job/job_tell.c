/* Telling of a run of a job: see job_tell.h. */

#include "job/job_tell.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/log.h"
#include "job/job_digest.h"
#include "job/job_news.h"
#include "job/notify.h"
#include "job/sections.h"
#include "net/http_post.h"

/* A backup does not wait for them. */
#define PING_S 10
#define WEB_S  30
/* A repeat comes a little early rather than a run later. */
#define EARLY_MS ((int64_t)10 * 60 * 1000)

static int settings_of(const struct bk_job_tale *tale,
		       struct bk_notify_settings *notify)
{
	struct bk_err err = {0};

	if (bk_settings_notify(tale->settings, NULL, notify, &err) == 0)
		return 0;
	bk_log(BK_LOG_ERROR, "nobody can be told: %s", err.text);
	return -1;
}

/* ---- pings ---- */

static void ping(const struct bk_job_tale *tale,
		 const struct bk_notify_settings *notify, const char *more,
		 const char *body)
{
	const struct bk_post post = {
		.url = tale->ping ? tale->ping : notify->ping,
		.more = more,
		.type = "text/plain; charset=utf-8",
		.body = body,
		.limit_s = PING_S,
	};
	struct bk_err err = {0};

	if (post.url && bk_notify_post(notify, &post, &err) < 0)
		bk_log(BK_LOG_WARN, "the ping did not go: %s", err.text);
}

void bk_job_tell_start(const struct bk_job_tale *tale)
{
	struct bk_notify_settings notify = {0};

	if (settings_of(tale, &notify) == 0)
		ping(tale, &notify, "/start", "");
	bk_notify_settings_clear(&notify);
}

/* ---- news ---- */

static enum bk_job_event event_of(enum bk_job_saying saying,
				  enum bk_exit status)
{
	if (status == BK_EXIT_DONE)
		return saying == BK_JOB_SAY_RECOVERY ? BK_JOB_RECOVERED
						     : BK_JOB_COMPLETE;
	return status == BK_EXIT_INCOMPLETE ? BK_JOB_INCOMPLETE : BK_JOB_FAILED;
}

static bool tell_web(const struct bk_notify_settings *notify, const char *json)
{
	const struct bk_post post = {
		.url = notify->webhook,
		.type = "application/json",
		.body = json,
		.limit_s = WEB_S,
	};
	struct bk_err err = {0};

	if (!notify->webhook)
		return false;
	if (bk_notify_post(notify, &post, &err) == 0)
		return true;
	bk_log(BK_LOG_ERROR, "the webhook did not take it: %s", err.text);
	return false;
}

/* What is to be told; its texts are freed once it is. */
struct telling {
	char *subject, *matter, *kept, *text, *json;
	bool web_has_it; /* since an earlier run: told there no more */
};

/* True: the mail went, where one is wished; else the webhook took it. */
static bool tell(const struct bk_notify_settings *notify,
		 struct telling *telling)
{
	const struct bk_notify_text what = {
		.subject = telling->subject,
		.matter = telling->matter,
		.text = telling->text,
		.json = telling->json,
		.kept_as = telling->kept,
	};

	if (!telling->web_has_it)
		telling->web_has_it = tell_web(notify, telling->json);
	bool told = notify->to.n ? bk_notify_tell(notify, &what)
				 : telling->web_has_it;
	free(telling->subject);
	free(telling->matter);
	free(telling->kept);
	free(telling->text);
	free(telling->json);
	return told;
}

/* A mail that no way takes is tried again by each run; the webhook is not to
 * get the same each time. */
static bool web_has(const struct bk_notify_settings *notify,
		    const struct bk_job_state *state, const char *as,
		    int64_t now)
{
	int64_t at = bk_job_state_when(state, as);
	int64_t repeat = (notify->repeat_ms - EARLY_MS) / 1000;

	return !(notify->on & BK_NOTIFY_ALWAYS) && at && at <= now &&
	       now - at < repeat;
}

/* Who has it stands in the state then. */
static void tell_news(const struct bk_notify_settings *notify,
		      const struct bk_job_news *news, const char *trouble,
		      struct bk_job_state *state)
{
	char *as = bk_asprintf("web %s", trouble);
	bool had = web_has(notify, state, as, news->ended);
	struct telling telling = {
		.subject = bk_job_subject(news),
		.matter = bk_asprintf("job %s %s", news->host, news->job),
		.kept = bk_asprintf("job-%s", news->job),
		.text = bk_job_text(news),
		.json = bk_job_json(news),
		.web_has_it = had,
	};

	if (tell(notify, &telling)) {
		state->untold = 0;
		bk_job_state_told(state, trouble, news->ended);
	}
	if (!had && telling.web_has_it)
		bk_job_state_told(state, as, news->ended);
	free(as);
}

/* ---- the digest ---- */

static struct bk_job_past past_of(const struct bk_job_news *news)
{
	const struct bk_job_record *record = news->record;
	struct bk_job_past run = {
		.ended = news->ended,
		.status = (int)news->status,
	};

	if (record && record->has_set && record->set.set) {
		run.has_set = true;
		run.added = record->set.messages.added;
		run.stored = record->set.bytes.stored;
	}
	return run;
}

/* Who has not got it gets it with the next run. */
static void tell_digest(const struct bk_notify_settings *notify,
			const struct bk_job_news *news,
			struct bk_job_state *state)
{
	const struct bk_job_past run = past_of(news);
	const struct bk_job_digest digest = {
		.job = news->job,
		.host = news->host,
		.state = state,
		.now = news->ended,
	};

	if (!(notify->on & BK_NOTIFY_DIGEST)) {
		bk_job_state_digested(state, 0);
		return;
	}
	bk_job_state_ran(state, &run);
	if (!bk_job_digest_due(&notify->digest, state, news->ended))
		return;
	struct telling telling = {
		.subject = bk_job_digest_subject(&digest),
		.matter = bk_asprintf("digest %s %s", news->host, news->job),
		.kept = bk_asprintf("digest-%s", news->job),
		.text = bk_job_digest_text(&digest),
		.json = bk_job_digest_json(&digest),
	};
	if (tell(notify, &telling) || telling.web_has_it)
		bk_job_state_digested(state, news->ended);
}

static void end_pings(const struct bk_job_tale *tale,
		      const struct bk_notify_settings *notify,
		      const struct bk_job_news *news)
{
	char *subject = bk_job_subject(news);

	ping(tale, notify, news->status == BK_EXIT_DONE ? NULL : "/fail",
	     subject);
	free(subject);
}

static void weigh_and_tell(const struct bk_job_tale *tale,
			   const struct bk_notify_settings *notify,
			   struct bk_job_state *state)
{
	char host[256] = "";
	struct bk_job_news news = {
		.job = tale->job,
		.host = host,
		.status = tale->status,
		.why = tale->why,
		.record = tale->record,
		.began = tale->began,
		.ended = bk_clock_now(),
	};

	(void)gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = 0;
	char *trouble = bk_job_trouble(&news);
	enum bk_job_saying saying =
		bk_job_weigh(state, notify->on, notify->repeat_ms - EARLY_MS,
			     tale->status, trouble, news.ended);
	news.event = event_of(saying, tale->status);
	news.since = state->since;
	news.runs = state->bad;
	news.untold = state->untold;
	end_pings(tale, notify, &news);
	if (saying != BK_JOB_SILENT)
		tell_news(notify, &news, trouble, state);
	free(trouble);
	if (tale->status == BK_EXIT_DONE)
		bk_job_state_calm(state);
	tell_digest(notify, &news, state);
}

void bk_job_tell_end(const struct bk_job_tale *tale, struct bk_job_state *state)
{
	struct bk_notify_settings notify = {0};

	bk_cancel_defer(true); /* who stops us wants it to be known */
	if (settings_of(tale, &notify) == 0)
		weigh_and_tell(tale, &notify, state);
	else if (tale->status == BK_EXIT_DONE)
		bk_job_state_calm(state);
	bk_notify_settings_clear(&notify);
	bk_cancel_defer(false);
}

/* ---- what never began ---- */

/* A name that a section may have, and a file. */
static bool is_name(const char *word)
{
	if (!word || !isalnum((unsigned char)*word))
		return false;
	for (const char *p = word; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return false;
	return true;
}

void bk_job_tell_unfit(struct bk_settings *settings, const char *word,
		       const struct bk_err *why)
{
	const struct bk_outcome outcome = {.place = BK_PLACE_REQUEST};
	struct bk_job_state state = {0};
	struct bk_err err = {0};

	if (!is_name(word) || isatty(STDERR_FILENO) ||
	    bk_conf_find(&settings->conf, "store", word))
		return;
	const struct bk_job_tale tale = {
		.settings = settings,
		.job = word,
		.began = bk_clock_now(),
		.status = bk_exit_status(-1, &outcome, why),
		.why = why,
	};
	bk_job_state_load(&state, settings->state_dir, word);
	bk_job_tell_end(&tale, &state);
	if (bk_job_state_save(&state, &err) < 0)
		bk_log(BK_LOG_ERROR, "%s", err.text);
	bk_job_state_clear(&state);
}

void bk_job_tell_bad_config(const struct bk_common *common, const char *word,
			    const struct bk_err *why)
{
	struct bk_settings settings;
	struct bk_err ignored = {0};

	if (bk_settings_load_rest(&settings, common, &ignored) < 0)
		return;
	if (!word) {
		size_t n;
		const struct bk_conf_section *only =
			bk_sections_only(&settings.conf, "job", &n);
		word = only ? only->name : NULL;
	}
	bk_job_tell_unfit(&settings, word, why);
	bk_settings_clear(&settings);
}
