/* What is worth another try is tried again, what is not is said at once, and
 * nothing comes twice. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "base/cancel.h"
#include "lib/clockwork.h"
#include "lib/dice.h"
#include "lib/faulty.h"
#include "lib/scratch.h"
#include "target/local.h"
#include "target/retry.h"

#define SIZE ((size_t)1 << 20)

static struct scratch scratch;
static struct clockwork clk;
static struct faulty *faulty;
static struct bk_target *target;
static struct bk_buf bytes, got;
static struct bk_err err;

/* What was told of waits. */
static struct told {
	struct bk_wait_watcher watcher;
	struct bk_wait last;
	char why[200];
	unsigned n;
} told;

static void note_wait(struct bk_wait_watcher *watcher,
		      const struct bk_wait *wait)
{
	struct told *to = (struct told *)watcher;

	to->last = *wait;
	to->n++;
	(void)snprintf(to->why, sizeof(to->why), "%s", wait->why);
}

static int start(void **state)
{
	const struct bk_retry_policy policy = {
		.timer = &clk.timer,
		.watcher = &told.watcher,
	};
	struct bk_target *local = NULL;
	struct dice dice = {1};

	(void)state;
	told = (struct told){.watcher.waits = note_wait};
	err = (struct bk_err){0};
	scratch_make(&scratch);
	clockwork_init(&clk, 1790000000);
	bytes.len = 0;
	dice_fill(&dice, bk_buf_grow(&bytes, SIZE), SIZE);
	assert_int_equal(bk_local_open(&local, scratch.path, true, &err), 0);
	assert_int_equal(
		bk_target_put(local, "data/a", bk_buf_view(&bytes), &err), 0);
	faulty = faulty_open(local);
	target = bk_retry_open(&faulty->wrapper.target, &policy);
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

static int get(void)
{
	return bk_target_read(target, "data/a", 0, SIZE, &got, &err);
}

static void assert_got(void)
{
	if (get() < 0)
		fail_msg("%s", err.text);
	assert_int_equal(got.len, SIZE);
	assert_memory_equal(got.data, bytes.data, SIZE);
	assert_int_equal(err.kind, BK_OK);
}

static void assert_says(const char *text)
{
	if (!strstr(err.text, text))
		fail_msg("'%s' does not say '%s'", err.text, text);
}

/* ---- gets ---- */

static void a_get_goes_on_at_the_byte_where_it_stopped(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 5; n++)
		faulty_add(faulty, (struct fault){.act = FAULTY_GET,
						  .kind = BK_LOST,
						  .after = n * 100001});
	assert_got();
	assert_int_equal(faulty->bytes_got, SIZE);
	assert_int_equal(faulty_count(faulty, FAULTY_GET), 6);
	/* Each got further: the waits stay short. */
	for (unsigned n = 0; n < 5; n++)
		assert_in_range(clk.waited[n], 250, 500);
}

static void a_connection_that_ends_behind_the_last_byte_did_no_harm(
	void **state)
{
	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_GET,
					  .kind = BK_LOST,
					  .after = SIZE});
	assert_got();
	assert_int_equal(faulty_count(faulty, FAULTY_GET), 1);
}

static void a_target_that_is_out_of_reach_is_waited_for(void **state)
{
	int64_t sum = 0;

	(void)state;
	faulty_add(
		faulty,
		(struct fault){.act = FAULTY_GET, .kind = BK_LOST, .times = 6});
	assert_got();
	assert_int_equal(clk.waits, 6);
	for (unsigned n = 0; n < 6; n++) {
		assert_in_range(clk.waited[n], 250 << n, 500 << n);
		sum += clk.waited[n];
	}
	assert_in_range(sum, 15000, 32000);
}

static void a_get_that_brings_nothing_ends_and_says_what_was_tried(void **state)
{
	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_GET,
					  .kind = BK_LOST,
					  .after = 5000,
					  .times = 1000});
	assert_int_equal(get(), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_int_equal(got.len, 5000);
	assert_in_range(faulty_count(faulty, FAULTY_GET), 6, 9);
	assert_says("data/a: as the test says; tried ");
	assert_says("check the network and the server");
	assert_true(clockwork_waited(&clk) <= 60000);
}

static void the_minute_is_one_for_all_that_is_done(void **state)
{
	const struct fault lost = {
		.act = FAULTY_GET, .kind = BK_LOST, .times = 1000};
	struct fault unmoved = lost;
	uint64_t size;

	(void)state;
	unmoved.act = FAULTY_REMOVE;
	faulty_add(faulty, lost);
	faulty_add(faulty, unmoved);
	assert_int_equal(get(), -1);
	int64_t waited = clockwork_waited(&clk);
	err = (struct bk_err){0};
	assert_int_equal(bk_target_remove(target, "data/a", &err), -1);
	assert_int_equal(err.kind, BK_LOST);
	/* It may have ended a wait before the minute was over. */
	assert_in_range(faulty_count(faulty, FAULTY_REMOVE), 2, 7);
	assert_true(clockwork_waited(&clk) <= 60000);
	assert_true(clockwork_waited(&clk) >= waited);
	/* Once it answers, it is another one. */
	assert_int_equal(bk_target_stat(target, "data/a", &size, &err), 0);
	waited = clockwork_waited(&clk);
	assert_int_equal(get(), -1);
	assert_true(clockwork_waited(&clk) - waited > 20000);
}

/* Each try lasts for longer than a target may be out of reach. */
static void lose_time(void *arg, enum faulty_act act, const char *name)
{
	(void)act;
	(void)name;
	clockwork_pass(arg, 61000);
}

static void a_server_that_stalls_twice_at_one_byte_ends_it(void **state)
{
	(void)state;
	faulty->before = lose_time;
	faulty->arg = &clk;
	faulty_add(faulty, (struct fault){.act = FAULTY_GET,
					  .kind = BK_LOST,
					  .after = 5000,
					  .times = 1000});
	assert_int_equal(get(), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_in_range(faulty_count(faulty, FAULTY_GET), 2, 3);
	assert_says("tried ");
}

static void a_server_that_gives_a_byte_a_time_ends_too(void **state)
{
	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_GET,
					  .kind = BK_LOST,
					  .crumbs = true,
					  .times = 1000});
	assert_int_equal(get(), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_int_equal(faulty_count(faulty, FAULTY_GET), 64);
	assert_int_equal(got.len, 64);
	assert_memory_equal(got.data, bytes.data, 64);
}

struct full_sink {
	struct bk_sink sink;
	unsigned calls;
};

static int be_full(struct bk_sink *to, const void *data, size_t len,
		   struct bk_err *why)
{
	(void)data;
	(void)len;
	((struct full_sink *)to)->calls++;
	return bk_fail(why, BK_LOST, "the reader went away");
}

static void what_the_sink_fails_with_is_not_tried_again(void **state)
{
	struct full_sink sink = {{be_full}, 0};

	(void)state;
	assert_int_equal(
		bk_target_get(target, "data/a", 0, SIZE, &sink.sink, &err), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_says("the reader went away");
	assert_int_equal(sink.calls, 1);
	assert_int_equal(clk.waits, 0);
}

/* ---- what is not tried again ---- */

static void other_failures_are_told_at_once(void **state)
{
	static const enum bk_kind kinds[] = {
		BK_GONE,    BK_EXISTS, BK_REFUSED, BK_FULL,    BK_DENIED,
		BK_CORRUPT, BK_NEWER,  BK_MISUSE,  BK_STARVED, BK_FAILED};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		unsigned before = faulty_count(faulty, FAULTY_GET);
		faulty->n = 0;
		faulty_add(faulty,
			   (struct fault){.act = FAULTY_GET, .kind = kinds[i]});
		assert_int_equal(get(), -1);
		assert_int_equal(err.kind, kinds[i]);
		assert_string_equal(err.text, "data/a: as the test says");
		assert_int_equal(faulty_count(faulty, FAULTY_GET), before + 1);
	}
	assert_int_equal(clk.waits, 0);
}

static void who_is_asked_to_stop_stops_while_it_waits(void **state)
{
	(void)state;
	clk.cancel_at = 2;
	faulty_add(faulty, (struct fault){.act = FAULTY_LIST,
					  .kind = BK_BUSY,
					  .times = 100});
	struct bk_blob_list list = {0};
	assert_int_equal(bk_target_list(target, "", &list, &err), -1);
	assert_int_equal(err.kind, BK_CANCELLED);
	assert_int_equal(faulty_count(faulty, FAULTY_LIST), 2);
	assert_null(list.items);
}

/* ---- servers that say when ---- */

static void each_wait_is_told_with_what_is_waited_for(void **state)
{
	struct bk_blob_list list = {0};

	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_LIST,
					  .kind = BK_LOST,
					  .times = 3});
	assert_int_equal(bk_target_list(target, "data", &list, &err), 0);
	assert_int_equal(told.n, 3);
	assert_int_equal(told.last.ms, clk.waited[2]);
	assert_int_equal(told.last.since_ms, clk.waited[0] + clk.waited[1]);
	assert_int_equal(told.last.next, 4);
	assert_int_equal(told.last.most, 8);
	assert_string_equal(told.why, "data: as the test says");
	bk_blob_list_clear(&list);
	assert_got();
	assert_int_equal(told.n, 3);
}

static void what_a_server_asks_for_is_kept_to(void **state)
{
	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_GET,
					  .kind = BK_BUSY,
					  .retry_after_s = 20,
					  .times = 3});
	assert_got();
	assert_int_equal(clk.waits, 3);
	for (unsigned n = 0; n < 3; n++)
		assert_in_range(clk.waited[n], 20250, 22000);
}

static void a_server_that_asks_for_too_much_ends_it(void **state)
{
	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_GET,
					  .kind = BK_BUSY,
					  .retry_after_s = 3600});
	assert_int_equal(get(), -1);
	assert_int_equal(err.kind, BK_BUSY);
	assert_int_equal(err.retry_after_s, 3600);
	assert_says("asks to wait 3600 s: run it again after that");
	assert_int_equal(clk.waits, 0);
}

static void a_server_that_stays_busy_ends_it(void **state)
{
	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_GET,
					  .kind = BK_BUSY,
					  .retry_after_s = 60,
					  .times = 1000});
	assert_int_equal(get(), -1);
	assert_int_equal(err.kind, BK_BUSY);
	assert_says("tried 3 times");
	assert_says("when the server is less busy");
	assert_true(clockwork_waited(&clk) <= 180000);
}

/* ---- the other acts ---- */

static void lists_stats_and_removals_are_tried_again(void **state)
{
	struct bk_blob_list list = {0};
	uint64_t size = 0;

	(void)state;
	for (unsigned act = FAULTY_LIST; act <= FAULTY_REMOVE; act++)
		faulty_add(faulty, (struct fault){.act = act,
						  .kind = BK_LOST,
						  .times = 3});
	assert_int_equal(bk_target_list(target, "data", &list, &err), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(bk_target_stat(target, "data/a", &size, &err), 0);
	assert_int_equal(size, SIZE);
	assert_int_equal(bk_target_remove(target, "data/a", &err), 0);
	assert_int_equal(clk.waits, 9);
	assert_int_equal(err.kind, BK_OK);
	bk_blob_list_clear(&list);
}

static void a_removal_whose_answer_was_lost_is_a_removal(void **state)
{
	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_REMOVE,
					  .kind = BK_LOST,
					  .done = true});
	assert_int_equal(bk_target_remove(target, "data/a", &err), 0);
	assert_int_equal(bk_target_remove(target, "data/a", &err), -1);
	assert_int_equal(err.kind, BK_GONE);
}

static void a_listing_that_never_came_is_an_error_and_no_empty_list(
	void **state)
{
	struct bk_blob_list list = {0};

	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_LIST,
					  .kind = BK_LOST,
					  .times = 1000});
	assert_int_equal(bk_target_list(target, "data", &list, &err), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_null(list.items);
}

static void a_put_is_one_attempt(void **state)
{
	const struct bk_view few = {bytes.data, 100};

	(void)state;
	faulty_add(faulty,
		   (struct fault){.act = FAULTY_COMMIT, .kind = BK_LOST});
	assert_int_equal(bk_target_put(target, "data/b", few, &err), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_int_equal(faulty_count(faulty, FAULTY_COMMIT), 1);
	assert_int_equal(clk.waits, 0);
}

/* The flag cannot be taken back: this one is the last. */
static void nothing_is_tried_again_once_we_were_asked_to_stop(void **state)
{
	(void)state;
	bk_cancel();
	faulty_add(faulty, (struct fault){.act = FAULTY_GET, .kind = BK_LOST});
	assert_int_equal(get(), -1);
	assert_int_equal(err.kind, BK_CANCELLED);
	assert_says("interrupted; waited for data/a: as the test says");
	assert_int_equal(faulty_count(faulty, FAULTY_GET), 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_get_goes_on_at_the_byte_where_it_stopped),
		CASE(a_connection_that_ends_behind_the_last_byte_did_no_harm),
		CASE(a_target_that_is_out_of_reach_is_waited_for),
		CASE(a_get_that_brings_nothing_ends_and_says_what_was_tried),
		CASE(the_minute_is_one_for_all_that_is_done),
		CASE(a_server_that_stalls_twice_at_one_byte_ends_it),
		CASE(a_server_that_gives_a_byte_a_time_ends_too),
		CASE(what_the_sink_fails_with_is_not_tried_again),
		CASE(other_failures_are_told_at_once),
		CASE(who_is_asked_to_stop_stops_while_it_waits),
		CASE(each_wait_is_told_with_what_is_waited_for),
		CASE(what_a_server_asks_for_is_kept_to),
		CASE(a_server_that_asks_for_too_much_ends_it),
		CASE(a_server_that_stays_busy_ends_it),
		CASE(lists_stats_and_removals_are_tried_again),
		CASE(a_removal_whose_answer_was_lost_is_a_removal),
		CASE(a_listing_that_never_came_is_an_error_and_no_empty_list),
		CASE(a_put_is_one_attempt),
		CASE(nothing_is_tried_again_once_we_were_asked_to_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
