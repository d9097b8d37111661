/*
 * What frames everything in a repository: the first byte says what the rest is
 * taken for.  CRCs are made to fit and blocks are sealed first, as somebody
 * would who has the keys and means ill.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "repo/compress.h"
#include "repo/container.h"
#include "repo/marker.h"
#include "repo/slot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const uint8_t key[BK_KEY_LEN] = "a key for fuzzing";

static void fuzz_marker(struct bk_view in)
{
	uint8_t bytes[BK_MARKER_LEN] = {0}, again[BK_MARKER_LEN];
	struct bk_marker marker;
	struct bk_err err = {0};

	memcpy(bytes, in.data, in.len < 60 ? in.len : 60);
	bk_put_u32(bytes + 60, bk_crc32(0, bytes, 60));
	if (bk_marker_decode((struct bk_view){bytes, sizeof(bytes)}, &marker,
			     &err) < 0)
		return;
	bk_marker_encode(&marker, again);
	if (marker.major == BK_FORMAT_MAJOR &&
	    memcmp(bytes, again, sizeof(bytes)) != 0)
		abort();
}

static void fuzz_slot(struct bk_view in)
{
	uint8_t bytes[BK_SLOT_LEN] = {0};
	struct bk_keys keys = {0};
	struct bk_slot slot;
	struct bk_err err = {0};

	memcpy(bytes, in.data, in.len < 4092 ? in.len : 4092);
	bk_put_u32(bytes + 4092, bk_crc32(0, bytes, 4092));
	if (bk_slot_decode((struct bk_view){bytes, sizeof(bytes)}, &slot,
			   &err) < 0)
		return;
	if (strlen(slot.label) > BK_LABEL_MAX ||
	    slot.n_entries > BK_KEYS_MOST ||
	    bk_slot_open_key(&slot, key, &keys, &err) == 0)
		abort();
}

static void fuzz_head(struct bk_view in)
{
	static struct bk_repo repo;
	const struct bk_file_id id = {.type = BK_FILE_MANIFEST};
	uint8_t head[BK_HEAD_LEN] = {0}, out[BK_KEY_LEN];
	struct bk_key_entry master = {.what = BK_KEY_MASTER, .generation = 1};
	unsigned log2_block;
	struct bk_err err = {0};

	(void)bk_keys_add(&repo.keys, &master, &err);
	memcpy(head, in.data, in.len < 252 ? in.len : 252);
	bk_put_u32(head + 252, bk_crc32(0, head, 252));
	if (bk_head_open(&repo, &id, head, out, &log2_block, &err) == 0)
		abort(); /* it would have to guess a commitment */
}

static void fuzz_ends(struct bk_view in)
{
	uint8_t footer[BK_FOOTER_LEN] = {0}, again[BK_TRAILER_LEN];
	struct bk_trailer trailer;
	struct bk_err err = {0};
	uint64_t body_len = 0;

	if (bk_trailer_decode(in, &trailer, &err) == 0) {
		bk_trailer_encode(&trailer, again);
		if (memcmp(again, in.data, in.len) != 0)
			abort();
	}
	memcpy(footer, in.data, in.len < 60 ? in.len : 60);
	bk_put_u32(footer + 60, bk_crc32(0, footer, 60));
	if (bk_footer_decode(footer, 5000, &body_len, &err) == 0 &&
	    (body_len < BK_BODY_LEAST || body_len > 5000 - BK_FOOTER_LEN))
		abort();
}

static void open_sealed(struct bk_aead *aead, enum bk_block_kind kind,
			struct bk_view stored)
{
	struct bk_block_info info = {.type = BK_FILE_MANIFEST, .kind = kind};
	struct bk_zstd *zstd = bk_zstd_new();
	struct bk_buf opened = {0}, plain = {0};
	struct bk_err err = {0};

	if (bk_block_open(aead, &info, BK_LOG2_BLOCK_LEAST, stored, &opened,
			  &err) == 0 &&
	    info.codec == BK_CODEC_ZSTD &&
	    bk_zstd_decompress(zstd, bk_buf_view(&opened), info.plain_len,
			       &plain, &err) == 0 &&
	    plain.len != info.plain_len)
		abort();
	bk_buf_clear(&opened);
	bk_buf_clear(&plain);
	bk_zstd_free(zstd);
}

static void fuzz_block(struct bk_view in)
{
	uint8_t nonce[BK_AEAD_NONCE_LEN] = {0}, aad[12] = {BK_FILE_MANIFEST};
	struct bk_aead *aead = bk_aead_new(key);
	struct bk_buf stored = {0};
	struct bk_err err = {0};
	uint8_t *at = bk_buf_grow(&stored, in.len + 28);

	bk_put_u32(at, (uint32_t)in.len + 16);
	bk_put_u32(at + 4, 0);
	memcpy(aad + 8, at, 4);
	if (bk_aead_seal(aead, nonce, (struct bk_view){aad, sizeof(aad)}, in,
			 at + 12, &err) < 0)
		abort();
	bk_put_u32(at + 8, bk_crc32(bk_crc32(0, at, 8), at + 12, in.len + 16));
	open_sealed(aead, BK_BLOCK_DATA, bk_buf_view(&stored));
	open_sealed(aead, BK_BLOCK_ROWS, bk_buf_view(&stored));
	bk_buf_clear(&stored);
	bk_aead_free(aead);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const all[])(struct bk_view in) = {
		fuzz_marker, fuzz_slot, fuzz_head, fuzz_ends, fuzz_block};

	if (len < 2)
		return 0;
	all[data[0] % 5]((struct bk_view){data + 1, len - 1});
	return 0;
}
