/* From words and settings to both ends of a copy. */

#ifndef BK_JOB_SHIP_ENDS_H
#define BK_JOB_SHIP_ENDS_H

#include <stddef.h>

#include "base/err.h"
#include "base/limit.h"
#include "base/pattern.h"
#include "job/settings.h"
#include "job/ship.h"

/* {0} is a valid empty one.  Texts live as long as the settings and argv. */
struct bk_ship_ends {
	struct bk_repo_settings from; /* opened with the keys of -r */
	struct bk_ship_end *to;       /* owned */
	size_t n;
	struct bk_names names; /* of targets that no operand named */
};

/* What the words of a command say. */
struct bk_ship_words {
	const char *verb; /* "push", for the command that catches up */
	char **targets;   /* NULL: none */
	size_t n;
	const char *limit_up, *limit_down; /* or NULL: as the sections say */
};

/* From the repository of -r to the targets that are named, or else to those of
 * `ship` in its jobs.  -o is for the targets. */
int bk_ship_ends_push(struct bk_ship_ends *out, struct bk_settings *settings,
		      const struct bk_ship_words *words, struct bk_err *err);

/* From a job's repository to its targets; none is fine. */
int bk_ship_ends_job(struct bk_ship_ends *out, struct bk_settings *settings,
		     const struct bk_job_settings *job, struct bk_err *err);

/* From the one target to the repository of -r. */
int bk_ship_ends_pull(struct bk_ship_ends *out, struct bk_settings *settings,
		      const struct bk_ship_words *words, struct bk_err *err);

void bk_ship_ends_clear(struct bk_ship_ends *ends);

#endif
