/* What is put and got takes the time that the limit says, and arrives whole. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/clockwork.h"
#include "lib/dice.h"
#include "lib/scratch.h"
#include "target/local.h"
#include "target/throttle.h"

#define SIZE ((size_t)10 << 20)

static struct scratch scratch;
static struct clockwork clk;
static struct bk_target *target;
static struct bk_buf bytes;
static struct bk_err err;

static int start(void **state)
{
	struct dice dice = {1};

	(void)state;
	err = (struct bk_err){0};
	scratch_make(&scratch);
	clockwork_init(&clk, 1790000000);
	dice_fill(&dice, bk_buf_grow(&bytes, SIZE), SIZE);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_target_close(target);
	bk_buf_clear(&bytes);
	scratch_drop(&scratch);
	return 0;
}

static void open_with(const struct bk_limit *up, const struct bk_limit *down)
{
	struct bk_target *local = NULL;

	assert_int_equal(bk_local_open(&local, scratch.path, true, &err), 0);
	target = bk_throttle_open(local, up, down, &clk.timer);
}

static void puts_and_gets_have_limits_of_their_own(void **state)
{
	const struct bk_limit up = {.otherwise = 1 << 20};
	const struct bk_limit down = {.otherwise = 2 << 20};
	struct bk_buf got = {0};

	(void)state;
	open_with(&up, &down);
	int64_t began = clk.monotonic_ms;
	assert_int_equal(
		bk_target_put(target, "data/a", bk_buf_view(&bytes), &err), 0);
	assert_in_range(clk.monotonic_ms - began, 9000, 9010);
	began = clk.monotonic_ms;
	assert_int_equal(bk_target_read(target, "data/a", 0, SIZE, &got, &err),
			 0);
	assert_in_range(clk.monotonic_ms - began, 4000, 4010);
	assert_int_equal(got.len, SIZE);
	assert_memory_equal(got.data, bytes.data, SIZE);
	bk_buf_clear(&got);
}

static void without_a_limit_nothing_waits(void **state)
{
	struct bk_buf got = {0};

	(void)state;
	open_with(NULL, NULL);
	assert_int_equal(
		bk_target_put(target, "data/a", bk_buf_view(&bytes), &err), 0);
	assert_int_equal(bk_target_read(target, "data/a", 0, SIZE, &got, &err),
			 0);
	assert_int_equal(clk.waits, 0);
	bk_buf_clear(&got);
}

static void a_put_that_waits_can_be_stopped_and_leaves_nothing(void **state)
{
	const struct bk_limit up = {.otherwise = 1 << 20};
	uint64_t size;

	(void)state;
	open_with(&up, NULL);
	clk.cancel_at = 5;
	assert_int_equal(
		bk_target_put(target, "data/a", bk_buf_view(&bytes), &err), -1);
	assert_int_equal(err.kind, BK_CANCELLED);
	err = (struct bk_err){0};
	assert_int_equal(bk_target_stat(target, "data/a", &size, &err), -1);
	assert_int_equal(err.kind, BK_GONE);
}

static void a_get_that_waits_can_be_stopped(void **state)
{
	const struct bk_limit down = {.otherwise = 1 << 20};
	struct bk_buf got = {0};

	(void)state;
	open_with(NULL, &down);
	assert_int_equal(
		bk_target_put(target, "data/a", bk_buf_view(&bytes), &err), 0);
	clk.cancel_at = 5;
	assert_int_equal(bk_target_read(target, "data/a", 0, SIZE, &got, &err),
			 -1);
	assert_int_equal(err.kind, BK_CANCELLED);
	assert_true(got.len < SIZE / 2);
	bk_buf_clear(&got);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(puts_and_gets_have_limits_of_their_own),
		CASE(without_a_limit_nothing_waits),
		CASE(a_put_that_waits_can_be_stopped_and_leaves_nothing),
		CASE(a_get_that_waits_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
