/*
 * The files of a set on their way to a target: a wrapper around it that keeps
 * them in memory while they are few and small, so that a small set becomes one
 * object, a bundle (bk-format(5)), and three puts; and passes everything
 * through from the moment it grows beyond BK_BUNDLE_MAX.
 *
 * Files are bundled in the order of their commits.  Not for reading: list,
 * get, stat and remove go to the target below.
 */

#ifndef BK_REPO_BUNDLE_H
#define BK_REPO_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "target/target.h"

/* Packs, index and manifest up to this are bundled. */
#define BK_BUNDLE_MAX ((size_t)8 << 20)

struct bk_bundle;

/* The target must outlive it. */
struct bk_bundle *bk_bundle_new(struct bk_target *below);
/* Every put has ended before. */
void bk_bundle_free(struct bk_bundle *bundle); /* NULL is fine */

/* Where the set's files are put: owned by the bundle.  Several files may be
 * under way, each in a thread of its own. */
struct bk_target *bk_bundle_target(struct bk_bundle *bundle);

/* Says for good whether this is a bundle: true, then whatever is put from now
 * on goes into it too. */
bool bk_bundle_settle(struct bk_bundle *bundle);

/* The offset of a committed file in the bundle; 0 in a set that is none. */
uint64_t bk_bundle_offset(const struct bk_bundle *bundle, const char *name);

/* Puts the bundle under `name`, if it is one. */
int bk_bundle_commit(struct bk_bundle *bundle, const char *name,
		     struct bk_err *err);

#endif
