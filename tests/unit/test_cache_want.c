/* What is wanted next is fetched in few requests, and nothing depends on it. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/cached.h"

static struct cached cached;

static int start(void **state)
{
	(void)state;
	cached_start(&cached);
	return 0;
}

static int end(void **state)
{
	(void)state;
	cached_end(&cached);
	return 0;
}

static unsigned get(const char *name, size_t offset, size_t len)
{
	return cached_get(&cached, name, offset, len);
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
	{CACHED_SIZE - 5000, 5000},
        {0,                  256 }
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
	unsigned before = faulty_count(cached.faulty, FAULTY_GET);

	bk_target_want(cached.target, CACHED_PACK, stretches, n);
	unsigned wanted = faulty_count(cached.faulty, FAULTY_GET) - before;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
			get(CACHED_PACK, stretches[i].offset, stretches[i].len),
			0);
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
	cached.faulty->wrapper.ops.get_many = get_many;
	uint64_t before = cached.faulty->bytes_got;
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
	assert_int_equal(cached.faulty->bytes_got - before, 70000);
}

static void a_server_that_sends_one_at_a_time_is_asked_so(void **state)
{
	(void)state;
	manies = 0;
	many_fails = BK_FAILED;
	cached.faulty->wrapper.ops.get_many = get_many;
	assert_int_equal(want(blocks, 5), 3);
	assert_int_equal(manies, 1);
}

static void what_is_wanted_in_vain_is_told_when_it_is_got(void **state)
{
	(void)state;
	faulty_add(
		cached.faulty,
		(struct fault){.act = FAULTY_GET, .kind = BK_LOST, .times = 1});
	bk_target_want(cached.target, CACHED_PACK, ends, 2);
	assert_int_equal(get(CACHED_PACK, CACHED_SIZE - 5000, 5000), 1);
	bk_target_want(cached.target, "data/nothing", ends, 2);
	assert_int_equal(bk_target_read(cached.target, "data/nothing", 0, 1,
					&cached.got, &cached.err),
			 -1);
	assert_int_equal(cached.err.kind, BK_GONE);
	bk_target_want(cached.target, CACHED_ROOT, ends, 2);
	assert_int_equal(bk_target_read(cached.target, CACHED_ROOT, 0, 1001,
					&cached.got, &cached.err),
			 -1);
	assert_int_equal(cached.err.kind, BK_CORRUPT);
}

static void what_may_be_taken_away_is_not_fetched_in_advance(void **state)
{
	(void)state;
	cached_put(&cached, "keys/00.bkk", 4096);
	bk_target_want(cached.target, "keys/00.bkk", ends + 1, 1);
	assert_int_equal(faulty_count(cached.faulty, FAULTY_GET), 0);
}

static void a_begin_is_looked_at_once_a_run(void **state)
{
	uint64_t size = 0;

	(void)state;
	for (int run = 0; run < 2; run++) {
		for (int i = 0; i < 3; i++) {
			assert_int_equal(bk_target_peek(cached.target,
							CACHED_ROOT, 65536,
							&cached.got, &size,
							&cached.err),
					 0);
			assert_int_equal(size, 1000);
			assert_int_equal(cached.got.len, 1000);
			assert_memory_equal(cached.got.data, cached.bytes.data,
					    1000);
		}
		assert_int_equal(faulty_count(cached.faulty, FAULTY_STAT), 1);
		assert_int_equal(get(CACHED_ROOT, 0, 1000), 0);
		cached_again(&cached);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(bk_target_peek(cached.target, CACHED_PACK, 70,
						&cached.got, &size,
						&cached.err),
				 0);
		assert_int_equal(size, CACHED_SIZE);
		assert_int_equal(cached.got.len, 70);
	}
	assert_int_equal(faulty_count(cached.faulty, FAULTY_STAT), 1);
	assert_int_equal(bk_target_remove(cached.faulty->wrapper.below,
					  CACHED_PACK, &cached.err),
			 0);
	assert_int_equal(bk_target_peek(cached.target, CACHED_PACK, 80,
					&cached.got, &size, &cached.err),
			 -1);
	assert_int_equal(cached.err.kind, BK_GONE);
}

/* Which tells how long it is. */
static void a_root_that_is_listed_is_looked_at_once(void **state)
{
	struct bk_blob_list list = {0};
	uint64_t size = 0;

	(void)state;
	for (int run = 0; run < 3; run++) {
		assert_int_equal(bk_target_list(cached.target, "sets", &list,
						&cached.err),
				 0);
		bk_blob_list_clear(&list);
		assert_int_equal(bk_target_peek(cached.target, CACHED_ROOT,
						65536, &cached.got, &size,
						&cached.err),
				 0);
		assert_int_equal(faulty_count(cached.faulty, FAULTY_STAT),
				 run == 0);
		assert_int_equal(size, 1000);
		assert_int_equal(cached.got.len, 1000);
		assert_memory_equal(cached.got.data, cached.bytes.data, 1000);
		cached_again(&cached);
	}
	/* The begin alone is not all of it. */
	assert_int_equal(
		bk_target_list(cached.target, "sets", &list, &cached.err), 0);
	bk_blob_list_clear(&list);
	assert_int_equal(bk_target_peek(cached.target, CACHED_ROOT, 999,
					&cached.got, &size, &cached.err),
			 0);
	assert_int_equal(faulty_count(cached.faulty, FAULTY_STAT), 1);
	assert_int_equal(cached.got.len, 999);
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
