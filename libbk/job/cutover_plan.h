/*
 * What comes next when an account changes servers: a pure function of what was
 * noted (durably, job/cutover_note.h), of where each route leads now, and of
 * which way we want to go.
 *
 *	             HOLDING -> POINTING -> MOVED        forward
 *	AS_IT_WAS <- UNDOING <- RETURNING                back
 *
 * Two promises, whatever fails, and wherever the run is cut off:
 *
 *   No route leads to the one server while another leads to the other.
 *   No route leads to a server that lacks mail which the other one took.
 *
 * So routes are held, all of them, before the last mail is copied, and are let
 * go only when both servers have it; and what has led to the destination goes
 * back by way of RETURNING, which carries back the mail that came there.
 */

#ifndef BK_JOB_CUTOVER_PLAN_H
#define BK_JOB_CUTOVER_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "route/route.h"

/* What is noted of an account. */
enum bk_stage {
	BK_STAGE_AS_IT_WAS, /* nothing: every route leads to the source */
	BK_STAGE_HOLDING,   /* how routes were is noted; they are being held,
			       and the last mail is copied */
	BK_STAGE_POINTING,  /* both servers have it all: routes go forward */
	BK_STAGE_MOVED,     /* they lead to the destination */
	BK_STAGE_RETURNING, /* as HOLDING, in the other direction */
	BK_STAGE_UNDOING,   /* after that, both have it all: routes go back */
};

enum bk_cutover_act {
	BK_CUTOVER_NOTE,   /* note `stage`, and what it needs */
	BK_CUTOVER_HOLD,   /* hold every route */
	BK_CUTOVER_COPY,   /* end sessions, copy what is new, make sure */
	BK_CUTOVER_POINT,  /* let every route lead to the destination */
	BK_CUTOVER_RECALL, /* end sessions, copy back what came there */
	BK_CUTOVER_BACK,   /* let every route be as it was */
	BK_CUTOVER_END,    /* there is nothing left to do */
	BK_CUTOVER_STOP,   /* `route` leads where none of us let it: a person
			      must see to it */
};

struct bk_cutover_step {
	enum bk_cutover_act act;
	enum bk_stage stage;
	size_t route;
};

/* What is known when the next step is looked for. */
struct bk_cutover_view {
	enum bk_stage stage;
	bool back;   /* the source is to be active in the end, not the
			destination */
	bool copied; /* COPY or RECALL was done by this run, in this stage */
	bool unsure; /* routes were written by who was cut off, or failed:
			whether servers know is not known until they are
			written again */
	const enum bk_route_state *routes;
	size_t n; /* at least one */
};

struct bk_cutover_step bk_cutover_next(const struct bk_cutover_view *view);

#endif
