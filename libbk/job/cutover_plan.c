/* What comes next when an account changes servers: see cutover_plan.h. */

#include "job/cutover_plan.h"

/* Where a route leads.  One without an entry for the account leads where the
 * default does, which is where the account is before it is moved. */
enum leads { TO_SOURCE, NOWHERE, TO_DESTINATION, ASTRAY };

static enum leads leads(enum bk_route_state state)
{
	switch (state) {
	case BK_ROUTE_SOURCE:
	case BK_ROUTE_NONE:
		return TO_SOURCE;
	case BK_ROUTE_HELD:
		return NOWHERE;
	case BK_ROUTE_DESTINATION:
		return TO_DESTINATION;
	case BK_ROUTE_OTHER:
		break;
	}
	return ASTRAY;
}

/* The first that leads there, or n. */
static size_t first(const struct bk_cutover_view *view, enum leads where)
{
	size_t i = 0;

	while (i < view->n && leads(view->routes[i]) != where)
		i++;
	return i;
}

/* The first that does not, or n. */
static size_t first_not(const struct bk_cutover_view *view, enum leads where)
{
	size_t i = 0;

	while (i < view->n && leads(view->routes[i]) == where)
		i++;
	return i;
}

static bool any(const struct bk_cutover_view *view, enum leads where)
{
	return first(view, where) < view->n;
}

static bool all(const struct bk_cutover_view *view, enum leads where)
{
	return first_not(view, where) == view->n;
}

static struct bk_cutover_step act(enum bk_cutover_act what)
{
	return (struct bk_cutover_step){.act = what};
}

static struct bk_cutover_step note(enum bk_stage stage)
{
	return (struct bk_cutover_step){.act = BK_CUTOVER_NOTE, .stage = stage};
}

/* ---- what a person did meanwhile ---- */

/* The route that leads where none may at this stage, or n. */
static size_t strayed(const struct bk_cutover_view *view)
{
	size_t astray = first(view, ASTRAY);
	size_t source = first(view, TO_SOURCE);
	size_t destination = first(view, TO_DESTINATION);

	if (astray < view->n)
		return astray;
	switch (view->stage) {
	case BK_STAGE_HOLDING:
	case BK_STAGE_UNDOING:
		return destination;
	case BK_STAGE_POINTING:
		return destination < view->n ? source : view->n;
	case BK_STAGE_RETURNING:
		return source;
	case BK_STAGE_AS_IT_WAS:
	case BK_STAGE_MOVED:
		break;
	}
	/* Nobody holds any route. */
	if (all(view, TO_SOURCE) || all(view, TO_DESTINATION))
		return view->n;
	return first_not(view, view->stage == BK_STAGE_MOVED ? TO_DESTINATION
							     : TO_SOURCE);
}

/* ---- forward ---- */

static struct bk_cutover_step point(const struct bk_cutover_view *view)
{
	return any(view, NOWHERE) || view->unsure ? act(BK_CUTOVER_POINT)
						  : note(BK_STAGE_MOVED);
}

static struct bk_cutover_step forward(const struct bk_cutover_view *view)
{
	switch (view->stage) {
	case BK_STAGE_AS_IT_WAS:
	case BK_STAGE_MOVED:
		return all(view, TO_DESTINATION) ? act(BK_CUTOVER_END)
						 : note(BK_STAGE_HOLDING);
	case BK_STAGE_HOLDING:
		if (!all(view, NOWHERE) || view->unsure)
			return act(BK_CUTOVER_HOLD);
		return view->copied ? note(BK_STAGE_POINTING)
				    : act(BK_CUTOVER_COPY);
	case BK_STAGE_POINTING:
		/* Mail may have come where one leads to the source again. */
		if (any(view, TO_SOURCE))
			return note(BK_STAGE_HOLDING);
		return point(view);
	case BK_STAGE_RETURNING:
		/* Not by way of POINTING, which, with all routes held, says
		 * that the source lacks nothing. */
		return point(view);
	case BK_STAGE_UNDOING:
		/* How routes were is noted anew where all of them are: somebody
		 * may have changed it since. */
		return note(all(view, TO_SOURCE) && !view->unsure
				    ? BK_STAGE_AS_IT_WAS
				    : BK_STAGE_HOLDING);
	}
	return act(BK_CUTOVER_STOP);
}

/* ---- back ---- */

/* Without a note of its own where none is needed: a full disk must not keep an
 * account held. */
static struct bk_cutover_step undo(const struct bk_cutover_view *view)
{
	return any(view, NOWHERE) || view->unsure ? act(BK_CUTOVER_BACK)
						  : note(BK_STAGE_AS_IT_WAS);
}

static struct bk_cutover_step backward(const struct bk_cutover_view *view)
{
	switch (view->stage) {
	case BK_STAGE_AS_IT_WAS:
		return act(BK_CUTOVER_END);
	case BK_STAGE_HOLDING:
		return undo(view);
	case BK_STAGE_POINTING:
		return any(view, TO_DESTINATION) ? note(BK_STAGE_RETURNING)
						 : undo(view);
	case BK_STAGE_MOVED:
		return note(all(view, TO_SOURCE) ? BK_STAGE_AS_IT_WAS
						 : BK_STAGE_RETURNING);
	case BK_STAGE_RETURNING:
		if (!all(view, NOWHERE) || view->unsure)
			return act(BK_CUTOVER_HOLD);
		return view->copied ? note(BK_STAGE_UNDOING)
				    : act(BK_CUTOVER_RECALL);
	case BK_STAGE_UNDOING:
		return undo(view);
	}
	return act(BK_CUTOVER_STOP);
}

struct bk_cutover_step bk_cutover_next(const struct bk_cutover_view *view)
{
	size_t wrong = strayed(view);

	if (wrong < view->n)
		return (struct bk_cutover_step){.act = BK_CUTOVER_STOP,
						.route = wrong};
	return view->back ? backward(view) : forward(view);
}
