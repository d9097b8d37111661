/* Sealing and opening one block: see container.h. */

#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "repo/container.h"

#define LAST        ((uint32_t)1 << 31)
#define LENGTH_MOST ((size_t)1 << BK_LOG2_BLOCK_MOST)

struct binding {
	uint8_t nonce[BK_AEAD_NONCE_LEN];
	uint8_t aad[12];
};

static void bind(struct binding *out, const struct bk_block_info *info,
		 uint32_t len)
{
	bk_put_u32(out->nonce, info->last);
	bk_put_u64(out->nonce + 4, info->number);
	out->aad[0] = (uint8_t)info->type;
	out->aad[1] = info->last;
	bk_put_u16(out->aad + 2, 0);
	bk_put_u32(out->aad + 4, info->number);
	bk_put_u32(out->aad + 8, len);
}

/* The CRC covers the head before it and everything behind it. */
static uint32_t crc_of(const uint8_t *stored, size_t len)
{
	uint32_t crc = bk_crc32(0, stored, 8);

	return bk_crc32(crc, stored + BK_BLOCK_HEAD_LEN,
			len - BK_BLOCK_HEAD_LEN);
}

int bk_block_seal(struct bk_aead *aead, const struct bk_block_info *info,
		  struct bk_view data, struct bk_buf *out, struct bk_err *err)
{
	size_t inner = BK_BLOCK_FIELDS_LEN + data.len;
	size_t begun = out->len;
	struct binding binding;

	if (data.len > LENGTH_MOST || info->plain_len > LENGTH_MOST ||
	    (info->codec == BK_CODEC_RAW && info->plain_len != data.len))
		return bk_fail(err, BK_MISUSE, "a block of %zu bytes",
			       data.len);
	size_t len = inner + BK_AEAD_TAG_LEN;
	uint8_t *at = bk_buf_grow(out, BK_BLOCK_HEAD_LEN + len);
	uint8_t *plain = at + BK_BLOCK_HEAD_LEN;
	bk_put_u32(at, (uint32_t)len);
	bk_put_u32(at + 4, info->number | (info->last ? LAST : 0));
	plain[0] = (uint8_t)info->codec;
	plain[1] = (uint8_t)info->kind;
	bk_put_u16(plain + 2, 0);
	bk_put_u32(plain + 4, (uint32_t)data.len);
	bk_put_u32(plain + 8, info->plain_len);
	if (data.len)
		memcpy(plain + BK_BLOCK_FIELDS_LEN, data.data, data.len);
	bind(&binding, info, (uint32_t)len);
	if (bk_aead_seal(aead, binding.nonce,
			 (struct bk_view){binding.aad, sizeof(binding.aad)},
			 (struct bk_view){plain, inner}, plain, err) < 0) {
		out->len = begun;
		return -1;
	}
	bk_put_u32(at + 8, crc_of(at, BK_BLOCK_HEAD_LEN + len));
	return 0;
}

static int check_head(const struct bk_block_info *info, unsigned log2_block,
		      struct bk_view stored, struct bk_err *err)
{
	size_t least = BK_BLOCK_OVERHEAD;
	size_t most =
		((size_t)1 << log2_block) + BK_BLOCK_HEAD_LEN + BK_AEAD_TAG_LEN;

	if (stored.len < least || stored.len > most ||
	    bk_get_u32(stored.data) != stored.len - BK_BLOCK_HEAD_LEN)
		return bk_fail(err, BK_CORRUPT, "wrong length");
	if (bk_get_u32(stored.data + 8) != crc_of(stored.data, stored.len))
		return bk_fail(err, BK_CORRUPT, "wrong CRC");
	if (bk_get_u32(stored.data + 4) !=
	    (info->number | (info->last ? LAST : 0)))
		return bk_fail(err, BK_CORRUPT,
			       "another block is in its place");
	return 0;
}

/* The fields before the data; *len is that of the data. */
static int check_inner(struct bk_block_info *info, unsigned log2_block,
		       struct bk_view inner, size_t *len, struct bk_err *err)
{
	const uint8_t *at = inner.data;
	uint32_t data_len = bk_get_u32(at + 4), plain_len = bk_get_u32(at + 8);
	bool bare = at[1] == BK_BLOCK_ROWS || at[1] == BK_BLOCK_TRAILER;
	uint8_t padding = 0;

	if (at[0] > BK_CODEC_ZSTD || at[1] != (uint8_t)info->kind ||
	    bk_get_u16(at + 2) || data_len > inner.len - BK_BLOCK_FIELDS_LEN ||
	    plain_len > (uint32_t)1 << log2_block ||
	    (at[0] == BK_CODEC_RAW && data_len != plain_len) ||
	    (bare && (at[0] != BK_CODEC_RAW ||
		      data_len != inner.len - BK_BLOCK_FIELDS_LEN)))
		return bk_fail(err, BK_CORRUPT, "a field that cannot be");
	for (size_t i = BK_BLOCK_FIELDS_LEN + data_len; i < inner.len; i++)
		padding |= at[i];
	if (padding)
		return bk_fail(err, BK_CORRUPT, "padding that is not zero");
	info->codec = at[0] == BK_CODEC_ZSTD ? BK_CODEC_ZSTD : BK_CODEC_RAW;
	info->plain_len = plain_len;
	*len = data_len;
	return 0;
}

/* What is sealed of a block, to `at`, which may be where it lies. */
static int unseal(struct bk_aead *aead, const struct bk_block_info *info,
		  struct bk_view sealed, uint8_t *at, struct bk_err *err)
{
	struct binding binding;

	bind(&binding, info, (uint32_t)sealed.len);
	return bk_aead_open(aead, binding.nonce,
			    (struct bk_view){binding.aad, sizeof(binding.aad)},
			    sealed, at, err);
}

static struct bk_view sealed_of(struct bk_view stored)
{
	return (struct bk_view){stored.data + BK_BLOCK_HEAD_LEN,
				stored.len - BK_BLOCK_HEAD_LEN};
}

int bk_block_open(struct bk_aead *aead, struct bk_block_info *info,
		  unsigned log2_block, struct bk_view stored,
		  struct bk_buf *data, struct bk_err *err)
{
	size_t len = 0;

	data->len = 0;
	if (check_head(info, log2_block, stored, err) < 0)
		return -1;
	struct bk_view sealed = sealed_of(stored);
	size_t inner = sealed.len - BK_AEAD_TAG_LEN;
	uint8_t *at = bk_buf_room(data, inner);
	if (unseal(aead, info, sealed, at, err) < 0 ||
	    check_inner(info, log2_block, (struct bk_view){at, inner}, &len,
			err) < 0)
		return -1;
	memmove(at, at + BK_BLOCK_FIELDS_LEN, len);
	data->len = len;
	return 0;
}

int bk_block_open_in_place(struct bk_aead *aead, struct bk_block_info *info,
			   unsigned log2_block, struct bk_buf *block,
			   struct bk_err *err)
{
	struct bk_view stored = bk_buf_view(block);
	size_t len = 0;

	block->len = 0;
	if (check_head(info, log2_block, stored, err) < 0)
		return -1;
	struct bk_view sealed = sealed_of(stored);
	size_t inner = sealed.len - BK_AEAD_TAG_LEN;
	uint8_t *at = block->data + BK_BLOCK_HEAD_LEN;
	if (unseal(aead, info, sealed, at, err) < 0 ||
	    check_inner(info, log2_block, (struct bk_view){at, inner}, &len,
			err) < 0)
		return -1;
	memmove(block->data, at + BK_BLOCK_FIELDS_LEN, len);
	block->len = len;
	return 0;
}
