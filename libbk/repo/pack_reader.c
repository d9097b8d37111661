/* A pack, opened for reading: see pack_reader.h. */

#include "repo/pack_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "mail/split.h"
#include "repo/container.h"
#include "repo/known.h"
#include "repo/pack_rows.h"
#include "repo/pack_writer.h"

#define ROWS_TO_A_BLOCK 2730u
#define ROW_BLOCK_LEN   65560u
#define ENTRY_LEN       ((size_t)16)
#define NO_BLOCK        UINT32_MAX
#define BLOCK_PLAIN     ((uint32_t)2 << 20) /* at most */
#define WANTED          8u                  /* blocks */

struct bk_pack_reader {
	const struct bk_repo *repo;
	struct bk_table_row row;
	struct bk_file_reader *file;
	struct bk_pack_entry *entries;
	uint32_t n_blocks, n_chunks;
	struct bk_buf rows;  /* the row block that was read last */
	uint32_t rows_block; /* its number among row blocks, or NO_BLOCK */
};

static const char *fault_of_entry(const struct bk_pack_entry *entry,
				  uint64_t at, bool is_first)
{
	if (is_first ? entry->first : entry->first <= entry[-1].first)
		return "chunks out of order";
	if (entry->offset != at || entry->stored < BK_BLOCK_OVERHEAD)
		return "blocks that do not meet";
	if (!entry->plain_len || entry->plain_len > BLOCK_PLAIN)
		return "a block of an impossible length";
	return NULL;
}

/* Blocks lie from the header to the rows without gaps, and their chunks are
 * numbered through. */
static const char *fault_of_entries(const struct bk_pack_reader *pack,
				    const struct bk_trailer *trailer)
{
	uint64_t at = BK_HEAD_LEN, plain = 0;
	const char *fault = NULL;

	for (uint32_t i = 0; !fault && i < pack->n_blocks; i++) {
		const struct bk_pack_entry *entry = &pack->entries[i];
		fault = fault_of_entry(entry, at, i == 0);
		at += entry->stored;
		plain += entry->plain_len;
	}
	if (fault)
		return fault;
	if (pack->n_blocks &&
	    pack->entries[pack->n_blocks - 1].first >= pack->n_chunks)
		return "more blocks than chunks";
	if (pack->n_blocks && at != trailer->rows_offset)
		return "blocks that do not meet the rows";
	return plain == trailer->plain_bytes
		       ? NULL
		       : "another length than the trailer's";
}

static int read_block_table(struct bk_pack_reader *pack,
			    const struct bk_buf *contents, struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(contents->data, contents->len);
	const struct bk_trailer *trailer = bk_file_reader_trailer(pack->file);

	pack->n_blocks = bk_cursor_u32(&from);
	pack->n_chunks = bk_cursor_u32(&from);
	if (from.bad || pack->n_blocks != trailer->n_data ||
	    pack->n_chunks != trailer->n_items ||
	    pack->n_chunks != pack->row.chunks ||
	    bk_cursor_left(&from) != pack->n_blocks * ENTRY_LEN)
		return bk_fail(err, BK_CORRUPT,
			       "block table does not agree with its trailer");
	pack->entries =
		bk_alloc((pack->n_blocks + (size_t)1) * sizeof(*pack->entries));
	for (uint32_t i = 0; i < pack->n_blocks; i++) {
		struct bk_pack_entry *entry = &pack->entries[i];
		entry->offset = bk_cursor_u32(&from);
		entry->stored = bk_cursor_u32(&from);
		entry->plain_len = bk_cursor_u32(&from);
		entry->first = bk_cursor_u32(&from);
	}
	pack->entries[pack->n_blocks].first = pack->n_chunks;
	const char *fault = fault_of_entries(pack, trailer);
	return fault ? bk_fail(err, BK_CORRUPT, "block table: %s", fault) : 0;
}

/* The rest of what the table says of the pack that it names. */
static int check_row(const struct bk_pack_reader *pack, struct bk_err *err)
{
	const struct bk_trailer *trailer = bk_file_reader_trailer(pack->file);
	const struct bk_table_row *row = &pack->row;
	bool sealed = bk_file_reader_is_sealed(pack->file);

	if (bk_file_reader_body_len(pack->file) != row->body_len ||
	    trailer->directory_offset != row->blocks_offset ||
	    sealed != !!(row->flags & BK_TABLE_SEALED))
		return bk_fail(err, BK_CORRUPT, "is not as the table says");
	return 0;
}

static int open_file(struct bk_pack_reader *pack, const struct bk_repo *repo,
		     struct bk_err *err)
{
	char name[BK_NAME_MAX];
	struct bk_file_id id = {.type = BK_FILE_PACK,
				.ordinal = pack->row.owner_ordinal};
	struct bk_file_place place = {
		.name = bk_table_row_name(name, &pack->row),
		.offset = pack->row.offset,
		.file_len = pack->row.file_len,
		.tail = pack->row.body_len - pack->row.blocks_offset,
		.body_len = pack->row.body_len,
	};
	struct bk_buf contents = {0};

	memcpy(id.set, pack->row.owner, sizeof(id.set));
	if (bk_file_reader_open(&pack->file, repo, repo->target, &place, &id,
				err) < 0)
		return -1;
	int rc = 0;
	if (check_row(pack, err) < 0)
		rc = bk_context(err, "%s", name);
	if (rc == 0)
		rc = bk_file_reader_directory(pack->file, &contents, err);
	if (rc == 0 && read_block_table(pack, &contents, err) < 0)
		rc = bk_context(err, "%s", name);
	bk_buf_clear(&contents);
	return rc;
}

int bk_pack_reader_open(struct bk_pack_reader **out, const struct bk_repo *repo,
			const struct bk_table_row *row, struct bk_err *err)
{
	struct bk_pack_reader *pack = bk_alloc(sizeof(*pack));

	pack->repo = repo;
	pack->row = *row;
	pack->rows_block = NO_BLOCK;
	if (open_file(pack, repo, err) < 0) {
		bk_pack_reader_close(pack);
		return -1;
	}
	*out = pack;
	return 0;
}

void bk_pack_reader_close(struct bk_pack_reader *pack)
{
	if (!pack)
		return;
	bk_file_reader_close(pack->file);
	bk_buf_clear(&pack->rows);
	free(pack->entries);
	free(pack);
}

bool bk_pack_reader_is(const struct bk_pack_reader *pack,
		       const struct bk_table_row *row)
{
	return pack->row.owner_ordinal == row->owner_ordinal &&
	       memcmp(pack->row.owner, row->owner, sizeof(row->owner)) == 0;
}

struct bk_pack_name bk_pack_reader_name(const struct bk_pack_reader *pack)
{
	struct bk_pack_name name = {.ordinal = pack->row.owner_ordinal};

	memcpy(name.owner, pack->row.owner, sizeof(name.owner));
	return name;
}

bool bk_pack_name_is(const struct bk_pack_name *a, const struct bk_pack_name *b)
{
	return a->ordinal == b->ordinal &&
	       memcmp(a->owner, b->owner, sizeof(a->owner)) == 0;
}

uint32_t bk_pack_reader_blocks(const struct bk_pack_reader *pack)
{
	return pack->n_blocks;
}

const struct bk_pack_entry *bk_pack_reader_entry(
	const struct bk_pack_reader *pack, uint32_t block)
{
	return &pack->entries[block];
}

struct bk_file_reader *bk_pack_reader_file(struct bk_pack_reader *pack)
{
	return pack->file;
}

uint32_t bk_pack_reader_chunks(const struct bk_pack_reader *pack)
{
	return pack->n_chunks;
}

int bk_pack_reader_find(const struct bk_pack_reader *pack, uint32_t chunk,
			uint32_t *block, uint32_t *first, struct bk_err *err)
{
	uint32_t low = 0, high = pack->n_blocks;

	if (chunk >= pack->n_chunks)
		return bk_fail(err, BK_CORRUPT, "chunk %u in a pack of %u",
			       chunk, pack->n_chunks);
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (pack->entries[middle].first <= chunk)
			low = middle;
		else
			high = middle;
	}
	*block = low;
	*first = pack->entries[low].first;
	return 0;
}

const uint8_t *bk_pack_reader_row(struct bk_pack_reader *pack, uint32_t chunk,
				  struct bk_err *err)
{
	uint32_t wanted = chunk / ROWS_TO_A_BLOCK;
	uint32_t in_block = chunk % ROWS_TO_A_BLOCK;

	if (pack->rows_block != wanted) {
		const struct bk_trailer *trailer =
			bk_file_reader_trailer(pack->file);
		struct bk_block_at at = {
			trailer->rows_offset + (uint64_t)wanted * ROW_BLOCK_LEN,
			pack->n_blocks + wanted,
		};
		pack->rows_block = NO_BLOCK;
		bk_file_reader_expect(pack->file, ROW_BLOCK_LEN);
		if (bk_file_reader_block(pack->file, &at, BK_BLOCK_ROWS,
					 &pack->rows, err) < 0 ||
		    bk_pack_rows_check(&pack->rows, wanted * ROWS_TO_A_BLOCK,
				       err) < 0)
			return NULL;
		pack->rows_block = wanted;
	}
	if ((in_block + (size_t)1) * BK_PACK_ROW_LEN > pack->rows.len) {
		bk_fail(err, BK_CORRUPT, "row %u is not there", chunk);
		return NULL;
	}
	return pack->rows.data + (size_t)in_block * BK_PACK_ROW_LEN;
}

/* Where the row blocks lie that have these chunks. */
static struct bk_stretch rows_of(const struct bk_pack_reader *pack,
				 uint32_t first, uint32_t last)
{
	uint64_t begin = first / ROWS_TO_A_BLOCK;
	uint64_t end = (uint64_t)last / ROWS_TO_A_BLOCK + 1;
	uint64_t at = bk_file_reader_trailer(pack->file)->rows_offset +
		      begin * ROW_BLOCK_LEN;
	uint64_t len = (end - begin) * ROW_BLOCK_LEN;
	uint64_t most = pack->row.file_len - at;

	return (struct bk_stretch){at, len < most ? len : most};
}

void bk_pack_reader_want(const struct bk_pack_reader *pack,
			 const uint32_t *blocks, size_t n)
{
	struct bk_stretch stretches[2 * WANTED];

	n = n < WANTED ? n : WANTED;
	for (size_t i = 0; i < n; i++) {
		const struct bk_pack_entry *entry = &pack->entries[blocks[i]];
		stretches[2 * i] =
			(struct bk_stretch){entry->offset, entry->stored};
		stretches[2 * i + 1] =
			rows_of(pack, entry[0].first, entry[1].first - 1);
	}
	bk_file_reader_want(pack->file, stretches, 2 * n);
}

static int add_up(struct bk_pack_reader *pack, uint32_t block,
		  struct bk_chunk_at *chunks, struct bk_err *err)
{
	uint32_t first = pack->entries[block].first;
	uint32_t n = pack->entries[block + 1].first - first;
	uint64_t at = 0;

	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *row = bk_pack_reader_row(pack, first + i, err);
		if (!row)
			return -1;
		if (bk_get_u16(row + BK_ROW_BLOCK) != block)
			return bk_fail(err, BK_CORRUPT,
				       "row %u is of another block", first + i);
		chunks[i] =
			(struct bk_chunk_at){(uint32_t)at, row[BK_ROW_TYPE]};
		at += bk_get_u32(row + BK_ROW_LENGTH);
		if (at > pack->entries[block].plain_len)
			break;
	}
	if (at != pack->entries[block].plain_len)
		return bk_fail(err, BK_CORRUPT,
			       "the chunks of block %u do not add up", block);
	chunks[n] = (struct bk_chunk_at){.start = (uint32_t)at};
	return 0;
}

struct bk_chunk_at *bk_pack_reader_chunks_of(struct bk_pack_reader *pack,
					     uint32_t block, struct bk_err *err)
{
	uint32_t n =
		pack->entries[block + 1].first - pack->entries[block].first;
	struct bk_chunk_at *chunks =
		bk_alloc((n + (size_t)1) * sizeof(*chunks));

	if (add_up(pack, block, chunks, err) == 0)
		return chunks;
	free(chunks);
	return NULL;
}

int bk_pack_reader_block(struct bk_pack_reader *pack, uint32_t block,
			 struct bk_buf *plain, struct bk_chunk_at **chunks,
			 struct bk_err *err)
{
	const struct bk_pack_entry *entry = &pack->entries[block];
	struct bk_block_at at = {entry->offset, block};

	*chunks = NULL;
	bk_file_reader_expect(pack->file, entry->stored);
	if (bk_file_reader_block(pack->file, &at, BK_BLOCK_DATA, plain, err) <
	    0)
		return -1;
	if (plain->len != entry->plain_len ||
	    at.offset != (uint64_t)entry->offset + entry->stored)
		return bk_fail(err, BK_CORRUPT,
			       "block %u is not as long as its table says",
			       block);
	*chunks = bk_pack_reader_chunks_of(pack, block, err);
	return *chunks ? 0 : -1;
}

int bk_pack_reader_types(struct bk_pack_reader *pack, uint8_t **types,
			 struct bk_err *err)
{
	uint8_t *out = bk_alloc(pack->n_chunks + (size_t)1);

	for (uint32_t i = 0; i < pack->n_blocks; i++) {
		uint32_t first = pack->entries[i].first;
		struct bk_chunk_at *chunks =
			bk_pack_reader_chunks_of(pack, i, err);
		if (!chunks) {
			free(out);
			return -1;
		}
		for (uint32_t k = first; k < pack->entries[i + 1].first; k++)
			out[k] = chunks[k - first].type;
		free(chunks);
	}
	*types = out;
	return 0;
}

uint32_t bk_pack_reader_generation(const struct bk_pack_reader *pack)
{
	return bk_file_reader_generation(pack->file);
}

/* ---- proving ---- */

static int prove_chunks(struct bk_pack_reader *pack,
			const struct bk_mac_key *id, uint32_t block,
			const struct bk_chunk_at *chunks, struct bk_view plain,
			struct bk_err *err)
{
	const struct bk_pack_entry *entry = &pack->entries[block];
	uint8_t right[BK_SHA256_LEN]; /* an identifier is no secret */

	for (uint32_t i = entry[0].first; i < entry[1].first; i++) {
		const struct bk_chunk_at *chunk = &chunks[i - entry->first];
		struct bk_view bytes = {plain.data + chunk[0].start,
					chunk[1].start - chunk[0].start};
		if (chunk->type == BK_CHUNK_TRACE)
			continue; /* has none */
		const uint8_t *row = bk_pack_reader_row(pack, i, err);
		if (!row)
			return -1;
		bk_mac_tagged(id, chunk->type, bytes, right);
		if (memcmp(row, right, BK_CHUNK_ID_LEN) != 0)
			return bk_fail(err, BK_CORRUPT,
				       "chunk %u: its identifier is that of "
				       "other bytes",
				       i);
	}
	return 0;
}

int bk_pack_reader_prove_block(struct bk_pack_reader *pack, uint32_t block,
			       struct bk_view plain,
			       const struct bk_chunk_at *chunks,
			       struct bk_err *err)
{
	struct bk_mac_key id;

	if (bk_keys_id(&pack->repo->keys, bk_pack_reader_generation(pack), &id,
		       err) < 0)
		return -1;
	int rc = prove_chunks(pack, &id, block, chunks, plain, err);
	bk_mac_key_clear(&id);
	return rc < 0 ? bk_context(err, "block %u", block) : 0;
}

/* A pack on its way to be proved. */
struct proof {
	struct bk_block_visitor visitor;
	struct bk_pack_reader *pack;
	struct bk_mac_key id;
};

static int prove_block(struct bk_block_visitor *visitor,
		       enum bk_block_kind kind, const struct bk_block_at *at,
		       struct bk_view plain, struct bk_err *err)
{
	struct proof *proof = (struct proof *)visitor;
	struct bk_pack_reader *pack = proof->pack;

	if (kind != BK_BLOCK_DATA)
		return 0;
	const struct bk_pack_entry *entry = &pack->entries[at->number];
	bool open = !visitor->leaves_data;
	if (at->offset != entry->offset ||
	    (open && plain.len != entry->plain_len))
		return bk_fail(err, BK_CORRUPT, "is not as its table says");
	if (!open)
		return 0;
	struct bk_chunk_at *chunks =
		bk_pack_reader_chunks_of(pack, at->number, err);
	int rc = chunks ? prove_chunks(pack, &proof->id, at->number, chunks,
				       plain, err)
			: -1;
	free(chunks);
	return rc;
}

int bk_pack_reader_prove(struct bk_pack_reader *pack, struct bk_err *err)
{
	struct proof proof = {.visitor.block = prove_block, .pack = pack};

	if (bk_keys_id(&pack->repo->keys, bk_pack_reader_generation(pack),
		       &proof.id, err) < 0)
		return -1;
	int rc = bk_file_reader_prove(pack->file, pack->row.sha256,
				      &proof.visitor, err);
	bk_mac_key_clear(&proof.id);
	return rc;
}

int bk_pack_reader_prove_body(struct bk_pack_reader *pack, struct bk_err *err)
{
	struct proof proof = {
		.visitor = {.block = prove_block, .leaves_data = true},
		.pack = pack,
	};

	return bk_file_reader_prove(pack->file, pack->row.sha256,
				    &proof.visitor, err);
}

void bk_pack_reader_take_over(struct bk_pack_reader *pack,
			      struct bk_pack_reader *from)
{
	bk_file_reader_take_over(pack->file, from->file);
}

void bk_pack_reader_rest(struct bk_pack_reader *pack)
{
	bk_file_reader_rest(pack->file);
}
