/*
 * How a message is put together again from chunks: the "body" of
 * bk-format(5).  Plain data; chunks are named by 64-bit references whose
 * meaning is the caller's (mail/ never looks inside one) until the record is
 * encoded, when each must be a place: ordinal << 32 | chunk number.
 */

#ifndef BK_MAIL_RECIPE_H
#define BK_MAIL_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"

/* Line ends of the message as it was read. */
enum bk_style {
	BK_STYLE_LF = 0,
	BK_STYLE_CRLF = 1,
	BK_STYLE_VERBATIM = 2, /* stored as it was, no exceptions */
};

#define BK_LINE_EXCEPTIONS_MAX 65536

/* skip bytes of the skeleton, then this part. */
struct bk_part {
	uint64_t skip;
	uint32_t n_refs;
	uint32_t line; /* encoded: characters a line, a multiple of 4; 0 = never
			  broken */
	bool encoded;  /* the chunks are decoded base64 */
	bool eol;      /* encoded: LF between lines */
};

struct bk_recipe {
	enum bk_style style;
	uint32_t *lines; /* ascending numbers, from 0, of LF-ended lines of the
			    canonical message that used the other line end */
	size_t n_lines, cap_lines;
	uint32_t n_trace;    /* refs of the trace come first in refs, */
	uint32_t n_skeleton; /* then the skeleton's, then each part's */
	struct bk_part *parts;
	size_t n_parts, cap_parts;
	uint64_t *refs;
	size_t n_refs, cap_refs;
};

void bk_recipe_clear(struct bk_recipe *recipe); /* frees */
void bk_recipe_reset(struct bk_recipe *recipe); /* empties, keeps the room */

/*
 * What a ref is encoded against: the ref before it in the same role.  Traces,
 * skeletons and parts go to packs of their own lane, so each role runs through
 * nearly consecutive chunks.  One trail runs over all rows of one manifest
 * record, by the writer and by the reader alike.
 */
enum bk_ref_role {
	BK_REF_TRACE,
	BK_REF_SKELETON,
	BK_REF_PLAIN,   /* of a part that is stored as it is */
	BK_REF_ENCODED, /* of a part that is stored decoded */
	BK_REF_ROLES,
	BK_REF_TREE = BK_REF_ROLES, /* of no message: of a tree of files */
};

struct bk_ref_trail {
	uint32_t ordinal[4]; /* by enum bk_ref_role */
	int64_t chunk[4];
};

/* At the start of a manifest record: (ordinal 0, chunk -1) in each role. */
void bk_ref_trail_init(struct bk_ref_trail *trail);

/* Appends the body record of bk-format(5).  Every ref is a place. */
void bk_recipe_encode(const struct bk_recipe *recipe,
		      struct bk_ref_trail *trail, struct bk_buf *to);

/* Reads one body record into *out, which is reset first; BK_CORRUPT if it is
 * malformed or its counts cannot fit in what is left of the cursor: then the
 * cursor, the trail and *out are of no further use. */
int bk_recipe_decode(struct bk_cursor *from, struct bk_ref_trail *trail,
		     struct bk_recipe *out, struct bk_err *err);

#endif
