/*
 * How a set becomes visible, and nothing that was reported good is ever lost:
 * the writer's side of bk-format(5), WRITING.
 *
 *	bk_publish_open     the intent is put, and refreshed from now on
 *	bk_publish_condemned    what is condemned: make no use of it
 *	... packs, index, manifest, table, or the bundle are put ...
 *	bk_publish_commit   checks, root, trash again, checks
 *	bk_publish_close
 */

#ifndef BK_REPO_PUBLISH_H
#define BK_REPO_PUBLISH_H

#include <stdint.h>

#include "base/err.h"
#include "repo/condemned.h"
#include "repo/repo.h"
#include "repo/root.h"
#include "repo/set.h"
#include "repo/table.h"

struct bk_publish;

/* `base` is the set that this one stands on, or NULL.  Takes away first what
 * runs that were killed more than 7 days ago left of files that they put. */
int bk_publish_open(struct bk_publish **out, const struct bk_repo *repo,
		    const uint8_t set[16], const uint8_t *base,
		    struct bk_err *err);

/* The base is none after all: puts the next intent, without it, and takes the
 * one before away, for no name is used twice. */
int bk_publish_drop_base(struct bk_publish *publish, struct bk_err *err);

/* What was condemned when the intent had been put. */
const struct bk_condemned *bk_publish_condemned(
	const struct bk_publish *publish);

/*
 * Everything but the root is there: makes the set visible and checks that it
 * stays.  `base` is what it stands on, with all that this one stands on; NULL
 * in a full set.  root_sha256 gets the root's sum.  After a failure the root,
 * if it was put, is left where it is, and the set must not be reported good.
 * BK_BUSY when a prune condemned what it needs.
 */
int bk_publish_commit(struct bk_publish *publish, struct bk_root *root,
		      const struct bk_table *table, const struct bk_set *base,
		      uint8_t root_sha256[32], struct bk_err *err);

/* Ends the refreshing; takes the intent away if the commit was good. */
void bk_publish_close(struct bk_publish *publish); /* NULL is fine */

#endif
