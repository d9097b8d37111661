/*
 * What a message's part of an mbox file has around the message, so that the
 * part can be written again to the byte: line ends, and the file's own lines of
 * the header with the places where they stood.
 *
 *	u8	bytes of the From_ line's end | bytes of what parts the message
 *		from the next one << 2 | 16 when all lines are the message's
 *	varint	lines of the file's own
 *	each:	varint of the message's lines that follow in the header;
 *		varint length, text with its line end: byte 1 stands for the
 *		UID, byte 2 for the length of the body
 *
 * Most messages of a file have one of a few shapes.
 */

#ifndef BK_STORE_MBOXSHAPE_H
#define BK_STORE_MBOXSHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"
#include "store/mboxread.h"

#define BK_MBOX_SHAPE_UID  1
#define BK_MBOX_SHAPE_BODY 2
#define BK_MBOX_SHAPE_MAX  ((size_t)4096)

/* How a message is written: its shape, and what it is made of. */
struct bk_mbox_written {
	struct bk_view shape;
	struct bk_view from; /* the From_ line, without its end */
	uint32_t uid;
	struct bk_view head; /* of the message: bk_mbox_head_length() of it */
	uint64_t size;       /* of the message */
	/* Gives the message's bytes from `at`, the head's length, on. */
	int (*rest)(void *arg, uint64_t at, struct bk_sink *to,
		    struct bk_err *err);
	void *arg;
};

/* How much of a message is its header, the empty line included; `text` is its
 * beginning, BK_MBOX_HEAD_MAX bytes of it or all. */
size_t bk_mbox_head_length(struct bk_view text, bool *ends);

/* The shape of the part that was read last.  false: it has none that says all,
 * and the plain one has to do. */
bool bk_mbox_shape_of(const struct bk_mbox_reader *reader,
		      const struct bk_mbox_part *part, uint32_t uid,
		      struct bk_buf *out);
void bk_mbox_shape_plain(const struct bk_mbox_part *part, struct bk_buf *out);

/* Of a message that comes from elsewhere: `lines` are texts as above. */
void bk_mbox_shape_make(struct bk_buf *out, struct bk_view head,
			const struct bk_buf *lines, size_t n);

/* BK_CORRUPT for what is no shape. */
int bk_mbox_shape_check(struct bk_view shape, struct bk_err *err);
bool bk_mbox_shape_is_plain(struct bk_view shape);

/* Calls `line` with each line of the file's own; 0 from it goes on. */
void bk_mbox_shape_lines(struct bk_view shape,
			 void (*line)(void *arg, struct bk_view text),
			 void *arg);

/* The part, From_ line and all. */
int bk_mbox_write(const struct bk_mbox_written *what, struct bk_sink *to,
		  struct bk_err *err);

#endif
