/*
 * What hosts tell each other through a repository: intents (this set is being
 * written) and holds (this set must stay).  bk-format(5), Intent and Hold.
 * Bytes in memory only: no keys, no I/O; signatures are signed.h's.
 *
 * Encoders bring lists into the order of the format.  Decoders read the
 * records of bk_signed_split: *out is {0} before, and the caller clears it,
 * after a failure too; BK_CORRUPT for what the file cannot say, BK_NEWER for
 * records that only a later version understands.  Strings are the caller's
 * when written, the arena's when read, "" where nothing is said; NULL is
 * written like "".
 */

#ifndef BK_REPO_INTENT_H
#define BK_REPO_INTENT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "repo/id.h"
#include "repo/packids.h"

/* ---- intents ---- */

struct bk_intent {
	uint8_t base[BK_ID_LEN]; /* zero: a full set */
	int64_t written_ms;
	int64_t dead_ms; /* it may be taken for dead from then on: a hint */
	struct bk_pack_ids packs; /* that will be reused */
	const char *who;          /* host and process, for people */
	struct bk_arena arena;
};

void bk_intent_clear(struct bk_intent *intent);
void bk_intent_encode(struct bk_intent *intent, struct bk_buf *to);
int bk_intent_decode(struct bk_view records, struct bk_intent *out,
		     struct bk_err *err);

/* ---- holds ---- */

enum bk_hold_kind {
	BK_HOLD_PIN = 1,
	BK_HOLD_LEGAL = 2,
};

struct bk_hold {
	uint8_t id[BK_ID_LEN]; /* as in its name: the caller compares */
	enum bk_hold_kind kind;
	int64_t written_ms;
	int64_t until_ms; /* 0: until it is deleted */
	const char *why;  /* for people */
	struct bk_arena arena;
};

void bk_hold_clear(struct bk_hold *hold);
void bk_hold_encode(const struct bk_hold *hold, struct bk_buf *to);
int bk_hold_decode(struct bk_view records, struct bk_hold *out,
		   struct bk_err *err);

#endif
