/*
 * What set roots, intents, trash files and holds have in common: records
 * {type, varint length, body} in ascending order of their types, and an
 * Ed25519 signature behind them.  bk-format(5), SIGNED FILES.
 * Bytes in memory only: no keys, no I/O.
 */

#ifndef BK_REPO_SIGNED_H
#define BK_REPO_SIGNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "crypto/sign.h"

#define BK_SIGNED_HEAD_LEN 220 /* of the file's header is signed too */

/* ---- writing: records in order, then sign, then end ---- */

/* Appends a record with that body, and empties the body for the next one. */
void bk_signed_add(struct bk_buf *to, uint8_t type, struct bk_buf *body);
/* A record of text; none if it is NULL or empty. */
void bk_signed_add_text(struct bk_buf *to, uint8_t type, const char *text);

/* *out (emptied first) becomes what the host signs: the beginning of the
 * file's header and all records. */
void bk_signed_message(struct bk_buf *out,
		       const uint8_t head[BK_SIGNED_HEAD_LEN],
		       struct bk_view records);
/* Appends the signature's record. */
void bk_signed_end(struct bk_buf *records,
		   const uint8_t signature[BK_SIGNATURE_LEN]);

/* ---- reading: split, verify, then go through the records ---- */

/* Takes the signature off: *records is what is before it.  BK_CORRUPT unless
 * there is exactly one, at the end. */
int bk_signed_split(struct bk_view all, struct bk_view *records,
		    uint8_t signature[BK_SIGNATURE_LEN], struct bk_err *err);

enum bk_signed_times {
	BK_SIGNED_ONCE,
	BK_SIGNED_PERHAPS,
	BK_SIGNED_REPEATED, /* or not there */
};

/* A type of record that a kind of file has. */
struct bk_signed_rule {
	uint8_t type;
	enum bk_signed_times times;
};

struct bk_signed_walk {
	struct bk_cursor from;
	const struct bk_signed_rule *rules; /* by type; at most 32 */
	size_t n_rules;
	uint32_t had;  /* bit i: rule i was met */
	unsigned last; /* type of the record before */
};

/* Over records without their signature; rules and bytes must outlive it. */
struct bk_signed_walk bk_signed_walk_over(struct bk_view records,
					  const struct bk_signed_rule *rules,
					  size_t n_rules);

/*
 * The next record that the rules know: 1, with a cursor over its body; 0 at
 * the end; -1 with BK_CORRUPT, or BK_NEWER for a type that is not known and
 * may not be skipped.
 */
int bk_signed_next(struct bk_signed_walk *walk, uint8_t *type,
		   struct bk_cursor *body, struct bk_err *err);

/* After a body was read: 0, or BK_CORRUPT if it was too short or too long, or
 * is marked bad for another reason. */
int bk_signed_check(const struct bk_cursor *body, uint8_t type,
		    struct bk_err *err);

/* n bytes of a body as text of the arena; marks the cursor bad, and returns "",
 * if they are not UTF-8 or have a NUL. */
const char *bk_signed_text(struct bk_cursor *body, size_t n,
			   struct bk_arena *arena);

/* The same of all that is left of the body. */
const char *bk_signed_rest(struct bk_cursor *body, struct bk_arena *arena);

/* Unix milliseconds; beyond int64_t marks the cursor bad. */
int64_t bk_signed_ms(struct bk_cursor *body);

#endif
