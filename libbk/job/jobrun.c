/* A run of a job, step by step: see jobrun.h. */

#include "job/jobrun.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "job/job_copies.h"
#include "job/job_due.h"
#include "job/job_hooks.h"
#include "job/job_record.h"
#include "job/job_state.h"
#include "job/job_tell.h"
#include "job/open.h"
#include "job/sections.h"
#include "job/seen.h"
#include "job/server_store.h"

/* A run under way is no news for that long. */
#define UNDER_WAY_S ((int64_t)24 * 3600)

struct run {
	const struct bk_jobrun_request *request;
	struct bk_job_settings *job;
	struct bk_progress *progress;
	struct bk_opened opened;
	struct bk_lock *lock;
	struct bk_job_state state;
	struct bk_job_record record;
	struct bk_job_copies copies;
	bool is_job;       /* hooks, state */
	bool has_copies;   /* shipping, pruning, telling */
	bool wants_set;    /* it is due, or was asked for */
	bool is_idle;      /* nothing is to be done */
	bool is_committed; /* the set is there */
	int64_t began;     /* UTC seconds */
};

/* ---- before anything is touched ---- */

static void begin(struct run *run, const struct bk_jobrun_request *request,
		  struct bk_progress *progress)
{
	struct bk_job_settings *job = request->job;
	const struct bk_settings *settings = request->settings;

	*run = (struct run){
		.request = request,
		.job = job,
		.progress = progress,
		.is_job = job->section && !request->backup.dry_run,
		.wants_set = true,
		.began = bk_clock_now(),
	};
	run->has_copies = run->is_job && !request->only_set &&
			  bk_sections_job_writes(&settings->conf, job->section,
						 job->repo.name);
	bk_job_record_init(&run->record);
	progress->also = &run->record.progress;
}

static void end(struct run *run)
{
	run->progress->also = NULL;
	bk_job_copies_clear(&run->copies);
	bk_job_record_clear(&run->record);
	bk_job_state_clear(&run->state);
	bk_opened_close(&run->opened);
	bk_lock_release(run->lock);
}

/* *what is the caller's to free. */
static struct bk_lock_request lock_of(const char *state_dir,
				      const struct bk_job_settings *job,
				      char **what)
{
	*what = bk_asprintf("job %s", job->name);
	return (struct bk_lock_request){
		.state_dir = state_dir,
		.store = *what,
		.repo = job->repo.where,
		.command = "bk-backup",
	};
}

int64_t bk_jobrun_since(const char *state_dir,
			const struct bk_job_settings *job)
{
	char *what;
	struct bk_lock_request lock = lock_of(state_dir, job, &what);

	int64_t since = bk_lock_since(&lock);
	free(what);
	return since;
}

/* Two runs of one job would wait for each other in the midst of it, and tell
 * everything twice. */
static int take_lock(struct run *run, struct bk_outcome *outcome,
		     struct bk_err *err)
{
	const struct bk_backup_request *backup = &run->request->backup;
	char *what;
	struct bk_lock_request lock =
		lock_of(backup->state_dir, run->job, &what);

	lock.wait_ms = backup->wait_ms;
	outcome->place = BK_PLACE_LOCK;
	int rc = bk_lock_take(&run->lock, &lock, err);
	free(what);
	if (rc == 0)
		outcome->place = BK_PLACE_REQUEST;
	return rc;
}

static int find_copies(struct run *run, struct bk_err *err)
{
	const struct bk_backup_request *backup = &run->request->backup;

	run->copies = (struct bk_job_copies){
		.record = &run->record,
		.progress = run->progress,
		.state_dir = backup->state_dir,
		.wait_ms = backup->wait_ms,
		.style = backup->style,
	};
	run->copies.style.quiet = true; /* not every set, each time */
	return bk_job_copies_find(&run->copies, run->request->settings,
				  run->job, err);
}

static int open_repo(struct run *run, struct bk_outcome *outcome,
		     struct bk_err *err)
{
	bool dry = run->request->backup.dry_run;

	if (bk_opened_open(&run->opened, run->request->settings,
			   &run->job->repo, dry ? BK_OPEN_TRY : BK_OPEN_WRITE,
			   outcome, err) < 0)
		return -1;
	run->copies.repo = run->opened.repo;
	return 0;
}

/* ---- is it due? ---- */

static void tell_ahead(struct run *run, int64_t ahead, int64_t now)
{
	char then[BK_CLOCK_TEXT], clock[BK_CLOCK_TEXT];

	char *text = bk_asprintf(
		"a set of %s is there, and this host's clock says %s: it does "
		"not count as made; is the clock right?",
		bk_clock_local(then, ahead), bk_clock_local(clock, now));
	bk_progress_warning(run->progress, text);
	free(text);
}

static void tell_idle(struct run *run, int64_t now)
{
	int64_t next = bk_due_next(run->job, now);
	char when[BK_CLOCK_TEXT];

	if (next == INT64_MAX)
		return;
	char *text = bk_asprintf("%s: nothing is due before %s", run->job->name,
				 bk_clock_local(when, next));
	bk_progress_note(run->progress, text);
	free(text);
}

/* A target that lacks something is enough to go on. */
static int decide(struct run *run, struct bk_err *err)
{
	const struct bk_repo *repo = run->opened.repo;
	struct bk_set_info_list sets = {0};
	int64_t now = bk_clock_now();
	struct bk_due_times times;

	if (!run->request->only_due)
		return 0;
	if (bk_sets_list(repo, &sets, err) < 0) {
		bk_set_info_list_clear(&sets);
		return -1;
	}
	bk_due_look(&times, &sets, repo, run->job->store.config.name, now);
	bk_set_info_list_clear(&sets);
	run->wants_set = bk_due_any(run->job, &times, now);
	run->is_idle =
		!run->wants_set && (!run->has_copies || !run->state.lacking.n);
	if (run->wants_set && times.ahead != INT64_MIN)
		tell_ahead(run, times.ahead, now);
	if (run->is_idle)
		tell_idle(run, now);
	return 0;
}

/* ---- the set ---- */

/* A snapshot that stays is something to be seen to, but no lost set. */
static void run_after(struct run *run, int rc, struct bk_outcome *outcome,
		      const struct bk_err *err)
{
	const struct bk_hook_outcome told = {
		.status = bk_exit_status(rc, outcome, err),
		.set = outcome->committed,
	};
	struct bk_err why = {0};

	if (bk_hook_after(run->job, &told, &why) == 0)
		return;
	bk_log(BK_LOG_ERROR, "%s", why.text);
	bk_job_record_problem(&run->record, run->job->name, &why, NULL);
	outcome->ending = bk_job_worse(outcome->ending, BK_ENDING_INCOMPLETE);
}

static int back_up(struct run *run, struct bk_outcome *outcome,
		   struct bk_err *err)
{
	struct bk_backup_request backup = run->request->backup;
	struct bk_server_store server = {0};

	backup.repo = run->opened.repo;
	backup.job = run->job;
	int rc = bk_server_store_open(&server, &run->job->store, err);
	if (rc == 0)
		rc = bk_backup_run(&backup, run->progress, outcome, err);
	bk_server_store_close(&server);
	return rc;
}

static int make_set(struct run *run, struct bk_outcome *outcome,
		    struct bk_err *err)
{
	outcome->place = BK_PLACE_SOURCE;
	if (!run->is_job)
		return back_up(run, outcome, err);
	int rc = bk_hook_before(run->job, err);
	if (rc == 0)
		rc = back_up(run, outcome, err);
	run->is_committed = rc == 0;
	run_after(run, rc, outcome, err);
	return rc;
}

/* ---- all of it ---- */

/* After a set that failed, what others lack can be copied as long as the
 * repository is in order and nobody asked us to stop. */
static bool may_copy(const struct run *run, int rc,
		     const struct bk_outcome *outcome, const struct bk_err *err)
{
	if (!run->has_copies)
		return false;
	return rc == 0 || (run->state.lacking.n && err->kind != BK_CANCELLED &&
			   outcome->place == BK_PLACE_SOURCE);
}

static int copy(struct run *run, struct bk_outcome *outcome, struct bk_err *err)
{
	enum bk_ending ending = outcome->ending;
	bool newer = run->is_committed || run->state.lacking.n;

	int rc = bk_job_ship(&run->copies, &run->state.lacking, &ending, err);
	if (rc == 0 && newer)
		rc = bk_job_prune(&run->copies, run->is_committed, &ending,
				  err);
	outcome->ending = ending;
	return rc;
}

static struct bk_job_tale tale_of(const struct run *run)
{
	return (struct bk_job_tale){
		.settings = run->request->settings,
		.job = run->job->name,
		.ping = run->job->ping,
		.began = run->began,
		.record = &run->record,
	};
}

static void save(const struct bk_job_state *state)
{
	struct bk_err why = {0};

	if (bk_job_state_save(state, &why) < 0)
		bk_log(BK_LOG_ERROR, "%s", why.text);
}

/* One that was killed, or went with its host, told nobody. */
static void tell_cut_off(struct run *run)
{
	struct bk_job_tale tale = tale_of(run);
	struct bk_err why = {0};
	char when[BK_CLOCK_TEXT];

	if (!run->state.running)
		return;
	(void)bk_fail(&why, BK_LOST,
		      "the run of %s was cut off: it was killed, or the host "
		      "went down",
		      bk_clock_local(when, run->state.running));
	tale.began = run->state.running;
	tale.status = BK_EXIT_FAILED;
	tale.why = &why;
	tale.record = NULL;
	bk_log(BK_LOG_WARN, "%s", why.text);
	bk_job_tell_end(&tale, &run->state);
}

static void tell_no_lock(struct run *run, const struct bk_outcome *outcome,
			 const struct bk_err *err)
{
	const char *state_dir = run->request->backup.state_dir;
	struct bk_job_tale tale = tale_of(run);

	if (!run->has_copies || err->kind == BK_CANCELLED)
		return;
	int64_t since = bk_jobrun_since(state_dir, run->job);
	if (err->kind == BK_BUSY && run->began - since < UNDER_WAY_S)
		return;
	tale.status = bk_exit_status(-1, outcome, err);
	tale.why = err;
	bk_job_state_load(&run->state, state_dir, run->job->name);
	bk_job_tell_end(&tale, &run->state);
	save(&run->state);
}

static int act(struct run *run, struct bk_outcome *outcome, struct bk_err *err)
{
	struct bk_err why = {0};

	if (open_repo(run, outcome, err) < 0 || decide(run, err) < 0)
		return -1;
	if (run->is_idle)
		return 0;
	if (run->has_copies) {
		const struct bk_job_tale tale = tale_of(run);
		bk_job_tell_start(&tale);
	}
	int rc = run->wants_set ? make_set(run, outcome, err) : 0;
	if (may_copy(run, rc, outcome, err) &&
	    copy(run, outcome, rc < 0 ? &why : err) < 0)
		rc = -1;
	return rc;
}

/* Whoever stops a run on his terminal knows of it. */
static bool is_told(enum bk_exit status)
{
	return status != BK_EXIT_INTERRUPTED || !isatty(STDERR_FILENO);
}

static void remember(struct run *run, int rc, const struct bk_outcome *outcome,
		     const struct bk_err *err)
{
	struct bk_job_tale tale = tale_of(run);
	struct bk_job_state *state = &run->state;

	tale.status = bk_exit_status(rc, outcome, err);
	tale.why = rc < 0 ? err : NULL;
	state->status = (int)tale.status;
	state->ended = bk_clock_now();
	if (is_told(tale.status))
		bk_job_tell_end(&tale, state);
}

static void record_set_back(struct run *run)
{
	const struct bk_seen_alarm *alarms;
	size_t n = bk_seen_alarms(run->opened.seen, &alarms);

	run->record.set_back = n > 0;
	for (size_t i = 0; i < n; i++) {
		struct bk_err why = {0};
		(void)bk_fail(&why, BK_UNSAFE, "%s", alarms[i].text);
		bk_job_record_problem(&run->record, alarms[i].where, &why,
				      BK_SEEN_NEXT);
	}
}

/* What is to be known of this run, should it never come to its end. */
static int act_and_tell(struct run *run, struct bk_outcome *outcome,
			struct bk_err *err)
{
	bk_job_state_load(&run->state, run->request->backup.state_dir,
			  run->job->name);
	if (run->has_copies) {
		tell_cut_off(run);
		run->state.running = run->began;
		save(&run->state);
	}
	int rc = run->has_copies ? find_copies(run, err) : 0;
	if (rc == 0)
		rc = act(run, outcome, err);
	if (!run->has_copies)
		return rc;
	record_set_back(run);
	if (!run->is_idle || run->record.set_back)
		remember(run, rc, outcome, err);
	run->state.running = 0;
	save(&run->state);
	return rc;
}

int bk_jobrun(const struct bk_jobrun_request *request,
	      struct bk_progress *progress, struct bk_outcome *outcome,
	      struct bk_err *err)
{
	struct run run;

	begin(&run, request, progress);
	int rc = run.is_job ? take_lock(&run, outcome, err) : 0;
	if (rc < 0)
		tell_no_lock(&run, outcome, err);
	else
		rc = run.is_job ? act_and_tell(&run, outcome, err)
				: act(&run, outcome, err);
	end(&run);
	return rc;
}
