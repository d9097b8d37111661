/*
 * job/cutover_plan: all small worlds.  A world is what is noted and where up to
 * three routes lead; mail comes all the time wherever one of them leads.  Every
 * step may fail, with some of the routes done and others not, and the run may
 * be cut off anywhere and begun again in either direction.  What is promised is
 * looked at after each step.
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "job/cutover_plan.h"

#define ROUTES_MOST 3
#define STAGES      ((unsigned)BK_STAGE_UNDOING + 1)
#define PLACES      4 /* source, held, destination, none */

/* Packed, so that a set of them can be a table. */
struct world {
	enum bk_stage stage;
	enum bk_route_state routes[ROUTES_MOST];
	size_t n;
	bool back, copied;
	bool source_lacks, destination_lacks; /* mail that the other took */
};

static bool leads_to_source(enum bk_route_state state)
{
	return state == BK_ROUTE_SOURCE || state == BK_ROUTE_NONE;
}

static void mail_comes(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (leads_to_source(w->routes[i]))
			w->destination_lacks = true;
		if (w->routes[i] == BK_ROUTE_DESTINATION)
			w->source_lacks = true;
	}
}

static const char *shown(const struct world *w)
{
	static char text[160];

	snprintf(text, sizeof(text),
		 "stage %d, routes %d %d %d (%zu), %s%s, lacking %d %d",
		 (int)w->stage, (int)w->routes[0], (int)w->routes[1],
		 (int)w->routes[2], w->n, w->back ? "back" : "forward",
		 w->copied ? ", copied" : "", w->source_lacks,
		 w->destination_lacks);
	return text;
}

/* ---- what is promised ---- */

static void keeps_its_promises(const struct world *w)
{
	bool source = false, destination = false;

	for (size_t i = 0; i < w->n; i++) {
		source |= leads_to_source(w->routes[i]);
		destination |= w->routes[i] == BK_ROUTE_DESTINATION;
	}
	if (source && destination)
		fail_msg("both ends are active: %s", shown(w));
	if (source && w->source_lacks)
		fail_msg("the source lacks mail: %s", shown(w));
	if (destination && w->destination_lacks)
		fail_msg("the destination lacks mail: %s", shown(w));
}

static void is_settled(const struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->back ? !leads_to_source(w->routes[i])
			    : w->routes[i] != BK_ROUTE_DESTINATION)
			fail_msg("not at its end: %s", shown(w));
}

/* ---- the steps ---- */

/* Of an act on all routes those in `mask` are done. */
static void set_routes(struct world *w, enum bk_route_state state,
		       unsigned mask)
{
	for (size_t i = 0; i < w->n; i++)
		if (mask >> i & 1)
			w->routes[i] = state;
}

static void take(struct world *w, const struct bk_cutover_step *step,
		 unsigned mask)
{
	switch (step->act) {
	case BK_CUTOVER_NOTE:
		w->stage = step->stage;
		w->copied = false;
		break;
	case BK_CUTOVER_HOLD:
		set_routes(w, BK_ROUTE_HELD, mask);
		break;
	case BK_CUTOVER_POINT:
		set_routes(w, BK_ROUTE_DESTINATION, mask);
		break;
	case BK_CUTOVER_BACK:
		set_routes(w, BK_ROUTE_SOURCE, mask);
		break;
	case BK_CUTOVER_COPY:
		w->destination_lacks = false;
		w->copied = true;
		break;
	case BK_CUTOVER_RECALL:
		w->source_lacks = false;
		w->copied = true;
		break;
	case BK_CUTOVER_END:
	case BK_CUTOVER_STOP:
		break;
	}
	keeps_its_promises(w);
	mail_comes(w);
	keeps_its_promises(w);
}

static struct bk_cutover_step next(const struct world *w)
{
	return bk_cutover_next(&(struct bk_cutover_view){
		.stage = w->stage,
		.back = w->back,
		.copied = w->copied,
		.routes = w->routes,
		.n = w->n,
	});
}

/* Nothing fails any more: it comes to its end. */
static void ends_well(struct world w)
{
	for (int left = 20; left; left--) {
		struct bk_cutover_step step = next(&w);
		if (step.act == BK_CUTOVER_STOP)
			fail_msg("stops by itself: %s", shown(&w));
		if (step.act == BK_CUTOVER_END) {
			is_settled(&w);
			return;
		}
		take(&w, &step, ~0u);
	}
	fail_msg("never ends: %s", shown(&w));
}

/* ---- every history ---- */

/* A world as a number below WORLDS. */
#define WORLDS ((size_t)STAGES * PLACES * PLACES * PLACES * 16)

static size_t number_of(const struct world *w)
{
	size_t number = w->stage;

	for (size_t i = 0; i < ROUTES_MOST; i++)
		number = number * PLACES + w->routes[i];
	return number * 16 + w->back * 8u + w->copied * 4u +
	       w->source_lacks * 2u + w->destination_lacks;
}

struct histories {
	bool seen[WORLDS];
	struct world todo[WORLDS];
	size_t n, all;
};

static void visit(struct histories *h, struct world w)
{
	size_t number = number_of(&w);

	if (h->seen[number])
		return;
	h->seen[number] = true;
	h->todo[h->n++] = w;
	h->all++;
}

/* The step is taken, or fails after any part of it; then we go on, turn round,
 * or are cut off and begin again in either direction. */
static void follow(struct histories *h, struct world w)
{
	struct bk_cutover_step step = next(&w);
	bool copies =
		step.act == BK_CUTOVER_COPY || step.act == BK_CUTOVER_RECALL;

	if (step.act == BK_CUTOVER_STOP)
		fail_msg("stops by itself: %s", shown(&w));
	for (unsigned mask = 0; mask < 1u << w.n; mask++) {
		struct world then = w;
		if (!copies)
			take(&then, &step, mask);
		for (unsigned turn = 0; turn < 4; turn++) {
			then.back = turn & 1;
			then.copied = then.copied && !(turn & 2);
			visit(h, then);
		}
	}
	take(&w, &step, ~0u);
	visit(h, w);
}

static void every_history_keeps_the_promises_and_may_end_well(void **state)
{
	struct histories *h = bk_alloc(sizeof(*h));

	(void)state;
	for (size_t n = 1; n <= ROUTES_MOST; n++) {
		memset(h, 0, sizeof(*h));
		for (unsigned none = 0; none < 1u << n; none++) {
			struct world w = {.n = n};
			for (size_t i = 0; i < n; i++)
				w.routes[i] = none >> i & 1 ? BK_ROUTE_NONE
							    : BK_ROUTE_SOURCE;
			mail_comes(&w);
			visit(h, w);
		}
		while (h->n) {
			struct world w = h->todo[--h->n];
			ends_well(w);
			follow(h, w);
		}
		assert_true(h->all > 20);
	}
	free(h);
}

/* ---- what others did ---- */

static void what_leads_astray_stops_it_wherever_we_are(void **state)
{
	(void)state;
	for (unsigned stage = 0; stage < STAGES; stage++)
		for (unsigned back = 0; back < 2; back++) {
			struct world w = {
				.stage = (enum bk_stage)stage,
				.n = 2,
				.back = back,
				.routes = {BK_ROUTE_HELD, BK_ROUTE_OTHER}
                        };
			struct bk_cutover_step step = next(&w);
			assert_int_equal(step.act, BK_CUTOVER_STOP);
			assert_int_equal(step.route, 1);
		}
}

static void what_somebody_else_holds_is_left_alone(void **state)
{
	struct world w = {
		.n = 2, .routes = {BK_ROUTE_SOURCE, BK_ROUTE_HELD}
        };
	(void)state;

	assert_int_equal(next(&w).act, BK_CUTOVER_STOP);
	assert_int_equal(next(&w).route, 1);
	w.stage = BK_STAGE_MOVED;
	assert_int_equal(next(&w).act, BK_CUTOVER_STOP);
}

static void both_ends_at_a_time_are_never_our_doing(void **state)
{
	(void)state;
	for (unsigned stage = 0; stage < STAGES; stage++)
		for (unsigned back = 0; back < 2; back++) {
			struct world w = {
				.stage = (enum bk_stage)stage,
				.n = 2,
				.back = back,
				.routes = {BK_ROUTE_DESTINATION,
					   BK_ROUTE_SOURCE}
                        };
			assert_int_equal(next(&w).act, BK_CUTOVER_STOP);
		}
}

static void who_is_there_already_is_left_alone(void **state)
{
	struct world w = {.n = 1, .routes = {BK_ROUTE_DESTINATION}};
	(void)state;

	assert_int_equal(next(&w).act, BK_CUTOVER_END);
	w.stage = BK_STAGE_MOVED;
	assert_int_equal(next(&w).act, BK_CUTOVER_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_history_keeps_the_promises_and_may_end_well),
		cmocka_unit_test(what_leads_astray_stops_it_wherever_we_are),
		cmocka_unit_test(what_somebody_else_holds_is_left_alone),
		cmocka_unit_test(both_ends_at_a_time_are_never_our_doing),
		cmocka_unit_test(who_is_there_already_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
