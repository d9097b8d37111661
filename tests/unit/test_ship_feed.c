/* Files that are fetched once for several lanes. */

#include "lib/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "job/ship_feed.h"
#include "lib/scratch.h"
#include "target/local.h"
#include "target/wrapper.h"

#define SMALL 1000
#define LARGE ((size_t)3 << 20) /* is kept in a file */
#define LANES 3

/* The source; it counts what it is asked for. */
struct counting {
	struct bk_wrapper wrapper;
	atomic_uint gets;
};

static struct scratch scratch;
static struct counting *from;
static struct bk_ship_feed *feed;
static struct bk_err err;

static int counting_get(struct bk_target *target, const char *name,
			uint64_t offset, uint64_t len, struct bk_sink *to,
			struct bk_err *why)
{
	atomic_fetch_add(&((struct counting *)target)->gets, 1);
	return bk_target_get(bk_wrapper_below(target), name, offset, len, to,
			     why);
}

static uint8_t byte_at(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

static void put(const char *name, size_t len)
{
	uint8_t *bytes = bk_alloc(len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(i);
	if (bk_target_put(&from->wrapper.target, name,
			  (struct bk_view){bytes, len}, &err) < 0)
		fail_msg("%s", err.text);
	free(bytes);
}

static int start(void **state)
{
	struct bk_target *local = NULL;

	(void)state;
	err = (struct bk_err){0};
	scratch_make(&scratch);
	if (bk_local_open(&local, scratch.path, true, &err) < 0)
		return -1;
	from = bk_alloc(sizeof(*from));
	bk_wrapper_init(&from->wrapper, local);
	from->wrapper.ops.get = counting_get;
	put("small", SMALL);
	put("large", LARGE);
	feed = bk_ship_feed_new(&from->wrapper.target, LANES, scratch.path);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_ship_feed_free(feed);
	bk_target_close(&from->wrapper.target);
	scratch_drop(&scratch);
	return 0;
}

static int take(const char *name, size_t len, struct bk_err *why)
{
	struct bk_buf got = {0};
	struct bk_buf_sink to;

	bk_buf_sink_init(&to, &got, len);
	int rc = bk_ship_feed_get(feed, name, len, &to.sink, why);
	assert_true(rc < 0 || got.len == len);
	for (size_t i = 0; rc == 0 && i < len; i++)
		if (got.data[i] != byte_at(i))
			fail_msg("byte %zu is wrong", i);
	bk_buf_clear(&got);
	return rc;
}

static void *take_large(void *arg)
{
	struct bk_err why = {0};

	(void)arg;
	if (take("large", LARGE, &why) < 0)
		fail_msg("%s", why.text);
	return NULL;
}

static void all_lanes_at_a_time_are_one_fetch(void **state)
{
	pthread_t threads[LANES];

	(void)state;
	for (size_t i = 0; i < LANES; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, take_large, NULL), 0);
	for (size_t i = 0; i < LANES; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&from->gets), 1);
}

static void one_after_the_other_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < LANES; i++) {
		assert_int_equal(take("small", SMALL, &err), 0);
		assert_int_equal(take("large", LARGE, &err), 0);
	}
	assert_int_equal(atomic_load(&from->gets), 2);
}

static void what_all_have_taken_is_forgotten(void **state)
{
	(void)state;
	for (size_t i = 0; i < LANES + 1; i++)
		assert_int_equal(take("small", SMALL, &err), 0);
	assert_int_equal(atomic_load(&from->gets), 2);
}

static void who_comes_late_fetches_for_himself(void **state)
{
	char name[] = "a";

	(void)state;
	for (; *name <= 'z'; (*name)++)
		put(name, SMALL);
	for (*name = 'a'; *name <= 'z'; (*name)++)
		assert_int_equal(take(name, SMALL, &err), 0);
	assert_int_equal(atomic_load(&from->gets), 26);
	assert_int_equal(take("z", SMALL, &err), 0);
	assert_int_equal(atomic_load(&from->gets), 26);
	assert_int_equal(take("a", SMALL, &err), 0);
	assert_int_equal(atomic_load(&from->gets), 27);
}

static void without_room_each_fetches_for_himself(void **state)
{
	(void)state;
	bk_ship_feed_free(feed);
	feed = bk_ship_feed_new(&from->wrapper.target, LANES, "/proc/none");
	for (size_t i = 0; i < LANES; i++)
		assert_int_equal(take("large", LARGE, &err), 0);
	/* The first one saw that there is none. */
	assert_int_equal(atomic_load(&from->gets), LANES + 1);
}

static void what_is_not_there_is_told_to_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < LANES; i++) {
		assert_int_equal(take("none", SMALL, &err), -1);
		assert_int_equal(err.kind, BK_GONE);
	}
	put("none", SMALL);
	assert_int_equal(take("none", SMALL, &err), 0);
}

static void one_lane_alone_needs_nothing_kept(void **state)
{
	(void)state;
	bk_ship_feed_free(feed);
	feed = bk_ship_feed_new(&from->wrapper.target, 1, "/proc/none");
	assert_int_equal(take("large", LARGE, &err), 0);
	assert_int_equal(take("large", LARGE, &err), 0);
	assert_int_equal(atomic_load(&from->gets), 2);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, start, end)
	const struct CMUnitTest tests[] = {
		EACH(all_lanes_at_a_time_are_one_fetch),
		EACH(one_after_the_other_too),
		EACH(what_all_have_taken_is_forgotten),
		EACH(who_comes_late_fetches_for_himself),
		EACH(without_room_each_fetches_for_himself),
		EACH(what_is_not_there_is_told_to_all),
		EACH(one_lane_alone_needs_nothing_kept),
	};
#undef EACH
	return cmocka_run_group_tests(tests, NULL, NULL);
}
