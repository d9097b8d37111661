/* Pack files, written while their blocks are sealed by several threads: see
 * pack_writer.h. */

#include "repo/pack_writer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "repo/container.h"
#include "repo/id.h"

#define AHEAD_MAX       2 /* sealed blocks that may wait for the writer */
#define ROWS_TO_A_BLOCK ((size_t)2730)

struct bk_pack {
	struct bk_pack_writer *writer;
	uint32_t ordinal;
	uint8_t head[BK_HEAD_LEN];
	uint8_t key[BK_KEY_LEN];

	/* The writing thread's. */
	struct bk_put *put;
	struct bk_aead *aead;
	struct bk_sha256 sha;
	uint64_t offset;
	uint64_t plain_bytes;
	uint32_t blocks;
	struct bk_buf rows;
	struct bk_buf block_table;
	struct bk_pack *older;
};

struct bk_pack_writer {
	const struct bk_repo *repo;
	uint8_t set[16];
	struct bk_target *target;
	pthread_t thread;
	bool started;
	struct bk_pack *packs;       /* all that were made */
	struct bk_pack *current;     /* being written */
	struct bk_table_row *closed; /* rows of the packs that are done */
	size_t n_closed, cap_closed;

	uint64_t next_made; /* order of the next block that is made */

	pthread_mutex_t lock; /* everything below */
	pthread_cond_t changed;
	struct bk_pack_block *waiting[AHEAD_MAX]; /* by order % AHEAD_MAX */
	uint64_t next_written;
	struct bk_buf *spare; /* rooms of blocks that are written */
	size_t n_spare, cap_spare;
	bool no_more;
	bool abandoned;
	struct bk_err failure;
};

static int write_out(struct bk_pack *pack, struct bk_view bytes,
		     struct bk_err *err)
{
	bk_sha256_update(&pack->sha, bytes.data, bytes.len);
	pack->offset += bytes.len;
	return bk_put_write(pack->put, bytes.data, bytes.len, err);
}

static void name_of_pack(const struct bk_pack *pack, char *name)
{
	bk_name_pack(name, pack->writer->set, pack->ordinal);
}

static int begin_pack(struct bk_pack *pack, struct bk_err *err)
{
	char name[BK_NAME_MAX];

	name_of_pack(pack, name);
	if (bk_target_put_begin(pack->writer->target, name, BK_LENGTH_UNKNOWN,
				&pack->put, err) < 0)
		return -1;
	pack->aead = bk_aead_new(pack->key);
	bk_sha256_init(&pack->sha);
	return write_out(pack, (struct bk_view){pack->head, BK_HEAD_LEN}, err);
}

static int append_sealed(struct bk_pack *pack, const struct bk_block_info *info,
			 struct bk_view data, struct bk_err *err)
{
	struct bk_buf sealed = {0};

	int rc = bk_block_seal(pack->aead, info, data, &sealed, err);
	if (rc == 0)
		rc = write_out(pack, bk_buf_view(&sealed), err);
	bk_buf_clear(&sealed);
	return rc;
}

static int write_rows(struct bk_pack *pack, uint32_t *number,
		      struct bk_err *err)
{
	size_t step = ROWS_TO_A_BLOCK * BK_PACK_ROW_LEN;

	for (size_t at = 0; at < pack->rows.len; at += step) {
		size_t n =
			pack->rows.len - at < step ? pack->rows.len - at : step;
		struct bk_block_info info = {
			.type = BK_FILE_PACK,
			.kind = BK_BLOCK_ROWS,
			.number = (*number)++,
			.plain_len = (uint32_t)n,
		};
		if (append_sealed(pack, &info,
				  (struct bk_view){pack->rows.data + at, n},
				  err) < 0)
			return -1;
	}
	return 0;
}

/* The block table fits in one block: 65,535 blocks take 1 MiB. */
static int write_block_table(struct bk_pack *pack, uint32_t *number,
			     uint32_t *stored, struct bk_err *err)
{
	uint32_t chunks = (uint32_t)(pack->rows.len / BK_PACK_ROW_LEN);
	uint64_t start = pack->offset;
	struct bk_buf contents = {0};

	bk_buf_add_u32(&contents, pack->blocks);
	bk_buf_add_u32(&contents, chunks);
	bk_buf_add(&contents, pack->block_table.data, pack->block_table.len);
	struct bk_block_info info = {
		.type = BK_FILE_PACK,
		.kind = BK_BLOCK_DIRECTORY,
		.number = (*number)++,
		.plain_len = (uint32_t)contents.len,
	};
	int rc = append_sealed(pack, &info, bk_buf_view(&contents), err);
	*stored = (uint32_t)(pack->offset - start);
	bk_buf_clear(&contents);
	return rc;
}

static int write_trailer(struct bk_pack *pack, const struct bk_trailer *trailer,
			 uint32_t number, struct bk_err *err)
{
	uint8_t data[BK_TRAILER_LEN];
	struct bk_block_info info = {
		.type = BK_FILE_PACK,
		.kind = BK_BLOCK_TRAILER,
		.number = number,
		.last = true,
		.plain_len = BK_TRAILER_LEN,
	};

	bk_trailer_encode(trailer, data);
	return append_sealed(pack, &info, (struct bk_view){data, sizeof(data)},
			     err);
}

/* Rows, block table and trailer; fills the pack's row of the table. */
static int write_end(struct bk_pack *pack, struct bk_table_row *row,
		     struct bk_err *err)
{
	uint32_t number = pack->blocks, stored = 0;
	struct bk_trailer trailer = {
		.n_items = (uint32_t)(pack->rows.len / BK_PACK_ROW_LEN),
		.n_data = pack->blocks,
		.plain_bytes = pack->plain_bytes,
		.rows_offset = pack->offset,
		.rows_extra = ROWS_TO_A_BLOCK,
		.n_directory = 1,
	};

	if (write_rows(pack, &number, err) < 0)
		return -1;
	trailer.first_directory = number;
	trailer.directory_offset = pack->offset;
	if (write_block_table(pack, &number, &stored, err) < 0 ||
	    write_trailer(pack, &trailer, number, err) < 0)
		return -1;
	*row = (struct bk_table_row){
		.ordinal = pack->ordinal,
		.flags = BK_TABLE_OWN,
		.owner_ordinal = pack->ordinal,
		.chunks = trailer.n_items,
		.body_len = pack->offset,
		.file_len =
			bk_file_len(pack->offset, pack->writer->repo->parity),
		.blocks_offset = (uint32_t)trailer.directory_offset,
		.blocks_len = stored,
	};
	memcpy(row->owner, pack->writer->set, sizeof(row->owner));
	return 0;
}

static int close_pack(struct bk_pack *pack, struct bk_err *err)
{
	struct bk_pack_writer *writer = pack->writer;
	struct bk_table_row row;

	bk_fault("repo: before a pack is closed");
	if (write_end(pack, &row, err) < 0)
		return -1;
	bk_sha256_final(&pack->sha, row.sha256);
	if (bk_file_end(pack->put, row.body_len, writer->repo->parity,
			row.sha256, err) < 0)
		return -1;
	struct bk_put *put = pack->put;
	pack->put = NULL;
	if (bk_put_commit(put, err) < 0)
		return -1;
	bk_buf_clear(&pack->rows);
	bk_buf_clear(&pack->block_table);
	writer->closed =
		bk_array_room(writer->closed, writer->n_closed,
			      &writer->cap_closed, sizeof(*writer->closed));
	writer->closed[writer->n_closed++] = row;
	return 0;
}

/* A block in its turn. */
static int write_block(struct bk_pack_writer *writer,
		       struct bk_pack_block *block, struct bk_err *err)
{
	struct bk_pack *pack = block->pack;

	if (writer->current != pack) {
		if (writer->current && close_pack(writer->current, err) < 0)
			return -1;
		writer->current = pack;
		if (begin_pack(pack, err) < 0)
			return -1;
	}
	bk_buf_add_u32(&pack->block_table, (uint32_t)pack->offset);
	bk_buf_add_u32(&pack->block_table, (uint32_t)block->sealed.len);
	bk_buf_add_u32(&pack->block_table, block->plain_len);
	bk_buf_add_u32(&pack->block_table, block->first_chunk);
	bk_buf_add(&pack->rows, block->rows.data, block->rows.len);
	pack->plain_bytes += block->plain_len;
	pack->blocks++;
	return write_out(pack, bk_buf_view(&block->sealed), err);
}

/* The next block in order, or NULL at the end or when all was given up. */
static struct bk_pack_block *next_block(struct bk_pack_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	size_t slot = writer->next_written % AHEAD_MAX;
	while (!writer->waiting[slot] && !writer->no_more && !writer->abandoned)
		pthread_cond_wait(&writer->changed, &writer->lock);
	struct bk_pack_block *block =
		writer->abandoned ? NULL : writer->waiting[slot];
	if (block) {
		writer->waiting[slot] = NULL;
		writer->next_written++;
		pthread_cond_broadcast(&writer->changed);
	}
	pthread_mutex_unlock(&writer->lock);
	return block;
}

void bk_pack_writer_give_up(struct bk_pack_writer *writer,
			    const struct bk_err *why)
{
	pthread_mutex_lock(&writer->lock);
	if (writer->failure.kind == BK_OK)
		writer->failure = *why;
	writer->abandoned = true;
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
}

static bool is_abandoned(struct bk_pack_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	bool abandoned = writer->abandoned;
	pthread_mutex_unlock(&writer->lock);
	return abandoned;
}

/* The room of a block that is written serves another one. */
static void keep_room(struct bk_pack_writer *writer, struct bk_buf *sealed)
{
	pthread_mutex_lock(&writer->lock);
	writer->spare =
		bk_array_room(writer->spare, writer->n_spare,
			      &writer->cap_spare, sizeof(*writer->spare));
	sealed->len = 0;
	writer->spare[writer->n_spare++] = *sealed;
	*sealed = (struct bk_buf){0};
	pthread_mutex_unlock(&writer->lock);
}

void bk_pack_block_give_room(struct bk_pack_block *block)
{
	struct bk_pack_writer *writer = block->pack->writer;
	size_t most = (size_t)1 << bk_log2_block(BK_FILE_PACK);

	pthread_mutex_lock(&writer->lock);
	if (writer->n_spare)
		block->sealed = writer->spare[--writer->n_spare];
	pthread_mutex_unlock(&writer->lock);
	(void)bk_buf_room(&block->sealed, BK_BLOCK_OVERHEAD + most);
}

static void *write_blocks(void *arg)
{
	struct bk_pack_writer *writer = arg;
	struct bk_pack_block *block;
	struct bk_err err = {0};
	int rc = 0;

	while (rc == 0 && (block = next_block(writer))) {
		rc = write_block(writer, block, &err);
		keep_room(writer, &block->sealed);
		bk_pack_block_free(block);
	}
	if (rc == 0 && writer->current && !is_abandoned(writer))
		rc = close_pack(writer->current, &err);
	if (rc < 0)
		bk_pack_writer_give_up(writer, &err);
	return NULL;
}

int bk_pack_writer_open(struct bk_pack_writer **out, const struct bk_repo *repo,
			const uint8_t set[16], struct bk_target *target,
			struct bk_err *err)
{
	struct bk_pack_writer *writer = bk_alloc(sizeof(*writer));

	writer->repo = repo;
	memcpy(writer->set, set, sizeof(writer->set));
	writer->target = target;
	(void)pthread_mutex_init(&writer->lock, NULL);
	(void)pthread_cond_init(&writer->changed, NULL);
	if (pthread_create(&writer->thread, NULL, write_blocks, writer) != 0) {
		bk_fail(err, BK_FAILED, "no thread for writing packs");
		bk_pack_writer_free(writer);
		return -1;
	}
	writer->started = true;
	*out = writer;
	return 0;
}

static void end_thread(struct bk_pack_writer *writer, bool abandon)
{
	if (!writer->started)
		return;
	pthread_mutex_lock(&writer->lock);
	writer->no_more = true;
	writer->abandoned |= abandon;
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->thread, NULL);
	writer->started = false;
}

static void pack_free(struct bk_pack *pack)
{
	bk_put_abort(pack->put);
	bk_aead_free(pack->aead);
	explicit_bzero(pack->key, sizeof(pack->key));
	bk_buf_clear(&pack->rows);
	bk_buf_clear(&pack->block_table);
	free(pack);
}

void bk_pack_writer_free(struct bk_pack_writer *writer)
{
	if (!writer)
		return;
	end_thread(writer, true);
	while (writer->packs) {
		struct bk_pack *older = writer->packs->older;
		pack_free(writer->packs);
		writer->packs = older;
	}
	for (size_t i = 0; i < AHEAD_MAX; i++)
		bk_pack_block_free(writer->waiting[i]);
	for (size_t i = 0; i < writer->n_spare; i++)
		bk_buf_clear(&writer->spare[i]);
	free(writer->spare);
	free(writer->closed);
	(void)pthread_cond_destroy(&writer->changed);
	(void)pthread_mutex_destroy(&writer->lock);
	free(writer);
}

int bk_pack_writer_finish(struct bk_pack_writer *writer, uint32_t n_ordinals,
			  struct bk_table *table, struct bk_err *err)
{
	end_thread(writer, false);
	if (writer->failure.kind != BK_OK) {
		*err = writer->failure;
		return -1;
	}
	bk_table_resize(table, n_ordinals);
	for (size_t i = 0; i < writer->n_closed; i++)
		table->rows[writer->closed[i].ordinal] = writer->closed[i];
	return 0;
}

int bk_pack_new(struct bk_pack **out, struct bk_pack_writer *writer,
		uint32_t ordinal, struct bk_err *err)
{
	struct bk_pack *pack = bk_alloc(sizeof(*pack));
	struct bk_file_id id = {.type = BK_FILE_PACK, .ordinal = ordinal};

	memcpy(id.set, writer->set, sizeof(id.set));
	pack->writer = writer;
	pack->ordinal = ordinal;
	if (bk_head_make(writer->repo, &id, bk_log2_block(BK_FILE_PACK),
			 pack->head, pack->key, err) < 0) {
		free(pack);
		return -1;
	}
	pack->older = writer->packs;
	writer->packs = pack;
	*out = pack;
	return 0;
}

uint32_t bk_pack_ordinal(const struct bk_pack *pack)
{
	return pack->ordinal;
}

const uint8_t *bk_pack_key(const struct bk_pack *pack)
{
	return pack->key;
}

struct bk_pack_block *bk_pack_block_new(struct bk_pack *pack, uint32_t number,
					uint32_t first_chunk,
					struct bk_buf *plain,
					struct bk_buf *rows)
{
	struct bk_pack_block *block = bk_alloc(sizeof(*block));

	block->pack = pack;
	block->order = pack->writer->next_made++;
	block->number = number;
	block->first_chunk = first_chunk;
	block->plain_len = (uint32_t)plain->len;
	block->plain = *plain;
	block->rows = *rows;
	*plain = (struct bk_buf){0};
	*rows = (struct bk_buf){0};
	for (size_t at = 0; at < block->rows.len; at += BK_PACK_ROW_LEN)
		bk_put_u16(block->rows.data + at + 20, (uint16_t)number);
	return block;
}

void bk_pack_block_free(struct bk_pack_block *block)
{
	if (!block)
		return;
	bk_buf_clear(&block->plain);
	bk_buf_clear(&block->rows);
	bk_buf_clear(&block->sealed);
	free(block);
}

int bk_pack_submit(struct bk_pack_writer *writer, struct bk_pack_block *block,
		   struct bk_err *err)
{
	pthread_mutex_lock(&writer->lock);
	while (!writer->abandoned &&
	       block->order >= writer->next_written + AHEAD_MAX)
		pthread_cond_wait(&writer->changed, &writer->lock);
	bool taken = !writer->abandoned;
	if (taken) {
		writer->waiting[block->order % AHEAD_MAX] = block;
		pthread_cond_broadcast(&writer->changed);
	} else {
		*err = writer->failure;
	}
	pthread_mutex_unlock(&writer->lock);
	if (taken)
		return 0;
	bk_pack_block_free(block);
	if (err->kind == BK_OK)
		bk_fail(err, BK_CANCELLED, "writing of packs was given up");
	return -1;
}
