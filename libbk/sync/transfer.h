/*
 * Messages on their way from the one side to the other; for transfer*.c alone.
 *
 * Every so many messages the writer is asked what is there: only then the
 * journal has them.  Where the store can do it, the next batch is on its way
 * meanwhile.  A batch that is turned down is sent again in halves, until it is
 * known which message it was.
 */

#ifndef BK_SYNC_TRANSFER_H
#define BK_SYNC_TRANSFER_H

#include "sync/refused_words.h"

/* A message on its way. */
struct bk_transfer_item {
	struct bk_message *msg;
	uint32_t id; /* of its pair */
	bool bare;   /* without its keywords at first: with them it was turned
			down */
	bool begun;  /* it came, or will not come any more */
};

/* Messages that are asked for together. */
struct bk_transfer_group {
	struct bk_transfer_item *items; /* owned */
	size_t n;
	size_t limit; /* messages of a batch */
	bool again;   /* some were turned down: one batch after the other */
};

/* Kept, and not known to be there yet. */
struct bk_transfer_batch {
	struct bk_transfer_item *items; /* owned */
	size_t n, cap;
};

struct bk_transfer {
	struct bk_folder_pass *folder;
	struct bk_folder_writer *writer; /* NULL: it is being opened */
	struct bk_err unopened;          /* why it could not be */
	const struct bk_store_ops *ops;
	struct bk_transfer_group group; /* being sent */
	size_t next;                    /* of its items, to come */
	bool more;                      /* groups come after it */
	/* The message that comes now. */
	struct bk_sink guard; /* first of what begin() hands out */
	struct bk_sink *body; /* NULL: it is passed over */
	struct bk_err refused;
	struct bk_err undressed; /* why the one of `bare` was turned down */
	struct bk_refused_words words;
	struct bk_transfer_batch sent; /* not flushed yet */
	uint64_t bytes;                /* of it */
	bool announced;                /* the journal knows of it */
	struct bk_transfer_batch
		before; /* its flush was begun, and has not ended */
	struct bk_transfer_group *again; /* to be sent in smaller batches; the
					    last one first */
	size_t n_again, cap_again;
	bool begins_anew; /* with those, before anything else comes */
	bool broke_off;   /* what is flushed went with half a message */
};

/* A message as it is to be there. */
struct bk_message bk_transfer_as_sent(const struct bk_transfer *t,
				      const struct bk_transfer_item *item);
/* The next batch begins: the journal is told first. */
int bk_transfer_announce(struct bk_transfer *t, struct bk_err *err);
/* An item was kept. */
void bk_transfer_add(struct bk_transfer *t,
		     const struct bk_transfer_item *item);
/* The batch is whole.  One may be on its way while the next one comes. */
int bk_transfer_pass_on(struct bk_transfer *t, struct bk_err *err);
/* The batch that is on its way: is it there?  `wait`: until that is known. */
int bk_transfer_hear(struct bk_transfer *t, bool wait, struct bk_err *err);
/* What was sent, and is not on its way: after bk_transfer_hear(). */
int bk_transfer_flush(struct bk_transfer *t, struct bk_err *err);
/* The destination failed so; -1. */
int bk_transfer_fail(const struct bk_transfer *t, const struct bk_err *why,
		     struct bk_err *err);

#endif
