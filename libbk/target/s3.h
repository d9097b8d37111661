/*
 * A bucket of S3, or of a server that speaks it, as a target:
 *
 *	s3:https://KEY-ID@host[:port]/bucket/prefix
 *
 * Every name is an object below the prefix.  A put appears whole or not at
 * all by itself; what a killed run left of a large one is an upload that was
 * not ended, which costs room until bk_target_sweep() or a rule of the bucket
 * takes it away.  Bytes are proved both ways: the server compares a signed
 * Content-MD5, and its ETag is compared with ours, unless it encrypts by
 *itself.
 */

#ifndef BK_TARGET_S3_H
#define BK_TARGET_S3_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/access.h"
#include "net/url.h"
#include "target/target.h"

#define BK_S3_PART ((size_t)8 << 20)

/*
 * Keeps `url` and `access` by pointer.  access->password is the secret key,
 * ->token a session token, ->region and ->virtual_host as they say.  Asks once,
 * so that wrong keys are told at once.  BK_GONE: there is no such bucket; with
 * `create` it is made.  BK_MISUSE: no key, no bucket, no secret; else as
 * bk_link_open.  A prefix below which nothing lies is an empty target.
 * May be used by several threads at a time.
 */
int bk_s3_open(struct bk_target **out, const struct bk_url *url,
	       const struct bk_access *access, bool create, struct bk_err *err);

/* Blobs above `bytes` go in parts of so many, from now on: for tests.  S3 wants
 * 5 MiB at least. */
void bk_s3_part_size(struct bk_target *target, size_t bytes);

#endif
