/* base/queue: nothing is lost or doubled, nobody waits for ever, and memory
 * stays below the bound.  Worth running with MODE=tsan. */

#include "lib/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/queue.h"

#define THREADS 4
#define EACH    5000

struct world {
	struct bk_queue *queue;
	_Atomic unsigned seen[THREADS * EACH];
	_Atomic int ended; /* threads that ended without an error */
	_Atomic int failed;
	_Atomic unsigned next;
};

static void pause_ms(long ms)
{
	(void)nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

static void *producer(void *arg)
{
	struct world *w = arg;
	struct bk_err err = {0};

	for (unsigned i = 0; i < EACH; i++) {
		unsigned n = atomic_fetch_add(&w->next, 1);
		if (bk_queue_push(w->queue, &w->seen[n], n % 7, &err) < 0) {
			atomic_fetch_add(&w->failed, 1);
			return NULL;
		}
	}
	atomic_fetch_add(&w->ended, 1);
	return NULL;
}

static void *consumer(void *arg)
{
	struct world *w = arg;
	struct bk_err err = {0};
	void *item = NULL;
	int rc;

	while ((rc = bk_queue_pop(w->queue, &item, &err)) > 0)
		atomic_fetch_add((_Atomic unsigned *)item, 1);
	if (rc < 0 && err.kind == BK_CORRUPT)
		atomic_fetch_add(&w->failed, 1);
	if (!rc)
		atomic_fetch_add(&w->ended, 1);
	return NULL;
}

static void every_item_comes_out_exactly_once(void **state)
{
	struct world *w = bk_alloc(sizeof(*w));
	pthread_t in[THREADS], out[THREADS];

	(void)state;
	w->queue = bk_queue_new(8, 20);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&in[i], NULL, producer, w), 0);
		assert_int_equal(pthread_create(&out[i], NULL, consumer, w), 0);
	}
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(in[i], NULL);
	bk_queue_close(w->queue);
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(out[i], NULL);
	assert_int_equal(w->ended, 2 * THREADS);
	for (unsigned i = 0; i < THREADS * EACH; i++)
		assert_int_equal(w->seen[i], 1);
	bk_queue_free(w->queue, NULL);
	free(w);
}

static void items_come_out_in_the_order_they_went_in(void **state)
{
	struct bk_queue *queue = bk_queue_new(3, 0);
	struct bk_err err = {0};
	int things[9];
	void *item;

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++)
			assert_int_equal(
				0, bk_queue_push(queue, &things[i], 1, &err));
		for (int i = 0; i < 3; i++) {
			assert_int_equal(1, bk_queue_pop(queue, &item, &err));
			assert_ptr_equal(item, &things[i]);
		}
	}
	bk_queue_free(queue, NULL);
}

static void *push_one_of_weight_6(void *arg)
{
	struct world *w = arg;
	struct bk_err err = {0};
	static char thing;

	if (bk_queue_push(w->queue, &thing, 6, &err) == 0)
		atomic_fetch_add(&w->ended, 1);
	else if (err.kind == BK_CORRUPT)
		atomic_fetch_add(&w->failed, 1);
	return NULL;
}

static void a_push_waits_while_the_weight_would_pass_the_bound(void **state)
{
	struct world *w = bk_alloc(sizeof(*w));
	struct bk_err err = {0};
	pthread_t thread;
	void *item;
	char thing;

	(void)state;
	w->queue = bk_queue_new(100, 10);
	assert_int_equal(0, bk_queue_push(w->queue, &thing, 5, &err));
	assert_int_equal(pthread_create(&thread, NULL, push_one_of_weight_6, w),
			 0);
	pause_ms(30);
	assert_int_equal(w->ended, 0);
	assert_int_equal(1, bk_queue_pop(w->queue, &item, &err));
	(void)pthread_join(thread, NULL);
	assert_int_equal(w->ended, 1);
	bk_queue_free(w->queue, NULL);
	free(w);
}

static void an_item_above_the_bound_goes_in_alone(void **state)
{
	struct bk_queue *queue = bk_queue_new(100, 10);
	struct bk_err err = {0};
	void *item;
	char thing;

	(void)state;
	assert_int_equal(0, bk_queue_push(queue, &thing, SIZE_MAX, &err));
	assert_int_equal(1, bk_queue_pop(queue, &item, &err));
	assert_int_equal(0, bk_queue_push(queue, &thing, 10, &err));
	bk_queue_free(queue, NULL);
}

static void a_cancel_wakes_everybody_with_its_error(void **state)
{
	struct world *full = bk_alloc(sizeof(*full));
	struct world *empty = bk_alloc(sizeof(*empty));
	pthread_t push[THREADS], pop[THREADS];
	struct bk_err err = {0}, why = {0}, later = {0};
	char thing;
	void *item;

	(void)state;
	bk_fail(&why, BK_CORRUPT, "pack 8f3a: wrong seal");
	bk_fail(&later, BK_LOST, "a later error");
	full->queue = bk_queue_new(1, 0);
	empty->queue = bk_queue_new(1, 0);
	assert_int_equal(0, bk_queue_push(full->queue, &thing, 1, &err));
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&push[i], NULL,
						push_one_of_weight_6, full),
				 0);
		assert_int_equal(pthread_create(&pop[i], NULL, consumer, empty),
				 0);
	}
	pause_ms(20);
	bk_queue_cancel(full->queue, &why);
	bk_queue_cancel(full->queue, &later);
	bk_queue_cancel(empty->queue, &why);
	for (int i = 0; i < THREADS; i++) {
		(void)pthread_join(push[i], NULL);
		(void)pthread_join(pop[i], NULL);
	}
	assert_int_equal(full->failed, THREADS);
	assert_int_equal(empty->failed, THREADS);

	/* A cancelled queue gives out nothing more, and stays so. */
	assert_int_equal(-1, bk_queue_pop(full->queue, &item, &err));
	assert_string_equal(err.text, "pack 8f3a: wrong seal");
	bk_queue_close(full->queue);
	assert_int_equal(-1, bk_queue_pop(full->queue, &item, &err));
	assert_int_equal(err.kind, BK_CORRUPT);
	bk_queue_free(full->queue, NULL);
	bk_queue_free(empty->queue, NULL);
	free(full);
	free(empty);
}

static void a_closed_queue_is_emptied_first_and_takes_nothing(void **state)
{
	struct bk_queue *queue = bk_queue_new(4, 0);
	struct bk_err err = {0};
	void *item;
	char thing;

	(void)state;
	assert_int_equal(0, bk_queue_push(queue, &thing, 1, &err));
	bk_queue_close(queue);
	bk_queue_close(queue);
	assert_int_equal(-1, bk_queue_push(queue, &thing, 1, &err));
	assert_int_equal(err.kind, BK_MISUSE);
	assert_int_equal(1, bk_queue_pop(queue, &item, &err));
	assert_int_equal(0, bk_queue_pop(queue, &item, &err));
	assert_int_equal(0, bk_queue_pop(queue, &item, &err));
	bk_queue_free(queue, NULL);
}

static void what_is_left_is_freed_with_the_queue(void **state)
{
	struct bk_queue *queue = bk_queue_new(4, 0);
	struct bk_err err = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(0, bk_queue_push(queue, bk_alloc(9), 9, &err));
	bk_queue_free(queue, free); /* a leak would fail MODE=asan */
	bk_queue_free(NULL, free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_item_comes_out_exactly_once),
		cmocka_unit_test(items_come_out_in_the_order_they_went_in),
		cmocka_unit_test(
			a_push_waits_while_the_weight_would_pass_the_bound),
		cmocka_unit_test(an_item_above_the_bound_goes_in_alone),
		cmocka_unit_test(a_cancel_wakes_everybody_with_its_error),
		cmocka_unit_test(
			a_closed_queue_is_emptied_first_and_takes_nothing),
		cmocka_unit_test(what_is_left_is_freed_with_the_queue),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
