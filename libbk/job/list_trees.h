/* The trees of files of a set, and what is in one of them. */

#ifndef BK_JOB_LIST_TREES_H
#define BK_JOB_LIST_TREES_H

#include "base/err.h"
#include "repo/set.h"
#include "report/listing.h"

/* Nothing where there are none. */
int bk_list_trees(const struct bk_listing_style *style,
		  const struct bk_set *set, struct bk_err *err);

/* The entries at the path, which may be a pattern, or beneath it; read from the
 * set.  BK_GONE when there are none. */
int bk_list_tree_entries(const struct bk_listing_style *style,
			 const struct bk_set *set, const char *path,
			 struct bk_err *err);

#endif
