/*
 * Blocks of a pack that are damaged, made again from what they held.
 *
 * What lies in which block, how long it is and what its identifier is say the
 * rows of the pack; its key follows from its header.  So where header, rows and
 * block table are whole, a block is as it was once all its chunks are found:
 * chunks with an identifier prove themselves, and those without (delivery
 * traces) come from a message whose digest was proved.  Whether the bytes are
 * the same to the last one, the sum of the file says: who puts them there
 * compares that first (job/mend.h).
 */

#ifndef BK_REPO_PACK_REMAKE_H
#define BK_REPO_PACK_REMAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/repo.h"
#include "repo/table.h"

struct bk_pack_remake;

/* Reads the whole pack to find its damaged blocks.  BK_CORRUPT when what says
 * how it is to be made again is damaged itself. */
int bk_pack_remake_open(struct bk_pack_remake **out, const struct bk_repo *repo,
			const struct bk_table_row *row, struct bk_err *err);
void bk_pack_remake_close(struct bk_pack_remake *remake); /* NULL is fine */

/* Does the chunk lie in a damaged block? */
bool bk_pack_remake_concerns(const struct bk_pack_remake *remake,
			     uint32_t chunk);
/* And is it still to be found? */
bool bk_pack_remake_wants(const struct bk_pack_remake *remake, uint32_t chunk);

/* The bytes of a chunk, copied where they are those that it had. */
void bk_pack_remake_give(struct bk_pack_remake *remake, uint32_t chunk,
			 struct bk_view bytes);

/* Damaged blocks, and those of them that were made again. */
uint32_t bk_pack_remake_damaged(const struct bk_pack_remake *remake);
uint32_t bk_pack_remake_made(const struct bk_pack_remake *remake);

/* Makes those again whose chunks were all given. */
int bk_pack_remake_finish(struct bk_pack_remake *remake, struct bk_err *err);

/* The i'th of them: where it lies in the pack's file, and its bytes, which live
 * as long as *remake. */
struct bk_view bk_pack_remake_block(const struct bk_pack_remake *remake,
				    uint32_t i, uint64_t *offset);

#endif
