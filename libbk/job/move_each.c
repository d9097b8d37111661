/* The accounts of a move, several at a time: see move_work.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/pool.h"
#include "base/queue.h"
#include "base/quote.h"
#include "job/move_work.h"
#include "job/placing.h"

/* ---- all of them ---- */

/* Who is under way where; the last lane is of accounts without a place. */
struct each {
	struct bk_move *move;
	bk_move_act *act;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t ended;
	struct bk_placing_lane *lanes; /* owned */
	size_t n_lanes;
	unsigned running, jobs; /* in all lanes */
	bool failed;
	bool *begun;  /* owned; of each account */
	size_t first; /* of those that are not */
};

static size_t lane_of(const struct bk_move *move, size_t i)
{
	const struct bk_move_pair *pair = move->tasks[i].pair;

	return pair ? (size_t)(pair - move->pairs) : move->n_pairs;
}

static int work(void *context, unsigned worker, void *item, struct bk_err *err)
{
	struct each *each = context;
	struct bk_move_task *task = item;
	size_t lane = lane_of(each->move, (size_t)(task - each->move->tasks));

	(void)worker;
	int rc = bk_cancelled(err);
	if (rc == 0)
		rc = each->act(task, err);
	(void)pthread_mutex_lock(&each->lock);
	each->lanes[lane].running--;
	each->running--;
	each->failed = each->failed || rc < 0;
	(void)pthread_cond_signal(&each->ended);
	(void)pthread_mutex_unlock(&each->lock);
	return rc;
}

static void begin_each(struct each *each, struct bk_move *move)
{
	(void)pthread_mutex_init(&each->lock, NULL);
	(void)pthread_cond_init(&each->ended, NULL);
	each->n_lanes = move->n_pairs + 1;
	each->lanes = bk_alloc(each->n_lanes * sizeof(*each->lanes));
	memset(each->lanes, 0, each->n_lanes * sizeof(*each->lanes));
	each->begun = bk_alloc(move->accounts.n + 1);
	memset(each->begun, 0, move->accounts.n + 1);
	/* Who has no place yet asks all of them. */
	struct bk_placing_lane *all = &each->lanes[move->n_pairs];
	for (size_t i = 0; i < move->n_pairs; i++) {
		uint32_t most = move->pairs[i].to->end->settings.connections;
		each->lanes[i].most = most;
		if (most && (!all->most || most < all->most))
			all->most = most;
	}
	for (size_t i = 0; i < move->accounts.n; i++)
		each->lanes[lane_of(move, i)].left++;
}

static void end_each(struct each *each)
{
	(void)pthread_mutex_destroy(&each->lock);
	(void)pthread_cond_destroy(&each->ended);
	free(each->lanes);
	free(each->begun);
}

/* The next one, when a server has room for it; NULL: there is none, or one has
 * failed. */
static struct bk_move_task *next_task(struct each *each)
{
	struct bk_move *move = each->move;
	struct bk_move_task *task = NULL;
	size_t lane, i;

	(void)pthread_mutex_lock(&each->lock);
	while ((lane = bk_placing_next(each->lanes, each->n_lanes)),
	       !each->failed && (each->running == each->jobs ||
				 (lane == BK_PLACING_NOWHERE && each->running)))
		(void)pthread_cond_wait(&each->ended, &each->lock);
	bool any = !each->failed && lane != BK_PLACING_NOWHERE;
	if (any) {
		while (each->begun[each->first])
			each->first++;
		for (i = each->first;
		     each->begun[i] || lane_of(move, i) != lane;)
			i++;
		each->begun[i] = true;
		each->lanes[lane].left--;
		each->lanes[lane].running++;
		each->running++;
		task = &move->tasks[i];
	}
	(void)pthread_mutex_unlock(&each->lock);
	return task;
}

static unsigned jobs_of(const struct bk_move *move)
{
	const struct bk_move_request *request = move->request;
	uint32_t most = request->from->settings.connections;
	unsigned jobs = request->jobs;

	if (most && most < jobs)
		jobs = most;
	if (jobs > move->accounts.n)
		jobs = (unsigned)move->accounts.n;
	return jobs ? jobs : 1;
}

int bk_move_each(struct bk_move *move, bk_move_act *act, struct bk_err *err)
{
	unsigned jobs = jobs_of(move);
	struct each each = {.move = move, .act = act, .jobs = jobs};
	struct bk_move_task *task;
	struct bk_pool *pool = NULL;

	begin_each(&each, move);
	move->under_way = bk_alloc((jobs + 1) * sizeof(void *));
	move->n_under_way = jobs;
	struct bk_queue *queue = bk_queue_new(jobs, 0);
	int rc = bk_pool_start(&pool, jobs, queue, work, &each, err);
	while (rc == 0 && (task = next_task(&each)))
		rc = bk_queue_push(queue, task, 0, err);
	bk_queue_close(queue);
	if (pool && bk_pool_join(pool, err) < 0)
		rc = -1;
	bk_queue_free(queue, NULL);
	end_each(&each);
	free(move->under_way);
	move->under_way = NULL;
	move->n_under_way = 0;
	return rc;
}

/* ---- one of them ---- */

/* An end of it, and the account's address there. */
static const struct bk_move_end *end_of(const struct bk_move_task *task,
					bool read, const char **address)
{
	const struct bk_move_request *request = task->move->request;
	bool source = read != task->reverse;

	*address = source ? task->account->from : task->account->to;
	return source ? request->from : task->pair->to->end;
}

static enum bk_place place_of(const struct bk_move_task *task, bool read)
{
	return read != task->reverse ? BK_PLACE_SOURCE : BK_PLACE_DESTINATION;
}

/* The source's end, on its way. */
struct finding {
	struct bk_move_session *session;
	const struct bk_move_task *task;
	struct bk_arena arena; /* of the account: the session's is another's */
	struct bk_err err;
	int rc;
};

static void *find_from(void *arg)
{
	struct finding *finding = arg;
	struct bk_move_session *session = finding->session;
	const struct bk_move_task *task = finding->task;
	const char *address;
	struct bk_store_config config =
		end_of(task, true, &address)->store.config;

	config.writable = false;
	config.hurried = task->hurried;
	finding->rc = bk_store_open(&session->from, &config, &finding->err);
	if (finding->rc == 0)
		finding->rc = session->from->ops->find_account(
			session->from, address, &finding->arena,
			&session->from_account, &finding->err);
	return NULL;
}

static int open_to(struct bk_move_session *session,
		   const struct bk_move_task *task, bool make,
		   struct bk_err *err)
{
	const char *address;
	struct bk_store_config config =
		end_of(task, false, &address)->store.config;

	config.writable = make;
	config.hurried = task->hurried;
	if (bk_store_open(&session->to, &config, err) < 0)
		return -1;
	if (!session->to->ops->begin || !session->to->ops->create_account)
		return bk_fail(err, BK_MISUSE, "a %s store can only be read",
			       config.type);
	return 0;
}

static int find_to(struct bk_move_session *session,
		   const struct bk_move_task *task, bool make,
		   struct bk_err *err)
{
	struct bk_err why = {0};
	const char *address;

	(void)end_of(task, false, &address);
	if (make)
		return session->to->ops->create_account(
			session->to, address, &session->arena,
			&session->to_account, err);
	if (session->to->ops->find_account(session->to, address,
					   &session->arena,
					   &session->to_account, &why) == 0)
		return 0;
	if (why.kind != BK_GONE) {
		*err = why;
		return -1;
	}
	session->to_missing = true;
	return 0;
}

static int end_from(struct finding *from, struct bk_err *err)
{
	struct bk_move_session *session = from->session;

	bk_arena_join(&session->arena, &from->arena);
	if (from->rc == 0)
		return 0;
	session->place = place_of(from->task, true);
	*err = from->err;
	return -1;
}

/* Both at a time: a login is some round trips.  But nothing is made for an
 * account that the source does not have. */
int bk_move_session_open(struct bk_move_session *out,
			 const struct bk_move_task *task, bool make,
			 struct bk_err *err)
{
	struct finding from = {.session = out, .task = task};
	struct bk_err why = {0};
	pthread_t thread;

	*out = (struct bk_move_session){.place = place_of(task, false)};
	int rc = open_to(out, task, make, &why);
	bool waits = rc < 0 || (make && !out->to->ops->accounts_are_given);
	bool two =
		!waits && pthread_create(&thread, NULL, find_from, &from) == 0;
	if (!two) {
		(void)find_from(&from);
		if (end_from(&from, err) < 0)
			return -1;
	}
	if (rc == 0)
		rc = find_to(out, task, make, &why);
	if (two) {
		(void)pthread_join(thread, NULL);
		if (end_from(&from, err) < 0)
			return -1;
	}
	if (rc < 0)
		*err = why;
	return rc;
}

void bk_move_session_close(struct bk_move_session *session)
{
	bk_store_close(session->from);
	bk_store_close(session->to);
	bk_arena_clear(&session->arena);
	*session = (struct bk_move_session){0};
}

/* ---- what came of it ---- */

/* What no end has said is about the destination: it has no room, or too much
 * was turned down. */
enum bk_place bk_move_place_of(const struct bk_err *why)
{
	return why->end == BK_END_SOURCE ? BK_PLACE_SOURCE
					 : BK_PLACE_DESTINATION;
}

bool bk_move_is_end(const struct bk_err *err)
{
	return err->kind == BK_CANCELLED || err->kind == BK_STARVED;
}

const char *bk_move_next(struct bk_move *move, const char *verb,
			 const char *address)
{
	struct bk_buf text = {0};

	const struct bk_move_request *request = move->request;
	bool runs = !*verb;

	if (runs && request->verb == BK_MOVE_ROLLBACK)
		verb = "rollback";
	bk_buf_printf(&text, "bk move%s%s %s", *verb ? " " : "", verb,
		      request->command);
	if (runs && *request->stages)
		bk_buf_printf(&text, " %s", request->stages);
	if (address) {
		bk_buf_printf(&text, " --account ");
		bk_quote(&text, address);
	} else {
		bk_buf_printf(&text, "%s", move->request->selection);
	}
	const char *next = bk_arena_strdup(&move->arena, bk_buf_text(&text));
	bk_buf_clear(&text);
	return next;
}

static void add_counts(struct bk_summary *to, const struct bk_move_report *r)
{
	to->messages.total += r->messages;
	to->messages.added += r->added;
	to->messages.kept += r->found + r->kept;
	to->messages.flags += r->flags;
	to->messages.gone += r->gone;
	to->messages.left += r->refused + r->unread;
	to->bytes.source += r->bytes;
	to->bytes.stored += r->bytes;
	if (r->downtime <= 0 || (r->cutover != BK_CUTOVER_MOVED &&
				 r->cutover != BK_CUTOVER_RETURNED))
		return;
	to->cutovers++;
	if (to->downtime_most < r->downtime)
		to->downtime_most = r->downtime;
}

/* The lock is held. */
static void count_failure(const struct bk_move_task *task,
			  const struct bk_move_report *report,
			  const struct bk_err *why, enum bk_place place)
{
	struct bk_move *move = task->move;

	if (!move->failed) {
		move->why = *why;
		move->place = place;
		move->why_account = task->account->from;
		move->why_next = report->next;
	}
	move->failed++;
	move->switched += report->cutover != BK_CUTOVER_NOT_TRIED;
	move->undone += report->cutover == BK_CUTOVER_UNDONE;
	move->put_off += report->state == BK_MOVE_PUT_OFF;
}

/* The lock is held. */
static int check_stop(const struct bk_move *move,
		      const struct bk_move_report *report, struct bk_err *err)
{
	const struct bk_move_request *request = move->request;
	uint64_t allowed =
		(uint64_t)move->accounts.n * request->error_stop_ppm / 1000000;

	if (report->cutover == BK_CUTOVER_STUCK)
		return bk_fail(err, BK_UNSAFE,
			       "%s can be used on neither server, so the rest "
			       "was left alone: %s. When that is mended: %s",
			       report->account, report->why, report->next);
	if (allowed < request->error_stop_few)
		allowed = request->error_stop_few;
	if (move->failed <= allowed || move->ended == move->accounts.n)
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "%zu of %zu accounts have failed (limit %g %%), so the "
		       "rest was left alone. Mend what is named above, or "
		       "raise --error-stop",
		       move->failed, move->accounts.n,
		       (double)request->error_stop_ppm / 10000);
}

/* One whose place is elsewhere is not helped by the same words again. */
static const char *next_after(const struct bk_move_task *task,
			      const struct bk_err *why, const char *address)
{
	struct bk_move *move = task->move;

	if (!task->pair && why->kind == BK_MISUSE)
		return NULL;
	if (why->kind == BK_DENIED || why->kind == BK_GONE)
		return bk_move_next(move, "preflight", address);
	return bk_move_next(move, "", address);
}

int bk_move_ended(const struct bk_move_task *task,
		  struct bk_move_record *record, const struct bk_err *why,
		  enum bk_place place, struct bk_err *err)
{
	struct bk_move *move = task->move;
	struct bk_move_report *report = &record->report;
	bool failed = report->state == BK_MOVE_FAILED ||
		      report->state == BK_MOVE_PUT_OFF;

	(void)pthread_mutex_lock(&move->lock);
	move->ended++;
	add_counts(&move->summary, report);
	move->summary.accounts_left +=
		failed || report->state == BK_MOVE_INCOMPLETE;
	if (failed) {
		report->next =
			report->cutover == BK_CUTOVER_MOVED &&
					move->request->verb == BK_MOVE_RUN
				? bk_move_next(move, "rollback",
					       report->account)
				: next_after(task, why, report->account);
		count_failure(task, report, why, place);
	}
	bool compares = move->summary.act == BK_ACT_COMPARE;
	int rc = compares ? 0 : check_stop(move, report, err);
	(void)pthread_mutex_unlock(&move->lock);
	if (failed)
		bk_progress_item_error(move->progress,
				       &(struct bk_item_error){
					       .kind = why->kind,
					       .account = report->account,
					       .text = why->text,
					       .outcome = bk_move_cutover_text(
						       report->cutover),
					       .next = report->next,
				       });
	if (!compares)
		bk_progress_moved(move->progress, report);
	return rc;
}

/* Who was asked where it should go has failed; who looks for those that have a
 * place has nothing to do. */
int bk_move_unplaced(const struct bk_move_task *task, struct bk_err *err)
{
	struct bk_move_record record = {
		.report = {.account = task->account->from,
			   .to = task->account->to},
	};

	if (!task->unplaced)
		return bk_move_ended(task, &record, NULL, BK_PLACE_DESTINATION,
				     err);
	record.report.state = task->unplaced->kind == BK_BUSY ? BK_MOVE_PUT_OFF
							      : BK_MOVE_FAILED;
	record.report.why = task->unplaced->text;
	return bk_move_ended(task, &record, task->unplaced,
			     bk_move_place_of(task->unplaced), err);
}
