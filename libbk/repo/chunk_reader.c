/* Chunks of a set, found and opened: see chunk_reader.h. */

#include "repo/chunk_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "mail/split.h"
#include "repo/container.h"
#include "repo/hoard.h"
#include "repo/pack_reader.h"

#define BUCKETS    ((size_t)256)
#define REGION     ((uint64_t)3 << 20) /* sealed bytes, a few blocks */
#define PARTS_MOST ((uint64_t)256)

/* A block that was opened, in a bucket's chain and in the list of use. */
struct cached {
	struct bk_pack_reader *pack;
	uint32_t number;
	struct bk_buf plain;
	struct bk_chunk_at *chunks; /* and the end */
	struct cached *next;
	struct cached *newer, *older;
};

struct bk_chunk_reader {
	struct bk_chunk_source source;
	const struct bk_set *set;
	struct bk_pack_reader **packs; /* opened, by owner and ordinal */
	size_t n_packs, cap_packs;
	struct bk_pack_reader ***frames; /* [level][ordinal], lazily */
	struct cached *buckets[BUCKETS];
	struct cached *newest, *oldest;
	size_t cache_bytes, cache_limit;
	uint32_t frame; /* of the row that is being read */
	struct bk_recipe recipe;
	struct bk_digester *digester;
	struct bk_pack_reader *latest; /* whose block was opened last */
	const struct bk_hoard *hoard;  /* asked first; or NULL */
};

static size_t bucket_of(const struct bk_pack_reader *pack, uint32_t number)
{
	return ((uintptr_t)pack / 64 * 31 + number) % BUCKETS;
}

static size_t weight_of(const struct cached *block)
{
	return block->plain.cap + sizeof(*block);
}

static void unlink_use(struct bk_chunk_reader *reader, struct cached *block)
{
	if (block->newer)
		block->newer->older = block->older;
	else
		reader->newest = block->older;
	if (block->older)
		block->older->newer = block->newer;
	else
		reader->oldest = block->newer;
}

static void link_newest(struct bk_chunk_reader *reader, struct cached *block)
{
	block->newer = NULL;
	block->older = reader->newest;
	if (reader->newest)
		reader->newest->newer = block;
	else
		reader->oldest = block;
	reader->newest = block;
}

static void cached_free(struct cached *block)
{
	bk_buf_clear(&block->plain);
	free(block->chunks);
	free(block);
}

static void forget(struct bk_chunk_reader *reader, struct cached *block)
{
	struct cached **at =
		&reader->buckets[bucket_of(block->pack, block->number)];

	while (*at != block)
		at = &(*at)->next;
	*at = block->next;
	unlink_use(reader, block);
	reader->cache_bytes -= weight_of(block);
	cached_free(block);
}

static struct cached *recall(struct bk_chunk_reader *reader,
			     const struct bk_pack_reader *pack, uint32_t number)
{
	struct cached *block = reader->buckets[bucket_of(pack, number)];

	while (block && (block->pack != pack || block->number != number))
		block = block->next;
	if (block && block != reader->newest) {
		unlink_use(reader, block);
		link_newest(reader, block);
	}
	return block;
}

static void make_room(struct bk_chunk_reader *reader)
{
	struct cached *block = reader->oldest;

	while (block && reader->cache_bytes > reader->cache_limit) {
		struct cached *newer = block->newer;
		forget(reader, block);
		block = newer;
	}
}

static int open_block(struct bk_chunk_reader *reader,
		      struct bk_pack_reader *pack, uint32_t number,
		      struct cached **out, struct bk_err *err)
{
	make_room(reader);
	if (reader->latest && reader->latest != pack)
		bk_pack_reader_rest(reader->latest);
	reader->latest = pack;
	struct cached *block = bk_alloc(sizeof(*block));
	block->pack = pack;
	block->number = number;
	if (bk_pack_reader_block(pack, number, &block->plain, &block->chunks,
				 err) < 0) {
		cached_free(block);
		return -1;
	}
	size_t bucket = bucket_of(pack, number);
	block->next = reader->buckets[bucket];
	reader->buckets[bucket] = block;
	link_newest(reader, block);
	reader->cache_bytes += weight_of(block);
	*out = block;
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
	struct cached *block = recall(reader, pack, number);
	if (!block && open_block(reader, pack, number, &block, err) < 0)
		return -1;
	const struct bk_chunk_at *at = &block->chunks[chunk - first];
	if (!bk_chunk_fits(at->type, from->role))
		return bk_fail(err, BK_CORRUPT,
			       "chunk %u of pack %u is of type %u, which "
			       "cannot be there",
			       chunk, (uint32_t)(ref >> 32), at->type);
	out->data = block->plain.data + at[0].start;
	out->len = at[1].start - at[0].start;
	return 0;
}

void bk_chunk_reader_use(struct bk_chunk_reader *reader,
			 const struct bk_hoard *hoard)
{
	reader->hoard = hoard;
}

int bk_chunk_reader_chunk(struct bk_chunk_reader *reader, uint32_t frame,
			  uint64_t ref, struct bk_view *out, struct bk_err *err)
{
	if (frame >= reader->set->n_levels)
		return bk_fail(err, BK_MISUSE, "a chunk of another set");
	reader->frame = frame;
	return give_chunk(&reader->source, ref, out, err);
}

struct bk_chunk_reader *bk_chunk_reader_new(const struct bk_set *set,
					    size_t cache_bytes)
{
	struct bk_chunk_reader *reader = bk_alloc(sizeof(*reader));

	reader->source.chunk = give_chunk;
	reader->set = set;
	reader->cache_limit = cache_bytes;
	reader->digester = bk_digester_new(&set->repo->keys.digest);
	reader->frames =
		bk_alloc(set->n_levels * sizeof(struct bk_pack_reader **));
	return reader;
}

void bk_chunk_reader_free(struct bk_chunk_reader *reader)
{
	if (!reader)
		return;
	for (struct cached *block = reader->newest; block;) {
		struct cached *older = block->older;
		cached_free(block);
		block = older;
	}
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

/* A region to a part, whatever the size of the pack. */
static uint64_t parts_of_pack(const struct bk_table *table, uint64_t ref)
{
	uint64_t ordinal = ref >> 32;
	uint64_t parts = ordinal < table->n
				 ? table->rows[ordinal].body_len / REGION + 1
				 : 1;

	return parts < PARTS_MOST ? parts : PARTS_MOST;
}

uint64_t bk_row_order(const struct bk_set *set, const struct bk_row *row)
{
	struct bk_recipe recipe = {0};
	struct bk_err ignored = {0};
	uint64_t order = 0;

	if (row->frame >= set->n_levels)
		return 0;
	const struct bk_table *table = &set->levels[row->frame].table;
	if (bk_body_decode(row->body, &recipe, &ignored) == 0 &&
	    recipe.n_refs) {
		uint64_t trace = recipe.refs[0];
		uint64_t skeleton = recipe.n_trace < recipe.n_refs
					    ? recipe.refs[recipe.n_trace]
					    : trace;
		order = part_of(table, skeleton, parts_of_pack(table, skeleton))
				<< 24 |
			part_of(table, trace, PARTS_MOST);
	}
	bk_recipe_clear(&recipe);
	/* Older sets first: their packs are read through once. */
	return (set->n_levels - 1 - row->frame) << 56 | order;
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
