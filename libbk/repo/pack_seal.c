/* Compressing, sealing and proving the blocks of packs: see pack_seal.h. */

#include "repo/pack_seal.h"

#include <stdlib.h>
#include <string.h>

#include "repo/compress.h"
#include "repo/container.h"

struct bk_pack_sealer {
	struct bk_zstd *zstd;
	struct bk_aead *aead;
	const struct bk_pack *keyed; /* whose key the context has */
	struct bk_buf scratch;       /* compressed; then what was opened */
	struct bk_buf unpacked;
};

struct bk_pack_sealer *bk_pack_sealer_new(void)
{
	struct bk_pack_sealer *sealer = bk_alloc(sizeof(*sealer));

	sealer->zstd = bk_zstd_new();
	/* Room for any block: growing would take half as much again. */
	size_t most = (size_t)1 << bk_log2_block(BK_FILE_PACK);
	(void)bk_buf_room(&sealer->scratch, bk_zstd_bound(most));
	(void)bk_buf_room(&sealer->unpacked, most);
	return sealer;
}

void bk_pack_sealer_free(struct bk_pack_sealer *sealer)
{
	if (!sealer)
		return;
	bk_zstd_free(sealer->zstd);
	bk_aead_free(sealer->aead);
	bk_buf_clear(&sealer->scratch);
	bk_buf_clear(&sealer->unpacked);
	free(sealer);
}

static void set_key(struct bk_pack_sealer *sealer, const struct bk_pack *pack)
{
	if (sealer->keyed == pack)
		return;
	if (sealer->aead)
		bk_aead_set_key(sealer->aead, bk_pack_key(pack));
	else
		sealer->aead = bk_aead_new(bk_pack_key(pack));
	sealer->keyed = pack;
}

/* What a reader will do, before the plain bytes are forgotten: memory and
 * processors fail too. */
static int prove(struct bk_pack_sealer *sealer,
		 const struct bk_pack_block *block, struct bk_err *err)
{
	struct bk_block_info info = {
		.type = BK_FILE_PACK,
		.kind = BK_BLOCK_DATA,
		.number = block->number,
	};
	struct bk_view plain = {block->plain.data, block->plain.len};

	if (bk_block_open(sealer->aead, &info, bk_log2_block(BK_FILE_PACK),
			  bk_buf_view(&block->sealed), &sealer->scratch,
			  err) < 0)
		return -1;
	struct bk_buf *back = &sealer->scratch;
	if (info.codec == BK_CODEC_ZSTD) {
		back = &sealer->unpacked;
		if (bk_zstd_decompress(sealer->zstd,
				       bk_buf_view(&sealer->scratch),
				       info.plain_len, back, err) < 0)
			return -1;
	}
	if (back->len == plain.len &&
	    memcmp(back->data, plain.data, plain.len) == 0)
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "a block that was just written reads back differently: "
		       "test this machine's memory");
}

/* Into the scratch, where that is shorter: *data and info->codec follow. */
static int compress(struct bk_pack_sealer *sealer, int level,
		    struct bk_block_info *info, struct bk_view *data,
		    struct bk_err *err)
{
	sealer->scratch.len = 0;
	if (bk_zstd_compress(sealer->zstd, *data, level, &sealer->scratch,
			     err) < 0)
		return -1;
	if (sealer->scratch.len >= data->len)
		return 0;
	info->codec = BK_CODEC_ZSTD;
	*data = bk_buf_view(&sealer->scratch);
	return 0;
}

static struct bk_block_info info_of(uint32_t number, size_t plain_len)
{
	return (struct bk_block_info){
		.type = BK_FILE_PACK,
		.kind = BK_BLOCK_DATA,
		.codec = BK_CODEC_RAW,
		.number = number,
		.plain_len = (uint32_t)plain_len,
	};
}

int bk_pack_seal(struct bk_pack_sealer *sealer, struct bk_pack_block *block,
		 int level, struct bk_err *err)
{
	struct bk_view data = bk_buf_view(&block->plain);
	struct bk_block_info info = info_of(block->number, block->plain_len);

	if (compress(sealer, level, &info, &data, err) < 0)
		return -1;
	set_key(sealer, block->pack);
	bk_pack_block_give_room(block);
	if (bk_block_seal(sealer->aead, &info, data, &block->sealed, err) < 0 ||
	    prove(sealer, block, err) < 0)
		return bk_context(err, "pack %u: block %u",
				  bk_pack_ordinal(block->pack), block->number);
	return 0;
}

int bk_pack_seal_again(struct bk_pack_sealer *sealer, struct bk_aead *aead,
		       const struct bk_pack_again *block, struct bk_buf *out,
		       struct bk_err *err)
{
	struct bk_view data = block->plain;
	struct bk_block_info info = info_of(block->number, data.len);

	if (compress(sealer, block->level, &info, &data, err) < 0)
		return -1;
	return bk_block_seal(aead, &info, data, out, err);
}
