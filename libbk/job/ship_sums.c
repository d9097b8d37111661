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

void bk_ship_sums_clear(struct bk_ship_sums *sums)
{
	bk_parity_free(sums->parity);
	sums->parity = NULL;
}

static bool has_parity(const struct bk_ship_stretch *stretch)
{
	return stretch->file_len - stretch->body_len > BK_FOOTER_LEN;
}

/* What is behind the body follows from how long it is. */
static void begin_body(struct bk_ship_sums *sums,
		       const struct bk_ship_stretch *stretch)
{
	bool parity = has_parity(stretch);

	bk_ship_sums_clear(sums);
	if (bk_file_len(stretch->body_len, parity) != stretch->file_len)
		sums->wrong = true;
	else if (parity)
		sums->parity = bk_parity_new(stretch->body_len);
}

static void end_body(struct bk_ship_sums *sums,
		     const struct bk_ship_stretch *stretch)
{
	uint8_t sum[BK_SHA256_LEN];

	bk_sha256_final(&sums->sha, sum);
	bk_sha256_init(&sums->sha);
	if (memcmp(sum, stretch->sha256, sizeof(sum)) != 0)
		sums->wrong = true;
	bk_footer_encode(stretch->body_len, has_parity(stretch),
			 stretch->sha256, sums->footer);
}

static size_t most(uint64_t left, size_t len)
{
	return left < len ? (size_t)left : len;
}

static size_t add_to_body(struct bk_ship_sums *sums,
			  const struct bk_ship_stretch *stretch,
			  const uint8_t *data, size_t len)
{
	uint64_t in = sums->at - stretch->offset;
	size_t n = most(stretch->body_len - in, len);

	if (!in)
		begin_body(sums, stretch);
	bk_sha256_update(&sums->sha, data, n);
	if (sums->parity)
		bk_parity_add(sums->parity, data, n);
	if (in + n == stretch->body_len)
		end_body(sums, stretch);
	return n;
}

/* Parity and footer. */
static size_t compare_end(struct bk_ship_sums *sums,
			  const struct bk_ship_stretch *stretch,
			  const uint8_t *data, size_t len)
{
	uint64_t left = stretch->offset + stretch->file_len - sums->at;
	struct bk_view should = {sums->footer, sizeof(sums->footer)};

	if (left > BK_FOOTER_LEN && !sums->parity)
		return most(left - BK_FOOTER_LEN, len); /* wrong already */
	if (left > BK_FOOTER_LEN) {
		should = bk_parity_view(sums->parity,
					sums->at - stretch->offset -
						stretch->body_len);
	} else {
		should.data += BK_FOOTER_LEN - left;
		should.len = (size_t)left;
	}
	size_t n = most(should.len, len);
	if (memcmp(data, should.data, n) != 0)
		sums->wrong = true;
	return n;
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
	if (in < stretch->body_len)
		return add_to_body(sums, stretch, data, len);
	size_t n = compare_end(sums, stretch, data, len);
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

int bk_ship_sums_read(struct bk_target *target, const struct bk_ship_blob *blob,
		      struct bk_err *err)
{
	struct bk_ship_sums sums;

	bk_ship_sums_init(&sums, blob);
	int rc = bk_target_get(target, blob->name, 0, blob->size, &sums.sink,
			       err);
	if (rc == 0)
		rc = bk_ship_sums_right(&sums);
	bk_ship_sums_clear(&sums);
	return rc;
}
