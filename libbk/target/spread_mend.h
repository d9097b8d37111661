/*
 * What children of a spread target lack or have damaged, and making it whole:
 * each shard and copy is computed again from the others, to the same bytes.
 */

#ifndef BK_TARGET_SPREAD_MEND_H
#define BK_TARGET_SPREAD_MEND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "target/spread.h"

/* A file that a child should have. */
struct bk_spread_fault {
	char *name;        /* owned; of the blob */
	unsigned child;    /* its place, from 0 */
	const char *where; /* its name */
	struct bk_err why; /* BK_GONE: it is not there; BK_CORRUPT: not as it
			      should be; BK_EXISTS: a root or key slot that
			      is there, and was taken away elsewhere */
};

struct bk_spread_faults {
	struct bk_spread_fault *items; /* owned */
	size_t n, cap;
	uint64_t files, bytes; /* that were read; with `deep` */
};

struct bk_spread_survey {
	const char *folder; /* "": everywhere */
	bool deep;          /* read and prove every file */
	/* Should it be anywhere?  NULL: all should. */
	bool (*wanted)(void *arg, const char *name);
	void *arg;
};

/*
 * All that lacks at children that can be listed, empty ones too; those that
 * cannot be are bk_spread_missed().  Without `deep` what was found to be wrong
 * when it was read in this run is told as well.  What is being written
 * meanwhile is not told, nor what has fewer than d shards: a run that was
 * interrupted leaves such, and where they are needed that is damage, which a
 * listing shows. Of an empty child, `bkrepo` comes last.
 */
int bk_spread_survey(struct bk_spread *spread,
		     const struct bk_spread_survey *what,
		     struct bk_spread_faults *out, struct bk_err *err);
void bk_spread_faults_clear(struct bk_spread_faults *faults);

/*
 * Puts the file there anew, from the others, and reads it back; takes a root
 * away that is not wanted.  A child gets
 * its `bkrepo` only when nothing else failed there, and is in use from then on.
 * BK_CORRUPT when too few others have it.
 */
int bk_spread_mend(struct bk_spread *spread,
		   const struct bk_spread_fault *fault, struct bk_err *err);

/* Takes away what a mending that was interrupted left beside files that are
 * whole now. */
void bk_spread_tidy(struct bk_spread *spread);

/* Opens children that were not there, making their folders, for the acts
 * above; what fails is told by bk_spread_missed(). */
void bk_spread_reopen(struct bk_spread *spread);

#endif
