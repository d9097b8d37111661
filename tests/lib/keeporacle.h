/*
 * What stays, worked out once more by brute force and from the names of days,
 * weeks and months, so that the two ways can be compared.
 */

#ifndef BK_TESTS_KEEPORACLE_H
#define BK_TESTS_KEEPORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/keep.h"

#define KEEPORACLE_NAME 32

struct keeporacle {
	const struct bk_keep_item *items;
	size_t n;
	int64_t now_ms;
	/* For each period and set: its name, and which of the newest sets of
	 * their periods it is, from 1; 0: it is not the newest. */
	char (*names[BK_KEEP_PERIODS])[KEEPORACLE_NAME];
	size_t *places[BK_KEEP_PERIODS];
	/* For each set: how many of its series come after it, and how long
	 * before the last of them it was made. */
	size_t *followers;
	int64_t *before_ms;
};

/* `items` are the caller's and stay as they are, but for rules and holds. */
void keeporacle_init(struct keeporacle *oracle,
		     const struct bk_keep_item *items, size_t n,
		     int64_t now_ms);
void keeporacle_clear(struct keeporacle *oracle);

/* The periods whose rules keep a set, as in enum bk_keep_reason. */
unsigned keeporacle_periods(const struct keeporacle *oracle, size_t i);

/* Fills in one for each set. */
void keeporacle_ask(const struct keeporacle *oracle, unsigned min_keep,
		    bool *stays);

#endif
