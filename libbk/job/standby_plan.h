/*
 * What differs between what was applied and a set, folder by folder: a pure
 * function of what is known of both without reading messages.
 */

#ifndef BK_JOB_STANDBY_PLAN_H
#define BK_JOB_STANDBY_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "job/standby_state.h"

enum bk_standby_act {
	BK_STANDBY_SAME,    /* nothing to do */
	BK_STANDBY_LOOK,    /* perhaps changed */
	BK_STANDBY_NEW,     /* not there */
	BK_STANDBY_RENAMED, /* there, under the name that `from` has; then as
			       LOOK */
};

struct bk_standby_task {
	enum bk_standby_act act;
	size_t from; /* RENAMED: index of what was applied */
};

/* {0} is a valid empty one. */
struct bk_standby_plan {
	struct bk_standby_task *tasks; /* owned; one for each of `now` */
	bool *gone; /* owned; of each that was: the set has it under no name */
	size_t n_now, n_was;
};

/*
 * Both are sorted by account and name.  A folder is known by its name; one
 * whose name is new is the one that was, if that has its GUID and the name that
 * it had is free now, or another folder's.  Where there are no GUIDs
 * UIDVALIDITY tells, if just one folder that is gone had it.
 */
void bk_standby_plan_make(struct bk_standby_plan *out,
			  const struct bk_standby_folder *was, size_t n_was,
			  const struct bk_standby_folder *now, size_t n_now);
void bk_standby_plan_clear(struct bk_standby_plan *plan);

#endif
