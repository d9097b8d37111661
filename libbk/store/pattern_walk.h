/* A pattern taken apart; for pattern*.c alone. */

#ifndef BK_STORE_PATTERN_WALK_H
#define BK_STORE_PATTERN_WALK_H

#include "store/pattern.h"

/* Text, or a variable. */
struct bk_pattern_part {
	const char *text; /* NULL for a variable */
	char variable;    /* 'u', 'n', 'd'; 0 for text */
	bool lower, upper;
	size_t skip, width; /* width 0: all of it */
};

/* What is between two slashes. */
struct bk_pattern_level {
	struct bk_pattern_part *parts;
	size_t n, cap;
};

struct bk_pattern {
	char *text;
	struct bk_arena arena;
	const char *prefix; /* the fixed part, without a '/' at its end */
	struct bk_pattern_level *levels; /* from the first variable on */
	size_t n_levels, cap_levels;
};

/* Fills in everything from `text`. */
int bk_pattern_parse(struct bk_pattern *pattern, struct bk_err *err);

#endif
