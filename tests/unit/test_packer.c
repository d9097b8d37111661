/*
 * Chunks on their way into packs and back: several threads pack random chunks,
 * some of them several times, and every byte is read again.
 */

#include "lib/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "lib/dice.h"
#include "lib/recorder.h"
#include "lib/testrepo.h"
#include "repo/index.h"
#include "repo/pack_reader.h"
#include "repo/packer.h"

#define THREADS      4
#define MANY_THREADS 24
#define CHUNKS       400 /* a thread */
#define CONTENTS     900 /* different ones: some chunks recur, in any thread */

/* What was kept; its bytes can be made again from `content`. */
struct kept {
	size_t content;
	enum bk_chunk_type type;
	uint64_t ref;
};

struct worker {
	struct bk_packer *packer;
	pthread_t thread;
	uint64_t seed;
	struct kept kept[CHUNKS];
	size_t n;
	int rc;
	struct bk_err err;
};

static struct testrepo t;
static struct recorder recorder;
static const uint8_t set[16] = "set";
static struct worker workers[MANY_THREADS];

static int start(void **state)
{
	(void)state;
	testrepo_make(&t);
	recorder_init(&recorder, t.repo.target);
	memset(workers, 0, sizeof(workers));
	(void)alarm(100); /* a packer that waits for ever fails the test */
	return 0;
}

static int end(void **state)
{
	(void)state;
	(void)alarm(0);
	recorder_clear(&recorder);
	testrepo_drop(&t);
	return 0;
}

/* 1 byte to 1 MiB, small ones more often; half of them compress. */
static void make_content(size_t number, struct bk_buf *out)
{
	struct dice dice = {number};
	size_t len = 1 + dice_below(&dice, (size_t)1 << dice_below(&dice, 15));

	if (number % 97 == 0)
		len = BK_CHUNK_MAX;
	out->len = 0;
	uint8_t *bytes = bk_buf_grow(out, len);
	dice_fill(&dice, bytes, len);
	for (size_t i = 0; number % 2 && i < len; i++)
		bytes[i] = "mail"[bytes[i] & 3];
}

/* What a content is kept as: traces only sometimes, so that others recur. */
static enum bk_chunk_type type_of(size_t content)
{
	static const enum bk_chunk_type types[] = {
		BK_CHUNK_TRACE,  BK_CHUNK_SKELETON, BK_CHUNK_TEXT,
		BK_CHUNK_BINARY, BK_CHUNK_PIECE,
	};
	return types[content % 5];
}

static enum bk_lane lane_of(enum bk_chunk_type type)
{
	return type == BK_CHUNK_TRACE      ? BK_LANE_TRACE
	       : type == BK_CHUNK_SKELETON ? BK_LANE_HEADER
	       : type == BK_CHUNK_TEXT     ? BK_LANE_TEXT
					   : BK_LANE_BINARY;
}

static void *keep_some(void *arg)
{
	struct worker *worker = arg;
	struct bk_packer_hand *hand = bk_packer_hand_new(worker->packer);
	struct bk_chunk_sink *sink = bk_packer_hand_sink(hand);
	struct dice dice = {worker->seed};
	struct bk_buf bytes = {0};

	for (; worker->n < CHUNKS && worker->rc == 0; worker->n++) {
		struct kept *kept = &worker->kept[worker->n];
		kept->content = dice_below(&dice, CONTENTS);
		kept->type = type_of(kept->content);
		make_content(kept->content, &bytes);
		worker->rc = sink->keep(sink, kept->type, lane_of(kept->type),
					bk_buf_view(&bytes), &kept->ref,
					&worker->err);
	}
	bk_buf_clear(&bytes);
	bk_packer_hand_free(hand);
	return NULL;
}

static struct bk_packer_config config_of(struct bk_target *target)
{
	struct bk_packer_config config = {
		.repo = &t.repo,
		.target = target,
		.pack_size = (uint64_t)1 << 20,
		.block_size = (size_t)1 << 20,
		.level = 1,
	};

	memcpy(config.set, set, sizeof(set));
	return config;
}

static struct bk_packer *open_packer(const struct bk_packer_config *config)
{
	struct bk_packer *packer = NULL;
	struct bk_err err = {0};

	testrepo_done(bk_packer_open(&packer, config, &err), &err);
	return packer;
}

static void run_workers(struct bk_packer *packer, size_t n,
			void *work(void *worker))
{
	for (size_t i = 0; i < n; i++) {
		workers[i].packer = packer;
		workers[i].seed = i;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work,
						&workers[i]),
				 0);
	}
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
}

static void finish(struct bk_packer *packer)
{
	struct bk_packer_hand *hand = bk_packer_hand_new(packer);
	struct bk_err err = {0};

	testrepo_done(bk_packer_flush(hand, &err), &err);
	bk_packer_hand_free(hand);
	testrepo_done(bk_packer_finish(packer, &err), &err);
}

static void id_of(enum bk_chunk_type type, const struct bk_buf *bytes,
		  uint8_t id[BK_SHA256_LEN])
{
	memset(id, 0, BK_SHA256_LEN);
	if (type != BK_CHUNK_TRACE)
		bk_mac_tagged(&t.repo.keys.id, (uint8_t)type,
			      bk_buf_view(bytes), id);
}

/* That the chunk at a place is this one, by its block and by its row. */
static void check_chunk(struct bk_pack_reader *pack, uint32_t number,
			enum bk_chunk_type type, const struct bk_buf *bytes)
{
	struct bk_chunk_at *chunks = NULL;
	uint32_t block = 0, first = 0;
	uint8_t id[BK_SHA256_LEN];
	struct bk_buf plain = {0};
	struct bk_err err = {0};

	testrepo_done(bk_pack_reader_find(pack, number, &block, &first, &err),
		      &err);
	testrepo_done(bk_pack_reader_block(pack, block, &plain, &chunks, &err),
		      &err);
	uint32_t at = chunks[number - first].start;
	assert_int_equal(chunks[number - first + 1].start - at, bytes->len);
	assert_int_equal(chunks[number - first].type, type);
	assert_memory_equal(plain.data + at, bytes->data, bytes->len);
	const uint8_t *row = bk_pack_reader_row(pack, number, &err);
	assert_non_null(row);
	id_of(type, bytes, id);
	assert_memory_equal(row, id, BK_CHUNK_ID_LEN);
	assert_int_equal(bk_get_u32(row + 16), bytes->len);
	assert_int_equal(bk_get_u16(row + 20), block);
	assert_int_equal(row[22], type);
	free(chunks);
	bk_buf_clear(&plain);
}

/* All that the workers kept, and that equal chunks have one place. */
static void check_everything(struct bk_packer *packer)
{
	static uint64_t place_of_content[CONTENTS];
	const struct bk_table *table = bk_packer_table(packer);
	struct bk_pack_reader **packs =
		bk_alloc(table->n * sizeof(struct bk_pack_reader *));
	struct bk_buf bytes = {0};
	struct bk_err err = {0};

	memset(place_of_content, 0xff, sizeof(place_of_content));
	for (size_t i = 0; i < table->n; i++)
		testrepo_done(bk_pack_reader_open(&packs[i], &t.repo,
						  &table->rows[i], &err),
			      &err);
	for (size_t i = 0; i < THREADS * (size_t)CHUNKS; i++) {
		const struct kept *kept = &workers[i / CHUNKS].kept[i % CHUNKS];
		uint64_t place = 0;
		assert_true(bk_packer_place(packer, kept->ref, &place));
		assert_true(place >> 32 < table->n);
		make_content(kept->content, &bytes);
		check_chunk(packs[place >> 32], (uint32_t)place, kept->type,
			    &bytes);
		uint64_t *known = &place_of_content[kept->content];
		if (*known != UINT64_MAX && kept->type != BK_CHUNK_TRACE)
			assert_int_equal(*known, place);
		*known = place;
	}
	for (size_t i = 0; i < table->n; i++) {
		testrepo_done(bk_pack_reader_prove(packs[i], &err), &err);
		bk_pack_reader_close(packs[i]);
	}
	free(packs);
	bk_buf_clear(&bytes);
}

static void whatever_threads_pack_is_read_back(void **state)
{
	const struct bk_packer_config config = config_of(t.repo.target);
	struct bk_packer *packer = open_packer(&config);
	struct bk_packer_stats stats;

	(void)state;
	run_workers(packer, THREADS, keep_some);
	for (size_t i = 0; i < THREADS; i++)
		testrepo_done(workers[i].rc, &workers[i].err);
	finish(packer);
	assert_true(bk_packer_table(packer)->n > 3);
	check_everything(packer);
	bk_packer_stats(packer, &stats);
	assert_int_equal(stats.chunks + stats.repeated, THREADS * CHUNKS);
	assert_true(stats.repeated > CHUNKS / 2);
	bk_packer_free(packer);
}

/* Rows of an index: those of all chunks but traces, and no others. */
static void the_index_finds_every_chunk_that_can_recur(void **state)
{
	const struct bk_packer_config config = config_of(t.repo.target);
	const struct bk_file_place place = {
		.name = "data/73657400000000000000000000000000/"
			"i00000000.bki",
	};
	struct bk_packer *packer = open_packer(&config);
	struct bk_buf rows = {0}, bytes = {0};
	struct bk_index *index = NULL;
	struct bk_file_sum sum;
	struct bk_err err = {0};

	(void)state;
	run_workers(packer, THREADS, keep_some);
	finish(packer);
	bk_packer_index_rows(packer, &rows);
	testrepo_done(bk_index_write(&t.repo, t.repo.target, set,
				     bk_buf_view(&rows), &sum, &err),
		      &err);
	testrepo_done(bk_index_open(&index, &t.repo, &place, set, &err), &err);
	for (size_t i = 0; i < THREADS * (size_t)CHUNKS; i++) {
		const struct kept *kept = &workers[i / CHUNKS].kept[i % CHUNKS];
		uint8_t id[BK_SHA256_LEN];
		uint64_t want = 0, got = 0;
		make_content(kept->content, &bytes);
		id_of(kept->type, &bytes, id);
		assert_int_equal(bk_index_find(index, id, &got, &err),
				 kept->type != BK_CHUNK_TRACE);
		if (kept->type == BK_CHUNK_TRACE)
			continue;
		assert_true(bk_packer_place(packer, kept->ref, &want));
		assert_int_equal(got, want);
		id[BK_CHUNK_ID_LEN - 1] ^= 1;
		assert_int_equal(bk_index_find(index, id, &got, &err), 0);
	}
	bk_index_close(index);
	bk_buf_clear(&rows);
	bk_buf_clear(&bytes);
	bk_packer_free(packer);
}

/* ---- failures ---- */

static void a_full_target_fails_every_thread_with_that(void **state)
{
	const struct bk_packer_config config = config_of(&recorder.target);
	struct bk_packer *packer = open_packer(&config);
	struct bk_buf files = {0};
	struct bk_err err = {0};

	(void)state;
	recorder.room = (uint64_t)5 << 20;
	run_workers(packer, THREADS, keep_some);
	for (size_t i = 0; i < THREADS; i++)
		if (workers[i].rc < 0)
			assert_int_equal(workers[i].err.kind, BK_FULL);
	assert_int_equal(bk_packer_finish(packer, &err), -1);
	assert_int_equal(err.kind, BK_FULL);
	bk_packer_free(packer);
	testrepo_files(&t, "", &files);
	assert_non_null(strstr(bk_buf_text(&files), "/p00000000.bkp\n"));
	assert_int_equal(testrepo_parts(&t), 0);
	bk_buf_clear(&files);
}

/* Three chunks of this length make a block that is too large to be sealed, two
 * of 1 MiB one that is not, if they compress. */
static void *keep_alike(void *arg)
{
	struct worker *worker = arg;
	bool fatal = worker->seed == 0;
	struct bk_packer_hand *hand = bk_packer_hand_new(worker->packer);
	struct bk_chunk_sink *sink = bk_packer_hand_sink(hand);
	size_t len = fatal ? ((size_t)5 << 20) / 6 : BK_CHUNK_MAX;
	uint8_t *bytes = bk_alloc(len);

	for (int n = 0; n < 100 && worker->rc == 0; n++)
		worker->rc = sink->keep(sink, BK_CHUNK_TRACE,
					fatal ? BK_LANE_TRACE : BK_LANE_TEXT,
					(struct bk_view){bytes, len},
					&worker->kept[0].ref, &worker->err);
	free(bytes);
	bk_packer_hand_free(hand);
	return NULL;
}

/* Nobody waits for the block that will never come, however many threads are
 * ahead of it. */
static void a_block_that_cannot_be_sealed_stops_all(void **state)
{
	struct bk_packer_config config = config_of(t.repo.target);
	struct bk_err err = {0};

	(void)state;
	config.block_size = (size_t)5 << 19;
	struct bk_packer *packer = open_packer(&config);
	run_workers(packer, MANY_THREADS, keep_alike);
	for (size_t i = 0; i < MANY_THREADS; i++)
		assert_int_equal(workers[i].rc, -1);
	assert_int_equal(bk_packer_finish(packer, &err), -1);
	assert_string_equal(err.text, workers[0].err.text);
	bk_packer_free(packer);
}

static void a_packer_that_is_given_up_leaves_no_unfinished_pack(void **state)
{
	const struct bk_packer_config config = config_of(t.repo.target);
	struct bk_packer *packer = open_packer(&config);

	(void)state;
	run_workers(packer, THREADS, keep_some);
	bk_packer_free(packer);
	bk_packer_free(NULL);
	assert_int_equal(testrepo_parts(&t), 0);
}

static void without_chunks_there_is_no_pack(void **state)
{
	const struct bk_packer_config config = config_of(t.repo.target);
	struct bk_packer *packer = open_packer(&config);
	struct bk_buf rows = {0};

	(void)state;
	finish(packer);
	assert_int_equal(bk_packer_table(packer)->n, 0);
	bk_packer_index_rows(packer, &rows);
	assert_int_equal(rows.len, 0);
	bk_buf_clear(&rows);
	bk_packer_free(packer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			whatever_threads_pack_is_read_back, start, end),
		cmocka_unit_test_setup_teardown(
			the_index_finds_every_chunk_that_can_recur, start, end),
		cmocka_unit_test_setup_teardown(
			a_full_target_fails_every_thread_with_that, start, end),
		cmocka_unit_test_setup_teardown(
			a_block_that_cannot_be_sealed_stops_all, start, end),
		cmocka_unit_test_setup_teardown(
			a_packer_that_is_given_up_leaves_no_unfinished_pack,
			start, end),
		cmocka_unit_test_setup_teardown(without_chunks_there_is_no_pack,
						start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
