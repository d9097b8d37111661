/* What is wanted next is fetched in few requests, and nothing depends on it. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dice.h"
#include "lib/faulty.h"
#include "lib/scratch.h"
#include "target/cache.h"
#include "target/local.h"

#define SIZE  ((size_t)3 << 20)
#define INDEX "data/00112233445566778899aabbccddeeff/i00000000.bki"
#define PACK  "data/00112233445566778899aabbccddeeff/p00000000.bkp"
#define ROOT  "sets/00112233445566778899aabbccddeeff.bks"

static struct scratch scratch;
static struct faulty *faulty;
static struct bk_target *target;
static struct bk_buf bytes, got;
static struct bk_err err;

static void open_with(uint64_t most)
{
	struct bk_target *local = NULL;
	char path[80], folder[80];

	(void)snprintf(path, sizeof(path), "%s/repo", scratch.path);
	(void)snprintf(folder, sizeof(folder), "%s/cache", scratch.path);
	assert_int_equal(bk_local_open(&local, path, true, &err), 0);
	faulty = faulty_open(local);
	target = bk_cache_open(&faulty->wrapper.target, folder, most);
}

/* As the next run would. */
static void open_again(void)
{
	bk_target_close(target);
	open_with(0);
}

static void put(const char *name, size_t n)
{
	struct bk_view view = {bytes.data, n};

	assert_int_equal(bk_target_put(target, name, view, &err), 0);
}

static int start(void **state)
{
	struct dice dice = {1};

	(void)state;
	err = (struct bk_err){0};
	scratch_make(&scratch);
	bytes.len = 0;
	dice_fill(&dice, bk_buf_grow(&bytes, SIZE), SIZE);
	open_with(0);
	put(INDEX, SIZE);
	put(PACK, SIZE);
	put(ROOT, 1000);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_target_close(target);
	bk_buf_clear(&bytes);
	bk_buf_clear(&got);
	scratch_drop(&scratch);
	return 0;
}

/* How many requests it takes. */
static unsigned get(const char *name, size_t offset, size_t len)
{
	unsigned before = faulty_count(faulty, FAULTY_GET);

	if (bk_target_read(target, name, offset, len, &got, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(got.len, len);
	assert_memory_equal(got.data, bytes.data + offset, len);
	return faulty_count(faulty, FAULTY_GET) - before;
}

/* ---- what is wanted next ---- */

static unsigned manies; /* requests for several stretches */
static enum bk_kind many_fails;

static int get_many(struct bk_target *below, const char *name,
		    const struct bk_stretch *stretches, size_t n,
		    struct bk_sink *to, struct bk_err *why)
{
	struct faulty *mine = (struct faulty *)below;

	manies++;
	assert_true(n > 1);
	if (many_fails != BK_OK)
		return bk_fail(why, many_fails, "as the test says");
	for (size_t i = 0; i < n; i++) {
		if (i)
			assert_true(stretches[i].offset >
				    stretches[i - 1].offset +
					    stretches[i - 1].len);
		if (bk_target_get(mine->wrapper.below, name,
				  stretches[i].offset, stretches[i].len, to,
				  why) < 0)
			return -1;
	}
	return 0;
}

/* As a pack is read: both ends; then some blocks, in any order, which overlap
 * and touch. */
static const struct bk_stretch ends[] = {
	{SIZE - 5000, 5000},
        {0,           256 }
};
static const struct bk_stretch blocks[] = {
	{2000000, 65560 },
        {300000,  150000},
        {2030000, 100000},
	{450000,  40000 },
        {1000000, 500   },
};

/* Requests for one stretch that they, and getting what they say, take. */
static unsigned want(const struct bk_stretch *stretches, size_t n)
{
	unsigned before = faulty_count(faulty, FAULTY_GET);

	bk_target_want(target, PACK, stretches, n);
	unsigned wanted = faulty_count(faulty, FAULTY_GET) - before;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
			get(PACK, stretches[i].offset, stretches[i].len), 0);
	return wanted;
}

static void what_is_wanted_is_got_by_few_requests(void **state)
{
	(void)state;
	assert_int_equal(want(ends, 2), 2);
	assert_int_equal(want(blocks, 5), 3);
	assert_int_equal(want(blocks, 5), 0);
	assert_int_equal(want(NULL, 0), 0);
}

static void or_by_one_where_the_target_can(void **state)
{
	(void)state;
	manies = 0;
	many_fails = BK_OK;
	faulty->wrapper.ops.get_many = get_many;
	uint64_t before = faulty->bytes_got;
	assert_int_equal(want(ends, 2), 0);
	assert_int_equal(want(blocks, 5), 0);
	assert_int_equal(manies, 2);
	/* A single one needs no such request. */
	assert_int_equal(want(
				 (const struct bk_stretch[]){
					 {2900000, 70000}
        },
				 1),
			 1);
	assert_int_equal(manies, 2);
	assert_int_equal(faulty->bytes_got - before, 70000);
}

static void a_server_that_sends_one_at_a_time_is_asked_so(void **state)
{
	(void)state;
	manies = 0;
	many_fails = BK_FAILED;
	faulty->wrapper.ops.get_many = get_many;
	assert_int_equal(want(blocks, 5), 3);
	assert_int_equal(manies, 1);
}

static void what_is_wanted_in_vain_is_told_when_it_is_got(void **state)
{
	(void)state;
	faulty_add(
		faulty,
		(struct fault){.act = FAULTY_GET, .kind = BK_LOST, .times = 1});
	bk_target_want(target, PACK, ends, 2);
	assert_int_equal(get(PACK, SIZE - 5000, 5000), 1);
	bk_target_want(target, "data/nothing", ends, 2);
	assert_int_equal(
		bk_target_read(target, "data/nothing", 0, 1, &got, &err), -1);
	assert_int_equal(err.kind, BK_GONE);
	bk_target_want(target, ROOT, ends, 2);
	assert_int_equal(bk_target_read(target, ROOT, 0, 1001, &got, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

static void what_may_be_taken_away_is_not_fetched_in_advance(void **state)
{
	(void)state;
	put("keys/00.bkk", 4096);
	bk_target_want(target, "keys/00.bkk", ends + 1, 1);
	assert_int_equal(faulty_count(faulty, FAULTY_GET), 0);
}

static void a_begin_is_looked_at_once_a_run(void **state)
{
	uint64_t size = 0;

	(void)state;
	for (int run = 0; run < 2; run++) {
		for (int i = 0; i < 3; i++) {
			assert_int_equal(bk_target_peek(target, ROOT, 65536,
							&got, &size, &err),
					 0);
			assert_int_equal(size, 1000);
			assert_int_equal(got.len, 1000);
			assert_memory_equal(got.data, bytes.data, 1000);
		}
		assert_int_equal(faulty_count(faulty, FAULTY_STAT), 1);
		assert_int_equal(get(ROOT, 0, 1000), 0);
		open_again();
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			bk_target_peek(target, PACK, 70, &got, &size, &err), 0);
		assert_int_equal(size, SIZE);
		assert_int_equal(got.len, 70);
	}
	assert_int_equal(faulty_count(faulty, FAULTY_STAT), 1);
	assert_int_equal(bk_target_remove(faulty->wrapper.below, PACK, &err),
			 0);
	assert_int_equal(bk_target_peek(target, PACK, 80, &got, &size, &err),
			 -1);
	assert_int_equal(err.kind, BK_GONE);
}

/* Which tells how long it is. */
static void a_root_that_is_listed_is_looked_at_once(void **state)
{
	struct bk_blob_list list = {0};
	uint64_t size = 0;

	(void)state;
	for (int run = 0; run < 3; run++) {
		assert_int_equal(bk_target_list(target, "sets", &list, &err),
				 0);
		bk_blob_list_clear(&list);
		assert_int_equal(
			bk_target_peek(target, ROOT, 65536, &got, &size, &err),
			0);
		assert_int_equal(faulty_count(faulty, FAULTY_STAT), run == 0);
		assert_int_equal(size, 1000);
		assert_int_equal(got.len, 1000);
		assert_memory_equal(got.data, bytes.data, 1000);
		open_again();
	}
	/* The begin alone is not all of it. */
	assert_int_equal(bk_target_list(target, "sets", &list, &err), 0);
	bk_blob_list_clear(&list);
	assert_int_equal(bk_target_peek(target, ROOT, 999, &got, &size, &err),
			 0);
	assert_int_equal(faulty_count(faulty, FAULTY_STAT), 1);
	assert_int_equal(got.len, 999);
	assert_int_equal(size, 1000);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_wanted_is_got_by_few_requests),
		CASE(or_by_one_where_the_target_can),
		CASE(a_server_that_sends_one_at_a_time_is_asked_so),
		CASE(what_is_wanted_in_vain_is_told_when_it_is_got),
		CASE(what_may_be_taken_away_is_not_fetched_in_advance),
		CASE(a_begin_is_looked_at_once_a_run),
		CASE(a_root_that_is_listed_is_looked_at_once),
	};

	return cmocka_run_group_tests_name("cache_want", tests, NULL, NULL);
}
