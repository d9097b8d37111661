/*
 * Bodies that come piece by piece: in memory as long as they are short, in an
 * unlinked file beyond.
 */

#ifndef BK_STORE_BODY_H
#define BK_STORE_BODY_H

#include <stdint.h>

#include "base/err.h"
#include "base/stream.h"
#include "store/store.h"

/* An unlinked file in $TMPDIR; -1: BK_FULL, BK_STARVED. */
int bk_body_spool(struct bk_err *err);
/* errno says why such a file cannot be used; returns -1.  What goes wrong with
 * it is nothing that a message is to blame for. */
int bk_body_spool_failed(struct bk_err *err);

/* Writes into a body. */
struct bk_body_sink {
	struct bk_sink sink; /* first */
	struct bk_body *body;
	uint64_t size;
};

/* Empties the body, which stays the caller's. */
void bk_body_sink_init(struct bk_body_sink *sink, struct bk_body *body);
/* All of it came: a spool is at its start again. */
int bk_body_sink_end(struct bk_body_sink *sink, struct bk_err *err);

/* A body of its own, for stores that write a message when it has come. */
struct bk_body_coming {
	struct bk_body_sink into; /* first */
	struct bk_body body;
};

/* Longer than `limit` bytes it is spooled.  What is written to it ends with
 * bk_body_sink_end. */
struct bk_body_coming *bk_body_coming_new(size_t limit);
void bk_body_coming_free(struct bk_body_coming *coming);

/* Everything of a body. */
int bk_body_copy(const struct bk_body *body, struct bk_sink *to,
		 struct bk_err *err);

/* All bytes of a body at once: its own buffer, or its spool mapped. */
struct bk_body_bytes {
	struct bk_view view;
	void *mapped; /* or NULL */
};

/* They are valid until the body is used again; a spool is unlinked, so nobody
 * else can cut it short. */
int bk_body_map(struct bk_body_bytes *out, const struct bk_body *body,
		struct bk_err *err);
void bk_body_unmap(struct bk_body_bytes *bytes);

#endif
