/*
 * A file of a copy that is damaged or gone, made whole: from what parity it has
 * or from another copy that has it whole.
 *
 * What is put in its place was proved before against the sums that a root or a
 * pack table has of it.  What is computed from parity is put beside the damaged
 * file first, as NAME.mended, and proved there: until then nothing is taken
 * away, and whoever is interrupted finds it there the next time.
 */

#ifndef BK_JOB_MEND_H
#define BK_JOB_MEND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "job/ship_world.h"
#include "target/spool_blob.h"
#include "target/target.h"

#define BK_MENDED ".mended"

/* Another copy. */
struct bk_mend_donor {
	const char *name; /* for people */
	struct bk_target *target;
};

/* Bytes of the file that were found elsewhere, and where they lie in it. */
struct bk_mend_patch {
	uint64_t offset;
	struct bk_view bytes;
};

struct bk_mend {
	struct bk_target *at;
	const struct bk_ship_blob *blob; /* what it must be */
	/* They stand for what is there: what parity is asked about, and what
	 * is put in its place if it is whole with them. */
	const struct bk_mend_patch *patches;
	size_t n_patches;
	const char *patched_from; /* "3 blocks from store mail", for people */
	const struct bk_mend_donor *donors;
	size_t n_donors;
	struct bk_gather_room *room; /* for what is on its way */
	bool dry_run;                /* only find out whether it can be done */
};

/*
 * 1 when the file was mended, or in a dry run can be; *how, the caller's, says
 * from what: "from its parity, 3 segments", "from nas".  0 when it is whole as
 * it is.  BK_CORRUPT when nothing has it whole, and what was tried; anything
 * else says that the place cannot be read or written.
 */
int bk_mend_blob(const struct bk_mend *mend, char **how, struct bk_err *err);

/* A file of a few bytes, without parity, whose right content is known. */
int bk_mend_small(struct bk_target *at, const char *name, struct bk_view bytes,
		  struct bk_err *err);

/* Takes away what an interrupted run left beside a file that is whole now. */
int bk_mend_tidy(struct bk_target *at, const struct bk_ship_blob *blob,
		 struct bk_err *err);

/* It says nothing of what lies there, but that it cannot be got at. */
bool bk_mend_is_away(enum bk_kind kind);

#endif
