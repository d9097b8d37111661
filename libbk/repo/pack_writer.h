/*
 * Pack files, written while their blocks are sealed by several threads.
 *
 * Blocks are numbered by whoever takes them out (one at a time, under the
 * packer's lock) and may be sealed in any order; a thread of the writer's puts
 * them into the pack in theirs.  bk-format(5), PACKS.
 */

#ifndef BK_REPO_PACK_WRITER_H
#define BK_REPO_PACK_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/repo.h"
#include "repo/table.h"
#include "target/target.h"

#define BK_PACK_ROW_LEN 24

struct bk_pack_writer;
struct bk_pack;

/* A block on its way: plain and rows until it is sealed, then sealed. */
struct bk_pack_block {
	struct bk_pack *pack;
	uint64_t order;  /* among all blocks of the writer */
	uint32_t number; /* in its pack */
	uint32_t first_chunk;
	uint32_t plain_len;
	struct bk_buf plain;
	struct bk_buf rows; /* BK_PACK_ROW_LEN bytes a chunk */
	struct bk_buf sealed;
};

int bk_pack_writer_open(struct bk_pack_writer **out, const struct bk_repo *repo,
			const uint8_t set[16], struct bk_target *target,
			struct bk_err *err);
/* Without finish: ends the thread and takes an unfinished pack back. */
void bk_pack_writer_free(struct bk_pack_writer *writer);

/* Closes the last pack and joins the thread.  *table gets `n_ordinals` rows,
 * of which those of own packs are filled. */
int bk_pack_writer_finish(struct bk_pack_writer *writer, uint32_t n_ordinals,
			  struct bk_table *table, struct bk_err *err);

/* A block that was made will never be submitted: every waiting and later
 * submit, and finish, fails with a copy of `why`; the first one stays. */
void bk_pack_writer_give_up(struct bk_pack_writer *writer,
			    const struct bk_err *why);

/* A new pack, to which blocks may be added until the next one is made.  The
 * writer's. */
int bk_pack_new(struct bk_pack **out, struct bk_pack_writer *writer,
		uint32_t ordinal, struct bk_err *err);
uint32_t bk_pack_ordinal(const struct bk_pack *pack);
/* The file key, BK_KEY_LEN bytes. */
const uint8_t *bk_pack_key(const struct bk_pack *pack);

/* Takes the contents of plain and rows.  Blocks are made in the order of their
 * packs and numbers, one at a time. */
struct bk_pack_block *bk_pack_block_new(struct bk_pack *pack, uint32_t number,
					uint32_t first_chunk,
					struct bk_buf *plain,
					struct bk_buf *rows);
void bk_pack_block_free(struct bk_pack_block *block);

/* Room in `sealed` for the largest block: that of one that is written already,
 * if there is one. */
void bk_pack_block_give_room(struct bk_pack_block *block);

/* Takes a sealed block; waits while too many are ahead of the writer.  Fails
 * as the writer failed. */
int bk_pack_submit(struct bk_pack_writer *writer, struct bk_pack_block *block,
		   struct bk_err *err);

#endif
