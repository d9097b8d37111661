/* A blob is put until each byte of it is there; what looks like it is not taken
 * for it. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/clockwork.h"
#include "lib/dice.h"
#include "lib/faulty.h"
#include "lib/scratch.h"
#include "target/local.h"
#include "target/put_again.h"

#define SIZE ((size_t)3 << 20)
#define NAME "data/a"

static struct scratch scratch;
static char own[80];
static struct clockwork clk;
static struct faulty *faulty;
static struct bk_target *target;
static struct bk_gather_room room;
static struct bk_gathered gathered;
static struct bk_buf bytes;
static struct bk_err err;

static void gather(size_t n)
{
	bk_gathered_clear(&gathered);
	for (size_t at = 0; at < n; at += 100000) {
		size_t len = n - at < 100000 ? n - at : 100000;
		assert_int_equal(
			bk_gathered_add(&gathered, bytes.data + at, len, &err),
			0);
	}
	assert_int_equal(gathered.len, n);
}

static int start(void **state)
{
	struct dice dice = {1};
	char path[80];

	(void)state;
	err = (struct bk_err){0};
	scratch_make(&scratch);
	scratch_dir(&scratch, "own");
	clockwork_init(&clk, 1790000000);
	bytes.len = 0;
	dice_fill(&dice, bk_buf_grow(&bytes, SIZE), SIZE);
	(void)snprintf(path, sizeof(path), "%s/repo", scratch.path);
	(void)snprintf(own, sizeof(own), "%s/own", scratch.path);
	assert_int_equal(bk_local_open(&target, path, true, &err), 0);
	faulty = faulty_open(target);
	target = &faulty->wrapper.target;
	room = (struct bk_gather_room){.folder = own, .memory_most = 2 << 20};
	bk_gathered_init(&gathered, &room);
	gather(SIZE);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_gathered_clear(&gathered);
	assert_int_equal(atomic_load(&room.memory), 0);
	bk_target_close(target);
	bk_buf_clear(&bytes);
	scratch_drop(&scratch);
	return 0;
}

static int upload(void)
{
	const struct bk_retry_policy policy = {.timer = &clk.timer};

	return bk_put_again(target, NAME, &gathered, &policy, NULL, &err);
}

static void assert_there(void)
{
	struct bk_buf got = {0};
	uint64_t size = 0;

	faulty->n = 0;
	assert_int_equal(bk_target_stat(target, NAME, &size, &err), 0);
	assert_int_equal(size, gathered.len);
	assert_int_equal(bk_target_read(target, NAME, 0, size, &got, &err), 0);
	if (size)
		assert_memory_equal(got.data, bytes.data, size);
	bk_buf_clear(&got);
}

static void assert_not_there(void)
{
	struct bk_err why = {0};
	uint64_t size;

	faulty->n = 0;
	assert_int_equal(bk_target_stat(target, NAME, &size, &why), -1);
	assert_int_equal(why.kind, BK_GONE);
}

static void assert_uploaded(void)
{
	if (upload() < 0)
		fail_msg("%s", err.text);
	assert_int_equal(err.kind, BK_OK);
	assert_there();
}

static void assert_fails(enum bk_kind kind, const char *text)
{
	assert_int_equal(upload(), -1);
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, text))
		fail_msg("'%s' does not say '%s'", err.text, text);
}

static void blobs_of_any_size_arrive(void **state)
{
	static const size_t sizes[] = {
		0, 1, (1 << 18) - 1, 1 << 18, 1 << 20, (1 << 20) + 1, SIZE};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		gather(sizes[i]);
		assert_int_equal(gathered.fd >= 0, sizes[i] > 1 << 20);
		assert_uploaded();
		assert_int_equal(bk_target_remove(target, NAME, &err), 0);
	}
	assert_int_equal(clk.waits, 0);
}

/* At the beginning, after each piece, and at the end. */
static void wherever_a_put_breaks_it_is_put_again_whole(void **state)
{
	static const enum bk_kind kinds[] = {BK_LOST, BK_BUSY};

	(void)state;
	for (unsigned n = 0; n < 2 * 14; n++) {
		struct fault fault = {.act = FAULTY_WRITE,
				      .kind = kinds[n % 2],
				      .skip = n / 2};
		if (n / 2 == 12)
			fault = (struct fault){.act = FAULTY_BEGIN,
					       .kind = kinds[n % 2],
					       .times = 4};
		if (n / 2 == 13)
			fault = (struct fault){.act = FAULTY_COMMIT,
					       .kind = kinds[n % 2],
					       .times = 4};
		faulty_add(faulty, fault);
		assert_uploaded();
		assert_int_equal(bk_target_remove(target, NAME, &err), 0);
	}
}

static void a_commit_whose_answer_was_lost_is_found_and_compared(void **state)
{
	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_COMMIT,
					  .kind = BK_LOST,
					  .done = true});
	assert_uploaded();
	assert_int_equal(faulty_count(faulty, FAULTY_BEGIN), 1);
	assert_true(faulty->bytes_got >= SIZE);
}

/* The length is right, and a byte is not: stored by a put that broke. */
static void leave_other_bytes(void *arg, enum faulty_act act, const char *name)
{
	struct bk_buf other = {0};
	struct bk_err why = {0};

	(void)name;
	if (act != FAULTY_COMMIT || arg != faulty)
		return;
	faulty->arg = NULL;
	bk_buf_add(&other, bytes.data, SIZE);
	other.data[SIZE - 1] ^= 1;
	assert_int_equal(bk_target_put(faulty->wrapper.below, NAME,
				       bk_buf_view(&other), &why),
			 0);
	bk_buf_clear(&other);
}

static void what_is_there_with_other_bytes_is_put_again(void **state)
{
	(void)state;
	faulty->before = leave_other_bytes;
	faulty->arg = faulty;
	faulty_add(faulty,
		   (struct fault){.act = FAULTY_COMMIT, .kind = BK_LOST});
	assert_uploaded();
	assert_int_equal(faulty_count(faulty, FAULTY_BEGIN), 2);
}

static void what_is_in_the_way_with_other_bytes_is_an_error(void **state)
{
	(void)state;
	faulty->before = leave_other_bytes;
	faulty->arg = faulty;
	faulty_add(faulty,
		   (struct fault){.act = FAULTY_COMMIT, .kind = BK_LOST});
	faulty_add(faulty, (struct fault){.act = FAULTY_COMMIT,
					  .kind = BK_EXISTS,
					  .skip = 0,
					  .times = 1000});
	assert_fails(BK_EXISTS, "as the test says");
}

/* It could not be looked for at first; then it is in the way of itself. */
static void a_blob_in_its_own_way_is_there(void **state)
{
	static const enum bk_kind kinds[] = {BK_EXISTS, BK_DENIED, BK_REFUSED};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		unsigned before = faulty_count(faulty, FAULTY_STAT);
		faulty_add(faulty, (struct fault){.act = FAULTY_COMMIT,
						  .kind = BK_LOST,
						  .done = true});
		faulty_add(faulty,
			   (struct fault){.act = FAULTY_STAT, .kind = BK_LOST});
		faulty_add(faulty, (struct fault){.act = FAULTY_BEGIN,
						  .kind = kinds[i],
						  .skip = 1});
		assert_int_equal(upload(), 0);
		assert_int_equal(faulty_count(faulty, FAULTY_STAT), before + 2);
		assert_there();
		assert_int_equal(bk_target_remove(target, NAME, &err), 0);
	}
}

static void a_name_that_was_taken_before_is_an_error(void **state)
{
	(void)state;
	assert_uploaded();
	faulty_add(faulty,
		   (struct fault){.act = FAULTY_BEGIN, .kind = BK_EXISTS});
	assert_fails(BK_EXISTS, "as the test says");
}

static void a_break_at_the_same_byte_each_time_ends_it(void **state)
{
	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_WRITE,
					  .kind = BK_LOST,
					  .after = 1 << 20,
					  .times = 1000});
	assert_fails(BK_LOST, "tried 4 times");
	assert_non_null(strstr(err.text, "whether the target is full"));
	assert_int_equal(faulty_count(faulty, FAULTY_BEGIN), 4);
	assert_not_there();
}

static void a_server_that_starts_again_is_waited_for(void **state)
{
	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_WRITE,
					  .kind = BK_LOST,
					  .after = 1 << 20});
	faulty_add(faulty, (struct fault){.act = FAULTY_BEGIN,
					  .kind = BK_LOST,
					  .skip = 1,
					  .times = 4});
	assert_uploaded();
}

static void a_server_that_is_gone_is_given_up(void **state)
{
	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_BEGIN,
					  .kind = BK_LOST,
					  .times = 1000});
	assert_fails(BK_LOST, "check the network and the server");
	assert_true(clockwork_waited(&clk) <= 60000);
	assert_not_there();
}

static void other_failures_are_told_at_once(void **state)
{
	static const enum bk_kind kinds[] = {
		BK_GONE,    BK_EXISTS, BK_REFUSED, BK_FULL,    BK_DENIED,
		BK_CORRUPT, BK_NEWER,  BK_MISUSE,  BK_STARVED, BK_FAILED};
	static const enum faulty_act acts[] = {FAULTY_BEGIN, FAULTY_WRITE,
					       FAULTY_COMMIT};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (size_t k = 0; k < 3; k++) {
			faulty->n = 0;
			faulty_add(faulty, (struct fault){.act = acts[k],
							  .kind = kinds[i]});
			assert_int_equal(upload(), -1);
			assert_int_equal(err.kind, kinds[i]);
			assert_string_equal(err.text,
					    NAME ": as the test says");
			assert_not_there();
		}
	assert_int_equal(clk.waits, 0);
}

static void it_stops_when_it_is_told_to(void **state)
{
	const struct bk_retry_policy policy = {.timer = &clk.timer};
	atomic_bool stop = true;

	(void)state;
	assert_int_equal(
		bk_put_again(target, NAME, &gathered, &policy, &stop, &err),
		-1);
	assert_int_equal(err.kind, BK_CANCELLED);
	assert_not_there();
}

static void no_file_is_seen_where_blobs_are_gathered(void **state)
{
	struct bk_blob_list list = {0};
	struct bk_target *folder = NULL;

	(void)state;
	assert_true(gathered.fd >= 0);
	assert_int_equal(bk_local_open(&folder, own, false, &err), 0);
	assert_int_equal(bk_target_list(folder, "", &list, &err), 0);
	assert_int_equal(list.n, 0);
	bk_target_close(folder);
}

static void a_folder_that_cannot_be_used_is_this_hosts_trouble(void **state)
{
	const char some[1000] = {0};

	(void)state;
	bk_gathered_clear(&gathered);
	room.folder = "/nowhere/at/all";
	for (size_t n = 0; n < BK_GATHER_MEMORY; n += sizeof(some))
		if (bk_gathered_add(&gathered, some, sizeof(some), &err) < 0)
			break;
	assert_int_equal(err.kind, BK_STARVED);
	assert_non_null(strstr(err.text, "/nowhere/at/all: "));
	assert_non_null(strstr(err.text, "set TMPDIR"));
}

static void memory_is_bounded_over_all_blobs(void **state)
{
	struct bk_gathered some[8];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		bk_gathered_init(&some[i], &room);
		for (size_t at = 0; at < 500000; at += 1000)
			assert_int_equal(bk_gathered_add(&some[i],
							 bytes.data + at, 1000,
							 &err),
					 0);
		assert_true(atomic_load(&room.memory) <= room.memory_most);
	}
	for (size_t i = 0; i < 8; i++) {
		uint8_t got[1000];
		assert_int_equal(some[i].fd >= 0, i >= 4);
		assert_int_equal(
			bk_gathered_read(&some[i], 123456, got, 1000, &err), 0);
		assert_memory_equal(got, bytes.data + 123456, 1000);
		bk_gathered_clear(&some[i]);
	}
	assert_int_equal(atomic_load(&room.memory), 0);
}

static void a_commit_takes_time(void *arg, enum faulty_act act,
				const char *name)
{
	(void)name;
	if (act == FAULTY_COMMIT)
		clockwork_pass(arg, 15000);
}

/* A driver has room of its own: that it took the bytes is no sign of life. */
static void a_target_that_answers_nothing_has_its_minute_and_no_more(
	void **state)
{
	(void)state;
	faulty->before = a_commit_takes_time;
	faulty->arg = &clk;
	faulty_add(faulty, (struct fault){.act = FAULTY_COMMIT,
					  .kind = BK_LOST,
					  .times = 1000});
	assert_fails(BK_LOST, "check the network and the server");
	assert_in_range(faulty_count(faulty, FAULTY_COMMIT), 2, 5);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(blobs_of_any_size_arrive),
		CASE(wherever_a_put_breaks_it_is_put_again_whole),
		CASE(a_commit_whose_answer_was_lost_is_found_and_compared),
		CASE(what_is_there_with_other_bytes_is_put_again),
		CASE(what_is_in_the_way_with_other_bytes_is_an_error),
		CASE(a_blob_in_its_own_way_is_there),
		CASE(a_name_that_was_taken_before_is_an_error),
		CASE(a_break_at_the_same_byte_each_time_ends_it),
		CASE(a_server_that_starts_again_is_waited_for),
		CASE(a_server_that_is_gone_is_given_up),
		CASE(other_failures_are_told_at_once),
		CASE(it_stops_when_it_is_told_to),
		CASE(no_file_is_seen_where_blobs_are_gathered),
		CASE(a_folder_that_cannot_be_used_is_this_hosts_trouble),
		CASE(memory_is_bounded_over_all_blobs),
		CASE(a_target_that_answers_nothing_has_its_minute_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
