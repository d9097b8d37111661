/*
 * What a store or a set shows, as text: a line for each folder, then one for
 * each of its messages, with their contents as sums.  A set that is a good copy
 * of a store has the same view.  Fails the test.
 */

#ifndef BK_TESTS_VIEW_H
#define BK_TESTS_VIEW_H

#include "base/buf.h"
#include "repo/repo.h"
#include "store/store.h"

/*
 * F ADDRESS FOLDER uidvalidity uidnext subscribed
 * M ADDRESS FOLDER uid NAME flags keyword,keyword date size sum
 */
void view_store(const struct bk_store_config *config, struct bk_buf *out);

/* Also proves that counts, sizes and sums in the set's end record are right. */
void view_set(const struct bk_repo *repo, const uint8_t id[16],
	      struct bk_buf *out);

/* Fails with the first line that differs. */
void view_compare(struct bk_buf *want, struct bk_buf *got);

#endif
