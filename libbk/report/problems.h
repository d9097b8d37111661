/* What could not be done, kept until the end and listed first. */

#ifndef BK_REPORT_PROBLEMS_H
#define BK_REPORT_PROBLEMS_H

#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "sync/progress.h"

#define BK_PROBLEMS_KEPT 1000 /* more are only counted */

/* {0} is a valid empty one. */
struct bk_problems {
	struct bk_arena arena;
	struct bk_item_error *items; /* owned; what they say is in the arena */
	size_t n, cap;
	uint64_t more; /* not kept */
};

void bk_problems_add(struct bk_problems *problems,
		     const struct bk_item_error *error);

/* "NEEDS YOU" and a line for each, escaped and aligned; nothing if there are
 * none. */
void bk_problems_print(const struct bk_problems *problems, FILE *out);

/* Its members: account, folder, uid, name, text, outcome, next. */
void bk_problem_json(const struct bk_item_error *error, struct bk_json *into);

void bk_problems_clear(struct bk_problems *problems);

#endif
