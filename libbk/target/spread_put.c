/*
 * What is put to a spread target.  A blob is gathered (target/spool_blob.h)
 * until it is committed, for its shards' headers hold sums of the whole; then
 * each child gets its shard, cut anew from what was gathered, in a thread.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/fault.h"
#include "target/spread_parts.h"

struct spread_put {
	struct bk_put put;
	char *name;
	uint64_t expected; /* or BK_LENGTH_UNKNOWN */
	struct bk_gathered bytes;
	struct bk_sha256 sha;
	bool broken; /* a write failed: it must not be taken for whole */
};

/* A blob on its way to the children. */
struct cutting {
	struct bk_spread *spread;
	struct spread_put *put;
	bool cut;
	uint32_t turn;
	unsigned shards; /* that differ: 1 of copies */
	struct bk_shard_layout layout;
	char *there;
	struct bk_shard_head head; /* what all have in common */
	uint8_t payload[BK_SPREAD_MOST][BK_SHA256_LEN];
	struct bk_buf crcs[BK_SPREAD_MOST];
};

int bk_spread_put_begin(struct bk_target *target, const char *name,
			uint64_t length, struct bk_put **out,
			struct bk_err *err)
{
	struct spread_put *put = bk_alloc(sizeof(*put));

	(void)err;
	put->put.target = target;
	put->name = bk_strdup(name);
	put->expected = length;
	bk_gathered_init(&put->bytes, &bk_spread_here(target)->room);
	bk_sha256_init(&put->sha);
	*out = &put->put;
	return 0;
}

int bk_spread_put_write(struct bk_put *base, const void *data, size_t len,
			struct bk_err *err)
{
	struct spread_put *put = (struct spread_put *)base;

	if (bk_gathered_add(&put->bytes, data, len, err) < 0) {
		put->broken = true;
		return -1;
	}
	bk_sha256_update(&put->sha, data, len);
	return 0;
}

int bk_spread_put_read(struct bk_put *base, uint64_t offset, uint64_t len,
		       struct bk_sink *to, struct bk_err *err)
{
	const struct spread_put *put = (const struct spread_put *)base;
	uint8_t *room = bk_alloc(BK_PIECE);
	int rc = 0;

	while (rc == 0 && len) {
		size_t n = len < BK_PIECE ? (size_t)len : BK_PIECE;
		rc = bk_gathered_read(&put->bytes, offset, room, n, err);
		if (rc == 0)
			rc = to->write(to, room, n, err);
		offset += n;
		len -= n;
	}
	free(room);
	return rc;
}

void bk_spread_put_abort(struct bk_put *base)
{
	struct spread_put *put = (struct spread_put *)base;

	bk_gathered_clear(&put->bytes);
	free(put->name);
	free(put);
}

/* ---- cutting ---- */

static int read_cell(const struct cutting *cutting, uint32_t row,
		     unsigned column, uint8_t *into, struct bk_err *err)
{
	uint64_t offset;
	size_t n = bk_shard_cell(&cutting->layout, row, column, &offset);

	memset(into + n, 0, bk_shard_piece(&cutting->layout, row) - n);
	return bk_gathered_read(&cutting->put->bytes, offset, into, n, err);
}

/* All pieces of a row, data and parity, one BK_PIECE after the other. */
static int cut_row(const struct cutting *cutting, uint32_t row, uint8_t *pieces,
		   struct bk_err *err)
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
static int sum_shards(struct cutting *cutting, struct bk_err *err)
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

static int begin_cutting(struct cutting *cutting, struct bk_spread *spread,
			 struct spread_put *put, struct bk_err *err)
{
	struct bk_shard_head *head = &cutting->head;
	bool cut = bk_spread_is_cut(put->name);
	const struct bk_spread_shape *shape = &spread->shape;

	*cutting = (struct cutting){
		.spread = spread,
		.put = put,
		.cut = cut,
		.turn = bk_spread_turn(put->name),
		.shards = cut ? shape->d + shape->p : 1,
		.there = bk_spread_name_there(put->name, put->bytes.len),
	};
	*head = (struct bk_shard_head){
		.d = (uint8_t)shape->d,
		.p = (uint8_t)shape->p,
		.targets = (uint8_t)shape->n,
		.code = cut ? BK_SHARD_REED_SOLOMON : BK_SHARD_COPY,
		.turn = cutting->turn,
		.length = put->bytes.len,
	};
	bk_spread_name_sum(head->name, put->name);
	bk_sha256_final(&put->sha, head->original);
	if (bk_shard_layout(&cutting->layout, cut ? shape->d : 1,
			    put->bytes.len, err) < 0)
		return -1;
	return sum_shards(cutting, err);
}

static void end_cutting(struct cutting *cutting)
{
	for (unsigned i = 0; i < BK_SPREAD_MOST; i++)
		bk_buf_clear(&cutting->crcs[i]);
	free(cutting->there);
}

/* ---- sending ---- */

/* The number of the child's shard; that of all copies is 0. */
static unsigned shard_for(const struct cutting *cutting, unsigned child)
{
	return cutting->cut ? bk_spread_shard_at(&cutting->spread->shape,
						 cutting->turn, child)
			    : 0;
}

static int send_start(const struct cutting *cutting, unsigned child,
		      struct bk_put *put, struct bk_err *err)
{
	unsigned number = shard_for(cutting, child);
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

static int send_payload(const struct cutting *cutting, unsigned number,
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

static int send(struct bk_spread *spread, unsigned child, void *with,
		struct bk_err *err)
{
	const struct cutting *cutting = with;
	struct bk_put *put = NULL;

	if (bk_target_put_begin(spread->children[child].target, cutting->there,
				cutting->layout.start + cutting->layout.payload,
				&put, err) < 0)
		return -1;
	if (send_start(cutting, child, put, err) < 0 ||
	    send_payload(cutting, shard_for(cutting, child), put, err) < 0) {
		bk_put_abort(put);
		return -1;
	}
	bk_fault("spread: before a child has it");
	return bk_put_commit(put, err);
}

/* ---- what counts as committed ---- */

static unsigned count(uint32_t children)
{
	return (unsigned)__builtin_popcount(children);
}

/* That these children have taken something, and so many must keep it. */
static void remember(struct bk_spread *spread, uint32_t children, unsigned need)
{
	(void)pthread_mutex_lock(&spread->lock);
	for (size_t i = 0; i < spread->n_taken; i++)
		if (spread->taken[i].children == children &&
		    spread->taken[i].need == need)
			goto out;
	spread->taken =
		bk_array_room(spread->taken, spread->n_taken,
			      &spread->cap_taken, sizeof(*spread->taken));
	spread->taken[spread->n_taken++] =
		(struct bk_spread_taken){children, need};
out:
	(void)pthread_mutex_unlock(&spread->lock);
}

/* A child may fail with what it had taken before, and then has nothing of what
 * it took in this run. */
static int check_taken(struct bk_spread *spread,
		       const struct bk_spread_answers *answers,
		       struct bk_err *err)
{
	uint32_t left = bk_spread_writable(spread);
	unsigned have = 0, need = 0;

	(void)pthread_mutex_lock(&spread->lock);
	for (size_t i = 0; i < spread->n_taken && have >= need; i++) {
		have = count(spread->taken[i].children & left);
		need = spread->taken[i].need;
	}
	(void)pthread_mutex_unlock(&spread->lock);
	return have < need ? bk_spread_too_few(spread, have, need, answers, err)
			   : 0;
}

static uint32_t note_failures(struct bk_spread *spread, uint32_t asked,
			      const struct bk_spread_answers *answers)
{
	uint32_t done = 0;

	for (unsigned n = 0; n < spread->shape.n; n++) {
		if (!(asked >> n & 1))
			continue;
		if (answers->rc[n] == 0)
			done |= UINT32_C(1) << n;
		else
			bk_spread_child_failed(spread, n, &answers->err[n]);
	}
	return done;
}

static int flush_child(struct bk_spread *spread, unsigned child, void *with,
		       struct bk_err *err)
{
	(void)with;
	return bk_target_flush(spread->children[child].target, err);
}

int bk_spread_flush(struct bk_target *target, struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_here(target);
	uint32_t which = bk_spread_writable(spread);
	struct bk_spread_answers answers;

	bk_spread_each(spread, which, flush_child, NULL, &answers);
	(void)note_failures(spread, which, &answers);
	return check_taken(spread, &answers, err);
}

/* That this host has no room for a blob on its way, or was asked to stop, is no
 * child's fault. */
static bool is_ours(const struct bk_spread_answers *answers, uint32_t asked,
		    struct bk_err *err)
{
	for (unsigned n = 0; n < BK_SPREAD_MOST; n++)
		if ((asked >> n & 1) && answers->rc[n] < 0 &&
		    (answers->err[n].kind == BK_CANCELLED ||
		     answers->err[n].kind == BK_STARVED)) {
			*err = answers->err[n];
			return true;
		}
	return false;
}

static uint32_t children_for(const struct cutting *cutting)
{
	uint32_t which = bk_spread_writable(cutting->spread);

	for (unsigned n = 0; n < cutting->spread->shape.n; n++)
		if (cutting->cut &&
		    shard_for(cutting, n) == cutting->spread->shape.n)
			which &= ~(UINT32_C(1) << n);
	return which;
}

static int send_to_all(struct cutting *cutting, struct bk_err *err)
{
	struct bk_spread *spread = cutting->spread;
	struct bk_spread_answers answers;
	uint32_t which = children_for(cutting);
	unsigned need = bk_spread_need(spread);

	if (cutting->cut)
		need = spread->fresh ? cutting->shards : cutting->layout.d;
	if (count(which) < need)
		return bk_spread_too_few(spread, count(which), need, NULL, err);
	bk_spread_each(spread, which, send, cutting, &answers);
	if (is_ours(&answers, which, err))
		return -1;
	uint32_t done = note_failures(spread, which, &answers);
	if (count(done) < need)
		return bk_spread_too_few(spread, count(done), need, &answers,
					 err);
	remember(spread, done, need);
	return check_taken(spread, &answers, err);
}

static int check_whole(struct spread_put *put, struct bk_err *err)
{
	if (put->broken)
		return bk_fail(err, BK_MISUSE, "a write failed before");
	if (put->expected != BK_LENGTH_UNKNOWN &&
	    put->expected != put->bytes.len)
		return bk_fail(err, BK_MISUSE, "%ju bytes written, not %ju",
			       (uintmax_t)put->bytes.len,
			       (uintmax_t)put->expected);
	return 0;
}

/* Whatever says that data is there comes after the data. */
static int commit(struct spread_put *put, struct cutting *cutting,
		  struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_here(put->put.target);

	if (check_whole(put, err) < 0)
		return -1;
	if (strncmp(put->name, "data/", 5) != 0 &&
	    bk_spread_flush(&spread->target, err) < 0)
		return -1;
	if (begin_cutting(cutting, spread, put, err) < 0)
		return -1;
	bk_spread_blob_forget(spread, put->name);
	return send_to_all(cutting, err);
}

int bk_spread_put_commit(struct bk_put *base, struct bk_err *err)
{
	struct spread_put *put = (struct spread_put *)base;
	struct cutting cutting = {0};

	int rc = commit(put, &cutting, err);
	if (rc < 0)
		(void)bk_context(err, "%s/%s", base->target->where, put->name);
	end_cutting(&cutting);
	bk_spread_put_abort(base);
	return rc;
}

static int remove_there(const struct bk_spread *spread, unsigned child,
			const char *there, struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_target_remove(spread->children[child].target, there, &why) ==
		    0 ||
	    why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

int bk_spread_put_to(struct bk_put *base, unsigned child,
		     const uint8_t original[BK_SHA256_LEN], struct bk_err *err)
{
	struct spread_put *put = (struct spread_put *)base;
	struct bk_spread *spread = bk_spread_here(base->target);
	struct cutting cutting = {0};

	int rc = check_whole(put, err);
	if (rc == 0)
		rc = begin_cutting(&cutting, spread, put, err);
	if (rc == 0 &&
	    memcmp(cutting.head.original, original, BK_SHA256_LEN) != 0)
		rc = bk_fail(err, BK_CORRUPT,
			     "%s: what the shards give has another SHA-256",
			     put->name);
	if (rc == 0)
		rc = remove_there(spread, child, cutting.there, err);
	if (rc == 0)
		rc = send(spread, child, &cutting, err);
	if (rc == 0)
		rc = bk_target_flush(spread->children[child].target, err);
	end_cutting(&cutting);
	bk_spread_put_abort(base);
	return rc;
}
