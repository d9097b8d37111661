/*
 * Compressing, sealing and proving the blocks of packs: the slow work of a
 * backup, done by many threads, each with a sealer of its own.
 */

#ifndef BK_REPO_PACK_SEAL_H
#define BK_REPO_PACK_SEAL_H

#include "base/err.h"
#include "crypto/aead.h"
#include "repo/pack_writer.h"

struct bk_pack_sealer;

struct bk_pack_sealer *bk_pack_sealer_new(void);
void bk_pack_sealer_free(struct bk_pack_sealer *sealer); /* NULL is fine */

/* Compresses and seals the block, opens it again and compares; plain stays. */
int bk_pack_seal(struct bk_pack_sealer *sealer, struct bk_pack_block *block,
		 int level, struct bk_err *err);

/* A block of a pack that is there. */
struct bk_pack_again {
	uint32_t number;
	struct bk_view plain;
	int level;
};

/*
 * Appends the block to *out as it was sealed then, if these are its chunks, its
 * level, and the same zstd: a key never seals two things under one number, so
 * who keeps it compares the file's sum first.
 */
int bk_pack_seal_again(struct bk_pack_sealer *sealer, struct bk_aead *aead,
		       const struct bk_pack_again *block, struct bk_buf *out,
		       struct bk_err *err);

#endif
