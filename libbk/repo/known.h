/*
 * Which chunks are stored already: chunk id -> reference.  Ids are keyed
 * hashes and so uniform: their own bytes are the hash, with linear probing.
 * About 36 bytes a chunk at its fullest.  Not locked: the packer does that.
 */

#ifndef BK_REPO_KNOWN_H
#define BK_REPO_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_CHUNK_ID_LEN 16

struct bk_known_slot;

/* {0} is a valid empty one. */
struct bk_known {
	struct bk_known_slot *slots;
	size_t n;    /* chunks */
	size_t mask; /* slots - 1; slots are a power of two */
};

void bk_known_clear(struct bk_known *known);

/*
 * The reference stored under `id`: true and *ref if there was one; else false,
 * and *ref is remembered from now on.
 */
bool bk_known_find_or_add(struct bk_known *known,
			  const uint8_t id[BK_CHUNK_ID_LEN], uint64_t *ref);

/* Looks only. */
bool bk_known_find(const struct bk_known *known,
		   const uint8_t id[BK_CHUNK_ID_LEN], uint64_t *ref);

/* Goes through all of them in no order; *at starts at 0; false at the end. */
bool bk_known_next(const struct bk_known *known, size_t *at,
		   uint8_t id[BK_CHUNK_ID_LEN], uint64_t *ref);

#endif
