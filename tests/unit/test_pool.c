/* base/pool: all of the queue is done, or the first error comes back. */

#include "lib/test.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/pool.h"

#define ITEMS 1000

static unsigned items[ITEMS + 1]; /* each is its own index */

static int number_the_items(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= ITEMS; i++)
		items[i] = i;
	return 0;
}

struct tally {
	_Atomic unsigned done;
	_Atomic unsigned long sum;
	unsigned bad; /* the item that fails; 0: none */
};

static int add_up(void *context, unsigned worker, void *item,
		  struct bk_err *err)
{
	struct tally *tally = context;
	unsigned number = *(unsigned *)item;

	assert_true(worker < 3);
	if (number == tally->bad)
		return bk_fail(err, BK_CORRUPT, "item %u", number);
	atomic_fetch_add(&tally->done, 1);
	atomic_fetch_add(&tally->sum, number);
	return 0;
}

static void all_items_are_done_before_the_join_returns(void **state)
{
	struct bk_queue *queue = bk_queue_new(4, 0);
	struct tally tally = {0};
	struct bk_err err = {0};
	struct bk_pool *pool;

	(void)state;
	assert_int_equal(0,
			 bk_pool_start(&pool, 3, queue, add_up, &tally, &err));
	for (unsigned i = 1; i <= ITEMS; i++)
		assert_int_equal(0, bk_queue_push(queue, &items[i], 1, &err));
	bk_queue_close(queue);
	assert_int_equal(0, bk_pool_join(pool, &err));
	assert_int_equal(tally.done, ITEMS);
	assert_int_equal(tally.sum, 500500);
	assert_int_equal(err.kind, BK_OK);
	bk_queue_free(queue, NULL);
}

static void one_failure_stops_the_filling_and_is_what_join_gives(void **state)
{
	struct bk_queue *queue = bk_queue_new(4, 0);
	struct tally tally = {.bad = 17};
	struct bk_err err = {0}, joined = {0};
	struct bk_pool *pool;
	unsigned i = 1;

	(void)state;
	assert_int_equal(0,
			 bk_pool_start(&pool, 3, queue, add_up, &tally, &err));
	while (bk_queue_push(queue, &items[i], 1, &err) == 0)
		i = i % ITEMS + 1;
	assert_string_equal(err.text, "item 17");
	assert_int_equal(-1, bk_pool_join(pool, &joined));
	assert_int_equal(joined.kind, BK_CORRUPT);
	assert_string_equal(joined.text, "item 17");
	bk_queue_free(queue, NULL);
}

static void a_failure_of_the_very_last_item_is_not_lost(void **state)
{
	(void)state;
	for (int round = 0; round < 100; round++) {
		struct bk_queue *queue = bk_queue_new(20, 0);
		struct tally tally = {.bad = 10};
		struct bk_err err = {0};
		struct bk_pool *pool;

		for (unsigned i = 1; i <= 10; i++)
			assert_int_equal(
				0, bk_queue_push(queue, &items[i], 1, &err));
		bk_queue_close(queue);
		assert_int_equal(0, bk_pool_start(&pool, 3, queue, add_up,
						  &tally, &err));
		assert_int_equal(-1, bk_pool_join(pool, &err));
		assert_string_equal(err.text, "item 10");
		bk_queue_free(queue, NULL);
	}
}

static void a_cancel_from_outside_is_what_join_gives(void **state)
{
	struct bk_queue *queue = bk_queue_new(4, 0);
	struct tally tally = {0};
	struct bk_err err = {0}, why = {0};
	struct bk_pool *pool;

	(void)state;
	bk_fail(&why, BK_CANCELLED, "stopped");
	assert_int_equal(0,
			 bk_pool_start(&pool, 2, queue, add_up, &tally, &err));
	bk_queue_cancel(queue, &why);
	assert_int_equal(-1, bk_pool_join(pool, &err));
	assert_int_equal(err.kind, BK_CANCELLED);
	bk_queue_free(queue, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_items_are_done_before_the_join_returns),
		cmocka_unit_test(
			one_failure_stops_the_filling_and_is_what_join_gives),
		cmocka_unit_test(a_failure_of_the_very_last_item_is_not_lost),
		cmocka_unit_test(a_cancel_from_outside_is_what_join_gives),
	};
	return cmocka_run_group_tests(tests, number_the_items, NULL);
}
