/* All wrappers together: whatever a driver does, what is reported good is at
 * the target, and a root is never there without what it stands on. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/clockwork.h"
#include "lib/dice.h"
#include "lib/faulty.h"
#include "lib/scratch.h"
#include "target/local.h"
#include "target/remote.h"

#define ROUNDS 80
#define PACKS  6
#define SIZE   ((size_t)700000)

static struct scratch scratch;
static struct clockwork clk;
static struct faulty *faulty;
static struct bk_buf bytes;
static struct bk_err err;

static int start(void **state)
{
	struct dice dice = {1};

	(void)state;
	err = (struct bk_err){0};
	scratch_make(&scratch);
	scratch_dir(&scratch, "own");
	clockwork_init(&clk, 1790000000);
	bytes.len = 0;
	dice_fill(&dice, bk_buf_grow(&bytes, SIZE), SIZE);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_buf_clear(&bytes);
	scratch_drop(&scratch);
	return 0;
}

static struct bk_target *open_remote(const char *name)
{
	struct bk_target *local = NULL;
	char path[100], own[80];

	(void)snprintf(path, sizeof(path), "%s/%s", scratch.path, name);
	(void)snprintf(own, sizeof(own), "%s/own", scratch.path);
	assert_int_equal(bk_local_open(&local, path, true, &err), 0);
	faulty = faulty_open(local);
	return bk_remote_wrap(&faulty->wrapper.target,
			      &(struct bk_remote_options){
				      .sessions = 3,
				      .uploads = 2,
				      .retry = {.timer = &clk.timer},
				      .spool_folder = own,
				      .spool_bytes = 1 << 20,
				      .cache_folder = own,
			      });
}

static void fail_somewhere(struct dice *dice)
{
	static const enum bk_kind kinds[] = {BK_LOST, BK_LOST,   BK_BUSY,
					     BK_FULL, BK_DENIED, BK_EXISTS,
					     BK_GONE, BK_CORRUPT};

	for (size_t n = dice_below(dice, 4); n > 0; n--)
		faulty_add(faulty,
			   (struct fault){
				   .act = (enum faulty_act)dice_below(
					   dice, FAULTY_ACTS),
				   .kind = kinds[dice_below(dice, 8)],
				   .skip = (unsigned)dice_below(dice, 8),
				   .times = (unsigned)dice_below(dice, 12),
				   .after = dice_below(dice, SIZE),
				   .done = dice_one_in(dice, 2),
			   });
}

/* As a backup writes: packs, a listing, the root. */
static int write_set(struct bk_target *target, struct bk_err *why)
{
	struct bk_blob_list list = {0};
	char name[40];
	int rc = 0;

	for (unsigned n = 0; n < PACKS && rc == 0; n++) {
		(void)snprintf(name, sizeof(name), "data/set/p%u.bkp", n);
		rc = bk_target_put(target, name,
				   (struct bk_view){bytes.data + n, SIZE - n},
				   why);
	}
	if (rc == 0)
		rc = bk_target_list(target, "data", &list, why);
	if (rc == 0 && list.n != PACKS)
		rc = bk_fail(why, BK_CORRUPT, "packs are missing");
	if (rc == 0)
		rc = bk_target_put(target, "sets/set.bks",
				   (struct bk_view){bytes.data, 900}, why);
	bk_blob_list_clear(&list);
	return rc;
}

static bool has(struct bk_target *plain, const char *name, size_t skip,
		size_t len)
{
	struct bk_buf got = {0};
	struct bk_err why = {0};
	uint64_t size = 0;

	bool good = bk_target_stat(plain, name, &size, &why) == 0 &&
		    size == len &&
		    bk_target_read(plain, name, 0, len, &got, &why) == 0 &&
		    memcmp(got.data, bytes.data + skip, len) == 0;
	bk_buf_clear(&got);
	return good;
}

/* What somebody else finds. */
static void look(const char *folder, unsigned round, int rc)
{
	struct bk_target *plain = NULL;
	char path[100], name[40];
	bool packs = true;

	(void)snprintf(path, sizeof(path), "%s/%s", scratch.path, folder);
	assert_int_equal(bk_local_open(&plain, path, true, &err), 0);
	for (unsigned n = 0; n < PACKS; n++) {
		(void)snprintf(name, sizeof(name), "data/set/p%u.bkp", n);
		packs = packs && has(plain, name, n, SIZE - n);
	}
	bool root = has(plain, "sets/set.bks", 0, 900);
	if (rc == 0 && (!root || !packs))
		fail_msg("round %u: reported good, and is not there", round);
	if (root && !packs)
		fail_msg("round %u: a root without its packs", round);
	bk_target_close(plain);
}

static void no_fault_makes_a_false_success(void **state)
{
	struct dice dice = {4711};
	unsigned good = 0;
	char folder[20];

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct bk_err why = {0};
		(void)snprintf(folder, sizeof(folder), "repo%u", round);
		struct bk_target *target = open_remote(folder);
		fail_somewhere(&dice);
		int rc = write_set(target, &why);
		assert_int_equal(why.kind == BK_OK, rc == 0);
		good += rc == 0;
		bk_target_close(target);
		look(folder, round, rc);
	}
	assert_in_range(good, ROUNDS / 4, ROUNDS - ROUNDS / 8);
}

static void two_targets_do_not_share_a_cache(void **state)
{
	struct bk_target *target = open_remote("one");
	struct bk_buf got = {0};

	(void)state;
	for (int n = 0; n < 2; n++) {
		struct bk_view view = {bytes.data + n, 1000};
		assert_int_equal(
			bk_target_put(target, "sets/a.bks", view, &err), 0);
		assert_int_equal(bk_target_read(target, "sets/a.bks", 0, 1000,
						&got, &err),
				 0);
		assert_memory_equal(got.data, bytes.data + n, 1000);
		bk_target_close(target);
		target = open_remote(n ? "one" : "two");
	}
	/* The first one's is kept. */
	assert_int_equal(
		bk_target_read(target, "sets/a.bks", 0, 1000, &got, &err), 0);
	assert_memory_equal(got.data, bytes.data, 1000);
	assert_int_equal(faulty_count(faulty, FAULTY_GET), 0);
	bk_target_close(target);
	bk_buf_clear(&got);
}

/* A pack that was damaged after it was cached must not pass for whole. */
static void a_sum_goes_through_to_the_target_whatever_is_around(void **state)
{
	struct bk_wrapper *around = bk_alloc(sizeof(*around));
	uint8_t first[BK_SHA256_LEN], second[BK_SHA256_LEN];
	struct bk_view view = {bytes.data, SIZE};
	struct bk_buf got = {0};

	(void)state;
	bk_wrapper_init(around, open_remote("one"));
	struct bk_target *target = &around->target;
	assert_int_equal(bk_target_put(target, "data/a.bki", view, &err), 0);
	assert_int_equal(
		bk_target_read(target, "data/a.bki", 0, SIZE, &got, &err), 0);
	assert_int_equal(
		bk_target_sum(target, "data/a.bki", 0, SIZE, first, &err), 0);
	got.data[SIZE / 2] ^= 1;
	assert_int_equal(bk_target_put(faulty->wrapper.below, "data/a.bki",
				       bk_buf_view(&got), &err),
			 0);
	assert_int_equal(
		bk_target_sum(target, "data/a.bki", 0, SIZE, second, &err), 0);
	assert_memory_not_equal(first, second, sizeof(first));
	bk_target_close(target);
	bk_buf_clear(&got);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(no_fault_makes_a_false_success),
		CASE(two_targets_do_not_share_a_cache),
		CASE(a_sum_goes_through_to_the_target_whatever_is_around),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
