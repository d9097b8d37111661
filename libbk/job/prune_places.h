/* Where sets are pruned, and by which rules. */

#ifndef BK_JOB_PRUNE_PLACES_H
#define BK_JOB_PRUNE_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/pattern.h"
#include "job/keep.h"
#include "job/settings.h"
#include "target/reach.h"

struct bk_prune_rule {
	const char *store; /* of these sets; NULL: of all */
	struct bk_keep keep;
};

struct bk_prune_place {
	const char *name, *where;
	struct bk_reach reach;
	bool is_repo;                /* the repository itself: it is open */
	struct bk_prune_rule *rules; /* owned; none: everything stays */
	size_t n_rules;
};

/* {0} is a valid empty one.  Texts live as long as the settings and argv. */
struct bk_prune_places {
	struct bk_repo_settings repo;
	struct bk_prune_place *items; /* owned */
	size_t n;
	struct bk_names names;
};

/*
 * The targets that are named; or else the repository and all targets that it
 * is shipped to.  Their rules are those of `keep` (NULL: what their sections
 * say: [job] for the repository, for the sets of the job's store; [target]).
 */
int bk_prune_places_find(struct bk_prune_places *out,
			 struct bk_settings *settings, char **targets,
			 size_t n_targets, const char *keep,
			 struct bk_err *err);

/* A job's repository, for the sets of its store, and the targets that it is
 * shipped to. */
int bk_prune_places_job(struct bk_prune_places *out,
			struct bk_settings *settings,
			const struct bk_job_settings *job, struct bk_err *err);
void bk_prune_places_clear(struct bk_prune_places *places);

#endif
