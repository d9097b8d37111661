/* Parity of a body: see parity.h. */

#include "repo/parity.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/erasure.h"

#define FOOTER_LEN 64

/* Bodies from `least` on have segments of 1 << log2 bytes. */
static const struct {
	uint64_t least;
	uint8_t log2;
} classes[] = {
	{BK_PARITY_LEAST,    12},
	{(uint64_t)1 << 20,  14},
	{(uint64_t)16 << 20, 16},
};
#define CLASSES (sizeof(classes) / sizeof(*classes))

static uint64_t divide_up(uint64_t n, uint64_t by)
{
	return n / by + (n % by != 0);
}

void bk_parity_shape_of(struct bk_parity_shape *out, uint64_t body_len)
{
	size_t class = CLASSES;

	*out = (struct bk_parity_shape){.body_len = body_len};
	while (class && body_len < classes[class - 1].least)
		class --;
	if (!class)
		return;
	out->log2 = classes[class - 1].log2;
	uint64_t segments = divide_up(body_len, (uint64_t)1 << out->log2);
	uint64_t groups = divide_up(segments, BK_PARITY_DATA);
	uint64_t all = segments + BK_PARITY_OF_EACH * groups;
	/* Its number of segments has 32 bits: bodies up to 256 TiB. */
	if (all > UINT32_MAX / 4 - 2) {
		*out = (struct bk_parity_shape){.body_len = body_len};
		return;
	}
	out->segments = (uint32_t)segments;
	out->groups = (uint32_t)groups;
	out->k = (uint8_t)divide_up(segments, groups);
	out->table_len = (uint32_t)(4 * (all + 2));
	out->len = 2 * (uint64_t)out->table_len +
		   (BK_PARITY_OF_EACH * groups << out->log2);
}

uint32_t bk_parity_place(const struct bk_parity_shape *shape, uint32_t group,
			 unsigned p)
{
	uint32_t first = shape->segments % shape->groups;

	return p * shape->groups +
	       (group + shape->groups - first) % shape->groups;
}

uint64_t bk_parity_burst(const struct bk_parity_shape *shape)
{
	uint64_t size = (uint64_t)1 << shape->log2;
	uint64_t touched = BK_PARITY_OF_EACH * (uint64_t)shape->groups;

	if (!touched)
		return 0;
	/* The last data segment may be short, and the table follows. */
	uint64_t last = shape->body_len - (shape->segments - 1) * size;
	uint64_t across = last + shape->table_len;
	return (touched - 2) * size + (across < size ? across : size) + 1;
}

static uint64_t file_len_of(uint64_t body_len)
{
	struct bk_parity_shape shape;

	bk_parity_shape_of(&shape, body_len);
	return body_len + shape.len + FOOTER_LEN;
}

/* Within a class longer bodies make longer files. */
static uint64_t search(uint64_t file_len, uint64_t low, uint64_t high)
{
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (file_len_of(middle) < file_len)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

unsigned bk_parity_bodies(uint64_t file_len, uint64_t out[2])
{
	unsigned n = 0;

	for (size_t i = 0; i < CLASSES && n < 2; i++) {
		uint64_t end =
			i + 1 < CLASSES ? classes[i + 1].least : file_len;
		if (end <= classes[i].least)
			continue;
		uint64_t body = search(file_len, classes[i].least, end - 1);
		if (file_len_of(body) == file_len)
			out[n++] = body;
	}
	return n;
}

/* ---- computing it ---- */

struct bk_parity {
	struct bk_parity_shape shape;
	struct bk_erasure *code;
	uint8_t *segments; /* of parity, as they are written */
	uint32_t *sums;    /* CRC-32 of all segments */
	uint8_t *table;    /* once the body is complete; else NULL */
	uint64_t at;       /* bytes of the body, and of its padding */
};

struct bk_parity *bk_parity_new(uint64_t body_len)
{
	struct bk_parity *parity = bk_alloc(sizeof(*parity));
	struct bk_parity_shape *shape = &parity->shape;

	bk_parity_shape_of(shape, body_len);
	assert(shape->len);
	parity->code = bk_erasure_new(shape->k, BK_PARITY_OF_EACH);
	parity->segments = bk_alloc((size_t)BK_PARITY_OF_EACH * shape->groups
				    << shape->log2);
	parity->sums = bk_alloc(shape->table_len);
	return parity;
}

void bk_parity_free(struct bk_parity *parity)
{
	if (!parity)
		return;
	bk_erasure_free(parity->code);
	free(parity->segments);
	free(parity->sums);
	free(parity->table);
	free(parity);
}

/* Bytes of one segment. */
static void add_some(struct bk_parity *parity, const uint8_t *data, size_t len)
{
	const struct bk_parity_shape *shape = &parity->shape;
	uint32_t segment = (uint32_t)(parity->at >> shape->log2);
	size_t in = (size_t)(parity->at & (((uint64_t)1 << shape->log2) - 1));
	uint32_t group = segment % shape->groups;
	uint8_t *to[BK_PARITY_OF_EACH];

	for (unsigned p = 0; p < BK_PARITY_OF_EACH; p++)
		to[p] = parity->segments + in +
			((size_t)bk_parity_place(shape, group, p)
			 << shape->log2);
	bk_erasure_add(parity->code, segment / shape->groups, data, len, to);
	parity->sums[segment] = bk_crc32(parity->sums[segment], data, len);
	parity->at += len;
}

void bk_parity_add(struct bk_parity *parity, const void *data, size_t len)
{
	uint64_t size = (uint64_t)1 << parity->shape.log2;
	const uint8_t *from = data;

	assert(!parity->table && len <= parity->shape.body_len - parity->at);
	while (len) {
		uint64_t most = size - (parity->at & (size - 1));
		size_t n = len < most ? len : (size_t)most;
		add_some(parity, from, n);
		from += n;
		len -= n;
	}
}

/* Zeros behind the body count for nothing in parity, but for its CRC. */
static void pad(struct bk_parity *parity)
{
	static const uint8_t zeros[4096];
	uint64_t size = (uint64_t)1 << parity->shape.log2;
	uint32_t *sum = &parity->sums[parity->shape.segments - 1];

	while (parity->at & (size - 1)) {
		uint64_t left = size - (parity->at & (size - 1));
		size_t n = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);
		*sum = bk_crc32(*sum, zeros, n);
		parity->at += n;
	}
}

static void make_table(struct bk_parity *parity)
{
	const struct bk_parity_shape *shape = &parity->shape;
	size_t n_parity = (size_t)BK_PARITY_OF_EACH * shape->groups;
	size_t n = shape->segments + n_parity;

	assert(parity->at == shape->body_len);
	pad(parity);
	for (size_t i = 0; i < n_parity; i++)
		parity->sums[shape->segments + i] =
			bk_crc32(0, parity->segments + (i << shape->log2),
				 (size_t)1 << shape->log2);
	parity->table = bk_alloc(shape->table_len);
	bk_put_u32(parity->table, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		bk_put_u32(parity->table + 4 + 4 * i, parity->sums[i]);
	bk_put_u32(parity->table + 4 + 4 * n,
		   bk_crc32(0, parity->table, 4 + 4 * n));
}

struct bk_view bk_parity_view(struct bk_parity *parity, uint64_t offset)
{
	const struct bk_parity_shape *shape = &parity->shape;
	uint64_t behind = shape->len - shape->table_len; /* the second table */
	uint64_t begin = 0, end = shape->table_len;

	if (!parity->table)
		make_table(parity);
	const uint8_t *bytes = parity->table;
	if (offset >= behind) {
		begin = behind;
		end = shape->len;
	} else if (offset >= end) {
		bytes = parity->segments;
		begin = end;
		end = behind;
	}
	if (offset >= end)
		return (struct bk_view){NULL, 0};
	return (struct bk_view){bytes + (offset - begin),
				(size_t)(end - offset)};
}
