/*
 * The root of a set: what it is, what it is based on, which files it consists
 * of, and what its host had seen.  Putting it makes the set visible.
 * bk-format(5), Set root.  Bytes in memory only: no keys, no I/O; the
 * signature is signed.h's.
 */

#ifndef BK_REPO_ROOT_H
#define BK_REPO_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "crypto/digest.h"
#include "repo/id.h"

/* This version; roots that need a later reader are refused. */
#define BK_READER_MAJOR 1
#define BK_READER_MINOR 0

enum bk_set_kind {
	BK_SET_FULL = 1,
	BK_SET_DIFFERENTIAL = 2,
	BK_SET_INCREMENTAL = 3,
};

/* "full", "differential", "incremental" */
const char *bk_set_kind_name(enum bk_set_kind kind);

#define BK_SET_NAME 48 /* room for what follows */

/* How messages call a set, in `out`, which is returned: its time, kind and the
 * beginning of its identifier, as "20261119T1230-d (01a2001f9700b1b1)"; without
 * "-d" where the kind is not known, 0. */
const char *bk_set_name(char out[BK_SET_NAME], const uint8_t id[BK_ID_LEN],
			unsigned kind);

/* The types of files that a set of this version has as parts. */
enum bk_part_type {
	BK_PART_INDEX = 2,
	BK_PART_MANIFEST = 3,
	BK_PART_TABLE = 7,
};

/* A file of the set: all but root and packs. */
struct bk_root_part {
	uint8_t type;  /* enum bk_part_type, or of a later version */
	bool bundled;  /* in the set's bundle, at offset; else an own object */
	bool optional; /* who does not know the type goes on */
	uint32_t ordinal;
	uint64_t offset;
	uint64_t file_len;
	uint8_t sha256[BK_SHA256_LEN]; /* of the body */
};

/* The newest set of another host that the writer saw. */
struct bk_root_seen {
	uint8_t host[BK_ID_LEN];
	uint8_t set[BK_ID_LEN];
	uint64_t sequence;
	uint8_t sha256[BK_SHA256_LEN]; /* of that root's body */
};

struct bk_root_totals {
	uint64_t messages, bytes; /* of the state that the set describes */
	uint64_t stored;      /* bytes of this set's own files, root apart */
	uint64_t added, gone; /* messages, against the base */
	uint64_t errors;
	uint64_t ms; /* from start to end */
};

/* {0} is a valid empty one.  Strings are the caller's when it is written, the
 * arena's when it was read; host_name alone may be NULL. */
struct bk_root {
	enum bk_set_kind kind;
	bool incomplete; /* items are missing */
	bool parity;     /* its header says that the set has some: read only */
	uint8_t store[BK_ID_LEN];
	const char *store_name;
	uint8_t base[BK_ID_LEN]; /* not in a full set: zero */
	uint8_t base_sha256[BK_SHA256_LEN];
	uint8_t host[BK_ID_LEN];
	const char *host_name;       /* for people; "" if not said */
	uint64_t sequence;           /* of the host's sets, from 1 */
	uint8_t previous[BK_ID_LEN]; /* zero: there was none */
	uint8_t previous_sha256[BK_SHA256_LEN];
	int64_t start_ms, end_ms;           /* UTC */
	uint8_t reader_major, reader_minor; /* lowest that can read the set */
	const char *tool;           /* that wrote it, with its version */
	struct bk_root_part *parts; /* owned */
	size_t n_parts, cap_parts;
	struct bk_root_seen *seen; /* owned */
	size_t n_seen, cap_seen;
	struct bk_root_totals totals;
	struct bk_arena arena;
};

void bk_root_clear(struct bk_root *root);

/* One more, zeroed; valid until the next call. */
struct bk_root_part *bk_root_add_part(struct bk_root *root);
struct bk_root_seen *bk_root_add_seen(struct bk_root *root);

/* The part of that type, or NULL. */
const struct bk_root_part *bk_root_part(const struct bk_root *root,
					enum bk_part_type type);

/* Where a part lies: the object's name in `out`, which is returned. */
const char *bk_root_part_name(char out[BK_NAME_MAX],
			      const struct bk_root_part *part,
			      const uint8_t set[BK_ID_LEN]);

/* Appends the records, without the signature's; brings parts and seen into
 * the order of the format. */
void bk_root_encode(struct bk_root *root, struct bk_buf *to);

/*
 * Reads the records of bk_signed_split.  *out is {0} before, and the caller
 * clears it, after a failure too.  BK_NEWER if a later version is needed to
 * read the set, BK_CORRUPT for whatever a root cannot say.  The caller
 * compares out->host with the file's header.
 */
int bk_root_decode(struct bk_view records, struct bk_root *out,
		   struct bk_err *err);

#endif
