/*
 * Parity: what lies between the body of a file and its footer, so that bytes
 * that were lost can be computed again.  bk-format(5), Parity.
 *
 * Everything about it follows from the length of the body: it costs about 3 %
 * of it, and gives back any burst up to bk_parity_burst() bytes.  It is no
 * proof of anything: what was computed again is compared with the SHA-256 that
 * a root or a pack table has.
 */

#ifndef BK_REPO_PARITY_H
#define BK_REPO_PARITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define BK_PARITY_LEAST   ((uint64_t)16 << 10) /* shorter bodies have none */
#define BK_PARITY_DATA    64 /* data segments of a group, at most */
#define BK_PARITY_OF_EACH 2  /* parity segments of a group */

/* {0}: none. */
struct bk_parity_shape {
	uint64_t body_len;
	uint8_t log2;       /* of the length of a segment */
	uint8_t k;          /* data segments of the largest group */
	uint32_t segments;  /* of data, S */
	uint32_t groups;    /* G; segment i is in group i % G, at i / G */
	uint32_t table_len; /* of each CRC table */
	uint64_t len;       /* of all of it: tables and parity segments */
};

/* Of a body of that length, which may be too short for any. */
void bk_parity_shape_of(struct bk_parity_shape *out, uint64_t body_len);

/* Parity segment `p` of a group is the how manieth of them as they are written:
 * data and parity go on in the same order of groups. */
uint32_t bk_parity_place(const struct bk_parity_shape *shape, uint32_t group,
			 unsigned p);

/* Whatever lies in so many bytes of body and parity, one behind the other, can
 * be lost. */
uint64_t bk_parity_burst(const struct bk_parity_shape *shape);

/* Which body lengths a file of `file_len` bytes with parity may have; returns
 * how many: 0, 1, or, of two lengths where segments grow, 2. */
unsigned bk_parity_bodies(uint64_t file_len, uint64_t out[2]);

/* ---- computing it ---- */

struct bk_parity;

/* Of a body of that length, BK_PARITY_LEAST or more.  Takes `shape.len` bytes
 * of memory. */
struct bk_parity *bk_parity_new(uint64_t body_len);
void bk_parity_free(struct bk_parity *parity); /* NULL is fine */

/* Bytes of the body, in their order, in pieces of any length; all of them
 * before anything is asked for. */
void bk_parity_add(struct bk_parity *parity, const void *data, size_t len);

/* What is written, from `offset` on: as much of it as lies together in memory;
 * nothing at its end. */
struct bk_view bk_parity_view(struct bk_parity *parity, uint64_t offset);

#endif
