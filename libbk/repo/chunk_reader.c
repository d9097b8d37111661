/* Chunks of a set, found and opened: see chunk_reader.h. */

#include "repo/chunk_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "mail/split.h"
#include "repo/block_cache.h"
#include "repo/container.h"
#include "repo/hoard.h"
#include "repo/pack_reader.h"

#define PARTS_MOST ((uint64_t)256)
#define WANTED     8u  /* blocks of a pack */
#define LOOKED_AT  64u /* refs of a message that is wanted */

struct bk_chunk_reader {
	struct bk_chunk_source source;
	const struct bk_set *set;
	struct bk_pack_reader **packs; /* opened, by owner and ordinal */
	size_t n_packs, cap_packs;
	struct bk_pack_reader ***frames;    /* [level][ordinal], lazily */
	struct bk_block_cache *cache, *own; /* own is NULL when it is shared */
	struct bk_opened_block *held;       /* the one that was read last */
	struct bk_pack_reader *held_pack;
	uint32_t held_number;
	uint32_t frame; /* of the row that is being read */
	struct bk_recipe recipe;
	struct bk_digester *digester;
	struct bk_pack_reader *latest; /* whose block was opened last */
	const struct bk_hoard *hoard;  /* asked first; or NULL */
};

static void let_go(struct bk_chunk_reader *reader)
{
	bk_block_cache_let_go(reader->cache, reader->held);
	reader->held = NULL;
	reader->held_pack = NULL;
}

/* Makes the block the one that is held. */
static int hold(struct bk_chunk_reader *reader, struct bk_pack_reader *pack,
		uint32_t number, struct bk_err *err)
{
	if (reader->held_pack == pack && reader->held_number == number)
		return 0;
	let_go(reader);
	if (reader->latest && reader->latest != pack)
		bk_pack_reader_take_over(pack, reader->latest);
	reader->latest = pack;
	if (bk_block_cache_get(reader->cache, pack, number, &reader->held,
			       err) < 0)
		return -1;
	reader->held_pack = pack;
	reader->held_number = number;
	return 0;
}

/* One that another frame, or an earlier row, had opened already. */
static struct bk_pack_reader *opened_pack(const struct bk_chunk_reader *reader,
					  const struct bk_table_row *row)
{
	for (size_t i = 0; i < reader->n_packs; i++)
		if (bk_pack_reader_is(reader->packs[i], row))
			return reader->packs[i];
	return NULL;
}

static int open_pack(struct bk_chunk_reader *reader,
		     const struct bk_table_row *row,
		     struct bk_pack_reader **out, struct bk_err *err)
{
	*out = opened_pack(reader, row);
	if (*out)
		return 0;
	if (bk_pack_reader_open(out, reader->set->repo, row, err) < 0)
		return -1;
	reader->packs = bk_array_room(reader->packs, reader->n_packs,
				      &reader->cap_packs,
				      sizeof(struct bk_pack_reader *));
	reader->packs[reader->n_packs++] = *out;
	return 0;
}

/* The pack of an ordinal in the frame of the row that is being read. */
static int find_pack(struct bk_chunk_reader *reader, uint32_t ordinal,
		     struct bk_pack_reader **out, struct bk_err *err)
{
	const struct bk_table *table =
		&reader->set->levels[reader->frame].table;
	struct bk_pack_reader **frame = reader->frames[reader->frame];

	if (ordinal >= table->n)
		return bk_fail(err, BK_CORRUPT,
			       "ordinal %u in a table of %zu packs", ordinal,
			       table->n);
	if (!frame)
		frame = reader->frames[reader->frame] =
			bk_alloc(table->n * sizeof(struct bk_pack_reader *));
	if (!frame[ordinal] && open_pack(reader, &table->rows[ordinal],
					 &frame[ordinal], err) < 0) {
		frame[ordinal] = NULL;
		return -1;
	}
	*out = frame[ordinal];
	return 0;
}

static int give_chunk(struct bk_chunk_source *from, uint64_t ref,
		      struct bk_view *out, struct bk_err *err)
{
	struct bk_chunk_reader *reader = (struct bk_chunk_reader *)from;
	struct bk_pack_reader *pack = NULL;

	if (reader->hoard &&
	    bk_hoard_find(reader->hoard, reader->frame, ref, out))
		return 0;
	uint32_t chunk = (uint32_t)ref, number = 0, first = 0;

	if (find_pack(reader, (uint32_t)(ref >> 32), &pack, err) < 0 ||
	    bk_pack_reader_find(pack, chunk, &number, &first, err) < 0)
		return -1;
	if (hold(reader, pack, number, err) < 0)
		return -1;
	const struct bk_chunk_at *at = &reader->held->chunks[chunk - first];
	if (!bk_chunk_fits(at->type, from->role))
		return bk_fail(err, BK_CORRUPT,
			       "chunk %u of pack %u is of type %u, which "
			       "cannot be there",
			       chunk, (uint32_t)(ref >> 32), at->type);
	out->data = reader->held->plain.data + at[0].start;
	out->len = at[1].start - at[0].start;
	return 0;
}

void bk_chunk_reader_use(struct bk_chunk_reader *reader,
			 const struct bk_hoard *hoard)
{
	reader->hoard = hoard;
}

int bk_chunk_reader_trace(struct bk_chunk_reader *reader, uint32_t frame,
			  uint64_t ref, struct bk_view *out, struct bk_err *err)
{
	if (frame >= reader->set->n_levels)
		return bk_fail(err, BK_MISUSE, "a chunk of another set");
	reader->frame = frame;
	reader->source.role = BK_REF_TRACE;
	return give_chunk(&reader->source, ref, out, err);
}

int bk_chunk_reader_tree(struct bk_chunk_reader *reader, uint64_t ref,
			 struct bk_view *out, struct bk_err *err)
{
	reader->frame = 0;
	reader->source.role = BK_REF_TREE;
	return give_chunk(&reader->source, ref, out, err);
}

struct bk_chunk_reader *bk_chunk_reader_share(const struct bk_set *set,
					      struct bk_block_cache *cache)
{
	struct bk_chunk_reader *reader = bk_alloc(sizeof(*reader));

	reader->source.chunk = give_chunk;
	reader->set = set;
	reader->cache = cache;
	reader->digester = bk_digester_new(&set->repo->keys.digest);
	reader->frames =
		bk_alloc(set->n_levels * sizeof(struct bk_pack_reader **));
	return reader;
}

struct bk_chunk_reader *bk_chunk_reader_new(const struct bk_set *set,
					    size_t cache_bytes)
{
	struct bk_block_cache *own = bk_block_cache_new(cache_bytes);
	struct bk_chunk_reader *reader = bk_chunk_reader_share(set, own);

	reader->own = own;
	return reader;
}

void bk_chunk_reader_rest(struct bk_chunk_reader *reader)
{
	let_go(reader);
	if (reader->latest)
		bk_pack_reader_rest(reader->latest);
}

void bk_chunk_reader_free(struct bk_chunk_reader *reader)
{
	if (!reader)
		return;
	let_go(reader);
	bk_block_cache_free(reader->own);
	for (size_t i = 0; i < reader->n_packs; i++)
		bk_pack_reader_close(reader->packs[i]);
	for (size_t i = 0; i < reader->set->n_levels; i++)
		free(reader->frames[i]);
	free(reader->frames);
	free(reader->packs);
	bk_recipe_clear(&reader->recipe);
	bk_digester_free(reader->digester);
	free(reader);
}

/* Counts what passes, to compare with the size in the row. */
struct counting_sink {
	struct bk_sink sink;
	struct bk_sink *to;
	uint64_t bytes;
};

static int count_and_write(struct bk_sink *sink, const void *data, size_t len,
			   struct bk_err *err)
{
	struct counting_sink *counting = (struct counting_sink *)sink;

	counting->bytes += len;
	return counting->to->write(counting->to, data, len, err);
}

int bk_chunk_reader_join(struct bk_chunk_reader *reader,
			 const struct bk_row *row, struct bk_sink *to,
			 struct bk_err *err)
{
	struct counting_sink counting = {{count_and_write}, to, 0};

	if (row->frame >= reader->set->n_levels)
		return bk_fail(err, BK_MISUSE, "a row of another set");
	reader->frame = row->frame;
	if (bk_body_decode(row->body, &reader->recipe, err) < 0 ||
	    bk_join(&reader->recipe, &reader->source, reader->digester,
		    row->digest, &counting.sink, err) < 0)
		return -1;
	if (counting.bytes == row->msg.size)
		return 0;
	return bk_fail(err, BK_CORRUPT, "is %ju bytes long, not %ju",
		       (uintmax_t)counting.bytes, (uintmax_t)row->msg.size);
}

/* ---- what is read next ---- */

/* Blocks of one pack. */
struct wanted {
	struct bk_pack_reader *pack;
	uint32_t blocks[WANTED];
	size_t n;
};

static void add_wanted(struct wanted *wanted, uint32_t block)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (wanted->blocks[i] == block)
			return;
	if (wanted->n < WANTED)
		wanted->blocks[wanted->n++] = block;
}

/* What is in the pack of this ref, of all refs. */
static void want_pack(struct bk_chunk_reader *reader, size_t first)
{
	const struct bk_recipe *recipe = &reader->recipe;
	uint64_t ordinal = recipe->refs[first] >> 32;
	struct wanted wanted = {0};
	struct bk_err ignored = {0};
	uint32_t block, chunk;

	if (find_pack(reader, (uint32_t)ordinal, &wanted.pack, &ignored) < 0)
		return;
	for (size_t i = first; i < recipe->n_refs; i++)
		if (recipe->refs[i] >> 32 == ordinal &&
		    bk_pack_reader_find(wanted.pack, (uint32_t)recipe->refs[i],
					&block, &chunk, &ignored) == 0)
			add_wanted(&wanted, block);
	bk_pack_reader_want(wanted.pack, wanted.blocks, wanted.n);
}

static bool is_first_of_pack(const struct bk_recipe *recipe, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (recipe->refs[i] >> 32 == recipe->refs[at] >> 32)
			return false;
	return true;
}

void bk_chunk_reader_want(struct bk_chunk_reader *reader,
			  const struct bk_row *row)
{
	struct bk_err ignored = {0};

	if (row->frame >= reader->set->n_levels ||
	    bk_body_decode(row->body, &reader->recipe, &ignored) < 0)
		return;
	reader->frame = row->frame;
	for (size_t i = 0; i < reader->recipe.n_refs && i < LOOKED_AT; i++)
		if (is_first_of_pack(&reader->recipe, i))
			want_pack(reader, i);
}

/* Where a chunk lies, in parts of a pack: 24 bits. */
static uint64_t part_of(const struct bk_table *table, uint64_t ref,
			uint64_t parts)
{
	uint64_t ordinal = ref >> 32, chunk = (uint32_t)ref;

	if (ordinal >= table->n || chunk >= table->rows[ordinal].chunks)
		return UINT64_MAX >> 40;
	return (ordinal & 0xffff) << 8 |
	       chunk * parts / table->rows[ordinal].chunks;
}

/* The block that a chunk lies in: 16 bits of the pack, 8 of the block. */
static uint64_t block_of(struct bk_chunk_reader *reader, uint64_t ref)
{
	uint64_t ordinal = ref >> 32;
	struct bk_pack_reader *pack = NULL;
	struct bk_err ignored = {0};
	uint32_t number = 0, first = 0;

	if (find_pack(reader, (uint32_t)ordinal, &pack, &ignored) < 0 ||
	    bk_pack_reader_find(pack, (uint32_t)ref, &number, &first,
				&ignored) < 0)
		return part_of(&reader->set->levels[reader->frame].table, ref,
			       PARTS_MOST);
	uint64_t blocks = bk_pack_reader_blocks(pack);
	uint64_t part =
		blocks <= PARTS_MOST ? number : number * PARTS_MOST / blocks;
	return (ordinal & 0xffff) << 8 | part;
}

/* The last two blocks of a body, its trace apart. */
static uint64_t last_two(struct bk_chunk_reader *reader)
{
	const struct bk_recipe *recipe = &reader->recipe;
	size_t i = recipe->n_trace < recipe->n_refs ? recipe->n_trace : 0;
	uint64_t last = 0, before = 0;

	for (; i < recipe->n_refs; i++) {
		uint64_t block = block_of(reader, recipe->refs[i]);
		if (block > last) {
			before = last;
			last = block;
		} else if (block < last && block > before) {
			before = block;
		}
	}
	return last << 24 | before;
}

uint64_t bk_chunk_reader_order(struct bk_chunk_reader *reader,
			       const struct bk_row *row)
{
	struct bk_err ignored = {0};
	uint64_t order = 0;

	if (row->frame >= reader->set->n_levels)
		return 0;
	reader->frame = row->frame;
	if (bk_body_decode(row->body, &reader->recipe, &ignored) == 0)
		order = last_two(reader);
	/* Older sets first: their packs are read through once. */
	return (reader->set->n_levels - 1 - row->frame) << 56 | order;
}
