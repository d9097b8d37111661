/*
 * What this host has seen at a repository and at its copies: of each host that
 * makes sets there the newest one, kept in the state directory.  Where that is
 * gone and no prune says that it took it, an older state was put back, or
 * somebody took sets away; whoever lists the sets next says so, also where it
 * cannot be read what prunes took.
 */

#ifndef BK_JOB_SEEN_H
#define BK_JOB_SEEN_H

#include <stdbool.h>

#include "job/exit.h"
#include "repo/repo.h"

struct bk_seen;

/*
 * Remembers in the state directory, where there is one and `keep` is set; both
 * texts and the outcome stay the caller's.  What lacks is told as an error,
 * once for each place, and makes the outcome's `set_back` true.
 */
struct bk_seen *bk_seen_new(const char *state_dir, bool keep,
			    struct bk_outcome *outcome);
void bk_seen_free(struct bk_seen *seen); /* NULL is fine */

/* What was told of each place. */
struct bk_seen_alarm {
	char *where, *text;
};
#define BK_SEEN_NEXT "bk check; if it is right: bk prune --accept-missing"
size_t bk_seen_alarms(const struct bk_seen *seen,
		      const struct bk_seen_alarm **out);

/* For bk_repo.witness. */
struct bk_witness *bk_seen_witness(struct bk_seen *seen);

#endif
