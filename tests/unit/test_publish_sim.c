/*
 * Writers of two hosts at one target at the same time, interleaved at each of
 * their acts and cut off at each of them: whatever one reports is there, and
 * none is in another's way.
 */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/simworld.h"
#include "repo/set.h"

static struct sim_world world;
static struct sim_store origin; /* a full set of each host, and half of one */
static struct sim_writer first[SIM_HOSTS], half;
static struct sim_writer writers[SIM_HOSTS];
static struct bk_err err;
static unsigned long runs;

static int make_origin(void **state)
{
	(void)state;
	sim_world_make(&world);
	for (unsigned host = 0; host < SIM_HOSTS; host++) {
		sim_writer_make(&first[host], &world, host, -100);
		first[host].bundled = host == 0;
		sim_writer_alone(&world, &first[host], 0);
	}
	sim_writer_make(&half, &world, 0, -50);
	sim_writer_alone(&world, &half, 0);
	char root[BK_NAME_MAX];
	struct sim_link link = {0};
	sim_link_open(&link, &world.store, NULL);
	assert_int_equal(bk_target_remove(&link.target,
					  bk_name_root(root, half.set), &err),
			 0);
	sim_store_copy(&origin, &world.store);
	return 0;
}

static int drop_origin(void **state)
{
	(void)state;
	sim_store_clear(&origin);
	sim_world_drop(&world);
	print_message("# %lu runs\n", runs);
	return 0;
}

/* The two hosts at their first act; A's set stands on its full one and adopts
 * a pack, or does not. */
static void set_out(uint64_t seed, enum bk_set_kind kind)
{
	static const char *const names[SIM_HOSTS] = {"A", "B"};

	sim_store_copy(&world.store, &origin);
	sim_begin(&world.sim, seed);
	for (unsigned host = 0; host < SIM_HOSTS; host++) {
		struct sim_writer *writer = &writers[host];
		sim_writer_make(writer, &world, host, 1);
		writer->kind = host == 0 ? kind : BK_SET_INCREMENTAL;
		writer->bundled = host == 1;
		struct sim_actor *actor = sim_add(&world.sim, names[host],
						  sim_writer_run, writer);
		sim_link_open(&writer->link, &world.store, actor);
	}
	if (kind == BK_SET_FULL)
		memcpy(writers[0].adopts, half.set, BK_ID_LEN);
	runs++;
}

static bool has_intent(const struct sim_writer *writer)
{
	char name[BK_NAME_MAX];

	return sim_store_has(&world.store,
			     bk_name_intent(name, writer->set, 0));
}

static void assert_whole(const struct sim_writer *writer, const char *what)
{
	err = (struct bk_err){0};
	if (!sim_set_is_whole(&world, writer->set, &err))
		fail_msg("%s: %s", what, err.text);
}

/* Whoever was not cut off reported a set; what was reported is there. */
static void assert_nothing_lost(const char *what)
{
	for (unsigned host = 0; host < SIM_HOSTS; host++) {
		const struct sim_actor *actor = &world.sim.actors[host];
		const struct sim_writer *writer = &writers[host];
		if (!actor->dies_at && !writer->good)
			fail_msg("%s: %s", what, actor->err.text);
		if (!actor->dies_at && has_intent(writer))
			fail_msg("%s: an intent was left", what);
		if (writer->good)
			assert_whole(writer, what);
		assert_whole(&first[host], what);
	}
	if (world.store.reused)
		fail_msg("%s: %s was put twice", what, world.store.reused_name);
}

/* ---- */

static void two_writers_in_any_order_are_in_nobodys_way(void **state)
{
	char what[40];

	(void)state;
	for (unsigned seed = 0; seed < 500; seed++) {
		set_out(seed, seed % 3 + BK_SET_FULL);
		world.sim.stay = 1 + seed % 5;
		world.sim.loose_lists = seed % 2;
		sim_run(&world.sim);
		(void)snprintf(what, sizeof(what), "seed %u", seed);
		assert_nothing_lost(what);
	}
}

/* How many acts A takes alone. */
static unsigned acts_alone(enum bk_set_kind kind)
{
	set_out(0, kind);
	sim_run(&world.sim);
	return world.sim.actors[0].acts;
}

static void a_writer_that_is_cut_off_at_any_act_harms_nobody(void **state)
{
	char what[60];

	(void)state;
	for (unsigned kind = BK_SET_FULL; kind <= BK_SET_INCREMENTAL; kind++) {
		unsigned n = acts_alone(kind);
		for (unsigned i = 0; i < 2 * n; i++) {
			set_out(i, kind);
			world.sim.actors[0].dies_at = 1 + i / 2;
			world.sim.actors[0].last_done = i % 2;
			world.sim.stay = 3;
			sim_run(&world.sim);
			(void)snprintf(what, sizeof(what), "kind %u, cut %u",
				       kind, i);
			assert_nothing_lost(what);
			bool over = writers[0].good;
			/* What came after the last check was in vain only for
			 * the intent. */
			if (over && 1 + i / 2 < n)
				fail_msg("%s: reported before its end", what);
		}
	}
}

/* After it was put, nobody but a pruner takes a set's root away. */
static void a_root_that_was_put_stays_whatever_comes_after(void **state)
{
	char name[BK_NAME_MAX];

	(void)state;
	unsigned n = acts_alone(BK_SET_DIFFERENTIAL), shown = 0;
	for (unsigned i = 1; i <= n; i++) {
		set_out(0, BK_SET_DIFFERENTIAL);
		world.sim.actors[0].dies_at = i;
		world.sim.actors[0].last_done = true;
		sim_run(&world.sim);
		bool there = sim_store_has(&world.store,
					   bk_name_root(name, writers[0].set));
		assert_true(there || !shown);
		shown += there;
		if (there)
			assert_whole(&writers[0], name);
	}
	assert_true(shown > 3);
}

static void the_same_dice_give_the_same_run(void **state)
{
	struct bk_buf log = {0};

	(void)state;
	world.sim.tell = true;
	for (unsigned i = 0; i < 2; i++) {
		set_out(7, BK_SET_DIFFERENTIAL);
		world.sim.stay = 2;
		world.sim.loose_lists = true;
		sim_run(&world.sim);
		if (i)
			assert_string_equal(bk_buf_text(&log),
					    bk_buf_text(&world.sim.log));
		else
			bk_buf_add(&log, world.sim.log.data, world.sim.log.len);
	}
	world.sim.tell = false;
	assert_non_null(strstr(bk_buf_text(&log), "B: put sets/"));
	bk_buf_clear(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_writers_in_any_order_are_in_nobodys_way),
		cmocka_unit_test(
			a_writer_that_is_cut_off_at_any_act_harms_nobody),
		cmocka_unit_test(
			a_root_that_was_put_stays_whatever_comes_after),
		cmocka_unit_test(the_same_dice_give_the_same_run),
	};

	return cmocka_run_group_tests(tests, make_origin, drop_origin);
}
