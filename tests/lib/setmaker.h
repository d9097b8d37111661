/*
 * Sets made by hand: a manifest that the test fills, an index and a table that
 * are empty unless it says otherwise, and a signed root.  Every helper fails
 * the test.
 */

#ifndef BK_TESTS_SETMAKER_H
#define BK_TESTS_SETMAKER_H

#include "lib/testrepo.h"
#include "repo/manifest_writer.h"
#include "repo/root.h"
#include "repo/table.h"

/* What another set must know of one. */
struct setmade {
	uint8_t id[BK_ID_LEN];
	uint8_t sha256[BK_SHA256_LEN]; /* of its root */
	enum bk_set_kind kind;
};

struct setmaker {
	const struct testrepo *t;
	struct setmade made;
	struct bk_manifest_writer *manifest;
	struct bk_root root; /* parts, totals and the like come at the end */
	struct bk_table table;
	struct bk_view index; /* rows; the test's */
};

/* The number makes the identifier: later ones sort behind earlier ones. */
void setmaker_begin(struct setmaker *m, const struct testrepo *t,
		    unsigned number, enum bk_set_kind kind,
		    const struct setmade *base);

/* Puts everything but the root; the root is ready to be put. */
void setmaker_finish_parts(struct setmaker *m,
			   const struct bk_manifest_end *end);

/* Puts the root as it is now. */
void setmaker_put_root(struct setmaker *m);

/* Both. */
void setmaker_finish(struct setmaker *m, const struct bk_manifest_end *end);

void setmaker_clear(struct setmaker *m);

#endif
