/* Whether the files that a set needs are there: with their lengths, by one
 * listing; and whether what a later set stands on is whole. */

#ifndef BK_REPO_PRESENCE_H
#define BK_REPO_PRESENCE_H

#include "base/err.h"
#include "repo/root.h"
#include "repo/set.h"
#include "repo/table.h"
#include "target/target.h"

/* BK_CORRUPT "NAME is not there" or "... has 5 bytes, not 7"; the first allows
 * more, the others only in a bundle. */
int bk_presence_blob(const struct bk_blob_list *data, const char *name,
		     uint64_t size, struct bk_err *err);
int bk_presence_packs(const struct bk_blob_list *data,
		      const struct bk_table *table, struct bk_err *err);
int bk_presence_parts(const struct bk_blob_list *data,
		      const struct bk_root *root, const uint8_t set[BK_ID_LEN],
		      struct bk_err *err);

/* All of a set and of the sets it is based on; `data` is a listing of "data".
 */
int bk_presence_set(const struct bk_blob_list *data, const struct bk_set *set,
		    struct bk_err *err);

/* All of one set by its root and table, without what it is based on. */
int bk_presence_info(const struct bk_blob_list *data,
		     const struct bk_repo *repo, const struct bk_set_info *info,
		     struct bk_err *err);

/* That index and manifest of a set and of the sets it is based on are, byte
 * for byte, what their roots say: BK_CORRUPT.  Reads them, opens nothing. */
int bk_presence_sums(const struct bk_set *set, struct bk_err *err);

#endif
