/*
 * A message taken apart into chunks that recur, and put together again.
 *
 * In mail the same text and the same attachment travel under different
 * headers.  So a message is cut into its delivery trace (Return-Path,
 * Received, Delivered-To, ... up to the first header that every recipient has
 * alike), its skeleton (headers and MIME structure) and its parts; a base64
 * part is stored decoded when encoding it again gives the same bytes, and a
 * large part is cut into pieces by content.  Any bytes at all come back
 * identical: what is not understood is kept as it is.
 */

#ifndef BK_MAIL_SPLIT_H
#define BK_MAIL_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"
#include "crypto/digester.h"
#include "mail/message.h"
#include "mail/recipe.h"

/* The first byte of what a chunk's id is computed over; bk-format(5). */
enum bk_chunk_type {
	BK_CHUNK_TRACE = 1,
	BK_CHUNK_SKELETON = 2,
	BK_CHUNK_TEXT = 3,
	BK_CHUNK_BINARY = 4,
	BK_CHUNK_PIECE = 5, /* of a part above BK_TEXT_WHOLE_MAX or
			       BK_BINARY_WHOLE_MAX */
	BK_CHUNK_TREE = 6,
	BK_CHUNK_META = 7,
};

/* Chunks that compress alike lie together: a writer has one open block a lane.
 */
enum bk_lane {
	BK_LANE_TRACE,
	BK_LANE_HEADER,
	BK_LANE_TEXT,
	BK_LANE_BINARY,
	BK_LANES,
};

#define BK_CHUNK_MAX ((size_t)1 << 20)
#define BK_TEXT_WHOLE_MAX                                                      \
	((size_t)64 << 10) /* longer text is cut by content into about 8 KiB   \
			    */
#define BK_BINARY_WHOLE_MAX                                                    \
	((size_t)1 << 20) /* longer binary is cut every 512 KiB */

/* Who keeps the chunks of a message that is being split. */
struct bk_chunk_sink {
	/* Keeps 1 to BK_CHUNK_MAX bytes, which are the splitter's and valid
	 * during the call only; *ref is how they will be asked for. */
	int (*keep)(struct bk_chunk_sink *to, enum bk_chunk_type type,
		    enum bk_lane lane, struct bk_view bytes, uint64_t *ref,
		    struct bk_err *err);
};

/* May a chunk of this type stand in that role?  bk-format(5), Body. */
bool bk_chunk_fits(uint8_t type, enum bk_ref_role role);

/* Who gives them back. */
struct bk_chunk_source {
	/* *out is valid until the next call. */
	int (*chunk)(struct bk_chunk_source *from, uint64_t ref,
		     struct bk_view *out, struct bk_err *err);
	/* What the next chunk is wanted for: bk_join's. */
	enum bk_ref_role role;
};

/*
 * Room that splitting needs again for each message (canonical copy, decoded
 * part, skeleton so far): one a thread, {.digester = ...} to begin with.
 */
struct bk_split_room {
	struct bk_digester *digester; /* the caller's */
	struct bk_buf canonical;
	struct bk_buf decoded;
	struct bk_buf skeleton;
	uint64_t *skeleton_refs;
	size_t n_skeleton_refs, cap_skeleton_refs;
};
void bk_split_room_clear(struct bk_split_room *room);

/*
 * Splits `message` (any bytes, any length, the caller's).  *out is reset and
 * filled.  `digest` becomes that of the canonical message, by room->digester.
 * Memory beyond the message itself: a
 * canonical copy if it has CRLFs, and about 1 MiB each of a decoded part and
 * of the skeleton.  Fails when the sink does, and with BK_FAILED when there is
 * no memory for the copy.
 *
 * Of a message up to 1 GiB the body record stays below 192 KiB, unless nearly
 * every chunk lies in another pack than the one before it.
 */
int bk_split(struct bk_view message, struct bk_split_room *room,
	     struct bk_chunk_sink *to, struct bk_recipe *out,
	     uint8_t digest[BK_DIGEST_LEN], struct bk_err *err);

/*
 * Streams the message to `to` as it was read, and checks the digest: on
 * BK_CORRUPT what went to the sink must not be used.
 */
int bk_join(const struct bk_recipe *recipe, struct bk_chunk_source *from,
	    struct bk_digester *digester, const uint8_t digest[BK_DIGEST_LEN],
	    struct bk_sink *to, struct bk_err *err);

#endif
