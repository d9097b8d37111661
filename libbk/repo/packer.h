/*
 * From chunks to packs: what a backup writes.
 *
 * Each worker thread has a hand.  A hand computes a chunk's id, asks whether
 * it is stored already, and otherwise appends it to the open block of its
 * lane, which all hands share.  A block that is full is taken out, numbered,
 * and compressed, sealed, opened again and compared by the hand that filled
 * it; one thread writes the sealed blocks to the pack in the order of their
 * numbers.  So the slow work runs in all threads and needs no lock.
 *
 * A chunk's reference is known at once, its place (ordinal << 32 | chunk
 * number) once its block was taken out.  After the first failure every call
 * fails the same way.
 */

#ifndef BK_REPO_PACKER_H
#define BK_REPO_PACKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "mail/split.h"
#include "repo/known.h"
#include "repo/repo.h"
#include "repo/table.h"
#include "target/target.h"

struct bk_packer;
struct bk_packer_hand;

/* Asks whether a chunk lies in an earlier set: 1 and *ref by
 * bk_packer_foreign, 0, or -1.  Called from several threads at a time. */
typedef int (*bk_packer_base_fn)(void *arg, const uint8_t id[BK_CHUNK_ID_LEN],
				 uint64_t *ref, struct bk_err *err);

/* zstd's levels: of full sets, and of others, of which little is compressed and
 * sent far.  Blocks that are lost are made again at one of them. */
#define BK_PACK_LEVEL       4
#define BK_PACK_LEVEL_DELTA 6

struct bk_packer_config {
	const struct bk_repo *repo;
	uint8_t set[16];
	struct bk_target *target; /* where packs are put, e.g. a bundle */
	uint64_t pack_size;       /* a pack is closed beyond this, bytes */
	size_t block_size;        /* plain bytes of a full block */
	int level;                /* zstd */
	bk_packer_base_fn base;   /* NULL in a set that needs no other */
	void *base_arg;
};

int bk_packer_open(struct bk_packer **out,
		   const struct bk_packer_config *config, struct bk_err *err);

/* Writes what is left and closes the last pack; all hands must be idle and
 * flushed. */
int bk_packer_finish(struct bk_packer *packer, struct bk_err *err);

/* Without finish: an unfinished pack is taken back.  NULL is fine. */
void bk_packer_free(struct bk_packer *packer);

/* A thread's own way in; its sink is what bk_split wants.  Freed before the
 * packer. */
struct bk_packer_hand *bk_packer_hand_new(struct bk_packer *packer);
void bk_packer_hand_free(struct bk_packer_hand *hand);
struct bk_chunk_sink *bk_packer_hand_sink(struct bk_packer_hand *hand);

/* Takes all open blocks out, so that every reference has a place. */
int bk_packer_flush(struct bk_packer_hand *hand, struct bk_err *err);

/* The place of a reference in this set's table; false while its block is
 * open.  A foreign pack gets its row in the table the first time. */
bool bk_packer_place(struct bk_packer *packer, uint64_t ref, uint64_t *place);

/* A reference to a chunk of another set's pack, which `pack` describes as that
 * set's table does. */
uint64_t bk_packer_foreign(struct bk_packer *packer,
			   const struct bk_table_row *pack, uint32_t chunk);

/* A chunk of another set's pack counts as stored from now on: what a run that
 * was interrupted left, or packs of earlier sets.  Before the first hand. */
void bk_packer_know(struct bk_packer *packer, const uint8_t id[BK_CHUNK_ID_LEN],
		    uint64_t ref);

/* After finish: own packs and the foreign ones that are referred to.  The
 * packer's; whoever bundles the packs says so in it. */
struct bk_table *bk_packer_table(struct bk_packer *packer);

/* After finish: appends the index rows of all packs in the table that this
 * packer knows, sorted by id, and forgets them: once. */
void bk_packer_index_rows(struct bk_packer *packer, struct bk_buf *out);

struct bk_packer_stats {
	uint64_t chunks;       /* stored */
	uint64_t chunk_bytes;  /* their bytes */
	uint64_t repeated;     /* chunks that were stored already */
	uint64_t stored_bytes; /* of sealed blocks */
};
void bk_packer_stats(struct bk_packer *packer, struct bk_packer_stats *out);

#endif
