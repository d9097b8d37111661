/*
 * A cache around a remote target, so that what was fetched once is not fetched
 * again: stretches of blobs, as they were asked for, because a blob is written
 * once, under a name that is never used again.
 *
 * In a folder, for the next runs (target/cache_files.h): of blobs in "data/"
 * that are no packs, and of set roots.  An index, a manifest or a bundle is
 * megabytes, of which one message takes a few blocks; so blobs are never
 * fetched whole for a part of them, and no act takes more bytes than it would
 * without a cache, but for this: a small get takes up to 64 KiB, forwards as
 * far as the blob is known to reach, else backwards, and reading on in order
 * takes more at a time.  So the trailer, directory and head of a file, read in
 * a few dozen bytes each, are two requests and not six.
 *
 * A root that a listing of this run shows is peeked at there, as well.
 *
 * What bk_target_want() names is fetched at once: several stretches by one
 * request where the driver can (get_many), else one for all that are near each
 * other.
 *
 * In memory, for this run: the last small stretches and what was wanted, of
 * packs too, up to 8 MiB; and the sizes that bk_target_peek() told with them.
 *
 * Never from a cache: listings, stat, "keys/" (a password that was taken away
 * must open nothing), "open/", "trash/", "hold/", the marker; and what
 * bk_target_sum() is asked for is read from the target in this run.  Who proves
 * what a target holds opens it without a folder.
 *
 * The folder is disposable at any moment, and no failure of it fails a get.  A
 * blob that a listing no longer shows is dropped; until one is asked for, a
 * blob that somebody removed may still be answered.  Threads as below.
 */

#ifndef BK_TARGET_CACHE_H
#define BK_TARGET_CACHE_H

#include <stdint.h>

#include "target/target.h"

/* Takes `below`.  NULL folder: in memory only.  `most` bytes in the folder; 0:
 * 256 MiB. */
struct bk_target *bk_cache_open(struct bk_target *below, const char *folder,
				uint64_t most);

#endif
