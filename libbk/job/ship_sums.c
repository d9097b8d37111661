/* Proving bytes as they pass: see ship_sums.h. */

#include "job/ship_sums.h"

#include <string.h>

#include "base/cancel.h"

static int take(struct bk_sink *to, const void *data, size_t len,
		struct bk_err *err)
{
	if (bk_cancelled(err) < 0)
		return -1;
	bk_ship_sums_add((struct bk_ship_sums *)to, data, len);
	return 0;
}

void bk_ship_sums_init(struct bk_ship_sums *sums,
		       const struct bk_ship_blob *blob)
{
	*sums = (struct bk_ship_sums){.sink.write = take, .blob = blob};
	bk_sha256_init(&sums->sha);
}

static void end_body(struct bk_ship_sums *sums,
		     const struct bk_ship_stretch *stretch)
{
	uint8_t sum[BK_SHA256_LEN];

	bk_sha256_final(&sums->sha, sum);
	bk_sha256_init(&sums->sha);
	if (memcmp(sum, stretch->sha256, sizeof(sum)) != 0)
		sums->wrong = true;
	bk_footer_encode(stretch->body_len, stretch->sha256, sums->footer);
}

static size_t most(uint64_t left, size_t len)
{
	return left < len ? (size_t)left : len;
}

/* Some of the bytes, up to the next border; returns how many. */
static size_t add_some(struct bk_ship_sums *sums, const uint8_t *data,
		       size_t len)
{
	const struct bk_ship_stretch *stretch = sums->blob->stretches + sums->i;

	if (sums->i == sums->blob->n)
		return len; /* behind all that a set uses of a bundle */
	if (sums->at < stretch->offset)
		return most(stretch->offset - sums->at, len);
	uint64_t in = sums->at - stretch->offset;
	if (in < stretch->body_len) {
		size_t n = most(stretch->body_len - in, len);
		bk_sha256_update(&sums->sha, data, n);
		if (in + n == stretch->body_len)
			end_body(sums, stretch);
		return n;
	}
	/* With parity there is more behind a body than its footer: this version
	 * writes none, and cannot prove it. */
	size_t n = most(stretch->file_len - in, len);
	if (stretch->file_len - stretch->body_len == BK_FOOTER_LEN &&
	    memcmp(data, sums->footer + (in - stretch->body_len), n) != 0)
		sums->wrong = true;
	if (in + n == stretch->file_len)
		sums->i++;
	return n;
}

void bk_ship_sums_add(struct bk_ship_sums *sums, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	while (len) {
		size_t n = add_some(sums, bytes, len);
		bytes += n;
		len -= n;
		sums->at += n;
	}
}

bool bk_ship_sums_right(const struct bk_ship_sums *sums)
{
	return !sums->wrong && sums->i == sums->blob->n &&
	       sums->at == sums->blob->size;
}
