/*
 * Blocks of packs that were opened, shared by the threads of a job: what one of
 * them opened the others find, and two that want the same block open it once.
 * All packs of a cache are of one repository.  Any thread may call anything
 * here but _new and _free.
 */

#ifndef BK_REPO_BLOCK_CACHE_H
#define BK_REPO_BLOCK_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/pack_reader.h"

/* A block, opened; not changed by anybody from then on. */
struct bk_opened_block {
	struct bk_buf plain;
	struct bk_chunk_at *chunks; /* and the end: see bk_pack_reader_block */
};

struct bk_block_cache;

/* Who looks at blocks when they were opened. */
struct bk_block_watch {
	/* In the thread that opened it, before anybody reads it. */
	void (*opened)(struct bk_block_watch *watch,
		       struct bk_pack_reader *pack, uint32_t number,
		       const struct bk_opened_block *block);
};

/* Keeps up to `bytes` of blocks that nobody reads just now; the least recently
 * used go first.  With 0 none of them stays. */
struct bk_block_cache *bk_block_cache_new(size_t bytes);
/* Each block that is opened from now on is shown to `watch`, the caller's. */
void bk_block_cache_show(struct bk_block_cache *cache,
			 struct bk_block_watch *watch);
/* When all blocks were let go of; NULL is fine. */
void bk_block_cache_free(struct bk_block_cache *cache);

/*
 * Block `number` of a pack, opened with the caller's own reader unless it is
 * there already; waits while another thread opens it.  *out lives until it is
 * let go of, which everybody does with what they got.  Fails as
 * bk_pack_reader_block does; what failed is not remembered.
 */
int bk_block_cache_get(struct bk_block_cache *cache,
		       struct bk_pack_reader *pack, uint32_t number,
		       struct bk_opened_block **out, struct bk_err *err);
/* NULL is fine. */
void bk_block_cache_let_go(struct bk_block_cache *cache,
			   struct bk_opened_block *block);

#endif
