/* Chunks that wait for their ids: see chunk_batch.h. */

#include "repo/chunk_batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/macs.h"

#define WAITING_MAX ((size_t)3 << 19) /* bytes; any chunk fits */

static_assert(WAITING_MAX >= BK_CHUNK_MAX, "any chunk must fit");

struct bk_chunk_batch {
	struct bk_chunk_sink sink;
	struct bk_packer_hand *hand;
	const struct bk_mac_key *key;
	bool waits; /* else each chunk goes on at once */

	struct bk_buf bytes; /* of those that wait; never moves */
	struct bk_packer_chunk *waiting;
	size_t n_waiting, cap_waiting;
	struct bk_mac_job *jobs;
	size_t cap_jobs;
	uint64_t *refs; /* by ticket; those of `waiting` come last */
	size_t n_refs, cap_refs;
};

/* A ticket, whose reference may not be known yet. */
static uint64_t give_ticket(struct bk_chunk_batch *batch, uint64_t ref)
{
	batch->refs = bk_array_room(batch->refs, batch->n_refs,
				    &batch->cap_refs, sizeof(*batch->refs));
	batch->refs[batch->n_refs] = ref;
	return batch->n_refs++;
}

static void add_waiting(struct bk_chunk_batch *batch,
			const struct bk_packer_chunk *chunk)
{
	uint8_t *copy = bk_buf_grow(&batch->bytes, chunk->bytes.len);

	memcpy(copy, chunk->bytes.data, chunk->bytes.len);
	batch->waiting =
		bk_array_room(batch->waiting, batch->n_waiting,
			      &batch->cap_waiting, sizeof(*batch->waiting));
	struct bk_packer_chunk *last = &batch->waiting[batch->n_waiting++];
	*last = *chunk;
	last->bytes.data = copy;
}

static int pass_on(struct bk_chunk_batch *batch,
		   const struct bk_packer_chunk *chunk, uint64_t *ticket,
		   struct bk_err *err)
{
	struct bk_chunk_sink *to = bk_packer_hand_sink(batch->hand);
	uint64_t ref = 0;

	if (to->keep(to, chunk->type, chunk->lane, chunk->bytes, &ref, err) < 0)
		return -1;
	*ticket = give_ticket(batch, ref);
	return 0;
}

static int batch_keep(struct bk_chunk_sink *to, enum bk_chunk_type type,
		      enum bk_lane lane, struct bk_view bytes, uint64_t *ref,
		      struct bk_err *err)
{
	struct bk_chunk_batch *batch = (struct bk_chunk_batch *)to;
	struct bk_packer_chunk chunk = {
		.type = type,
		.lane = lane,
		.bytes = bytes,
	};

	if (!batch->waits)
		return pass_on(batch, &chunk, ref, err);
	if (batch->bytes.len + bytes.len > WAITING_MAX &&
	    bk_chunk_batch_settle(batch, err) < 0)
		return -1;
	*ref = give_ticket(batch, 0);
	add_waiting(batch, &chunk);
	return 0;
}

struct bk_chunk_batch *bk_chunk_batch_new(struct bk_packer_hand *hand,
					  const struct bk_mac_key *key)
{
	struct bk_chunk_batch *batch = bk_alloc(sizeof(*batch));

	batch->sink.keep = batch_keep;
	batch->hand = hand;
	batch->key = key;
	batch->waits = bk_macs_gain();
	if (batch->waits)
		(void)bk_buf_room(&batch->bytes, WAITING_MAX);
	return batch;
}

void bk_chunk_batch_free(struct bk_chunk_batch *batch)
{
	if (!batch)
		return;
	bk_buf_clear(&batch->bytes);
	free(batch->waiting);
	free(batch->jobs);
	free(batch->refs);
	free(batch);
}

struct bk_chunk_sink *bk_chunk_batch_sink(struct bk_chunk_batch *batch)
{
	return &batch->sink;
}

static void compute_ids(struct bk_chunk_batch *batch)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n_waiting; i++) {
		const struct bk_packer_chunk *chunk = &batch->waiting[i];
		if (!bk_packer_may_recur(chunk->type))
			continue;
		batch->jobs = bk_array_room(batch->jobs, n, &batch->cap_jobs,
					    sizeof(*batch->jobs));
		batch->jobs[n++] = (struct bk_mac_job){
			.tag = (uint8_t)chunk->type,
			.bytes = chunk->bytes,
		};
	}
	bk_macs_tagged(batch->key, batch->jobs, n);
	n = 0;
	for (size_t i = 0; i < batch->n_waiting; i++) {
		struct bk_packer_chunk *chunk = &batch->waiting[i];
		if (bk_packer_may_recur(chunk->type))
			memcpy(chunk->id, batch->jobs[n++].out,
			       sizeof(chunk->id));
	}
}

int bk_chunk_batch_settle(struct bk_chunk_batch *batch, struct bk_err *err)
{
	uint64_t *ref = batch->refs + batch->n_refs - batch->n_waiting;
	int rc = 0;

	if (!batch->n_waiting)
		return 0;
	compute_ids(batch);
	for (size_t i = 0; rc == 0 && i < batch->n_waiting; i++)
		rc = bk_packer_hand_keep(batch->hand, &batch->waiting[i],
					 &ref[i], err);
	batch->n_waiting = 0;
	batch->bytes.len = 0;
	return rc;
}

uint64_t bk_chunk_batch_ref(const struct bk_chunk_batch *batch, uint64_t ticket)
{
	assert(!batch->n_waiting && ticket < batch->n_refs);
	return batch->refs[ticket];
}

void bk_chunk_batch_restart(struct bk_chunk_batch *batch)
{
	assert(!batch->n_waiting);
	batch->n_refs = 0;
}
