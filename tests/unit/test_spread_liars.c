/* A spread target over targets that fail or lie: none of them makes it say what
 * is not so. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/faulty.h"
#include "lib/spread_world.h"
#include "target/spread_mend.h"
#include "target/spread_parts.h"

#define SPREAD_SLOT "keys/01a2001f9700b1b1b1b1b1b1b1b1b1b1.bkk"

static struct spread_world world;

static struct bk_target *begin_three(void)
{
	spread_begin(&world);
	return spread_open(&world, 2, 1, 3);
}

/* ---- targets that fail ---- */

static void one_that_fails_is_told_and_two_are_a_failure(void **state)
{
	static const char *const names[] = {SPREAD_PACK, SPREAD_ROOT};
	struct bk_buf bytes = spread_bytes(1000);
	struct bk_spread_gap gaps[BK_SPREAD_MOST];

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (unsigned bad = 0; bad < 8; bad++) {
			struct bk_target *target = begin_three();
			unsigned n = (unsigned)__builtin_popcount(bad);
			for (unsigned k = 0; k < 3; k++)
				if (bad >> k & 1)
					faulty_add(spread_spoil(target, k),
						   (struct fault){
							   .act = FAULTY_COMMIT,
							   .kind = BK_LOST});
			assert_int_equal(
				spread_put(&world, target, names[i], &bytes),
				n < 2 ? 0 : -1);
			assert_int_equal(
				bk_spread_missed(bk_spread_of(target), gaps),
				n);
			if (n < 2)
				assert_true(
					spread_reads(target, names[i], &bytes));
			spread_end(&world, target);
		}
	bk_buf_clear(&bytes);
}

/* Two of five have a pack's shards and fail later, when nothing of the pack is
 * put any more: a majority is left, and the pack is not. */
static void a_root_is_not_put_after_shards_that_were_lost(void **state)
{
	struct bk_buf bytes = spread_bytes(1000);

	(void)state;
	spread_begin(&world);
	struct bk_target *target = spread_open(&world, 2, 1, 5);
	spread_must_put(target, SPREAD_PACK, &bytes); /* at 1, 2 and 3 */
	for (unsigned k = 1; k < 3; k++)
		faulty_add(
			spread_spoil(target, k),
			(struct fault){.act = FAULTY_COMMIT, .kind = BK_LOST});
	/* The copy has three of five, and does not count for the pack. */
	assert_int_equal(
		spread_put(&world, target, SPREAD_SET "/i00000000.bki", &bytes),
		-1);
	assert_int_equal(spread_put(&world, target, SPREAD_ROOT, &bytes), -1);
	struct bk_blob_list list = {0};
	assert_int_equal(bk_target_list(target, "sets", &list, &world.err), 0);
	assert_int_equal(list.n, 0);
	bk_blob_list_clear(&list);
	spread_end(&world, target);
	bk_buf_clear(&bytes);
}

static void a_listing_of_a_minority_is_an_error_and_never_empty(void **state)
{
	struct bk_target *target = begin_three();
	struct bk_blob_list list = {0};

	(void)state;
	for (unsigned k = 0; k < 2; k++)
		faulty_add(spread_spoil(target, k),
			   (struct fault){.act = FAULTY_LIST,
					  .kind = BK_LOST,
					  .times = 99});
	assert_int_equal(bk_target_list(target, "", &list, &world.err), -1);
	assert_int_equal(world.err.kind, BK_LOST);
	spread_end(&world, target);
}

static void a_key_slot_is_gone_only_when_all_have_removed_it(void **state)
{
	struct bk_buf bytes = spread_bytes(100);
	struct bk_target *target = begin_three();

	(void)state;
	spread_must_put(target, SPREAD_SLOT, &bytes);
	faulty_add(spread_spoil(target, 2),
		   (struct fault){.act = FAULTY_REMOVE, .kind = BK_LOST});
	assert_int_equal(bk_target_remove(target, SPREAD_SLOT, &world.err), -1);
	assert_int_equal(bk_target_remove(target, SPREAD_SLOT, &world.err), 0);
	assert_int_equal(bk_target_remove(target, SPREAD_SLOT, &world.err), -1);
	assert_int_equal(world.err.kind, BK_GONE);
	bk_buf_clear(&bytes);
	spread_end(&world, target);
}

/* Mends all that lacks; how many files that were. */
static size_t mend_all(struct bk_target *target)
{
	const struct bk_spread_survey survey = {.folder = ""};
	struct bk_spread *spread = bk_spread_of(target);
	struct bk_spread_faults faults;

	if (bk_spread_survey(spread, &survey, &faults, &world.err) < 0)
		fail_msg("%s", world.err.text);
	size_t n = faults.n;
	for (size_t i = 0; i < n; i++)
		if (bk_spread_mend(spread, &faults.items[i], &world.err) < 0)
			fail_msg("%s", world.err.text);
	bk_spread_faults_clear(&faults);
	return n;
}

static size_t slots_at(struct bk_target *target)
{
	struct bk_blob_list list = {0};

	assert_int_equal(bk_target_list(target, "keys", &list, &world.err), 0);
	size_t n = list.n;
	bk_blob_list_clear(&list);
	return n;
}

/* Whichever fail while it is removed: a mending takes it away everywhere, or
 * puts it everywhere again, as the listing says. */
static void a_key_slot_that_is_half_removed_is_made_whole(void **state)
{
	struct bk_buf bytes = spread_bytes(100);

	(void)state;
	for (unsigned bad = 1; bad < 8; bad++) {
		struct bk_target *target = begin_three();
		spread_must_put(target, SPREAD_SLOT, &bytes);
		for (unsigned k = 0; k < 3; k++)
			if (bad >> k & 1)
				faulty_add(spread_spoil(target, k),
					   (struct fault){.act = FAULTY_REMOVE,
							  .kind = BK_LOST});
		assert_int_equal(
			bk_target_remove(target, SPREAD_SLOT, &world.err), -1);
		unsigned have = (unsigned)__builtin_popcount(bad);
		size_t listed = slots_at(target);
		assert_int_equal(listed, have >= 2);
		assert_int_equal(mend_all(target), have < 3);
		for (unsigned k = 0; k < 3; k++)
			assert_int_equal(slots_at(bk_spread_of(target)
							  ->children[k]
							  .target),
					 listed);
		spread_end(&world, target);
	}
	bk_buf_clear(&bytes);
}

/* ---- targets that lie ---- */

static int list_nothing(struct bk_target *target, const char *folder,
			struct bk_blob_list *out, struct bk_err *why)
{
	(void)target;
	(void)folder;
	(void)why;
	bk_blob_list_clear(out);
	return 0;
}

static int say_done(struct bk_put *at, struct bk_err *why)
{
	(void)why;
	bk_put_abort(((struct bk_wrapper_put *)at)->below);
	free(at);
	return 0;
}

static size_t lacking(struct bk_target *target, unsigned child)
{
	const struct bk_spread_survey survey = {.folder = ""};
	struct bk_spread_faults faults;
	size_t n = 0;

	if (bk_spread_survey(bk_spread_of(target), &survey, &faults,
			     &world.err) < 0)
		fail_msg("%s", world.err.text);
	for (size_t i = 0; i < faults.n; i++)
		n += faults.items[i].child == child;
	assert_int_equal(n, faults.n);
	bk_spread_faults_clear(&faults);
	return n;
}

static struct bk_wrapper *lie(struct bk_target *target, unsigned child)
{
	struct bk_spread_child *it = &bk_spread_of(target)->children[child];
	struct bk_wrapper *liar = bk_alloc(sizeof(*liar));

	bk_wrapper_init(liar, it->target);
	it->target = &liar->target;
	return liar;
}

static void one_that_lists_nothing_hides_nothing(void **state)
{
	struct bk_buf bytes = spread_bytes(1000);

	(void)state;
	for (unsigned k = 0; k < 3; k++) {
		struct bk_target *target = begin_three();
		struct bk_blob_list list = {0};
		lie(target, k)->ops.list = list_nothing;
		spread_must_put(target, SPREAD_PACK, &bytes);
		spread_must_put(target, SPREAD_ROOT, &bytes);
		assert_int_equal(bk_target_list(target, "", &list, &world.err),
				 0);
		assert_int_equal(list.n, 3);
		for (size_t i = 1; i < list.n; i++)
			assert_int_equal(list.items[i].size, 1000);
		assert_int_equal(lacking(target, k), 3);
		bk_blob_list_clear(&list);
		spread_end(&world, target);
	}
	bk_buf_clear(&bytes);
}

static void one_that_only_says_that_it_took_something_is_found_out(void **state)
{
	struct bk_buf bytes = spread_bytes(1000);

	(void)state;
	for (unsigned k = 0; k < 3; k++) {
		struct bk_target *target = begin_three();
		lie(target, k)->ops.put_commit = say_done;
		spread_must_put(target, SPREAD_PACK, &bytes);
		spread_must_put(target, SPREAD_ROOT, &bytes);
		assert_true(spread_reads(target, SPREAD_PACK, &bytes));
		assert_int_equal(lacking(target, k), 2);
		spread_end(&world, target);
	}
	bk_buf_clear(&bytes);
}

/* With the shards of two of three a listing must not say that it is there. */
static void a_pack_of_too_few_shards_is_listed_as_empty(void **state)
{
	struct bk_buf bytes = spread_bytes(1000);
	struct bk_target *target = begin_three();
	struct bk_blob_list list = {0};

	(void)state;
	spread_must_put(target, SPREAD_PACK, &bytes);
	for (unsigned k = 0; k < 2; k++) {
		char *path = spread_file(&world, k, SPREAD_PACK, 1000);
		assert_int_equal(unlink(path), 0);
		free(path);
	}
	assert_int_equal(bk_target_list(target, "data", &list, &world.err), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.items[0].size, 0);
	bk_blob_list_clear(&list);
	bk_buf_clear(&bytes);
	spread_end(&world, target);
}

static void the_shard_of_another_file_is_not_taken(void **state)
{
	struct bk_buf one = spread_bytes(1000), two = spread_bytes(1000);
	struct bk_target *target = begin_three();

	(void)state;
	two.data[0] ^= 1;
	spread_must_put(target, SPREAD_PACK, &one);
	spread_must_put(target, SPREAD_SET "/p00000004.bkp", &two);
	char *path = spread_file(&world, 0, SPREAD_PACK, 1000);
	char *other = spread_file(&world, 0, SPREAD_SET "/p00000004.bkp", 1000);
	assert_int_equal(rename(other, path), 0);
	assert_true(spread_reads(target, SPREAD_PACK, &one));
	assert_true(spread_reads(target, SPREAD_SET "/p00000004.bkp", &two));
	free(path);
	free(other);
	bk_buf_clear(&one);
	bk_buf_clear(&two);
	spread_end(&world, target);
}

static void other_places_are_refused(void **state)
{
	struct bk_target *target = begin_three();
	char one[90], two[90], away[90];

	(void)state;
	bk_target_close(target);
	(void)snprintf(one, sizeof(one), "%s/a", world.scratch.path);
	(void)snprintf(two, sizeof(two), "%s/b", world.scratch.path);
	(void)snprintf(away, sizeof(away), "%s/x", world.scratch.path);
	assert_int_equal(spread_try(&world, &target, 2, 1, 5), -1);
	assert_int_equal(world.err.kind, BK_MISUSE);
	assert_int_equal(rename(one, away), 0);
	assert_int_equal(rename(two, one), 0);
	assert_int_equal(rename(away, two), 0);
	assert_int_equal(spread_try(&world, &target, 2, 1, 3), -1);
	assert_int_equal(world.err.kind, BK_MISUSE);
	spread_end(&world, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_fails_is_told_and_two_are_a_failure),
		cmocka_unit_test(a_root_is_not_put_after_shards_that_were_lost),
		cmocka_unit_test(
			a_listing_of_a_minority_is_an_error_and_never_empty),
		cmocka_unit_test(
			a_key_slot_is_gone_only_when_all_have_removed_it),
		cmocka_unit_test(a_key_slot_that_is_half_removed_is_made_whole),
		cmocka_unit_test(one_that_lists_nothing_hides_nothing),
		cmocka_unit_test(
			one_that_only_says_that_it_took_something_is_found_out),
		cmocka_unit_test(a_pack_of_too_few_shards_is_listed_as_empty),
		cmocka_unit_test(the_shard_of_another_file_is_not_taken),
		cmocka_unit_test(other_places_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
