/* A gathered blob on its way to a target whose driver does one attempt. */

#ifndef BK_TARGET_PUT_AGAIN_H
#define BK_TARGET_PUT_AGAIN_H

#include <stdatomic.h>

#include "target/retry.h"
#include "target/spool_blob.h"
#include "target/target.h"

/*
 * Puts the blob, again from its first byte where bk_tries_again() says so.
 *
 * An answer that was lost behind a commit leaves open whether the blob is
 * there: if it is, with the same length, it is read back and compared, and put
 * again unless each byte is right.  A connection that breaks four times in a
 * row at the same byte ends it: a full disk looks like that.
 *
 * *stop (may be NULL) ends it soon, with BK_CANCELLED, as being asked to stop
 * does.  `to` tries its stat and get again by itself (target/retry.h).
 */
int bk_put_again(struct bk_target *to, const char *name,
		 const struct bk_gathered *bytes,
		 const struct bk_retry_policy *policy, const atomic_bool *stop,
		 struct bk_err *err);

#endif
