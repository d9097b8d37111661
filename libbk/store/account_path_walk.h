/* A pattern taken apart; for account_path*.c alone. */

#ifndef BK_STORE_ACCOUNT_PATH_WALK_H
#define BK_STORE_ACCOUNT_PATH_WALK_H

#include "store/account_path.h"

/* Text, or a variable. */
struct bk_account_path_part {
	const char *text; /* NULL for a variable */
	char variable;    /* 'u', 'n', 'd'; 0 for text */
	bool lower, upper;
	size_t skip, width; /* width 0: all of it */
};

/* What is between two slashes. */
struct bk_account_path_level {
	struct bk_account_path_part *parts;
	size_t n, cap;
};

struct bk_account_path {
	char *text;
	struct bk_arena arena;
	const char *prefix; /* the fixed part, without a '/' at its end */
	struct bk_account_path_level *levels; /* from the first variable on */
	size_t n_levels, cap_levels;
	bool files; /* an account may be one */
};

/* Fills in everything from `text`. */
int bk_account_path_parse(struct bk_account_path *pattern, struct bk_err *err);

#endif
