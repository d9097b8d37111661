/*
 * The messages of a folder as a set keeps them: rows of a manifest, and the
 * operations that make a folder's rows out of its base's.  bk-format(5),
 * records 3 and 7.  Bytes in memory only; no I/O.
 */

#ifndef BK_REPO_ROWS_H
#define BK_REPO_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "mail/message.h"
#include "mail/recipe.h"

/* A record is closed when it passes this many bytes: one more row, which takes
 * up to 192 KiB, keeps it below the format's 256 KiB. */
#define BK_ROWS_RECORD_FULL ((size_t)60 << 10)
#define BK_ROWS_RECORD_MAX  ((size_t)256 << 10)

struct bk_row {
	struct bk_message msg; /* strings in the list's arena; file is NULL */
	uint8_t digest[BK_DIGEST_LEN];
	struct bk_view
		body;   /* one body record that starts a trail of its own */
	uint32_t frame; /* whose pack table its places run over: 0 this set's,
			   1 its base's, 2 that one's base's ... */
};

/* In set order: by (uid, name). */
struct bk_row_list {
	struct bk_arena arena;
	struct bk_row *items; /* owned */
	size_t n, cap;
};

void bk_row_list_clear(struct bk_row_list *list);
struct bk_row *bk_row_list_add(struct bk_row_list *list);

/* The recipe of a row's body, whose refs are places in the row's frame. */
int bk_body_decode(struct bk_view body, struct bk_recipe *out,
		   struct bk_err *err);
/* Appends the body record of a recipe, with a trail of its own. */
void bk_body_encode(const struct bk_recipe *recipe, struct bk_buf *to);

/* What runs over the rows of one record, in both directions. */
struct bk_row_trail {
	struct bk_ref_trail refs;
	uint32_t uid;
	struct bk_buf name;
	int64_t date;
	uint64_t modseq;
};

void bk_row_trail_init(struct bk_row_trail *trail); /* keeps name's room */
void bk_row_trail_clear(struct bk_row_trail *trail);

/* ---- record 3: all rows of a folder, in as many records as it takes ---- */

/* {0} is a valid empty one. */
struct bk_rows_record {
	struct bk_buf rows;
	struct bk_buf digests;
	uint64_t n;
	struct bk_row_trail trail;
};

/* Every ref of the recipe is a place of this set's own table. */
void bk_rows_record_add(struct bk_rows_record *record,
			const struct bk_message *msg,
			const uint8_t digest[BK_DIGEST_LEN],
			const struct bk_recipe *recipe);
/* Bytes that it has now. */
size_t bk_rows_record_size(const struct bk_rows_record *record);
/* Appends the record's body to *to and empties it for the next. */
void bk_rows_record_finish(struct bk_rows_record *record, uint32_t folder,
			   struct bk_buf *to);
void bk_rows_record_clear(struct bk_rows_record *record);

/* ---- record 7: what became of the base's rows ---- */

struct bk_delta_record {
	struct bk_buf ops;
	uint64_t keep, drop;   /* counted, not yet written */
	uint64_t flags_modseq; /* of the FLAGS before */
	struct bk_row_trail trail;
};

void bk_delta_record_keep(struct bk_delta_record *record);
void bk_delta_record_drop(struct bk_delta_record *record);
/* The next base row stays with these flags, keywords and modseq. */
void bk_delta_record_flags(struct bk_delta_record *record,
			   const struct bk_message *msg);
void bk_delta_record_add(struct bk_delta_record *record,
			 const struct bk_message *msg,
			 const uint8_t digest[BK_DIGEST_LEN],
			 const struct bk_recipe *recipe);
size_t bk_delta_record_size(const struct bk_delta_record *record);
void bk_delta_record_finish(struct bk_delta_record *record, uint32_t folder,
			    struct bk_buf *to);
void bk_delta_record_clear(struct bk_delta_record *record);

/* ---- reading ---- */

/*
 * Appends the rows of a record 3 (the cursor stands behind its folder id) to
 * *out with frame 0.  Bodies are kept only if asked for: they are most of the
 * memory.  BK_CORRUPT when malformed or out of order.
 */
int bk_rows_decode(struct bk_cursor *from, bool bodies, struct bk_row_list *out,
		   struct bk_err *err);

/*
 * Applies one record 7 to base rows from *at on (frames already raised by
 * the caller), appending to *out.  *at moves over what it consumed.  Strings
 * of kept rows are shared with `base`, which must live as long as *out.
 */
int bk_delta_decode(struct bk_cursor *from, bool bodies,
		    const struct bk_row_list *base, size_t *at,
		    struct bk_row_list *out, struct bk_err *err);

#endif
