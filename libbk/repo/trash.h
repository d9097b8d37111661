/*
 * What a pruner says in a repository: this is condemned, is being deleted, is
 * gone.  bk-format(5), Trash.  Bytes in memory only: no keys, no I/O;
 * signatures are signed.h's.
 *
 * Encoders bring lists into the order of the format.  Decoders read the
 * records of bk_signed_split: *out is {0} before, and the caller clears it,
 * after a failure too; BK_CORRUPT for what the file cannot say, BK_NEWER for
 * records that only a later version understands.  Strings are the caller's
 * when written, the arena's when read, "" where nothing is said; NULL is
 * written like "".
 */

#ifndef BK_REPO_TRASH_H
#define BK_REPO_TRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "crypto/digest.h"
#include "repo/id.h"
#include "repo/packids.h"

/* The three files of a trash list; the value is the header's ordinal. */
enum bk_trash_step {
	BK_TRASH_LIST = 0, /* condemned: .bkx */
	BK_TRASH_GO = 1,   /* deleting may have begun: .go */
	BK_TRASH_DONE = 2, /* tombstones of what was deleted: .done */
};

/* What is left of a set.  Zero but for the set where its root did not open. */
struct bk_tombstone {
	uint8_t set[BK_ID_LEN];
	uint8_t host[BK_ID_LEN];
	uint64_t sequence;
	uint8_t sha256[BK_SHA256_LEN]; /* of its root's body */
	uint8_t previous_sha256[BK_SHA256_LEN];
};

struct bk_trash {
	enum bk_trash_step step;
	int64_t written_ms;
	int64_t grace_ms;          /* LIST: until when it can be undone */
	struct bk_tombstone *sets; /* owned; not in GO */
	size_t n_sets, cap_sets;
	struct bk_pack_ids packs; /* LIST */
	const char **objects;     /* owned; LIST: other names */
	size_t n_objects, cap_objects;
	uint8_t list_sha256[BK_SHA256_LEN]; /* GO, DONE: of the list's body */
	const char *why;                    /* for people */
	struct bk_arena arena;

	/* Of one that was read by bk_condemned_read() and the like. */
	uint8_t id[BK_ID_LEN];         /* its name */
	uint8_t host[BK_ID_LEN];       /* who wrote it, and alone acts on it */
	uint8_t sha256[BK_SHA256_LEN]; /* of its body */
	bool going;                    /* LIST: deleting may have begun */
};

void bk_trash_clear(struct bk_trash *trash);
/* One more, zeroed; valid until the next call. */
struct bk_tombstone *bk_trash_add_set(struct bk_trash *trash);
/* `name` is copied.  Only names below data/, sets/, open/ and hold/ can be
 * read back. */
void bk_trash_add_object(struct bk_trash *trash, const char *name);

void bk_trash_encode(struct bk_trash *trash, struct bk_buf *to);
/* `step` is what the file's name says. */
int bk_trash_decode(struct bk_view records, enum bk_trash_step step,
		    struct bk_trash *out, struct bk_err *err);

/* Is the set in it?  NULL if not.  After encode or decode. */
const struct bk_tombstone *bk_trash_find(const struct bk_trash *trash,
					 const uint8_t set[BK_ID_LEN]);

#endif
