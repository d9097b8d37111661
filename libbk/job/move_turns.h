/*
 * Accounts that change servers take turns: one at a time is held and copied,
 * and may overlap with one that is being pointed.  What is in front of the
 * servers looks at its files now and then (a Dovecot once a second), so two
 * accounts that wait for that wait for the same look.  Each works with routes
 * of its own.
 */

#ifndef BK_JOB_MOVE_TURNS_H
#define BK_JOB_MOVE_TURNS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "route/route.h"

struct bk_move_pair;

/* The routes of a pair, opened once more for each account at a time. */
struct bk_move_routes {
	struct bk_route **items; /* owned, n of them */
	size_t n;
	bool taken;
	struct bk_move_routes *next;
};

enum bk_move_turn {
	BK_TURN_NONE,
	BK_TURN_HELD,    /* it is held, and copied */
	BK_TURN_POINTED, /* and let go */
};

struct bk_move_turns {
	pthread_mutex_t lock; /* of all here, and of the sets of routes */
	pthread_cond_t ended;
	bool held;               /* an account has that turn */
	unsigned pointed;        /* so many have that */
	bool stuck;              /* one is active at neither server */
	pthread_mutex_t program; /* one of the user's at a time */
};

void bk_move_turns_init(struct bk_move_turns *turns);
void bk_move_turns_clear(struct bk_move_turns *turns);

/* Waits until it may be held; false: one is stuck, and it has no turn. */
bool bk_move_turns_begin(struct bk_move_turns *turns, enum bk_move_turn *turn);

/* It is whole at both servers and about to be let go: the next one may be held.
 * Nothing, when that was said. */
void bk_move_turns_pass_on(struct bk_move_turns *turns,
			   enum bk_move_turn *turn);

/* Its turn, if it has one, is over. */
void bk_move_turns_end(struct bk_move_turns *turns, enum bk_move_turn *turn,
		       bool stuck);

bool bk_move_turns_are_stuck(struct bk_move_turns *turns);

/* Opens a first set: what can be wrong with them shows before anything is
 * begun. */
int bk_move_routes_open(struct bk_move_turns *turns, struct bk_move_pair *pair,
			bool *stops_logins, struct bk_err *err);
void bk_move_routes_close(struct bk_move_pair *pair);

/* One that nobody has, until it is given back; NULL is fine there. */
int bk_move_routes_take(struct bk_move_turns *turns, struct bk_move_pair *pair,
			struct bk_move_routes **out, struct bk_err *err);
void bk_move_routes_give(struct bk_move_turns *turns,
			 struct bk_move_routes *routes);

#endif
