/* Accounts that change servers, one after the other: see move_turns.h. */

#include "job/move_turns.h"

#include <stdlib.h>

#include "job/move_work.h"

/* With the one that is held they are two. */
#define POINTED_MOST 1

/* ---- turns ---- */

void bk_move_turns_init(struct bk_move_turns *turns)
{
	*turns = (struct bk_move_turns){0};
	(void)pthread_mutex_init(&turns->lock, NULL);
	(void)pthread_cond_init(&turns->ended, NULL);
	(void)pthread_mutex_init(&turns->program, NULL);
}

void bk_move_turns_clear(struct bk_move_turns *turns)
{
	(void)pthread_mutex_destroy(&turns->program);
	(void)pthread_cond_destroy(&turns->ended);
	(void)pthread_mutex_destroy(&turns->lock);
}

bool bk_move_turns_begin(struct bk_move_turns *turns, enum bk_move_turn *turn)
{
	(void)pthread_mutex_lock(&turns->lock);
	while (!turns->stuck && (turns->held || turns->pointed > POINTED_MOST))
		(void)pthread_cond_wait(&turns->ended, &turns->lock);
	bool may = !turns->stuck;
	if (may) {
		turns->held = true;
		*turn = BK_TURN_HELD;
	}
	(void)pthread_mutex_unlock(&turns->lock);
	return may;
}

void bk_move_turns_pass_on(struct bk_move_turns *turns, enum bk_move_turn *turn)
{
	if (*turn != BK_TURN_HELD)
		return;
	(void)pthread_mutex_lock(&turns->lock);
	turns->held = false;
	turns->pointed++;
	*turn = BK_TURN_POINTED;
	(void)pthread_cond_broadcast(&turns->ended);
	(void)pthread_mutex_unlock(&turns->lock);
}

void bk_move_turns_end(struct bk_move_turns *turns, enum bk_move_turn *turn,
		       bool stuck)
{
	(void)pthread_mutex_lock(&turns->lock);
	if (*turn == BK_TURN_HELD)
		turns->held = false;
	else if (*turn == BK_TURN_POINTED)
		turns->pointed--;
	*turn = BK_TURN_NONE;
	turns->stuck = turns->stuck || stuck;
	(void)pthread_cond_broadcast(&turns->ended);
	(void)pthread_mutex_unlock(&turns->lock);
}

bool bk_move_turns_are_stuck(struct bk_move_turns *turns)
{
	(void)pthread_mutex_lock(&turns->lock);
	bool stuck = turns->stuck;
	(void)pthread_mutex_unlock(&turns->lock);
	return stuck;
}

/* ---- routes ---- */

static void close_set(struct bk_move_routes *set)
{
	for (size_t i = 0; i < set->n; i++)
		bk_route_close(set->items[i]);
	free(set->items);
	free(set);
}

static int open_set(struct bk_move_turns *turns,
		    const struct bk_move_pair *pair,
		    struct bk_move_routes **out, struct bk_err *err)
{
	const struct bk_move_to *to = pair->to;
	struct bk_move_routes *set = bk_alloc(sizeof(*set));

	*set = (struct bk_move_routes){
		.items = bk_alloc((to->n_routes + 1) * sizeof(void *)),
		.taken = true,
	};
	for (; set->n < to->n_routes; set->n++) {
		struct bk_route_config config = to->routes[set->n];
		config.alone = &turns->program;
		if (bk_route_open(&set->items[set->n], &config, err) < 0) {
			close_set(set);
			return -1;
		}
	}
	*out = set;
	return 0;
}

int bk_move_routes_take(struct bk_move_turns *turns, struct bk_move_pair *pair,
			struct bk_move_routes **out, struct bk_err *err)
{
	struct bk_move_routes *set;

	(void)pthread_mutex_lock(&turns->lock);
	for (set = pair->routes; set && set->taken;)
		set = set->next;
	if (set)
		set->taken = true;
	(void)pthread_mutex_unlock(&turns->lock);
	if (!set) {
		if (open_set(turns, pair, &set, err) < 0)
			return -1;
		(void)pthread_mutex_lock(&turns->lock);
		set->next = pair->routes;
		pair->routes = set;
		(void)pthread_mutex_unlock(&turns->lock);
	}
	*out = set;
	return 0;
}

void bk_move_routes_give(struct bk_move_turns *turns,
			 struct bk_move_routes *routes)
{
	if (!routes)
		return;
	(void)pthread_mutex_lock(&turns->lock);
	routes->taken = false;
	(void)pthread_mutex_unlock(&turns->lock);
}

int bk_move_routes_open(struct bk_move_turns *turns, struct bk_move_pair *pair,
			bool *stops_logins, struct bk_err *err)
{
	struct bk_move_routes *set = NULL;
	unsigned stops = 0;

	if (bk_move_routes_take(turns, pair, &set, err) < 0)
		return -1;
	for (size_t i = 0; i < set->n; i++)
		stops |= bk_route_stops(set->items[i]);
	*stops_logins = !set->n || (stops & BK_ROUTE_LOGINS);
	bk_move_routes_give(turns, set);
	return 0;
}

void bk_move_routes_close(struct bk_move_pair *pair)
{
	struct bk_move_routes *next;

	for (struct bk_move_routes *set = pair->routes; set; set = next) {
		next = set->next;
		close_set(set);
	}
	pair->routes = NULL;
}
