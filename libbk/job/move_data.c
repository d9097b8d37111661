/* Passes over each account, again where a connection broke, until one was
 * quick; and then it may change servers. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/timer.h"
#include "job/move_alone.h"
#include "sync/rights_map.h"

#define TRIES 4

/* ---- one account ---- */

static void take_off(uint64_t *count, uint64_t *some)
{
	uint64_t n = *count < *some ? *count : *some;

	*count -= n;
	*some -= n;
}

/* What an earlier try brought is there when the next one looks: it was copied,
 * and is not there "already". */
void bk_move_count(struct bk_move_trying *t,
		   const struct bk_sync_counts *counts)
{
	struct bk_move_report *report = t->report;
	uint64_t brought = report->added;

	report->folders = counts->folders;
	report->messages = counts->messages;
	report->kept = counts->kept;
	report->found = counts->found;
	take_off(&report->kept, &brought);
	take_off(&report->found, &brought);
	report->added += counts->added;
	report->bytes += counts->bytes;
	report->flags += counts->flags;
	report->gone += counts->gone;
	report->refused = counts->refused;
	report->unread = counts->unread;
	report->lost_flags += counts->lost_flags - t->unset;
	t->unset = counts->unset;
}

/* Of an account that is not there yet, in a dry run: all of it is new. */
static int count_all(struct bk_move_session *session,
		     struct bk_sync_counts *counts, struct bk_err *err)
{
	struct bk_store *store = session->from;
	struct bk_folder_list folders = {0};
	int rc = store->ops->folders(store, &session->from_account, &folders,
				     err);

	for (size_t i = 0; rc == 0 && i < folders.n; i++) {
		struct bk_folder *folder = &folders.items[i];
		struct bk_message_list messages = {0};
		if (folder->no_select)
			continue;
		if (!folder->counted)
			rc = store->ops->scan(store, &session->from_account,
					      folder, &messages, err);
		counts->folders++;
		counts->messages +=
			folder->counted ? folder->messages : messages.n;
		bk_message_list_clear(&messages);
	}
	counts->added = counts->messages;
	bk_folder_list_clear(&folders);
	return rc;
}

int bk_move_pass(struct bk_move_session *session,
		 const struct bk_move_task *task, bool dry_run,
		 struct bk_sync_counts *counts, struct bk_err *err)
{
	struct bk_move *move = task->move;
	const struct bk_move_request *request = move->request;
	/* What goes back is missed there, whatever it first came from. */
	bool once = task->pair->once && !task->reverse;
	const struct bk_sync_request sync = {
		.from = {session->from, &session->from_account},
		.to = {session->to,   &session->to_account  },
		.name = task->name,
		.journal = task->pair->journal,
		.rules = task->rules ? task->rules : request->rules,
		.identities = task->reverse ? move->identities_back
					    : move->identities,
		.dry_run = dry_run,
		.keep_deleted = request->keep_deleted || once,
		.once = once && task->moved && !request->full,
		.old = request->set != NULL,
		.full = request->full,
		.bad_items = request->bad_items,
		.progress = move->progress,
	};

	if (session->to_missing)
		return count_all(session, counts, err);
	bk_move_keep_anew(move, task->name);
	return bk_sync_account(&sync, counts, err);
}

static int try_once(struct bk_move_trying *t, struct bk_err *err)
{
	struct bk_move_session session = {0};
	struct bk_sync_counts counts = {0};

	int rc = bk_move_session_open(&session, t->task,
				      !t->task->move->request->dry_run, err);
	t->place = session.place;
	if (rc == 0) {
		rc = bk_move_pass(&session, t->task,
				  t->task->move->request->dry_run, &counts,
				  err);
		bk_move_count(t, &counts);
		if (rc < 0)
			t->place = bk_move_place_of(err);
	}
	bk_move_session_close(&session);
	return rc;
}

static bool may_pass(const struct bk_err *why)
{
	return why->kind == BK_LOST || why->kind == BK_BUSY;
}

static int wait_before(int next, const struct bk_err *why, struct bk_err *err)
{
	static const int64_t pauses_ms[TRIES] = {0, 1000, 5000, 20000};
	struct bk_timer *timer = bk_timer_real();
	int64_t ms = pauses_ms[next];

	if (why->retry_after_s && ms < (int64_t)why->retry_after_s * 1000)
		ms = (int64_t)why->retry_after_s * 1000;
	return timer->wait(timer, ms, NULL, err);
}

/* What was done stays done, and the next try goes on there. */
static int try_again_and_again(struct bk_move_trying *t, struct bk_err *err)
{
	for (int n = 1;; n++) {
		struct bk_err why = {0};
		if (try_once(t, &why) == 0)
			return 0;
		if (n == TRIES || !may_pass(&why)) {
			*err = why;
			return -1;
		}
		(void)bk_context(&why, "%s", t->report->account);
		char *note = bk_asprintf("%s; trying again (%d of %d)",
					 why.text, n + 1, TRIES);
		bk_progress_note(t->task->move->progress, note);
		free(note);
		if (wait_before(n, &why, err) < 0)
			return -1;
	}
}

/* ---- its end ---- */

/* Nothing was to be done: what was recorded when it was counts. */
static bool is_idle(const struct bk_move_report *report)
{
	return report->cutover == BK_CUTOVER_MOVED && !report->folders &&
	       report->downtime <= 0;
}

static enum bk_move_state state_of(const struct bk_move *move,
				   const struct bk_move_report *report)
{
	if (move->request->dry_run)
		return BK_MOVE_PLANNED;
	return report->refused + report->unread + report->lost_flags
		       ? BK_MOVE_INCOMPLETE
		       : BK_MOVE_DONE;
}

/* ---- passes ---- */

bool bk_move_switches(const struct bk_move *move)
{
	return move->request->cutover.wanted && !move->request->dry_run &&
	       !move->data_only;
}

/* More than one only where it is to be quick in the end. */
static int passes(struct bk_move_trying *t, struct bk_err *err)
{
	const struct bk_move *move = t->task->move;
	const struct bk_move_request *request = move->request;
	int64_t took_ms = 0;

	for (unsigned n = 0; n < request->max_passes; n++) {
		int64_t start_ms = bk_clock_monotonic_ms();
		if (try_again_and_again(t, err) < 0)
			return -1;
		took_ms = bk_clock_monotonic_ms() - start_ms;
		if (request->dry_run || took_ms <= request->until_delta_ms)
			return 0;
	}
	if (!bk_move_switches(move))
		return 0;
	return bk_fail(err, BK_BUSY,
		       "the last of %u passes took %llds: it would be held for "
		       "too long; run it again, or raise --until-delta or "
		       "--max-passes",
		       request->max_passes, (long long)(took_ms / 1000));
}

static int pass_and_switch(struct bk_move_trying *t, struct bk_err *err)
{
	struct bk_err ignored = {0}; /* they are told as it happens */
	bool pass_first = true;

	t->place = BK_PLACE_LOCK;
	if (bk_move_cutover_before(t, &pass_first, err) < 0)
		return -1;
	t->place = BK_PLACE_SOURCE;
	if (pass_first && t->report->cutover != BK_CUTOVER_MOVED &&
	    t->task->move->request->cutover.wanted)
		(void)bk_move_tell(t->task, BK_LETTER_BEFORE, &ignored);
	if (pass_first && passes(t, err) < 0)
		return -1;
	if (!bk_move_switches(t->task->move))
		return 0;
	if (t->report->cutover != BK_CUTOVER_MOVED &&
	    bk_move_tell_later(t->task, err) < 0)
		return -1;
	if (bk_move_cutover(t, false, err) < 0)
		return -1;
	(void)bk_move_tell(t->task, BK_LETTER_AFTER, &ignored);
	return 0;
}

static int roll_back(struct bk_move_trying *t, struct bk_err *err)
{
	if (bk_move_cutover(t, true, err) < 0)
		return -1;
	return t->task->move->request->dry_run
		       ? 0
		       : bk_move_tell_anew(t->task, err);
}

/* What came of an account that ends the whole run. */
static void note_end(struct bk_move *move, const struct bk_move_report *report)
{
	if (report->cutover == BK_CUTOVER_NOT_TRIED)
		return;
	char *text = bk_asprintf("%s: %s; %s", report->account, report->why,
				 bk_move_cutover_text(report->cutover));
	bk_progress_warning(move->progress, text);
	free(text);
}

typedef int stage_act(struct bk_move_trying *t, struct bk_err *err);

static int act_alone(struct bk_move_trying *t, stage_act *act,
		     struct bk_err *err)
{
	struct bk_lock *lock = NULL;

	t->place = BK_PLACE_LOCK;
	int rc = bk_move_alone_with(&lock, t->task, err);
	if (rc == 0)
		rc = act(t, err);
	bk_lock_release(lock);
	return rc;
}

static int do_account(struct bk_move_task *task, stage_act *act,
		      struct bk_err *err)
{
	struct bk_move *move = task->move;
	struct bk_move_record record = {
		.name = task->name,
		.report = {.account = task->account->from,
			   .to = task->account->to,
			   .server = bk_move_pair_name(move, task->pair)},
	};
	struct bk_move_trying t = {.task = task, .report = &record.report};
	int64_t start_ms = bk_clock_monotonic_ms();
	struct bk_err why = {0};

	bk_progress_account(move->progress, task->account->from);
	if (!task->pair)
		return bk_move_unplaced(task, err);
	bk_move_keep_begin(move, &record);
	int rc = act_alone(&t, act, &why);
	record.report.seconds =
		(double)(bk_clock_monotonic_ms() - start_ms) / 1000;
	record.report.state = state_of(move, &record.report);
	if (rc < 0) {
		record.report.state =
			why.kind == BK_BUSY ? BK_MOVE_PUT_OFF : BK_MOVE_FAILED;
		record.report.why = why.text;
	}
	if (rc < 0 || !is_idle(&record.report))
		bk_move_keep_end(task, &record);
	else
		bk_move_keep_drop(move, &record);
	bk_move_record_clear(&record);
	if (rc < 0 && bk_move_is_end(&why)) {
		note_end(move, &record.report);
		*err = why;
		return -1;
	}
	return bk_move_ended(task, &record, &why, t.place, err);
}

static int move_account(struct bk_move_task *task, struct bk_err *err)
{
	return do_account(task, pass_and_switch, err);
}

static int return_account(struct bk_move_task *task, struct bk_err *err)
{
	return do_account(task, roll_back, err);
}

/* ---- all of them ---- */

int bk_move_map_identities(const struct bk_move *move,
			   struct bk_rights_map *out, struct bk_err *err)
{
	const struct bk_move_request *request = move->request;
	const struct bk_move_accounts *accounts = &move->accounts;

	if (request->identities &&
	    bk_rights_map_read(out, request->identities, err) < 0)
		return -1;
	for (size_t i = 0; i < accounts->known && !request->as; i++)
		bk_rights_map_add_user(out, accounts->items[i].from,
				       accounts->items[i].to);
	return 0;
}

int bk_move_data(struct bk_move *move, struct bk_err *err)
{
	struct bk_rights_map identities = {0}, back_again = {0};
	int rc = bk_move_map_identities(move, &identities, err);

	bk_rights_map_turn(&identities, &back_again);
	move->identities = &identities;
	move->identities_back = &back_again;
	bk_move_keep_watch(move, true);
	bool back = move->request->verb == BK_MOVE_ROLLBACK;
	if (rc == 0)
		rc = bk_move_each(move, back ? return_account : move_account,
				  err);
	bk_move_keep_watch(move, false);
	move->identities = move->identities_back = NULL;
	bk_rights_map_clear(&identities);
	bk_rights_map_clear(&back_again);
	return rc;
}
