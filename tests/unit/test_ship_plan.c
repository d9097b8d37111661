/*
 * What a target lacks, in all small worlds: three sets, one on the other, one
 * that shares a pack; every blob absent, there or with another size; every set
 * condemned there or not, and broken here or not.
 */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "job/ship_plan.h"

#define SETS  3
#define BLOBS 6

/* Names sort in this order; the roots are the last three. */
static const char *const packs[] = {"data/a", "data/b", "data/c"};

static struct bk_ship_world world;
static struct bk_blob_list there;
static bool gone[SETS];
static enum bk_ship_state is[BLOBS]; /* by blob of the world */
static struct bk_ship_plan plan;

static void need(size_t set, unsigned pack)
{
	struct bk_ship_stretch stretch = {.body_len = 100, .file_len = 164};
	struct bk_err err = {0};

	assert_int_equal(
		bk_ship_world_need(&world, set, packs[pack], &stretch, &err),
		0);
}

static int start(void **state)
{
	static const uint8_t sum[BK_SHA256_LEN];
	uint8_t id[BK_ID_LEN] = {0};

	(void)state;
	for (size_t i = 0; i < SETS; i++) {
		id[0] = (uint8_t)i;
		(void)bk_ship_world_set(&world, id, i == 1 ? 0 : BK_SHIP_NONE,
					500, sum);
	}
	need(0, 0);
	need(1, 0);
	need(1, 1);
	need(2, 0);
	need(2, 2);
	assert_int_equal(world.n_blobs, BLOBS);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_blob_list_clear(&there);
	bk_ship_world_clear(&world);
	return 0;
}

static void list_there(void)
{
	bk_blob_list_clear(&there);
	for (size_t i = 0; i < BLOBS; i++)
		if (is[i] != BK_SHIP_ABSENT)
			bk_blob_list_add(&there, bk_strdup(world.blobs[i].name),
					 world.blobs[i].size +
						 (is[i] == BK_SHIP_OTHER),
					 0);
	bk_blob_list_sort(&there);
}

static void make_plan(void)
{
	list_there();
	bk_ship_plan_clear(&plan);
	bk_ship_plan_make(&plan, &world, &there, gone, false);
}

static void world_number(unsigned n)
{
	static const enum bk_ship_state states[] = {
		BK_SHIP_ABSENT, BK_SHIP_THERE, BK_SHIP_OTHER};

	for (size_t i = 0; i < BLOBS; i++, n /= 3)
		is[i] = states[n % 3];
	for (size_t i = 0; i < SETS; i++, n /= 2)
		gone[i] = n % 2;
}

#define WORLDS (729 * 8)

static bool any_need(size_t set, enum bk_ship_state state)
{
	const struct bk_ship_set *s = &world.sets[set];
	bool any = is[s->root] == state;

	for (size_t i = 0; i < s->n_needs; i++)
		any |= is[s->needs[i]] == state;
	return any;
}

static bool base_is_good(size_t set)
{
	size_t base = world.sets[set].base;

	return base == BK_SHIP_NONE ||
	       plan.verdicts[base] == BK_SHIP_COMPLETE ||
	       plan.verdicts[base] == BK_SHIP_TO_DO;
}

static void complete_is_what_has_all_and_stands_on_what_has(void **state)
{
	(void)state;
	for (unsigned n = 0; n < WORLDS; n++) {
		world_number(n);
		make_plan();
		for (size_t i = 0; i < SETS; i++) {
			size_t base = world.sets[i].base;
			bool all = !gone[i] && !any_need(i, BK_SHIP_ABSENT) &&
				   !any_need(i, BK_SHIP_OTHER) &&
				   (base == BK_SHIP_NONE ||
				    plan.verdicts[base] == BK_SHIP_COMPLETE);
			assert_int_equal(plan.verdicts[i] == BK_SHIP_COMPLETE,
					 all);
		}
	}
}

static void nothing_is_put_that_was_removed_there_or_has_no_base(void **state)
{
	(void)state;
	for (unsigned n = 0; n < WORLDS; n++) {
		world_number(n);
		make_plan();
		for (size_t i = 0; i < SETS; i++) {
			if (plan.verdicts[i] != BK_SHIP_TO_DO)
				continue;
			assert_false(gone[i]);
			assert_true(base_is_good(i));
			assert_false(any_need(i, BK_SHIP_OTHER));
		}
	}
}

static void another_size_is_damage_and_names_the_file(void **state)
{
	(void)state;
	for (unsigned n = 0; n < WORLDS; n++) {
		world_number(n);
		make_plan();
		for (size_t i = 0; i < SETS; i++) {
			bool damaged = !gone[i] && base_is_good(i) &&
				       any_need(i, BK_SHIP_OTHER);
			assert_int_equal(plan.verdicts[i] == BK_SHIP_DAMAGED,
					 damaged);
			if (damaged)
				assert_int_equal(is[plan.culprits[i]],
						 BK_SHIP_OTHER);
		}
	}
}

/* What nobody vouches for is proved before a root is put. */
static void only_a_complete_set_vouches(void **state)
{
	(void)state;
	for (unsigned n = 0; n < WORLDS; n++) {
		bool vouched[BLOBS] = {0};
		world_number(n);
		make_plan();
		for (size_t i = 0; i < SETS; i++) {
			const struct bk_ship_set *set = &world.sets[i];
			if (plan.verdicts[i] != BK_SHIP_COMPLETE)
				continue;
			vouched[set->root] = true;
			for (size_t k = 0; k < set->n_needs; k++)
				vouched[set->needs[k]] = true;
		}
		for (size_t i = 0; i < BLOBS; i++)
			assert_int_equal(plan.states[i],
					 vouched[i] ? BK_SHIP_SOUND : is[i]);
	}
}

/* Puts what is to be put; returns how many blobs. */
static size_t carry_out(void)
{
	size_t n = 0;

	for (size_t i = 0; i < SETS; i++) {
		const struct bk_ship_set *set = &world.sets[i];
		if (plan.verdicts[i] != BK_SHIP_TO_DO)
			continue;
		for (size_t k = 0; k <= set->n_needs; k++) {
			size_t blob =
				k < set->n_needs ? set->needs[k] : set->root;
			n += is[blob] == BK_SHIP_ABSENT;
			is[blob] = BK_SHIP_THERE;
		}
	}
	return n;
}

static void one_plan_carried_out_leaves_nothing_to_do(void **state)
{
	(void)state;
	for (unsigned n = 0; n < WORLDS; n++) {
		enum bk_ship_verdict before[SETS];
		world_number(n);
		make_plan();
		memcpy(before, plan.verdicts, sizeof(before));
		size_t counted = plan.n_blobs;
		assert_int_equal(counted, carry_out());
		make_plan();
		assert_int_equal(plan.n_todo, 0);
		assert_int_equal(plan.n_blobs, 0);
		assert_int_equal(plan.bytes, 0);
		for (size_t i = 0; i < SETS; i++)
			assert_int_equal(plan.verdicts[i],
					 before[i] == BK_SHIP_TO_DO
						 ? BK_SHIP_COMPLETE
						 : before[i]);
	}
}

static void what_is_broken_here_is_not_put_and_bears_nothing(void **state)
{
	(void)state;
	world_number(0);
	world.sets[0].broken = bk_strdup("damaged");
	make_plan();
	assert_int_equal(plan.verdicts[0], BK_SHIP_BROKEN);
	assert_int_equal(plan.verdicts[1], BK_SHIP_BASELESS);
	assert_int_equal(plan.verdicts[2], BK_SHIP_TO_DO);
	free(world.sets[0].broken);
	world.sets[0].broken = NULL;
}

static void two_sets_that_disagree_about_a_file_are_found_out(void **state)
{
	struct bk_ship_stretch other = {.body_len = 100, .file_len = 164};
	struct bk_err err = {0};

	(void)state;
	other.sha256[7] = 1;
	assert_int_equal(bk_ship_world_need(&world, 2, packs[1], &other, &err),
			 -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

static int forget(void **state)
{
	(void)state;
	bk_ship_plan_clear(&plan);
	return 0;
}

#define CASE(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(complete_is_what_has_all_and_stands_on_what_has),
		CASE(nothing_is_put_that_was_removed_there_or_has_no_base),
		CASE(another_size_is_damage_and_names_the_file),
		CASE(only_a_complete_set_vouches),
		CASE(one_plan_carried_out_leaves_nothing_to_do),
		CASE(what_is_broken_here_is_not_put_and_bears_nothing),
		CASE(two_sets_that_disagree_about_a_file_are_found_out),
	};

	return cmocka_run_group_tests(tests, start, end);
}
