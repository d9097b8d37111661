/*
 * An account changes servers: what job/cutover_plan.h says is next is done, one
 * step after the other, until there is nothing left to do.  The first step that
 * fails turns it round; if what is to be done then fails too, it stays where it
 * is, and the words say where that is and what to do.
 */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "job/cutover_steps.h"
#include "job/move_elsewhere.h"

#define WAITED_MS 30000

/* What was noted is of these routes. */
static int check_routes(const struct bk_cutover *c, struct bk_err *err)
{
	const struct bk_cutover_note *n = &c->note;
	bool same = n->n == c->routes->n;
	struct bk_buf names = {0};

	if (n->stage == BK_STAGE_AS_IT_WAS)
		return 0;
	for (size_t i = 0; i < n->n; i++) {
		bk_buf_printf(&names, "%s%s", i ? "," : "", n->routes[i].route);
		same = same && strcmp(n->routes[i].route,
				      bk_route_name(c->routes->items[i])) == 0;
	}
	int rc = same ? 0
		      : bk_fail(err, BK_MISUSE,
				"its cutover was begun with --route %s: give "
				"these, in this order",
				bk_buf_text(&names));
	bk_buf_clear(&names);
	return rc;
}

/* ---- step by step ---- */

/* The copy takes as long as it takes, and may be broken off; the rest is a
 * matter of seconds, and what was begun is ended. */
static int take_whole(struct bk_cutover *c, const struct bk_cutover_step *step,
		      struct bk_err *err)
{
	bool copies =
		step->act == BK_CUTOVER_COPY || step->act == BK_CUTOVER_RECALL;

	bk_cancel_defer(!copies);
	int rc = bk_cutover_take(c, step, err);
	bk_cancel_defer(true);
	return rc;
}

/* Neither forward nor back: where everything is. */
static int stuck(struct bk_cutover *c, enum bk_cutover_act act,
		 const struct bk_err *why, struct bk_err *err)
{
	struct bk_buf text = {0};
	struct bk_err ignored = {0};

	bool known = bk_cutover_look(c, &ignored) == 0 && !c->unsure &&
		     act == BK_CUTOVER_NOTE;
	c->stuck = true;
	c->report->cutover = BK_CUTOVER_STUCK;
	/* It is in force, and only not noted. */
	if (known && bk_cutover_all_at(c, BK_ROUTE_DESTINATION))
		c->report->cutover = BK_CUTOVER_MOVED;
	else if (known && bk_cutover_all_at(c, BK_ROUTE_SOURCE))
		c->report->cutover = BK_CUTOVER_UNDONE;
	if (c->turned)
		bk_buf_printf(&text, "%s; and then ", c->why.text);
	bk_buf_printf(&text, "%s", why->text);
	for (size_t i = 0; i < c->routes->n; i++)
		bk_buf_printf(&text, "; route %s %s",
			      bk_route_name(c->routes->items[i]),
			      bk_cutover_leads_to(c->states[i]));
	int rc = bk_fail(err, BK_UNSAFE, "%s", bk_buf_text(&text));
	bk_buf_clear(&text);
	return rc;
}

/* Who is there has no way back to a set: the mail that came since would have to
 * go into it.  Nobody is held for that. */
static bool is_one_way(const struct bk_cutover *c)
{
	bool there = false;

	for (size_t i = 0; i < c->routes->n; i++)
		there = there || c->states[i] == BK_ROUTE_DESTINATION;
	return there && c->back && c->move->request->set;
}

/* Of what failed in the middle it is not known how far it came. */
static int turn(struct bk_cutover *c, const struct bk_cutover_step *step,
		const struct bk_err *why, struct bk_err *err)
{
	struct bk_err second = {0};

	if (!c->touched && bk_cutover_is_at_rest(c->note.stage)) {
		*err = *why;
		return -1;
	}
	if (c->turned || step->act == BK_CUTOVER_STOP)
		return stuck(c, step->act, why, err);
	c->turned = true;
	c->why = *why;
	c->back = !c->back;
	c->copied = false;
	c->unsure = c->unsure || step->act == BK_CUTOVER_POINT ||
		    step->act == BK_CUTOVER_BACK;
	/* Where a hold failed, all may be held: that can be undone. */
	if (step->act == BK_CUTOVER_HOLD && bk_cutover_look(c, &second) < 0)
		bk_cutover_all_are(c, BK_ROUTE_HELD);
	else if ((step->act == BK_CUTOVER_POINT ||
		  step->act == BK_CUTOVER_BACK) &&
		 bk_cutover_look(c, &second) < 0)
		return stuck(c, step->act, &second, err);
	if (!is_one_way(c))
		return 0;
	(void)bk_fail(&second, BK_UNSAFE,
		      "its mail came from a set, so there is no way back");
	return stuck(c, step->act, &second, err);
}

/* Both servers have all of it: what is left is that all that leads to them
 * knows.  What had to turn round keeps its turn to the end. */
static bool lets_go(const struct bk_cutover *c,
		    const struct bk_cutover_step *step)
{
	if (c->turned)
		return false;
	return step->act == BK_CUTOVER_POINT ||
	       (step->act == BK_CUTOVER_BACK &&
		c->note.stage == BK_STAGE_UNDOING);
}

static int go(struct bk_cutover *c, struct bk_err *err)
{
	for (;;) {
		struct bk_err why = {0};
		struct bk_cutover_step step =
			bk_cutover_next(&(struct bk_cutover_view){
				.stage = c->note.stage,
				.back = c->back,
				.copied = c->copied,
				.unsure = c->unsure,
				.routes = c->states,
				.n = c->routes->n,
			});
		if (step.act == BK_CUTOVER_END)
			return 0;
		if (lets_go(c, &step))
			bk_move_turns_pass_on(&c->move->turns, &c->turn);
		if (take_whole(c, &step, &why) < 0 &&
		    turn(c, &step, &why, err) < 0)
			return -1;
	}
}

/* ---- from its beginning to its end ---- */

static int begin(struct bk_cutover *c, struct bk_err *err)
{
	size_t n = c->routes->n;

	c->states = bk_alloc((n + 1) * sizeof(*c->states));
	c->saved = bk_alloc((n + 1) * sizeof(*c->saved));
	if (bk_cutover_note_read(&c->note, c->pair->notes, c->task->name, err) <
	    0)
		return -1;
	if (strcmp(c->task->account->from, c->task->account->to) != 0)
		return bk_fail(err, BK_MISUSE,
			       "it has another address there: routes cannot "
			       "follow that; point it by hand");
	if (check_routes(c, err) < 0 || bk_cutover_look(c, err) < 0)
		return -1;
	c->unsure = !bk_cutover_is_at_rest(c->note.stage);
	return 0;
}

/* It may have waited for others since its last pass; and the session that is
 * opened here need not log in while it is held. */
static int prepare(struct bk_cutover *c, struct bk_err *err)
{
	const struct bk_move_request *request = c->move->request;

	if (!bk_cutover_is_at_rest(c->note.stage) ||
	    bk_cutover_all_at(c, BK_ROUTE_DESTINATION) != c->back)
		return 0;
	for (unsigned n = 0; n < request->max_passes; n++) {
		int64_t start_ms = bk_clock_monotonic_ms();
		if (bk_cutover_pass(c, c->back, err) < 0)
			return -1;
		if (bk_clock_monotonic_ms() - start_ms <=
		    request->until_delta_ms)
			break;
	}
	return 0;
}

static int left_alone(struct bk_err *err)
{
	return bk_fail(err, BK_BUSY,
		       "another account is active at neither server: this one "
		       "was left alone");
}

static int wait_for_turn(struct bk_cutover *c, struct bk_err *err)
{
	if (!bk_move_turns_begin(&c->move->turns, &c->turn))
		return left_alone(err);
	return bk_cancelled(err);
}

/* Who waited for long has new mail, and maybe no session any more.  What goes
 * back has its pass just before it is held: what people move to another folder
 * in between will be in both. */
static int get_turn(struct bk_cutover *c, struct bk_err *err)
{
	if (!c->back && prepare(c, err) < 0)
		return -1;
	int64_t ready_ms = bk_clock_monotonic_ms();
	if (wait_for_turn(c, err) < 0)
		return -1;
	if (!c->back && bk_clock_monotonic_ms() - ready_ms <= WAITED_MS)
		return 0;
	bk_cutover_close_session(c);
	return prepare(c, err);
}

static void tell(struct bk_cutover *c, bool back)
{
	struct bk_move_report *report = c->report;

	if (c->free_ms > c->note.held_ms)
		report->downtime =
			(double)(c->free_ms - c->note.held_ms) / 1000;
	if (c->stuck)
		return;
	if (c->back != back)
		report->cutover = back ? BK_CUTOVER_MOVED : BK_CUTOVER_UNDONE;
	else
		report->cutover = back ? BK_CUTOVER_RETURNED : BK_CUTOVER_MOVED;
}

/* There is nothing to go back to, and no need to where it is there. */
static int never_moved(const struct bk_cutover *c, struct bk_err *err)
{
	for (size_t i = 0; i < c->routes->n; i++)
		if (c->states[i] != BK_ROUTE_SOURCE &&
		    c->states[i] != BK_ROUTE_NONE)
			return bk_fail(err, BK_UNSAFE,
				       "route %s %s, and nothing is noted here "
				       "of how it was: put it right by hand",
				       bk_route_name(c->routes->items[i]),
				       bk_cutover_leads_to(c->states[i]));
	return 0;
}

/* What a rollback would do: no route is touched, and no mail. */
static int rehearse_back(struct bk_cutover *c, struct bk_err *err)
{
	if (bk_cutover_pass(c, true, err) < 0)
		return -1;
	char *note = bk_asprintf(
		"%s: would be held, and its routes would lead "
		"to the source again",
		c->report->account);
	bk_progress_note(c->move->progress, note);
	free(note);
	return 0;
}

static int run(struct bk_cutover *c, bool back, struct bk_err *err)
{
	struct bk_err why = {0};

	if (begin(c, err) < 0)
		return -1;
	if (back && c->note.stage == BK_STAGE_AS_IT_WAS)
		return never_moved(c, err);
	if (c->move->request->dry_run)
		return rehearse_back(c, err);
	if (c->note.stage == BK_STAGE_AS_IT_WAS &&
	    bk_move_elsewhere_still(c->task, BK_CLAIM_PLACE, err) < 0)
		return -1;
	/* How routes are is saved as it is now, not as it was before. */
	if (get_turn(c, err) < 0 || bk_cutover_look(c, err) < 0)
		return -1;
	bk_cancel_defer(true);
	int rc = go(c, &why);
	bk_cancel_defer(false);
	if (rc < 0 && !c->touched && bk_cutover_is_at_rest(c->note.stage) &&
	    !c->turned) {
		*err = why;
		return -1;
	}
	tell(c, back);
	if (rc == 0 && !c->turned)
		return 0;
	*err = rc < 0 ? why : c->why;
	return -1;
}

const char *bk_move_cutover_text(enum bk_cutover_end end)
{
	switch (end) {
	case BK_CUTOVER_NOT_TRIED:
		break;
	case BK_CUTOVER_MOVED:
		return "the destination is active";
	case BK_CUTOVER_UNDONE:
		return "cutover undone, the source stays active";
	case BK_CUTOVER_RETURNED:
		return "the source is active again";
	case BK_CUTOVER_STUCK:
		return "NEITHER SERVER IS ACTIVE for it";
	}
	return "left as it is";
}

static int before(struct bk_cutover *c, bool *pass_first, struct bk_err *err)
{
	if (bk_cutover_note_read(&c->note, c->pair->notes, c->task->name, err) <
	    0)
		return -1;
	enum bk_stage stage = c->note.stage;
	if (stage == BK_STAGE_MOVED)
		c->report->cutover = BK_CUTOVER_MOVED;
	*pass_first = stage == BK_STAGE_AS_IT_WAS ||
		      (stage == BK_STAGE_MOVED && c->pair->once);
	if (*pass_first || stage == BK_STAGE_MOVED || bk_move_switches(c->move))
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "a cutover of it was cut off (%s): go on with it by "
		       "--stages account, or back by rollback",
		       bk_stage_word(stage));
}

int bk_move_cutover_before(struct bk_move_trying *t, bool *pass_first,
			   struct bk_err *err)
{
	struct bk_cutover c = {.trying = t,
			       .task = t->task,
			       .move = t->task->move,
			       .pair = t->task->pair,
			       .report = t->report};

	int rc = before(&c, pass_first, err);
	t->task->moved = rc == 0 && c.note.stage == BK_STAGE_MOVED;
	bk_cutover_clear(&c);
	return rc;
}

int bk_move_cutover(struct bk_move_trying *t, bool back, struct bk_err *err)
{
	struct bk_move *move = t->task->move;
	struct bk_move_task task = *t->task;
	struct bk_cutover c = {
		.trying = t,
		.task = &task,
		.move = move,
		.pair = t->task->pair,
		.address = t->task->account->from,
		.report = t->report,
		.back = back,
	};

	task.hurried = true;
	t->place = BK_PLACE_LOCK;
	int rc = bk_cancelled(err);
	if (rc == 0 && bk_move_turns_are_stuck(&move->turns))
		rc = left_alone(err);
	if (rc == 0)
		rc = bk_move_routes_take(&move->turns, task.pair, &c.routes,
					 err);
	if (rc == 0)
		rc = run(&c, back, err);
	bk_move_turns_end(&move->turns, &c.turn,
			  t->report->cutover == BK_CUTOVER_STUCK);
	bk_cutover_clear(&c);
	bk_move_routes_give(&move->turns, c.routes);
	if (rc < 0 || back || t->report->downtime <= 0 || !move->request->front)
		return rc;
	t->place = BK_PLACE_TARGET;
	return bk_move_probe(t->task, err);
}
