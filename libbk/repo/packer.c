/*
 * From chunks to packs: see packer.h.
 *
 * A reference is  own:     sequence number of the block << 16 | place in it
 *                 foreign: FOREIGN | number of the foreign pack << 32 | chunk
 * The sequence number is given when a block is begun; its pack, number and
 * first chunk when it is taken out, and then the places of its chunks stand.
 */

#include "repo/packer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "crypto/digest.h"
#include "repo/foreign.h"
#include "repo/pack_seal.h"
#include "repo/pack_writer.h"

#define FOREIGN         ((uint64_t)1 << 63)
#define IN_BLOCK_BITS   16
#define BLOCK_CHUNKS    ((size_t)UINT16_MAX)
#define PACK_BLOCKS_MAX 65535u

/* Where a block that was taken out lies. */
struct place {
	uint32_t ordinal; /* BK_NO_ORDINAL while it is open */
	uint32_t first;   /* number of its first chunk in the pack */
};

struct open_block {
	struct bk_buf plain;
	struct bk_buf rows; /* 24 bytes a chunk, as in the pack */
	uint64_t sequence;
	size_t chunks;
};

struct bk_packer {
	struct bk_packer_config config;
	struct bk_pack_writer *writer;
	struct bk_table table;
	bool finished;

	pthread_mutex_t lock; /* everything below */
	struct bk_known known;
	struct open_block *open[BK_LANES];
	struct bk_buf *spare; /* plain bytes of blocks that are sealed */
	size_t n_spare, cap_spare;
	struct place *places; /* by sequence number */
	size_t n_places, cap_places;
	struct bk_foreign_list foreign;
	uint32_t n_ordinals;  /* given out, own and foreign */
	struct bk_pack *pack; /* the one that blocks go to now */
	uint64_t fill;        /* its bytes so far; unsealed blocks at their
				 plain length */
	uint32_t next_block, next_chunk;
	struct bk_packer_stats stats;
	struct bk_err failure;
};

struct bk_packer_hand {
	struct bk_chunk_sink sink;
	struct bk_packer *packer;
	struct bk_pack_sealer *sealer;
};

static void block_free(struct open_block *block)
{
	if (!block)
		return;
	bk_buf_clear(&block->plain);
	bk_buf_clear(&block->rows);
	free(block);
}

int bk_packer_open(struct bk_packer **out,
		   const struct bk_packer_config *config, struct bk_err *err)
{
	struct bk_packer *packer = bk_alloc(sizeof(*packer));

	packer->config = *config;
	(void)pthread_mutex_init(&packer->lock, NULL);
	if (bk_pack_writer_open(&packer->writer, config->repo, config->set,
				config->target, err) < 0) {
		bk_packer_free(packer);
		return -1;
	}
	*out = packer;
	return 0;
}

void bk_packer_free(struct bk_packer *packer)
{
	if (!packer)
		return;
	bk_pack_writer_free(packer->writer);
	for (size_t lane = 0; lane < BK_LANES; lane++)
		block_free(packer->open[lane]);
	for (size_t i = 0; i < packer->n_spare; i++)
		bk_buf_clear(&packer->spare[i]);
	free(packer->spare);
	bk_known_clear(&packer->known);
	bk_table_clear(&packer->table);
	free(packer->places);
	bk_foreign_list_clear(&packer->foreign);
	(void)pthread_mutex_destroy(&packer->lock);
	free(packer);
}

/* Remembers the first failure; every later call ends with it. */
static int fail_all(struct bk_packer *packer, const struct bk_err *err)
{
	pthread_mutex_lock(&packer->lock);
	if (packer->failure.kind == BK_OK)
		packer->failure = *err;
	pthread_mutex_unlock(&packer->lock);
	return -1;
}

/* Room for the plain bytes of a block: the whole of it at once, and used again,
 * because buffers of megabytes that grow, come and go leave memory in pieces.
 */
static struct bk_buf room_for_block(struct bk_packer *packer)
{
	struct bk_buf room = {0};

	if (packer->n_spare)
		return packer->spare[--packer->n_spare];
	(void)bk_buf_room(&room, packer->config.block_size);
	return room;
}

/* Under the lock.  The room of a block that was sealed serves another one. */
static void keep_room(struct bk_packer *packer, struct bk_buf *plain)
{
	packer->spare =
		bk_array_room(packer->spare, packer->n_spare,
			      &packer->cap_spare, sizeof(*packer->spare));
	plain->len = 0;
	packer->spare[packer->n_spare++] = *plain;
	*plain = (struct bk_buf){0};
}

static struct open_block *begin_block(struct bk_packer *packer)
{
	struct open_block *block = bk_alloc(sizeof(*block));

	block->plain = room_for_block(packer);
	packer->places =
		bk_array_room(packer->places, packer->n_places,
			      &packer->cap_places, sizeof(*packer->places));
	block->sequence = packer->n_places;
	packer->places[packer->n_places++] = (struct place){BK_NO_ORDINAL, 0};
	return block;
}

/* The pack that the next block goes to. */
static int choose_pack(struct bk_packer *packer, struct bk_err *err)
{
	if (packer->pack && packer->fill < packer->config.pack_size &&
	    packer->next_block < PACK_BLOCKS_MAX)
		return 0;
	if (bk_pack_new(&packer->pack, packer->writer, packer->n_ordinals,
			err) < 0)
		return -1;
	packer->n_ordinals++;
	packer->fill = 0;
	packer->next_block = 0;
	packer->next_chunk = 0;
	return 0;
}

/* Takes the block of a lane out: from now on its chunks have places. */
static int take_out(struct bk_packer *packer, enum bk_lane lane,
		    struct bk_pack_block **out, struct bk_err *err)
{
	struct open_block *block = packer->open[lane];

	if (choose_pack(packer, err) < 0)
		return -1;
	struct place *place = &packer->places[block->sequence];
	place->first = packer->next_chunk;
	place->ordinal = bk_pack_ordinal(packer->pack);
	*out = bk_pack_block_new(packer->pack, packer->next_block,
				 packer->next_chunk, &block->plain,
				 &block->rows);
	packer->fill += (*out)->plain.len;
	packer->next_block++;
	packer->next_chunk += (uint32_t)block->chunks;
	packer->open[lane] = NULL;
	block_free(block);
	return 0;
}

/* A chunk on its way into a block. */
struct chunk {
	uint8_t id[BK_SHA256_LEN]; /* the first 16 bytes count */
	enum bk_chunk_type type;
	enum bk_lane lane;
	struct bk_view bytes;
};

static void add_to_block(struct open_block *block, const struct chunk *chunk)
{
	bk_buf_add(&block->plain, chunk->bytes.data, chunk->bytes.len);
	bk_buf_add(&block->rows, chunk->id, BK_CHUNK_ID_LEN);
	bk_buf_add_u32(&block->rows, (uint32_t)chunk->bytes.len);
	bk_buf_add_u16(&block->rows, 0); /* its block: known when taken out */
	bk_buf_add_u8(&block->rows, (uint8_t)chunk->type);
	bk_buf_add_u8(&block->rows, 0);
	block->chunks++;
}

static bool has_room(const struct bk_packer *packer,
		     const struct open_block *block, size_t len)
{
	return block->chunks < BLOCK_CHUNKS &&
	       block->plain.len + len <= packer->config.block_size;
}

/* Traces are different in every message: nobody asks for them again. */
static bool may_recur(const struct chunk *chunk)
{
	return chunk->type != BK_CHUNK_TRACE;
}

/* Under the lock.  *full is a block that must be sealed now, or NULL. */
static int keep_locked(struct bk_packer *packer, const struct chunk *chunk,
		       uint64_t *ref, struct bk_pack_block **full,
		       struct bk_err *err)
{
	struct open_block *block = packer->open[chunk->lane];

	if (packer->failure.kind != BK_OK) {
		*err = packer->failure;
		return -1;
	}
	if (may_recur(chunk) && bk_known_find(&packer->known, chunk->id, ref)) {
		packer->stats.repeated++;
		return 0;
	}
	if (block && !has_room(packer, block, chunk->bytes.len)) {
		if (take_out(packer, chunk->lane, full, err) < 0)
			return -1;
		block = NULL;
	}
	if (!block)
		block = packer->open[chunk->lane] = begin_block(packer);
	*ref = block->sequence << IN_BLOCK_BITS | block->chunks;
	add_to_block(block, chunk);
	if (may_recur(chunk))
		(void)bk_known_find_or_add(&packer->known, chunk->id, ref);
	packer->stats.chunks++;
	packer->stats.chunk_bytes += chunk->bytes.len;
	return 0;
}

static int seal_and_submit(struct bk_packer_hand *hand,
			   struct bk_pack_block *block, struct bk_err *err)
{
	struct bk_packer *packer = hand->packer;
	struct bk_pack *pack = block->pack;
	size_t plain = block->plain.len;

	if (bk_pack_seal(hand->sealer, block, packer->config.level, err) < 0) {
		bk_pack_block_free(block);
		bk_pack_writer_give_up(packer->writer, err);
		return fail_all(packer, err);
	}
	size_t stored = block->sealed.len;
	pthread_mutex_lock(&packer->lock);
	if (pack == packer->pack)
		packer->fill = packer->fill + stored - plain;
	packer->stats.stored_bytes += stored;
	keep_room(packer, &block->plain);
	pthread_mutex_unlock(&packer->lock);
	if (bk_pack_submit(packer->writer, block, err) < 0)
		return fail_all(packer, err);
	return 0;
}

/* 1 if the chunk needs no storing, because the base has it. */
static int ask_base(struct bk_packer *packer, const struct chunk *chunk,
		    uint64_t *ref, struct bk_err *err)
{
	if (!packer->config.base || !may_recur(chunk))
		return 0;
	return packer->config.base(packer->config.base_arg, chunk->id, ref,
				   err);
}

static int hand_keep(struct bk_chunk_sink *to, enum bk_chunk_type type,
		     enum bk_lane lane, struct bk_view bytes, uint64_t *ref,
		     struct bk_err *err)
{
	struct bk_packer_hand *hand = (struct bk_packer_hand *)to;
	struct bk_packer *packer = hand->packer;
	struct chunk chunk = {.type = type, .lane = lane, .bytes = bytes};
	struct bk_pack_block *full = NULL;

	if (may_recur(&chunk))
		bk_mac_tagged(&packer->config.repo->keys.id, (uint8_t)type,
			      bytes, chunk.id);
	int rc = ask_base(packer, &chunk, ref, err);
	if (rc > 0)
		return 0;
	if (rc == 0) {
		pthread_mutex_lock(&packer->lock);
		rc = keep_locked(packer, &chunk, ref, &full, err);
		pthread_mutex_unlock(&packer->lock);
	}
	if (rc < 0)
		return fail_all(packer, err);
	return full ? seal_and_submit(hand, full, err) : 0;
}

struct bk_packer_hand *bk_packer_hand_new(struct bk_packer *packer)
{
	struct bk_packer_hand *hand = bk_alloc(sizeof(*hand));

	hand->sink.keep = hand_keep;
	hand->packer = packer;
	hand->sealer = bk_pack_sealer_new();
	return hand;
}

void bk_packer_hand_free(struct bk_packer_hand *hand)
{
	if (!hand)
		return;
	bk_pack_sealer_free(hand->sealer);
	free(hand);
}

struct bk_chunk_sink *bk_packer_hand_sink(struct bk_packer_hand *hand)
{
	return &hand->sink;
}

int bk_packer_flush(struct bk_packer_hand *hand, struct bk_err *err)
{
	struct bk_packer *packer = hand->packer;
	int rc = 0;

	for (unsigned lane = 0; rc == 0 && lane < BK_LANES; lane++) {
		struct bk_pack_block *block = NULL;
		pthread_mutex_lock(&packer->lock);
		if (packer->open[lane])
			rc = take_out(packer, lane, &block, err);
		pthread_mutex_unlock(&packer->lock);
		if (rc == 0 && block)
			rc = seal_and_submit(hand, block, err);
	}
	return rc < 0 ? fail_all(packer, err) : 0;
}

static uint32_t foreign_ordinal(struct bk_packer *packer,
				struct bk_foreign *foreign)
{
	if (foreign->ordinal == BK_NO_ORDINAL)
		foreign->ordinal = packer->n_ordinals++;
	return foreign->ordinal;
}

static bool place_locked(struct bk_packer *packer, uint64_t ref,
			 uint64_t *place)
{
	if (ref & FOREIGN) {
		size_t number = (size_t)((ref & ~FOREIGN) >> 32);
		uint64_t ordinal =
			foreign_ordinal(packer, &packer->foreign.items[number]);
		*place = ordinal << 32 | (uint32_t)ref;
		return true;
	}
	const struct place *block = &packer->places[ref >> IN_BLOCK_BITS];
	if (block->ordinal == BK_NO_ORDINAL)
		return false;
	*place = (uint64_t)block->ordinal << 32 |
		 (block->first + (uint32_t)(ref & BLOCK_CHUNKS));
	return true;
}

bool bk_packer_place(struct bk_packer *packer, uint64_t ref, uint64_t *place)
{
	pthread_mutex_lock(&packer->lock);
	bool placed = place_locked(packer, ref, place);
	pthread_mutex_unlock(&packer->lock);
	return placed;
}

uint64_t bk_packer_foreign(struct bk_packer *packer,
			   const struct bk_table_row *pack, uint32_t chunk)
{
	pthread_mutex_lock(&packer->lock);
	uint64_t number = bk_foreign_number(&packer->foreign, pack);
	pthread_mutex_unlock(&packer->lock);
	return FOREIGN | number << 32 | chunk;
}

void bk_packer_know(struct bk_packer *packer, const uint8_t id[BK_CHUNK_ID_LEN],
		    uint64_t ref)
{
	pthread_mutex_lock(&packer->lock);
	(void)bk_known_find_or_add(&packer->known, id, &ref);
	pthread_mutex_unlock(&packer->lock);
}

int bk_packer_finish(struct bk_packer *packer, struct bk_err *err)
{
	if (packer->failure.kind != BK_OK) {
		*err = packer->failure;
		return -1;
	}
	if (bk_pack_writer_finish(packer->writer, packer->n_ordinals,
				  &packer->table, err) < 0)
		return fail_all(packer, err);
	for (size_t i = 0; i < packer->foreign.n; i++) {
		const struct bk_foreign *foreign = &packer->foreign.items[i];
		if (foreign->ordinal == BK_NO_ORDINAL)
			continue;
		struct bk_table_row *row =
			&packer->table.rows[foreign->ordinal];
		*row = foreign->row;
		row->ordinal = foreign->ordinal;
		row->flags = (uint8_t)((row->flags & ~BK_TABLE_OWN) |
				       BK_TABLE_REUSED);
	}
	packer->finished = true;
	return 0;
}

struct bk_table *bk_packer_table(struct bk_packer *packer)
{
	return &packer->table;
}

/* Whether the table has the pack of this reference. */
static bool is_in_table(const struct bk_packer *packer, uint64_t ref)
{
	return !(ref & FOREIGN) ||
	       packer->foreign.items[(ref & ~FOREIGN) >> 32].ordinal !=
		       BK_NO_ORDINAL;
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, BK_CHUNK_ID_LEN);
}

void bk_packer_index_rows(struct bk_packer *packer, struct bk_buf *out)
{
	uint8_t id[BK_CHUNK_ID_LEN];
	uint64_t ref, place;
	size_t at = 0, start = out->len;

	(void)bk_buf_room(out, packer->known.n * BK_PACK_ROW_LEN);
	while (bk_known_next(&packer->known, &at, id, &ref)) {
		if (!is_in_table(packer, ref) ||
		    !bk_packer_place(packer, ref, &place))
			continue;
		bk_buf_add(out, id, sizeof(id));
		bk_buf_add_u32(out, (uint32_t)(place >> 32));
		bk_buf_add_u32(out, (uint32_t)place);
	}
	bk_known_clear(&packer->known); /* most of the memory of a run */
	if (out->len > start)
		qsort(out->data + start, (out->len - start) / 24, 24, by_id);
}

void bk_packer_stats(struct bk_packer *packer, struct bk_packer_stats *out)
{
	pthread_mutex_lock(&packer->lock);
	*out = packer->stats;
	pthread_mutex_unlock(&packer->lock);
}
