/*
 * What is condemned in a repository: all trash lists that were not carried
 * out, together.  bk-format(5), Trash.
 */

#ifndef BK_REPO_CONDEMNED_H
#define BK_REPO_CONDEMNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "repo/repo.h"
#include "repo/table.h"
#include "repo/trash.h"

/* Identifiers of sets. */
struct bk_set_ids {
	struct {
		uint8_t id[BK_ID_LEN];
	} * items; /* owned */
	size_t n, cap;
};

/* {0} is a valid empty one. */
struct bk_condemned {
	struct bk_trash *lists; /* owned */
	size_t n, cap;
};

/*
 * A list that is not signed, or wrongly, or is damaged, condemns nothing.  A
 * listing that fails is an error, never an empty list.
 */
int bk_condemned_read(const struct bk_repo *repo, struct bk_condemned *out,
		      struct bk_err *err);
/* The same, and the tombstones of lists that were carried out: sets that are
 * gone, or going, because a prune said so. */
int bk_tombstones_read(const struct bk_repo *repo, struct bk_condemned *out,
		       struct bk_err *err);

/*
 * Says in a copy of the repository, `to`, which of these sets are gone: those
 * that `trash` has tombstones of.  They were never there, or are no more; they
 * are not put there from then on.  Where none is, nothing is written.
 */
int bk_tombstones_carry(const struct bk_repo *to,
			const struct bk_condemned *trash,
			const struct bk_set_ids *sets, struct bk_err *err);
void bk_condemned_clear(struct bk_condemned *condemned);

bool bk_condemned_has_set(const struct bk_condemned *condemned,
			  const uint8_t set[BK_ID_LEN]);
/* Is the set named, or any of its files? */
bool bk_condemned_touches(const struct bk_condemned *condemned,
			  const uint8_t set[BK_ID_LEN]);
/* Is that file of data/ itself named, by a list that was not carried out? */
bool bk_condemned_has_file(const struct bk_condemned *condemned,
			   const char *name);
bool bk_condemned_has_pack(const struct bk_condemned *condemned,
			   const struct bk_table_row *pack);

#endif
