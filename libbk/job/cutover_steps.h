/* An account that is changing servers: what is known of it, and the steps of
 * job/cutover_plan.h carried out. */

#ifndef BK_JOB_CUTOVER_STEPS_H
#define BK_JOB_CUTOVER_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "job/cutover_note.h"
#include "job/move_work.h"

struct bk_cutover {
	struct bk_move_trying *trying;
	const struct bk_move_task *task;
	struct bk_move_reverse reverse; /* once it is made */
	struct bk_move *move;
	const struct bk_move_pair *pair; /* the task's */
	struct bk_move_routes *routes;   /* that lead to it */
	const char *address;
	struct bk_move_report *report;
	struct bk_cutover_note note;
	enum bk_route_state *states; /* of each route; where it leads */
	const char **saved;          /* in the arena */
	struct bk_arena arena;
	struct bk_move_session session;
	const struct bk_move_task *open; /* which of them it is for, or NULL */
	bool back, copied;
	bool unsure; /* see struct bk_cutover_view */
	enum bk_move_turn turn;
	bool stuck;        /* neither forward nor back */
	bool turned;       /* since something failed: */
	struct bk_err why; /* that */
	bool touched;      /* a route was written, or may have been */
	int64_t free_ms;   /* UTC, when routes were let go; 0: they were not */
};

/* Where every route leads now. */
int bk_cutover_look(struct bk_cutover *c, struct bk_err *err);
void bk_cutover_all_are(struct bk_cutover *c, enum bk_route_state state);
bool bk_cutover_all_at(const struct bk_cutover *c, enum bk_route_state state);
const char *bk_cutover_leads_to(enum bk_route_state state);

/* Is no route held at this stage? */
bool bk_cutover_is_at_rest(enum bk_stage stage);

/* A pass forward, or back, in a session that stays open. */
int bk_cutover_pass(struct bk_cutover *c, bool back, struct bk_err *err);

/* What comes then opens another one. */
void bk_cutover_close_session(struct bk_cutover *c);

/* One step of the plan.  -1: of what it was about to do some may be done; look.
 * The states of the routes are kept up by those that are done. */
int bk_cutover_take(struct bk_cutover *c, const struct bk_cutover_step *step,
		    struct bk_err *err);

void bk_cutover_clear(struct bk_cutover *c);

#endif
