/* Threads that share opened blocks. */

#include "repo/block_cache.h"

#include <pthread.h>
#include <string.h>

#include "lib/packmaker.h"
#include "lib/test.h"
#include "mail/split.h"

#define THREADS 6
#define ROUNDS  400
#define BLOCKS  3
#define LARGE   ((size_t)64 << 20)

static struct testrepo t;

static const struct packed_chunk chunks[] = {
	{BK_CHUNK_TRACE,    0, "trace"   },
	{BK_CHUNK_SKELETON, 1, "skeleton"},
	{BK_CHUNK_TEXT,     2, "text"    },
	{BK_CHUNK_BINARY,   2, "binary"  },
};

static const char *const plain[BLOCKS] = {"trace", "skeleton", "textbinary"};

#define N_CHUNKS (sizeof(chunks) / sizeof(*chunks))

static int start(void **state)
{
	(void)state;
	testrepo_make(&t);
	return 0;
}

static int end(void **state)
{
	(void)state;
	testrepo_drop(&t);
	return 0;
}

/* A thread that reads blocks, some of which it may not be able to. */
struct reader {
	pthread_t thread;
	struct bk_block_cache *cache;
	const struct bk_table_row *row;
	const void *seen[BLOCKS]; /* where a block was last */
	unsigned refused[BLOCKS], wrong;
};

static bool is_right(const struct bk_opened_block *block, uint32_t number)
{
	size_t len = strlen(plain[number]);

	return block->plain.len == len &&
	       memcmp(block->plain.data, plain[number], len) == 0;
}

static void read_one(struct reader *reader, struct bk_pack_reader *pack,
		     uint32_t number)
{
	struct bk_opened_block *block = NULL;
	struct bk_err err = {0};

	if (bk_block_cache_get(reader->cache, pack, number, &block, &err) < 0) {
		reader->refused[number]++;
		reader->wrong += err.kind != BK_CORRUPT;
		return;
	}
	reader->wrong += !is_right(block, number);
	reader->seen[number] = block;
	bk_block_cache_let_go(reader->cache, block);
}

static void *read_many(void *context)
{
	struct reader *reader = context;
	struct bk_pack_reader *pack = NULL;
	struct bk_err err = {0};

	if (bk_pack_reader_open(&pack, &t.repo, reader->row, &err) < 0) {
		reader->wrong++;
		return NULL;
	}
	for (uint32_t i = 0; i < ROUNDS; i++)
		read_one(reader, pack, i % BLOCKS);
	bk_pack_reader_close(pack);
	return NULL;
}

static void read_by_all(struct bk_block_cache *cache,
			const struct bk_table_row *row,
			struct reader readers[THREADS])
{
	for (unsigned i = 0; i < THREADS; i++) {
		readers[i] = (struct reader){.cache = cache, .row = row};
		assert_int_equal(pthread_create(&readers[i].thread, NULL,
						read_many, &readers[i]),
				 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(readers[i].wrong, 0);
}

static void put(uint8_t number, void (*spoil)(struct packmaker *pack),
		struct bk_table_row *row)
{
	packmaker_put(&t, (const uint8_t[BK_ID_LEN]){number}, chunks, N_CHUNKS,
		      spoil, row);
}

/* Were it opened twice there would be two of it. */
static void a_block_that_many_want_is_opened_once(void **state)
{
	struct bk_block_cache *cache = bk_block_cache_new(LARGE);
	struct reader readers[THREADS];
	struct bk_table_row row;

	(void)state;
	put(1, NULL, &row);
	read_by_all(cache, &row, readers);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_memory_equal(readers[i].seen, readers[0].seen,
				    sizeof(readers[0].seen));
		for (unsigned k = 0; k < BLOCKS; k++)
			assert_int_equal(readers[i].refused[k], 0);
	}
	bk_block_cache_free(cache);
}

static void without_room_every_thread_reads_right_nevertheless(void **state)
{
	struct bk_block_cache *cache = bk_block_cache_new(0);
	struct reader readers[THREADS];
	struct bk_table_row row;

	(void)state;
	put(2, NULL, &row);
	read_by_all(cache, &row, readers);
	for (unsigned i = 0; i < THREADS; i++)
		for (unsigned k = 0; k < BLOCKS; k++)
			assert_int_equal(readers[i].refused[k], 0);
	bk_block_cache_free(cache);
}

static void what_is_held_stays_while_others_come_and_go(void **state)
{
	struct bk_block_cache *cache = bk_block_cache_new(0);
	struct bk_opened_block *held = NULL, *again = NULL;
	struct bk_pack_reader *pack = NULL;
	struct reader readers[THREADS];
	struct bk_table_row row;
	struct bk_err err = {0};

	(void)state;
	put(3, NULL, &row);
	testrepo_done(bk_pack_reader_open(&pack, &t.repo, &row, &err), &err);
	testrepo_done(bk_block_cache_get(cache, pack, 2, &held, &err), &err);
	read_by_all(cache, &row, readers);
	assert_true(is_right(held, 2));
	for (unsigned i = 0; i < THREADS; i++)
		assert_ptr_equal(readers[i].seen[2], held);
	testrepo_done(bk_block_cache_get(cache, pack, 2, &again, &err), &err);
	assert_ptr_equal(again, held);
	bk_block_cache_let_go(cache, held);
	assert_true(is_right(again, 2));
	bk_block_cache_let_go(cache, again);
	bk_pack_reader_close(pack);
	bk_block_cache_free(cache);
}

static void of_another_block(struct packmaker *pack)
{
	pack->rows.data[2 * (size_t)24 + 20] = 1;
}

static void a_bad_block_is_refused_to_each_and_the_rest_is_read(void **state)
{
	struct bk_block_cache *cache = bk_block_cache_new(LARGE);
	struct reader readers[THREADS];
	struct bk_table_row row;

	(void)state;
	put(4, of_another_block, &row);
	read_by_all(cache, &row, readers);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(readers[i].refused[0], 0);
		assert_int_equal(readers[i].refused[1], 0);
		assert_int_equal(readers[i].refused[2], ROUNDS / BLOCKS);
	}
	bk_block_cache_free(cache);
}

/* Same ordinal, same number: but of another set. */
static void packs_of_two_sets_are_two(void **state)
{
	struct bk_block_cache *cache = bk_block_cache_new(LARGE);
	static const struct packed_chunk other[] = {
		{BK_CHUNK_TRACE, 0, "another trace"},
	};
	struct bk_opened_block *first = NULL, *second = NULL;
	struct bk_pack_reader *packs[2] = {0};
	struct bk_table_row rows[2];
	struct bk_err err = {0};

	(void)state;
	put(5, NULL, &rows[0]);
	packmaker_put(&t, (const uint8_t[BK_ID_LEN]){5, 1}, other, 1, NULL,
		      &rows[1]);
	for (unsigned i = 0; i < 2; i++)
		testrepo_done(
			bk_pack_reader_open(&packs[i], &t.repo, &rows[i], &err),
			&err);
	testrepo_done(bk_block_cache_get(cache, packs[0], 0, &first, &err),
		      &err);
	testrepo_done(bk_block_cache_get(cache, packs[1], 0, &second, &err),
		      &err);
	assert_true(is_right(first, 0));
	assert_int_equal(second->plain.len, strlen("another trace"));
	bk_block_cache_let_go(cache, second);
	bk_block_cache_let_go(cache, first);
	bk_pack_reader_close(packs[0]);
	bk_pack_reader_close(packs[1]);
	bk_block_cache_free(cache);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_that_many_want_is_opened_once),
		cmocka_unit_test(
			without_room_every_thread_reads_right_nevertheless),
		cmocka_unit_test(what_is_held_stays_while_others_come_and_go),
		cmocka_unit_test(
			a_bad_block_is_refused_to_each_and_the_rest_is_read),
		cmocka_unit_test(packs_of_two_sets_are_two),
	};

	return cmocka_run_group_tests(tests, start, end);
}
