/* A move, from its request to its summary: see move.h. */

#include "job/cutover_note.h"
#include "job/move_work.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/timer.h"
#include "job/move_alone.h"
#include "job/move_mail.h"

/* ---- accounts and ends ---- */

/* A rehearsal into another account or folder is another move of it. */
static const char *journal_name(struct bk_move *move,
				const struct bk_move_account *account)
{
	const char *into = move->request->rules->into;
	struct bk_buf name = {0};

	bk_buf_printf(&name, "%s", account->from);
	if (strcmp(account->from, account->to) != 0)
		bk_buf_printf(&name, "=%s", account->to);
	if (into)
		bk_buf_printf(&name, "/%s", into);
	const char *kept = bk_arena_strdup(&move->arena, bk_buf_text(&name));
	bk_buf_clear(&name);
	return kept;
}

static void make_tasks(struct bk_move *move)
{
	move->tasks = bk_alloc((move->accounts.n + 1) * sizeof(*move->tasks));
	for (size_t i = 0; i < move->accounts.n; i++) {
		const struct bk_move_account *account =
			&move->accounts.items[i];
		move->tasks[i] = (struct bk_move_task){
			.move = move,
			.account = account,
			.pair = move->n_pairs == 1 ? move->pairs : NULL,
			.name = journal_name(move, account),
		};
	}
}

static int open_ends(struct bk_move *move, struct bk_err *err)
{
	const struct bk_move_request *request = move->request;

	move->outcome->place = BK_PLACE_REQUEST;
	if (bk_move_end_open(request->from, &move->accounts, err) < 0)
		return -1;
	for (size_t i = 0; i < request->n_to; i++)
		if (bk_move_end_open(request->to[i].end, &move->accounts, err) <
		    0)
			return -1;
	return request->front
		       ? bk_move_end_open(request->front, &move->accounts, err)
		       : 0;
}

/* ---- beginning and end ---- */

static void tell_start(struct bk_move *move, enum bk_act act)
{
	const struct bk_move_request *request = move->request;

	move->summary.act = act;
	move->summary.store = request->from->name;
	move->summary.repo = request->to_name;
	move->summary.accounts = move->accounts.n;
	bk_progress_start(move->progress,
			  &(struct bk_run){
				  .act = act,
				  .store = request->from->name,
				  .repo = request->to_name,
				  .totals.accounts = move->accounts.n,
			  });
}

static enum bk_result result_of(const struct bk_move *move, int rc,
				bool interrupted)
{
	if (interrupted)
		return BK_RESULT_INCOMPLETE;
	if (rc < 0 && !move->ended)
		return BK_RESULT_FAILED;
	if (move->failed && move->failed == move->accounts.n)
		return BK_RESULT_FAILED;
	if (rc < 0 || move->summary.accounts_left)
		return BK_RESULT_INCOMPLETE;
	return move->request->dry_run ? BK_RESULT_PLANNED : BK_RESULT_COMPLETE;
}

static const char *next_of(struct bk_move *move, enum bk_result result)
{
	const char *verb = result == BK_RESULT_COMPLETE ? "verify" : "";

	if (move->summary.act == BK_ACT_COMPARE)
		return result == BK_RESULT_COMPLETE
			       ? NULL
			       : bk_move_next(move, "", NULL);
	if (result == BK_RESULT_COMPLETE && move->request->cutover.wanted)
		return NULL;
	/* What helps the only one that needs it helps them all. */
	if (move->failed == 1 && move->summary.accounts_left == 1 &&
	    move->why_next)
		return move->why_next;
	if (result == BK_RESULT_FAILED && !move->switched)
		verb = "preflight";
	return bk_move_next(move, verb, NULL);
}

static void tell_end(struct bk_move *move, int rc, const struct bk_err *err)
{
	struct bk_summary *summary = &move->summary;
	bool interrupted = rc < 0 && err->kind == BK_CANCELLED;

	/* Those that were never begun are left, too. */
	if (summary->act == BK_ACT_MOVE)
		summary->accounts_left += move->accounts.n - move->ended;
	summary->result = result_of(move, rc, interrupted);
	summary->errors =
		move->progress ? atomic_load(&move->progress->errors) : 0;
	summary->seconds =
		(double)(bk_clock_monotonic_ms() - move->start_ms) / 1000;
	summary->next = next_of(move, summary->result);
	bk_progress_finish(move->progress, summary);
}

/* One place is to blame when nothing at all was moved. */
static int all_failed(struct bk_move *move, struct bk_err *err)
{
	move->outcome->place = move->place;
	*err = move->why;
	if (move->put_off == move->failed) {
		move->outcome->ending = BK_ENDING_PUT_OFF;
		return 0;
	}
	if (strncmp(err->text, move->why_account, strlen(move->why_account)) !=
	    0)
		(void)bk_context(err, "%s", move->why_account);
	return -1;
}

static enum bk_ending ending_of(const struct bk_move *move)
{
	const struct bk_summary *summary = &move->summary;

	if (!summary->accounts_left)
		return BK_ENDING_DONE;
	if (move->undone)
		return BK_ENDING_UNDONE;
	if (summary->act == BK_ACT_COMPARE)
		return summary->accounts_left > move->failed
			       ? BK_ENDING_DIFFERENT
			       : BK_ENDING_INCOMPLETE;
	return move->put_off == summary->accounts_left ? BK_ENDING_PUT_OFF
						       : BK_ENDING_INCOMPLETE;
}

static int end(struct bk_move *move, int rc, struct bk_err *err)
{
	tell_end(move, rc, err);
	if (rc < 0)
		return -1;
	if (move->failed && move->failed == move->accounts.n && !move->undone)
		return all_failed(move, err);
	move->outcome->ending = ending_of(move);
	return 0;
}

/* ---- the verbs ---- */

/* What a round has counted counts again in the next one. */
static void begin_round(struct bk_move *move)
{
	move->ended = move->failed = move->put_off = move->undone = 0;
	move->switched = 0;
	move->summary.accounts_left = 0;
	memset(&move->summary.messages, 0, sizeof(move->summary.messages));
	memset(&move->summary.bytes, 0, sizeof(move->summary.bytes));
}

/* All the data, and then nothing before its time. */
static int data_until(struct bk_move *move, int64_t at, struct bk_err *err)
{
	struct bk_timer *timer = bk_timer_real();
	char text[BK_CLOCK_TEXT];
	int64_t left_ms;

	move->data_only = true;
	if (move->request->cutover.data_now && bk_move_data(move, err) < 0)
		return -1;
	move->data_only = false;
	char *note = bk_asprintf("waiting until %s before accounts are held",
				 bk_clock_local(text, at));
	bk_progress_note(move->progress, note);
	free(note);
	while ((left_ms = at * 1000 - bk_clock_now_ms()) > 0)
		if (timer->wait(timer, left_ms < 60000 ? left_ms : 60000, NULL,
				err) < 0)
			return -1;
	begin_round(move);
	return 0;
}

static int data_and_accounts(struct bk_move *move, struct bk_err *err)
{
	const struct bk_move_cutover *cutover = &move->request->cutover;

	if (!cutover->wanted)
		return bk_move_data(move, err);
	if (bk_move_switches(move) && !move->request->front &&
	    move->request->verb == BK_MOVE_RUN)
		bk_progress_note(move->progress,
				 "without --front it is not tried whether a "
				 "login and a mail get to the destination");
	if (bk_move_switches(move) && cutover->at > bk_clock_now() &&
	    data_until(move, cutover->at, err) < 0)
		return -1;
	return bk_move_data(move, err);
}

/* What an earlier run left in the middle. */
static void tell_cut_off(struct bk_move *move)
{
	for (size_t i = 0; i < move->accounts.n; i++) {
		const struct bk_move_task *task = &move->tasks[i];
		struct bk_cutover_note note = {0};
		struct bk_err ignored = {0};
		if (!task->pair ||
		    bk_cutover_note_read(&note, task->pair->notes, task->name,
					 &ignored) < 0)
			continue;
		enum bk_stage stage = note.stage;
		bk_cutover_note_clear(&note);
		if (stage == BK_STAGE_AS_IT_WAS || stage == BK_STAGE_MOVED)
			continue;
		char *text = bk_asprintf(
			"%s: an earlier run was cut off while "
			"it was %s",
			move->accounts.items[i].from, bk_stage_word(stage));
		bk_progress_note(move->progress, text);
		free(text);
	}
}

static int run_data(struct bk_move *move, struct bk_err *err)
{
	tell_start(move, BK_ACT_MOVE);
	tell_cut_off(move);
	return end(move, data_and_accounts(move, err), err);
}

static int run_verify(struct bk_move *move, struct bk_err *err)
{
	tell_start(move, BK_ACT_COMPARE);
	return end(move, bk_move_verify(move, err), err);
}

/* Nothing was copied, so there is no summary. */
static int end_of_look(struct bk_move *move, struct bk_err *err)
{
	if (move->failed && move->failed == move->accounts.n)
		return all_failed(move, err);
	if (move->failed || move->lacks_scripts)
		move->outcome->ending = BK_ENDING_INCOMPLETE;
	return 0;
}

static int run_preflight(struct bk_move *move, struct bk_err *err)
{
	if (bk_move_preflight(move, err) < 0)
		return -1;
	return end_of_look(move, err);
}

/* Each of them, or a word why not. */
static int run_announce(struct bk_move *move, struct bk_err *err)
{
	if (bk_move_announce(move, err) < 0)
		return -1;
	return end_of_look(move, err);
}

static bool is_change(const struct bk_move_request *request)
{
	return (request->verb == BK_MOVE_RUN ||
		request->verb == BK_MOVE_ROLLBACK ||
		request->verb == BK_MOVE_ANNOUNCE) &&
	       !request->dry_run;
}

static int open_routes(struct bk_move *move, struct bk_err *err)
{
	bool all_stop = true, stops = false;

	for (size_t i = 0; i < move->n_pairs; i++) {
		if (bk_move_routes_open(&move->turns, &move->pairs[i], &stops,
					err) < 0)
			return -1;
		all_stop = all_stop && stops;
	}
	if (!all_stop)
		bk_progress_warning(move->progress,
				    "no route stops logins: what people write "
				    "while their account is held stays behind");
	return 0;
}

/* One of those that go there, or NULL. */
static const char *who_goes_to(const struct bk_move *move,
			       const struct bk_move_to *to)
{
	for (size_t i = 0; i < move->accounts.n; i++) {
		const struct bk_move_task *task = &move->tasks[i];
		if (task->pair && task->pair->to == to)
			return task->account->to;
	}
	return NULL;
}

/* A folder that was begun without it could not get its UIDs later. */
static int try_destinations(struct bk_move *move, struct bk_err *err)
{
	const struct bk_move_request *request = move->request;

	move->outcome->place = BK_PLACE_DESTINATION;
	for (size_t i = 0; i < request->n_to; i++)
		if (bk_move_end_try(request->to[i].end,
				    who_goes_to(move, &request->to[i]),
				    err) < 0)
			return -1;
	return 0;
}

/* Which server each account has, or gets. */
static int find_places(struct bk_move *move, bool writes, struct bk_err *err)
{
	enum bk_move_verb verb = move->request->verb;
	bool all = verb != BK_MOVE_VERIFY && verb != BK_MOVE_ROLLBACK;
	struct bk_lock *lock = NULL;

	/* What others note meanwhile would not be seen. */
	move->outcome->place = BK_PLACE_LOCK;
	if (all && writes && move->n_pairs > 1 &&
	    bk_move_alone_placing(&lock, move, err) < 0)
		return -1;
	move->outcome->place = BK_PLACE_REQUEST;
	int rc = bk_move_place(move, all, writes, err);
	bk_lock_release(lock);
	return rc;
}

static int carry_out(struct bk_move *move, struct bk_err *err)
{
	bool writes = is_change(move->request);

	/* The accounts come first: some bring their passwords. */
	if (bk_move_choose(move, err) < 0 || open_ends(move, err) < 0 ||
	    open_routes(move, err) < 0)
		return -1;
	make_tasks(move);
	if (find_places(move, writes, err) < 0)
		return -1;
	if (move->request->verb == BK_MOVE_PREFLIGHT)
		return run_preflight(move, err);
	if (move->request->verb == BK_MOVE_ANNOUNCE)
		return run_announce(move, err);
	if (writes && try_destinations(move, err) < 0)
		return -1;
	if (bk_move_state_open(move, writes, err) < 0)
		return -1;
	move->outcome->place = BK_PLACE_SOURCE;
	if (move->request->verb == BK_MOVE_VERIFY)
		return run_verify(move, err);
	if (move->request->verb == BK_MOVE_PLAN &&
	    (bk_move_place_print(move, err) < 0 || bk_move_plan(move, err) < 0))
		return -1;
	return run_data(move, err);
}

/* ---- all of it ---- */

static int by_identity(const void *a, const void *b)
{
	const struct bk_move_pair *x = *(void *const *)a;
	const struct bk_move_pair *y = *(void *const *)b;

	return strcmp(x->identity, y->identity);
}

/* In one order, whoever else wants some of them. */
static int take_locks(struct bk_move *move, struct bk_err *err)
{
	const struct bk_move_request *request = move->request;
	char *from = bk_move_end_identity(request->from);
	struct bk_move_pair **order = bk_alloc(move->n_pairs * sizeof(void *));
	int rc = 0;

	for (size_t i = 0; i < move->n_pairs; i++)
		order[i] = &move->pairs[i];
	qsort(order, move->n_pairs, sizeof(void *), by_identity);
	move->outcome->place = BK_PLACE_LOCK;
	for (size_t i = 0; rc == 0 && i < move->n_pairs; i++) {
		const struct bk_lock_request lock = {
			.state_dir = request->state_dir,
			.store = from,
			.repo = order[i]->identity,
			.command = "bk-move",
			.wait_ms = request->wait_ms,
		};
		order[i]->running = bk_lock_since(&lock) > 0;
		if (is_change(request))
			rc = bk_lock_take(&order[i]->lock, &lock, err);
	}
	free(order);
	free(from);
	return rc;
}

static int lock_and_run(struct bk_move *move, struct bk_err *err)
{
	enum bk_move_verb verb = move->request->verb;

	int rc = take_locks(move, err);
	if (rc == 0)
		rc = verb == BK_MOVE_STATUS   ? bk_move_status(move, err)
		     : verb == BK_MOVE_REPORT ? bk_move_report(move, err)
					      : carry_out(move, err);
	for (size_t i = 0; i < move->n_pairs; i++)
		bk_move_routes_close(&move->pairs[i]);
	bk_move_state_close(move);
	for (size_t i = 0; i < move->n_pairs; i++)
		bk_lock_release(move->pairs[i].lock);
	return rc;
}

static void close_ends(const struct bk_move_request *request)
{
	bk_move_end_close(request->from);
	for (size_t i = 0; i < request->n_to; i++)
		bk_move_end_close(request->to[i].end);
	if (request->front)
		bk_move_end_close(request->front);
}

int bk_move_run(const struct bk_move_request *request,
		struct bk_progress *progress, struct bk_outcome *outcome,
		struct bk_err *err)
{
	struct bk_move move = {
		.request = request,
		.progress = progress,
		.outcome = outcome,
		.start_ms = bk_clock_monotonic_ms(),
		.began = bk_clock_now(),
	};

	(void)pthread_mutex_init(&move.lock, NULL);
	bk_move_turns_init(&move.turns);
	outcome->place = BK_PLACE_REQUEST;
	int rc = bk_move_pairs_make(&move, err);
	if (rc == 0)
		rc = lock_and_run(&move, err);
	if (is_change(request) && request->verb != BK_MOVE_ANNOUNCE &&
	    (rc == 0 || err->kind != BK_MISUSE))
		bk_move_mail(&move, rc < 0 ? err : NULL);
	close_ends(request);
	bk_move_accounts_clear(&move.accounts);
	bk_arena_clear(&move.arena);
	(void)pthread_mutex_destroy(&move.lock);
	bk_move_turns_clear(&move.turns);
	bk_move_place_free(&move);
	bk_move_pairs_free(&move);
	free(move.tasks);
	return rc;
}
