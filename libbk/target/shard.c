/* Reading a shard where it lies: see shard.h. */

#include "target/shard.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/crc32.h"

/* Header and CRCs of a shard of 60 MiB come with the first request, and all of
 * a root. */
#define FIRST       4096
#define PROVE_ROWS  16
#define PIECES_MOST ((size_t)1 << 24)

static int fetch(const struct bk_shard *shard, struct bk_stretch what,
		 struct bk_buf *into, struct bk_err *err)
{
	struct bk_target *at = shard->at;
	struct bk_buf_sink to;

	if (!shard->stored || !at->ops->get_stored)
		return bk_target_read(at, shard->name, what.offset, what.len,
				      into, err);
	into->len = 0;
	bk_buf_sink_init(&to, into, (size_t)what.len);
	return at->ops->get_stored(at, shard->name, what.offset, what.len,
				   &to.sink, err);
}

static int read_first(struct bk_shard *shard, uint64_t *size,
		      struct bk_err *err)
{
	if (!shard->stored)
		return bk_target_peek(shard->at, shard->name, FIRST,
				      &shard->first, size, err);
	if (bk_target_stat(shard->at, shard->name, size, err) < 0)
		return -1;
	struct bk_stretch what = {.len = *size < FIRST ? *size : FIRST};
	return fetch(shard, what, &shard->first, err);
}

static int read_head(struct bk_shard *shard, uint64_t size, struct bk_err *err)
{
	if (shard->first.len < BK_SHARD_HEADER)
		return bk_fail(err, BK_CORRUPT, "is shorter than its header");
	if (bk_shard_head_decode(shard->first.data, &shard->head, err) < 0)
		return -1;
	unsigned d = shard->head.code == BK_SHARD_COPY ? 1 : shard->head.d;
	if (bk_shard_layout(&shard->layout, d, shard->head.length, err) < 0)
		return -1;
	if (size != shard->layout.start + shard->layout.payload)
		return bk_fail(err, BK_CORRUPT, "is %ju bytes long, not %ju",
			       (uintmax_t)size,
			       (uintmax_t)(shard->layout.start +
					   shard->layout.payload));
	return 0;
}

static int read_crcs(struct bk_shard *shard, struct bk_err *err)
{
	size_t len = (size_t)shard->layout.start - BK_SHARD_HEADER;
	struct bk_stretch what = {.offset = BK_SHARD_HEADER, .len = len};
	const uint8_t *bytes = shard->first.data + BK_SHARD_HEADER;
	struct bk_buf more = {0};
	int rc = -1;

	if (shard->first.len < shard->layout.start) {
		if (fetch(shard, what, &more, err) < 0)
			goto out;
		bytes = more.data;
	}
	if (bk_crc32(0, bytes, len - 4) != bk_get_u32(bytes + len - 4)) {
		rc = bk_fail(err, BK_CORRUPT, "the CRCs have a wrong CRC");
		goto out;
	}
	shard->crcs = bk_try_alloc(len, 4 * PIECES_MOST, err);
	if (!shard->crcs)
		goto out;
	for (uint32_t i = 0; i < shard->layout.rows; i++)
		shard->crcs[i] = bk_get_u32(bytes + 4 * (size_t)i);
	rc = 0;
out:
	bk_buf_clear(&more);
	return rc;
}

int bk_shard_open(struct bk_shard **out, struct bk_target *at, const char *name,
		  bool stored, struct bk_err *err)
{
	struct bk_shard *shard = bk_alloc(sizeof(*shard));
	uint64_t size = 0;

	shard->at = at;
	shard->name = bk_strdup(name);
	shard->stored = stored;
	if (read_first(shard, &size, err) == 0) {
		if (read_head(shard, size, err) == 0 &&
		    read_crcs(shard, err) == 0) {
			*out = shard;
			return 0;
		}
		(void)bk_context(err, "%s/%s", at->where, name);
	}
	bk_shard_close(shard);
	return -1;
}

void bk_shard_close(struct bk_shard *shard)
{
	if (!shard)
		return;
	free(shard->crcs);
	free(shard->name);
	bk_buf_clear(&shard->first);
	free(shard);
}

static int check_pieces(const struct bk_shard *shard, uint32_t row, uint32_t n,
			const uint8_t *bytes, struct bk_err *err)
{
	for (uint32_t i = 0; i < n; i++) {
		size_t len = bk_shard_piece(&shard->layout, row + i);
		if (bk_crc32(0, bytes, len) != shard->crcs[row + i])
			return bk_fail(err, BK_CORRUPT,
				       "piece %u has a wrong CRC", row + i);
		bytes += len;
	}
	return 0;
}

static uint64_t length_of(const struct bk_shard *shard, uint32_t row,
			  uint32_t n)
{
	return (n - 1) * (uint64_t)BK_PIECE +
	       bk_shard_piece(&shard->layout, row + n - 1);
}

int bk_shard_read(const struct bk_shard *shard, uint32_t row, uint32_t n,
		  uint8_t *into, struct bk_err *err)
{
	struct bk_stretch what = {
		.offset = shard->layout.start + row * (uint64_t)BK_PIECE,
		.len = length_of(shard, row, n),
	};
	struct bk_buf bytes = {0};
	int rc = 0;

	if (what.offset + what.len <= shard->first.len) {
		memcpy(into, shard->first.data + what.offset, what.len);
	} else {
		rc = fetch(shard, what, &bytes, err);
		if (rc == 0)
			memcpy(into, bytes.data, what.len);
		bk_buf_clear(&bytes);
	}
	if (rc == 0 && check_pieces(shard, row, n, into, err) < 0)
		rc = bk_context(err, "%s/%s", shard->at->where, shard->name);
	return rc;
}

int bk_shard_prove(const struct bk_shard *shard, struct bk_err *err)
{
	uint8_t *bytes = bk_alloc(PROVE_ROWS * BK_PIECE);
	uint8_t sum[BK_SHA256_LEN];
	struct bk_sha256 sha;
	int rc = 0;

	bk_sha256_init(&sha);
	for (uint32_t row = 0; rc == 0 && row < shard->layout.rows;) {
		uint32_t left = shard->layout.rows - row;
		uint32_t n = left < PROVE_ROWS ? left : PROVE_ROWS;
		rc = bk_shard_read(shard, row, n, bytes, err);
		if (rc == 0)
			bk_sha256_update(&sha, bytes,
					 (size_t)length_of(shard, row, n));
		row += n;
	}
	free(bytes);
	bk_sha256_final(&sha, sum);
	if (rc == 0 && memcmp(sum, shard->head.payload, sizeof(sum)) != 0)
		rc = bk_fail(err, BK_CORRUPT, "%s/%s: wrong SHA-256",
			     shard->at->where, shard->name);
	return rc;
}
