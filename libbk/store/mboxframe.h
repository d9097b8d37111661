/*
 * What an mbox file has besides its messages, as an annotation of its folder,
 * BK_MBOX_FRAME: with it and the folder's messages the file is written again
 * to the byte.  A message's From_ line is a part of its name (mbox.h).
 *
 *	u8 1, varint length, one zstd frame of that many bytes:
 *	  string    what is before the first message
 *	  string    the part that is no message but the folder's own data
 *	  varint    shapes, each a string (mboxshape.h)
 *	  varint    messages, each in the file's order: zigzag of its place in
 *	            the set's order less the place of the one before and 1,
 *	            varint number of its shape
 *	  8 bytes   SHA-256 of u32 UID, string name of each, in the set's order
 *
 * The last says whether a list of messages is the one that the frame is for.
 */

#ifndef BK_STORE_MBOXFRAME_H
#define BK_STORE_MBOXFRAME_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mail/message.h"

#define BK_MBOX_FRAME     "mbox/frame"
#define BK_MBOX_FRAME_SUM 8
/* A folder's record must fit into a block. */
#define BK_MBOX_FRAME_MAX ((size_t)256 << 10)

struct bk_mbox_place {
	uint32_t message; /* its index in the set's order */
	uint32_t shape;
};

/* {0} is a valid empty one. */
struct bk_mbox_frame {
	struct bk_arena arena;
	struct bk_view prologue, pseudo;
	struct bk_view *shapes; /* owned, like the next */
	size_t n_shapes, cap_shapes;
	struct bk_mbox_place *places;
	size_t n, cap;
	uint8_t sum[BK_MBOX_FRAME_SUM];
};

void bk_mbox_frame_clear(struct bk_mbox_frame *frame);

/* The sum of messages in the set's order. */
void bk_mbox_frame_sum(const struct bk_message *msgs, size_t n,
		       uint8_t out[BK_MBOX_FRAME_SUM]);

int bk_mbox_frame_encode(const struct bk_mbox_frame *frame, struct bk_buf *out,
			 struct bk_err *err);
/* *out is {0} before and cleared by the caller, after a failure too.
 * BK_CORRUPT for what is none. */
int bk_mbox_frame_decode(struct bk_view value, struct bk_mbox_frame *out,
			 struct bk_err *err);

/* A folder's annotation of that name; empty: there is none. */
struct bk_view bk_mbox_annotation(const struct bk_folder *folder,
				  const char *name);
/* Adds one, or takes the place of the one of that name. */
void bk_mbox_annotate(struct bk_folder *folder, const char *name,
		      struct bk_view value);

#endif
