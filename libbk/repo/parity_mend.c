/* Computing lost segments again: see parity_mend.h. */

#include "repo/parity_mend.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/erasure.h"
#include "repo/parity.h"

struct mended {
	uint32_t segment;
	uint8_t *bytes; /* owned; all of it, the padding too */
};

struct bk_parity_mend {
	struct bk_parity_source *from;
	struct bk_parity_shape shape;
	size_t segment_len;
	uint32_t *sums; /* of all segments; NULL: both tables are lost */
	uint32_t *bad;  /* data segments, ascending */
	size_t n_bad, cap_bad;
	struct mended *mended; /* in any order */
	size_t n_mended, cap_mended;
	uint8_t *room; /* for a segment */
};

void bk_parity_mend_close(struct bk_parity_mend *mend)
{
	if (!mend)
		return;
	for (size_t i = 0; i < mend->n_mended; i++)
		free(mend->mended[i].bytes);
	free(mend->mended);
	free(mend->bad);
	free(mend->sums);
	free(mend->room);
	free(mend);
}

/* ---- what there is ---- */

/* Takes the table at `offset` if it is whole. */
static int read_table(struct bk_parity_mend *mend, uint64_t offset,
		      struct bk_err *err)
{
	const struct bk_parity_shape *shape = &mend->shape;
	size_t n = shape->table_len / 4 - 2;
	uint8_t *table = bk_alloc(shape->table_len);

	int rc = mend->from->read(mend->from, offset, shape->table_len, table,
				  err);
	if (rc == 0 && bk_get_u32(table) == n &&
	    bk_get_u32(table + 4 + 4 * n) == bk_crc32(0, table, 4 + 4 * n)) {
		mend->sums = bk_alloc(n * sizeof(*mend->sums));
		for (size_t i = 0; i < n; i++)
			mend->sums[i] = bk_get_u32(table + 4 + 4 * i);
	}
	free(table);
	return rc;
}

/* The first table, or else the second. */
static int read_tables(struct bk_parity_mend *mend, struct bk_err *err)
{
	const struct bk_parity_shape *shape = &mend->shape;

	if (read_table(mend, shape->body_len, err) < 0)
		return -1;
	if (mend->sums)
		return 0;
	return read_table(mend, shape->body_len + shape->len - shape->table_len,
			  err);
}

/* A data segment; what is behind the body counts as zeros. */
static int read_segment(struct bk_parity_mend *mend, uint32_t segment,
			uint8_t *into, struct bk_err *err)
{
	uint64_t at = (uint64_t)segment << mend->shape.log2;
	uint64_t left = mend->shape.body_len - at;
	size_t n = left < mend->segment_len ? (size_t)left : mend->segment_len;

	memset(into + n, 0, mend->segment_len - n);
	return mend->from->read(mend->from, at, n, into, err);
}

static bool is_good(const struct bk_parity_mend *mend, size_t segment,
		    const uint8_t *bytes)
{
	return bk_crc32(0, bytes, mend->segment_len) == mend->sums[segment];
}

static int find_bad(struct bk_parity_mend *mend, struct bk_err *err)
{
	for (uint32_t i = 0; i < mend->shape.segments; i++) {
		if (read_segment(mend, i, mend->room, err) < 0)
			return -1;
		if (is_good(mend, i, mend->room))
			continue;
		mend->bad = bk_array_room(mend->bad, mend->n_bad,
					  &mend->cap_bad, sizeof(*mend->bad));
		mend->bad[mend->n_bad++] = i;
	}
	return 0;
}

/* ---- a group ---- */

struct group {
	uint32_t number;
	uint8_t *bytes; /* of all pieces */
	uint8_t *pieces[BK_PARITY_DATA + BK_PARITY_OF_EACH];
	bool good[BK_PARITY_DATA + BK_PARITY_OF_EACH];
};

/* Data piece i of the group, or a place that it does not have. */
static int read_data(struct bk_parity_mend *mend, struct group *group,
		     unsigned i, struct bk_err *err)
{
	uint64_t segment = group->number + (uint64_t)i * mend->shape.groups;

	group->good[i] = true;
	if (segment >= mend->shape.segments)
		return 0;
	if (read_segment(mend, (uint32_t)segment, group->pieces[i], err) < 0)
		return -1;
	group->good[i] = is_good(mend, segment, group->pieces[i]);
	return 0;
}

static int read_parity(struct bk_parity_mend *mend, struct group *group,
		       unsigned p, struct bk_err *err)
{
	const struct bk_parity_shape *shape = &mend->shape;
	uint64_t number = bk_parity_place(shape, group->number, p);
	unsigned piece = shape->k + p;

	if (mend->from->read(mend->from,
			     shape->body_len + shape->table_len +
				     (number << shape->log2),
			     mend->segment_len, group->pieces[piece], err) < 0)
		return -1;
	group->good[piece] =
		is_good(mend, shape->segments + number, group->pieces[piece]);
	return 0;
}

static int read_group(struct bk_parity_mend *mend, struct group *group,
		      struct bk_err *err)
{
	unsigned k = mend->shape.k, all = k + BK_PARITY_OF_EACH;

	group->bytes = bk_alloc(all * mend->segment_len);
	for (unsigned i = 0; i < all; i++)
		group->pieces[i] = group->bytes + i * mend->segment_len;
	for (unsigned i = 0; i < k; i++)
		if (read_data(mend, group, i, err) < 0)
			return -1;
	for (unsigned p = 0; p < BK_PARITY_OF_EACH; p++)
		if (read_parity(mend, group, p, err) < 0)
			return -1;
	return 0;
}

static int beyond(const struct bk_parity_mend *mend, const struct group *group,
		  struct bk_err *err)
{
	unsigned lost = 0, of = mend->shape.k + BK_PARITY_OF_EACH;

	for (unsigned i = 0; i < of; i++)
		lost += !group->good[i];
	return bk_fail(err, BK_CORRUPT,
		       "more is lost than its parity gives back: %u segments "
		       "of a group, of which it gives back %u",
		       lost, BK_PARITY_OF_EACH);
}

/* Keeps what was bad. */
static int keep(struct bk_parity_mend *mend, const struct group *group,
		struct bk_err *err)
{
	for (unsigned i = 0; i < mend->shape.k; i++) {
		uint32_t segment = group->number + i * mend->shape.groups;
		if (group->good[i])
			continue;
		if (!is_good(mend, segment, group->pieces[i]))
			return bk_fail(err, BK_CORRUPT,
				       "its parity is not that of the body");
		uint8_t *bytes = bk_alloc(mend->segment_len);
		memcpy(bytes, group->pieces[i], mend->segment_len);
		mend->mended =
			bk_array_room(mend->mended, mend->n_mended,
				      &mend->cap_mended, sizeof(*mend->mended));
		mend->mended[mend->n_mended++] =
			(struct mended){segment, bytes};
	}
	return 0;
}

static int mend_group(struct bk_parity_mend *mend, uint32_t number,
		      struct bk_err *err)
{
	struct bk_erasure *code =
		bk_erasure_new(mend->shape.k, BK_PARITY_OF_EACH);
	struct group group = {.number = number};

	int rc = read_group(mend, &group, err);
	if (rc == 0 && !bk_erasure_rebuild(code, group.pieces, group.good,
					   mend->segment_len))
		rc = beyond(mend, &group, err);
	if (rc == 0)
		rc = keep(mend, &group, err);
	free(group.bytes);
	bk_erasure_free(code);
	return rc;
}

/* ---- all of it ---- */

static const uint8_t *mended_bytes(const struct bk_parity_mend *mend,
				   uint32_t segment)
{
	for (size_t i = 0; i < mend->n_mended; i++)
		if (mend->mended[i].segment == segment)
			return mend->mended[i].bytes;
	return NULL;
}

static int mend_all(struct bk_parity_mend *mend, struct bk_err *err)
{
	if (read_tables(mend, err) < 0)
		return -1;
	/* Then the body is whole, or beyond help: its SHA-256 tells. */
	if (!mend->sums)
		return 0;
	if (find_bad(mend, err) < 0)
		return -1;
	for (size_t i = 0; i < mend->n_bad; i++)
		if (!mended_bytes(mend, mend->bad[i]) &&
		    mend_group(mend, mend->bad[i] % mend->shape.groups, err) <
			    0)
			return -1;
	return 0;
}

int bk_parity_mend_open(struct bk_parity_mend **out,
			struct bk_parity_source *from, uint64_t body_len,
			struct bk_err *err)
{
	struct bk_parity_mend *mend = bk_alloc(sizeof(*mend));

	mend->from = from;
	bk_parity_shape_of(&mend->shape, body_len);
	mend->segment_len = (size_t)1 << mend->shape.log2;
	mend->room = bk_alloc(mend->segment_len);
	int rc = mend->shape.len ? mend_all(mend, err)
				 : bk_fail(err, BK_MISUSE,
					   "a body of %ju bytes has no parity",
					   (uintmax_t)body_len);
	if (rc < 0)
		bk_parity_mend_close(mend);
	else
		*out = mend;
	return rc;
}

uint32_t bk_parity_mend_count(const struct bk_parity_mend *mend)
{
	return (uint32_t)mend->n_mended;
}

int bk_parity_mend_body(struct bk_parity_mend *mend, struct bk_sink *to,
			struct bk_err *err)
{
	const struct bk_parity_shape *shape = &mend->shape;

	for (uint32_t i = 0; i < shape->segments; i++) {
		uint64_t left = shape->body_len - ((uint64_t)i << shape->log2);
		size_t n = left < mend->segment_len ? (size_t)left
						    : mend->segment_len;
		const uint8_t *bytes = mended_bytes(mend, i);
		if (!bytes && read_segment(mend, i, mend->room, err) < 0)
			return -1;
		if (to->write(to, bytes ? bytes : mend->room, n, err) < 0)
			return -1;
	}
	return 0;
}
