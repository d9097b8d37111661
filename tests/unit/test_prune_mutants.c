/*
 * That the test of the publish and prune protocol would notice a loss: with
 * one step of it left out, something that was reported good is lost, and in
 * few runs.  What is left out is a second look: the link answers that one list
 * with what it knew before.
 */

#include "lib/test.h"

#include "lib/simstage.h"

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

static void assert_caught(const struct sim_mutant *mutant, enum sim_pair from,
			  enum sim_pair to)
{
	char why[200];

	for (unsigned pair = from; pair <= to; pair++) {
		unsigned long before = s.runs;
		if (!sim_pair_loses(&s, pair, mutant, why))
			fail_msg("%s, with %s: nothing is lost", mutant->name,
				 sim_pair_names[pair]);
		print_message("# without %s, with %s, run %lu loses %.50s\n",
			      mutant->name, sim_pair_names[pair],
			      s.runs - before, why);
	}
}

static void a_writer_without_its_second_look_at_trash_is_caught(void **state)
{
	/* The first lists of trash/ are those of the sets and of the intent. */
	static const struct sim_mutant mutant = {
		"the writer's second look at trash", false, {{"trash", 3}}};

	(void)state;
	assert_caught(&mutant, SIM_PAIR_ONE_BUNDLE, SIM_PAIR_BUNDLED);
}

static void a_writer_without_its_last_check_is_caught(void **state)
{
	static const struct sim_mutant mutant = {
		"the writer's last look at data and sets",
		false,
		{{"data", 2}, {"sets", 2}}
        };

	(void)state;
	assert_caught(&mutant, SIM_PAIR_ONE_BUNDLE, SIM_PAIR_BUNDLED);
}

static void a_pruner_without_its_second_listing_is_caught(void **state)
{
	static const struct sim_mutant mutant = {
		"the pruner's second listing of hold and sets",
		true,
		{{"sets", 2}, {"hold", 2}}
        };

	(void)state;
	assert_caught(&mutant, SIM_PAIR_ONE_BUNDLE, SIM_PAIR_UNDELETE_DIFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_writer_without_its_second_look_at_trash_is_caught),
		cmocka_unit_test(a_writer_without_its_last_check_is_caught),
		cmocka_unit_test(a_pruner_without_its_second_listing_is_caught),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
