/*
 * Writers, pruners, somebody who undeletes and somebody who copies, on two
 * hosts and at one target, in every order that dice and patience find, cut off
 * at each of their acts, with clocks that are wrong by a month: nothing that
 * was reported good is ever lost.  That this would be noticed is shown by
 * test_prune_mutants.c.
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/simstage.h"

#define SEEDS 5500

static struct sim_stage s;

static int set_up(void **state)
{
	(void)state;
	sim_stage_make(&s);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sim_stage_drop(&s);
	print_message("# %lu interleavings\n", s.runs);
	return 0;
}

static void assert_run_is_safe(const char *what)
{
	char why[200];

	if (!sim_stage_loses(&s, why))
		return;
	if (s.world.sim.tell)
		(void)fputs(bk_buf_text(&s.world.sim.log), stderr);
	fail_msg("%s: %s", what, why);
}

/* ---- by dice ---- */

static void add_everybody(struct dice *dice)
{
	static const enum bk_set_kind kinds[] = {
		BK_SET_FULL, BK_SET_DIFFERENTIAL, BK_SET_INCREMENTAL};

	for (unsigned host = 0; host < SIM_HOSTS; host++) {
		if (!dice_one_in(dice, 4)) {
			(void)sim_stage_writer(&s, host,
					       kinds[dice_below(dice, 3)]);
			s.writers[host].bundled = dice_one_in(dice, 2);
			if (s.writers[host].kind == BK_SET_FULL && host == 0)
				memcpy(s.writers[host].adopts,
				       s.old[SIM_HALF].set, BK_ID_LEN);
		}
		if (host == 0 || dice_one_in(dice, 2))
			(void)sim_stage_pruner(&s, host, dice_one_in(dice, 2));
	}
	if (dice_one_in(dice, 2))
		(void)sim_stage_undelete(
			&s, (unsigned)dice_below(dice, SIM_SHIPPED));
	if (dice_one_in(dice, 2))
		(void)sim_stage_copier(&s);
	for (unsigned i = 0; i < s.world.sim.n; i++) {
		if (!dice_one_in(dice, 4))
			continue;
		s.world.sim.actors[i].dies_at =
			1 + (unsigned)dice_below(dice, 60);
		s.world.sim.actors[i].last_done = dice_one_in(dice, 2);
	}
}

static void by_dice(uint64_t seed)
{
	struct dice dice = {seed};
	char what[40];

	sim_stage_begin(&s, seed);
	add_everybody(&dice);
	s.world.sim.stay = 1 + (unsigned)dice_below(&dice, 16);
	s.world.sim.loose_lists = dice_one_in(&dice, 2);
	s.world.sim.quick_reads = !dice_one_in(&dice, 4);
	(void)snprintf(what, sizeof(what), "seed %ju", (uintmax_t)seed);
	assert_run_is_safe(what);
}

/* BK_SIM_SEED=N shows one run, act by act. */
static void nothing_is_lost_in_any_order(void **state)
{
	const char *only = getenv("BK_SIM_SEED");

	(void)state;
	if (only) {
		s.world.sim.tell = true;
		by_dice(strtoull(only, NULL, 10));
		s.world.sim.tell = false;
	}
	for (unsigned seed = 0; !only && seed < SEEDS; seed++)
		by_dice(seed);
}

/* ---- two at a time, in every order that changes hands three times ---- */

static void nothing_is_lost_by_two_who_change_hands_at_any_acts(void **state)
{
	char why[200];

	(void)state;
	for (unsigned pair = 0; pair < SIM_PAIRS; pair++)
		if (sim_pair_loses(&s, pair, NULL, why))
			fail_msg("%s: %s", sim_pair_names[pair], why);
}

static void nothing_is_lost_when_one_is_cut_off_at_any_act(void **state)
{
	unsigned acts[2];
	char what[80];

	(void)state;
	for (unsigned pair = 0; pair < SIM_PAIRS; pair++) {
		sim_pair_acts(&s, pair, acts);
		for (unsigned i = 0; i < 2 * (acts[0] + acts[1]); i++) {
			unsigned at = i / 2, who = at >= acts[0];
			sim_pair_set_up(&s, pair, NULL);
			s.world.sim.stay = 6;
			s.world.sim.dice.state = i;
			s.world.sim.loose_lists = true;
			s.world.sim.actors[who].dies_at =
				1 + (who ? at - acts[0] : at);
			s.world.sim.actors[who].last_done = i % 2;
			(void)snprintf(what, sizeof(what), "%s, cut %u",
				       sim_pair_names[pair], i);
			assert_run_is_safe(what);
		}
	}
}

/* An intent spares work, but nothing hangs on it: above they count as dead. */
static void an_intent_that_counts_keeps_what_it_needs(void **state)
{
	char why[200];

	(void)state;
	sim_pair_set_up(&s, SIM_PAIR_DIFFERENTIAL, NULL);
	const struct sim_leg legs[] = {
		{0, 4   },
                {1, 1000}
        };
	s.world.sim.legs = legs;
	s.world.sim.n_legs = 2;
	s.pruners[1].now_ms = s.world.now_ms;
	assert_run_is_safe("intent");
	assert_true(s.writers[0].good);
	assert_true(sim_stage_expired(&s, s.old[SIM_FULL_A].set));
	assert_false(
		sim_stage_lost(&s, s.old[SIM_FULL_A].set, "its base", why));
}

/* Whoever lists files before sets sees sets without files. */
static void a_set_that_is_published_under_a_pruner_is_not_called_damaged(
	void **state)
{
	(void)state;
	for (unsigned at = 0; at < 40; at++) {
		const struct sim_leg legs[] = {
			{1, at  },
                        {0, 1000},
                        {1, 1000}
                };
		sim_pair_set_up(&s, SIM_PAIR_ONE_BUNDLE, NULL);
		s.world.sim.legs = legs;
		s.world.sim.n_legs = 3;
		assert_run_is_safe("published");
		assert_true(s.writers[0].good);
		assert_int_equal(s.pruners[1].faulty, 0);
	}
}

static void there_were_ten_thousand_interleavings(void **state)
{
	(void)state;
	assert_true(s.runs >= 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_in_any_order),
		cmocka_unit_test(
			nothing_is_lost_by_two_who_change_hands_at_any_acts),
		cmocka_unit_test(
			nothing_is_lost_when_one_is_cut_off_at_any_act),
		cmocka_unit_test(an_intent_that_counts_keeps_what_it_needs),
		cmocka_unit_test(
			a_set_that_is_published_under_a_pruner_is_not_called_damaged),
		cmocka_unit_test(there_were_ten_thousand_interleavings),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
