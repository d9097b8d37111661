/* The steps of an account that changes servers: see cutover_steps.h. */

#include "job/cutover_steps.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/timer.h"

#define TRIES        3
#define ENDED_MS     1000
#define COPIES       3 /* passes, until one finds nothing to do */
#define REASON_USUAL "This mailbox is being moved; please try again in a minute"

/* ---- where routes lead ---- */

int bk_cutover_look(struct bk_cutover *c, struct bk_err *err)
{
	for (size_t i = 0; i < c->routes->n; i++)
		if (bk_route_look(c->routes->items[i], c->address, &c->arena,
				  &c->states[i], &c->saved[i], err) < 0)
			return -1;
	return 0;
}

void bk_cutover_all_are(struct bk_cutover *c, enum bk_route_state state)
{
	for (size_t i = 0; i < c->routes->n; i++)
		c->states[i] = state;
}

bool bk_cutover_all_at(const struct bk_cutover *c, enum bk_route_state state)
{
	size_t n = 0;

	while (n < c->routes->n && c->states[n] == state)
		n++;
	return n == c->routes->n;
}

const char *bk_cutover_leads_to(enum bk_route_state state)
{
	switch (state) {
	case BK_ROUTE_SOURCE:
		return "leads to the source";
	case BK_ROUTE_HELD:
		return "is held";
	case BK_ROUTE_DESTINATION:
		return "leads to the destination";
	case BK_ROUTE_NONE:
		return "has no entry for it";
	case BK_ROUTE_OTHER:
		break;
	}
	return "leads to neither server";
}

/* ---- what is noted ---- */

bool bk_cutover_is_at_rest(enum bk_stage stage)
{
	return stage == BK_STAGE_AS_IT_WAS || stage == BK_STAGE_MOVED;
}

/* Before the first route is held: how they are. */
static void save_routes(struct bk_cutover *c)
{
	bk_cutover_note_routes(&c->note, c->routes->n);
	for (size_t i = 0; i < c->routes->n; i++)
		bk_cutover_note_saved(&c->note, i,
				      bk_route_name(c->routes->items[i]),
				      c->saved[i]);
}

static int note(struct bk_cutover *c, enum bk_stage stage, struct bk_err *err)
{
	enum bk_stage was = c->note.stage;

	if (bk_cutover_is_at_rest(was) && stage == BK_STAGE_HOLDING)
		save_routes(c);
	if (bk_cutover_is_at_rest(was))
		c->note.held_ms = bk_clock_now_ms();
	c->note.ended = bk_clock_now();
	c->note.stage = stage;
	c->copied = false;
	if (bk_cutover_note_write(&c->note, c->pair->notes, err) < 0) {
		c->note.stage = was;
		return -1;
	}
	bk_fault("cutover: noted");
	return 0;
}

/* ---- mail ---- */

void bk_cutover_close_session(struct bk_cutover *c)
{
	if (c->open)
		bk_move_session_close(&c->session);
	c->open = NULL;
}

static int open_session(struct bk_cutover *c, const struct bk_move_task *task,
			struct bk_err *err)
{
	if (c->open == task)
		return 0;
	bk_cutover_close_session(c);
	int rc = bk_move_session_open(&c->session, task,
				      !c->move->request->dry_run, err);
	c->trying->place = c->session.place;
	if (rc == 0)
		c->open = task;
	else
		bk_move_session_close(&c->session);
	return rc;
}

static int stays_behind(const struct bk_cutover *c,
			const struct bk_sync_counts *counts, struct bk_err *err)
{
	uint64_t n = counts->refused + counts->unread;

	if (!n || c->move->request->cutover.leave_some)
		return 0;
	return bk_fail(err, BK_REFUSED,
		       "%llu messages could not be carried over and would stay "
		       "behind; see to them, or say --leave-some",
		       (unsigned long long)n);
}

static int make_reverse(struct bk_cutover *c, struct bk_err *err)
{
	if (c->reverse.name)
		return 0;
	return bk_move_reverse_make(&c->reverse, c->task, err);
}

static int pass(struct bk_cutover *c, const struct bk_move_task *task,
		struct bk_sync_counts *did, struct bk_err *err)
{
	if (open_session(c, task, err) < 0)
		return -1;
	int rc = bk_move_pass(&c->session, task, c->move->request->dry_run, did,
			      err);
	bk_move_count(c->trying, did);
	if (rc < 0) {
		c->trying->place = bk_move_place_of(err);
		return -1;
	}
	return stays_behind(c, did, err);
}

int bk_cutover_pass(struct bk_cutover *c, bool back, struct bk_err *err)
{
	struct bk_sync_counts did = {0};

	if (back && make_reverse(c, err) < 0)
		return -1;
	return pass(c, back ? &c->reverse.task : c->task, &did, err);
}

/* A pass, and another one that looks whether there is anything left to do, by
 * what both servers say of every folder now. */
static int copy_and_look(struct bk_cutover *c, const struct bk_move_task *task,
			 bool *same, struct bk_err *err)
{
	struct bk_sync_counts did = {0}, left = {0};

	if (pass(c, task, &did, err) < 0)
		return -1;
	bk_fault("cutover: copied");
	if (bk_move_pass(&c->session, task, true, &left, err) < 0)
		return -1;
	*same = left.added <= did.refused + did.unread &&
		left.flags <= did.lost_flags && !left.found && !left.gone;
	return 0;
}

static int copy(struct bk_cutover *c, const struct bk_move_task *task,
		struct bk_err *err)
{
	bool same = false;

	for (int i = 0; i < COPIES && !same; i++)
		if (copy_and_look(c, task, &same, err) < 0)
			return -1;
	return same ? 0
		    : bk_fail(err, BK_BUSY,
			      "mail changes all the time, although logins and "
			      "deliveries are held: is there a way to it "
			      "around the routes?");
}

/* A session that is open may go on reading and writing. */
static int kick(struct bk_cutover *c, struct bk_err *err)
{
	struct bk_move *move = c->move;
	bool ended = false;

	for (size_t i = 0; i < c->routes->n; i++) {
		int rc = bk_route_kick(c->routes->items[i], c->address, err);
		if (rc < 0)
			return -1;
		ended = ended || rc > 0;
	}
	if (!ended)
		bk_progress_note(move->progress,
				 "no route can end sessions: one that is open "
				 "goes on at the server that is left");
	bk_fault("cutover: sessions ended");
	return 0;
}

/* Our own session, too, may have been ended: that shows at once. */
static int kick_and_copy(struct bk_cutover *c, const struct bk_move_task *task,
			 struct bk_err *err)
{
	struct bk_err why = {0};

	if (kick(c, err) < 0)
		return -1;
	bool was_open = c->open == task;
	int64_t begun_ms = bk_clock_monotonic_ms();
	int rc = copy(c, task, &why);
	if (rc < 0 && was_open && why.kind == BK_LOST &&
	    bk_clock_monotonic_ms() - begun_ms < ENDED_MS) {
		bk_cutover_close_session(c);
		rc = copy(c, task, &why);
	}
	c->copied = rc == 0;
	if (rc < 0)
		*err = why;
	return rc;
}

/* ---- routes are changed ---- */

static int hold(struct bk_cutover *c, struct bk_err *err)
{
	const char *reason = c->move->request->cutover.reason;

	c->touched = true;
	if (bk_routes_hold(c->routes->items, c->routes->n, c->address,
			   reason ? reason : REASON_USUAL, err) < 0)
		return -1;
	bk_cutover_all_are(c, BK_ROUTE_HELD);
	c->unsure = false;
	bk_fault("cutover: held");
	return 0;
}

static int point(struct bk_cutover *c, struct bk_err *err)
{
	if (bk_routes_point(c->routes->items, c->routes->n, c->address,
			    BK_ROUTE_TO_DESTINATION, err) < 0)
		return -1;
	bk_cutover_all_are(c, BK_ROUTE_DESTINATION);
	c->unsure = false;
	c->free_ms = bk_clock_now_ms();
	bk_fault("cutover: pointed");
	return 0;
}

static int back(struct bk_cutover *c, struct bk_err *err)
{
	const char **saved = bk_alloc((c->note.n + 1) * sizeof(*saved));

	for (size_t i = 0; i < c->note.n; i++)
		saved[i] = c->note.routes[i].saved;
	int rc = bk_routes_back(c->routes->items, c->routes->n, c->address,
				saved, err);
	free(saved);
	if (rc < 0)
		return -1;
	bk_cutover_all_are(c, BK_ROUTE_SOURCE);
	c->unsure = false;
	c->free_ms = bk_clock_now_ms();
	bk_fault("cutover: back");
	return 0;
}

/* While everything is held a second try costs less than going back. */
static int again_and_again(struct bk_cutover *c,
			   int (*act)(struct bk_cutover *, struct bk_err *),
			   struct bk_err *err)
{
	static const int64_t pauses_ms[TRIES] = {0, 300, 1500};
	struct bk_timer *timer = bk_timer_real();
	struct bk_err why = {0};

	for (int n = 0; n < TRIES; n++) {
		if (n && timer->wait(timer, pauses_ms[n], NULL, err) < 0)
			return -1;
		if (act(c, &why) == 0)
			return 0;
		if (why.kind == BK_MISUSE || why.kind == BK_DENIED)
			break;
	}
	*err = why;
	return -1;
}

/* ---- one of them ---- */

static const char *name_of(enum bk_cutover_act act)
{
	switch (act) {
	case BK_CUTOVER_NOTE:
		return "noting how far it is";
	case BK_CUTOVER_HOLD:
		return "holding it";
	case BK_CUTOVER_COPY:
		return "the last pass";
	case BK_CUTOVER_POINT:
		return "pointing it to the destination";
	case BK_CUTOVER_RECALL:
		return "bringing its mail back";
	case BK_CUTOVER_BACK:
		return "letting it be as it was";
	case BK_CUTOVER_END:
	case BK_CUTOVER_STOP:
		break;
	}
	return "its routes";
}

static int stopped(const struct bk_cutover *c, size_t route, struct bk_err *err)
{
	return bk_fail(err, BK_UNSAFE, "route %s %s, which is not our doing",
		       bk_route_name(c->routes->items[route]),
		       bk_cutover_leads_to(c->states[route]));
}

static int take(struct bk_cutover *c, const struct bk_cutover_step *step,
		struct bk_err *err)
{
	switch (step->act) {
	case BK_CUTOVER_NOTE:
		return note(c, step->stage, err);
	case BK_CUTOVER_HOLD:
		return hold(c, err);
	case BK_CUTOVER_COPY:
		return bk_move_reverse_forget(c->task, err) < 0
			       ? -1
			       : kick_and_copy(c, c->task, err);
	case BK_CUTOVER_RECALL:
		return make_reverse(c, err) < 0
			       ? -1
			       : kick_and_copy(c, &c->reverse.task, err);
	case BK_CUTOVER_POINT:
		return again_and_again(c, point, err);
	case BK_CUTOVER_BACK:
		return again_and_again(c, back, err);
	case BK_CUTOVER_STOP:
		return stopped(c, step->route, err);
	case BK_CUTOVER_END:
		break;
	}
	return 0;
}

int bk_cutover_take(struct bk_cutover *c, const struct bk_cutover_step *step,
		    struct bk_err *err)
{
	if (take(c, step, err) < 0)
		return bk_context(err, "%s", name_of(step->act));
	return 0;
}

void bk_cutover_clear(struct bk_cutover *c)
{
	bk_cutover_close_session(c);
	bk_move_reverse_clear(&c->reverse);
	bk_cutover_note_clear(&c->note);
	bk_arena_clear(&c->arena);
	free(c->states);
	free(c->saved);
}
