/* Cutting blobs into shards and copies: see spread_cut.h. */

#include "target/spread_cut.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/fault.h"

/* ---- cutting ---- */

static int read_cell(const struct bk_cutting *cutting, uint32_t row,
		     unsigned column, uint8_t *into, struct bk_err *err)
{
	uint64_t offset;
	size_t n = bk_shard_cell(&cutting->layout, row, column, &offset);

	memset(into + n, 0, bk_shard_piece(&cutting->layout, row) - n);
	return bk_gathered_read(cutting->bytes, offset, into, n, err);
}

/* All pieces of a row, data and parity, one BK_PIECE after the other. */
static int cut_row(const struct bk_cutting *cutting, uint32_t row,
		   uint8_t *pieces, struct bk_err *err)
{
	size_t len = bk_shard_piece(&cutting->layout, row);
	unsigned d = cutting->layout.d, p = cutting->shards - d;
	uint8_t *parity[BK_SPREAD_MOST];

	for (unsigned i = 0; i < p; i++) {
		parity[i] = pieces + (d + i) * BK_PIECE;
		memset(parity[i], 0, len);
	}
	for (unsigned c = 0; c < d; c++) {
		uint8_t *data = pieces + c * BK_PIECE;
		if (read_cell(cutting, row, c, data, err) < 0)
			return -1;
		if (p)
			bk_erasure_add(cutting->spread->code, c, data, len,
				       parity);
	}
	return 0;
}

/* The sums of all shards. */
static int sum_shards(struct bk_cutting *cutting, struct bk_err *err)
{
	struct bk_sha256 sha[BK_SPREAD_MOST] = {0};
	uint8_t *pieces = bk_alloc(cutting->shards * BK_PIECE);
	int rc = 0;

	for (unsigned i = 0; i < cutting->shards; i++)
		bk_sha256_init(&sha[i]);
	for (uint32_t row = 0; rc == 0 && row < cutting->layout.rows; row++) {
		size_t len = bk_shard_piece(&cutting->layout, row);
		rc = cut_row(cutting, row, pieces, err);
		for (unsigned i = 0; rc == 0 && i < cutting->shards; i++) {
			const uint8_t *piece = pieces + i * BK_PIECE;
			bk_sha256_update(&sha[i], piece, len);
			bk_buf_add_u32(&cutting->crcs[i],
				       bk_crc32(0, piece, len));
		}
	}
	free(pieces);
	for (unsigned i = 0; i < cutting->shards; i++) {
		struct bk_buf *crcs = &cutting->crcs[i];
		bk_sha256_final(&sha[i], cutting->payload[i]);
		bk_buf_add_u32(crcs, bk_crc32(0, crcs->data, crcs->len));
	}
	return rc;
}

int bk_cutting_begin(struct bk_cutting *cutting, struct bk_spread *spread,
		     const char *name, const struct bk_gathered *bytes,
		     const uint8_t original[BK_SHA256_LEN], struct bk_err *err)
{
	struct bk_shard_head *head = &cutting->head;
	bool cut = bk_spread_is_cut(name);
	const struct bk_spread_shape *shape = &spread->shape;

	*cutting = (struct bk_cutting){
		.spread = spread,
		.bytes = bytes,
		.cut = cut,
		.turn = bk_spread_turn(name),
		.shards = cut ? shape->d + shape->p : 1,
		.there = bk_spread_name_there(name, bytes->len),
	};
	*head = (struct bk_shard_head){
		.d = (uint8_t)shape->d,
		.p = (uint8_t)shape->p,
		.targets = (uint8_t)shape->n,
		.code = cut ? BK_SHARD_REED_SOLOMON : BK_SHARD_COPY,
		.turn = cutting->turn,
		.length = bytes->len,
	};
	bk_spread_name_sum(head->name, name);
	memcpy(head->original, original, sizeof(head->original));
	if (bk_shard_layout(&cutting->layout, cut ? shape->d : 1, bytes->len,
			    err) < 0)
		return -1;
	return sum_shards(cutting, err);
}

void bk_cutting_end(struct bk_cutting *cutting)
{
	for (unsigned i = 0; i < BK_SPREAD_MOST; i++)
		bk_buf_clear(&cutting->crcs[i]);
	free(cutting->there);
}

/* ---- sending ---- */

unsigned bk_cutting_shard_for(const struct bk_cutting *cutting, unsigned child)
{
	return cutting->cut ? bk_spread_shard_at(&cutting->spread->shape,
						 cutting->turn, child)
			    : 0;
}

static int send_start(const struct bk_cutting *cutting, unsigned child,
		      struct bk_put *put, struct bk_err *err)
{
	unsigned number = bk_cutting_shard_for(cutting, child);
	struct bk_shard_head head = cutting->head;
	uint8_t bytes[BK_SHARD_HEADER];

	head.position = (uint8_t)child;
	head.number = (uint8_t)number;
	memcpy(head.payload, cutting->payload[number], sizeof(head.payload));
	bk_shard_head_encode(&head, bytes);
	if (bk_put_write(put, bytes, sizeof(bytes), err) < 0)
		return -1;
	return bk_put_write(put, cutting->crcs[number].data,
			    cutting->crcs[number].len, err);
}

static int send_payload(const struct bk_cutting *cutting, unsigned number,
			struct bk_put *put, struct bk_err *err)
{
	uint8_t *pieces = bk_alloc(cutting->shards * BK_PIECE);
	uint8_t *its = pieces + number * BK_PIECE;
	int rc = 0;

	for (uint32_t row = 0; rc == 0 && row < cutting->layout.rows; row++) {
		rc = number < cutting->layout.d
			     ? read_cell(cutting, row, number, its, err)
			     : cut_row(cutting, row, pieces, err);
		if (rc == 0)
			rc = bk_put_write(put, its,
					  bk_shard_piece(&cutting->layout, row),
					  err);
	}
	free(pieces);
	return rc;
}

int bk_cutting_send(const struct bk_cutting *cutting, unsigned child,
		    const char *there, struct bk_err *err)
{
	struct bk_target *at = cutting->spread->children[child].target;
	unsigned number = bk_cutting_shard_for(cutting, child);
	struct bk_put *put = NULL;

	if (bk_target_put_begin(at, there,
				cutting->layout.start + cutting->layout.payload,
				&put, err) < 0)
		return -1;
	if (send_start(cutting, child, put, err) < 0 ||
	    send_payload(cutting, number, put, err) < 0) {
		bk_put_abort(put);
		return -1;
	}
	bk_fault("spread: before a child has it");
	return bk_put_commit(put, err);
}
