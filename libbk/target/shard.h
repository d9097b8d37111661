/*
 * One file of a repository that is spread over several targets, as it lies at
 * one of them: bk-format(5), "Spread over several targets".  It is a shard, d
 * of which give the blob, or a copy, one of which does.
 *
 *	header, 128 bytes | CRC-32 of each piece, CRC-32 of these | payload
 *
 * A blob is cut into rows of d pieces of 64 KiB; the last row's are all as
 * short as can be, the last one of them filled up with zeros.  Shard i < d is
 * piece i of each row, the others are parity of the rows.  So all shards of a
 * blob have the same length, and a copy is a shard with d = 1.
 */

#ifndef BK_TARGET_SHARD_H
#define BK_TARGET_SHARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/digest.h"
#include "target/target.h"

#define BK_SHARD_HEADER 128
#define BK_SHARD_NAME   16 /* bytes of SHA-256 of the blob's name */
#define BK_PIECE        ((size_t)1 << 16)
#define BK_SPREAD_MOST  16 /* targets */

/* Where the bytes of a blob of that length are, in each of its shards. */
struct bk_shard_layout {
	uint64_t length;  /* of the blob */
	unsigned d;       /* pieces to a row */
	uint64_t payload; /* bytes of each shard */
	uint32_t rows;    /* pieces of each shard */
	uint64_t start;   /* of the payload in the file */
};

/* BK_CORRUPT for a length that no blob has. */
int bk_shard_layout(struct bk_shard_layout *out, unsigned d, uint64_t length,
		    struct bk_err *err);

/* Bytes of each piece of that row. */
size_t bk_shard_piece(const struct bk_shard_layout *layout, uint32_t row);

/* The blob's bytes in column c of that row: how many, and where they begin. */
size_t bk_shard_cell(const struct bk_shard_layout *layout, uint32_t row,
		     unsigned column, uint64_t *offset);

/* How long the blob is whose copy is a file of `size` bytes; false: none is. */
bool bk_shard_copy_length(uint64_t size, uint64_t *length);

enum bk_shard_code {
	BK_SHARD_COPY = 0,
	BK_SHARD_REED_SOLOMON = 1,
};

struct bk_shard_head {
	uint8_t d, p;     /* of the repository, copies too */
	uint8_t targets;  /* n */
	uint8_t position; /* of the target that it lies at, from 0 */
	uint8_t number;   /* of the shard, from 0; of a copy 0 */
	uint8_t code;     /* enum bk_shard_code */
	uint32_t turn;    /* shard 0 lies at target turn mod n */
	uint64_t length;  /* of the blob */
	uint8_t name[BK_SHARD_NAME];
	uint8_t original[BK_SHA256_LEN]; /* of the blob */
	uint8_t payload[BK_SHA256_LEN];
};

void bk_shard_head_encode(const struct bk_shard_head *head,
			  uint8_t out[BK_SHARD_HEADER]);
/* BK_CORRUPT for what is none; BK_NEWER for a higher version. */
int bk_shard_head_decode(const uint8_t in[BK_SHARD_HEADER],
			 struct bk_shard_head *out, struct bk_err *err);

/* A shard at a target, its header and CRCs read and proved. */
struct bk_shard {
	struct bk_target *at;
	char *name; /* owned; of the file there */
	struct bk_shard_head head;
	struct bk_shard_layout layout;
	uint32_t *crcs;      /* owned; of each piece */
	struct bk_buf first; /* of the file, as much as was read */
	bool stored;         /* read from the target, and from no cache */
};

/* BK_GONE when it is not there; BK_CORRUPT when header, CRCs or size of the
 * file are not right.  The payload may still be wrong. */
int bk_shard_open(struct bk_shard **out, struct bk_target *at, const char *name,
		  bool stored, struct bk_err *err);
void bk_shard_close(struct bk_shard *shard); /* NULL is fine */

/* `n` pieces from that row on, one after the other; BK_CORRUPT when one has the
 * wrong CRC.  Several threads may read. */
int bk_shard_read(const struct bk_shard *shard, uint32_t row, uint32_t n,
		  uint8_t *into, struct bk_err *err);

/* All of the payload, against its SHA-256 too. */
int bk_shard_prove(const struct bk_shard *shard, struct bk_err *err);

#endif
