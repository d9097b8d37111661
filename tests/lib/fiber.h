/*
 * A function on a stack of its own, which gives way and is resumed where it
 * was: many actors in one thread, and the test alone decides who goes on.
 * Unlike threads they cost nothing to switch, however busy the machine is, and
 * a run can be had again exactly.
 *
 * What runs in a fiber must return: it must not jump out, as the assertions of
 * cmocka do.
 */

#ifndef BK_TESTS_FIBER_H
#define BK_TESTS_FIBER_H

#include <stdbool.h>

struct fiber;

struct fiber *fiber_new(void);
void fiber_free(struct fiber *fiber); /* NULL is fine; not while it runs */

/* It will call run(arg) when it is resumed.  One that has ended may be started
 * again. */
void fiber_start(struct fiber *fiber, void (*run)(void *arg), void *arg);

/* Runs it until it gives way: true; or ends: false. */
bool fiber_resume(struct fiber *fiber);

/* Called in the fiber itself: returns when it is resumed. */
void fiber_give_way(struct fiber *fiber);

#endif
