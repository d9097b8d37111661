/* Proving what lies at targets: see ship.h. */

#include "job/ship_run.h"

/* Everything that a set there needs, its root too. */
static void want_all(struct bk_ship_lane *lane)
{
	const struct bk_ship_run *run = lane->run;

	for (size_t i = 0; i < run->world.n_sets; i++) {
		const struct bk_ship_set *set = &run->world.sets[i];
		if (lane->plan.verdicts[i] != BK_SHIP_COMPLETE)
			continue;
		lane->wanted[set->root] = true;
		for (size_t k = 0; k < set->n_needs; k++)
			lane->wanted[set->needs[k]] = true;
	}
}

/* What turned out to be bad takes its sets along. */
static void judge_again(struct bk_ship_lane *lane)
{
	const struct bk_ship_world *world = &lane->run->world;
	enum bk_ship_verdict *verdicts = lane->plan.verdicts;

	for (size_t i = 0; i < world->n_sets; i++) {
		const struct bk_ship_set *set = &world->sets[i];
		size_t culprit;
		if (verdicts[i] != BK_SHIP_COMPLETE)
			continue;
		if (lane->plan.states[set->root] == BK_SHIP_BAD ||
		    !bk_ship_plan_has(&lane->plan, set, false, &culprit))
			verdicts[i] = BK_SHIP_DAMAGED;
		else if (set->base != BK_SHIP_NONE &&
			 verdicts[set->base] != BK_SHIP_COMPLETE)
			verdicts[i] = BK_SHIP_BASELESS;
	}
}

int bk_ship_verify(struct bk_ship_lane *lane, struct bk_err *err)
{
	want_all(lane);
	if (bk_ship_blobs(lane, err) < 0)
		return -1;
	judge_again(lane);
	bk_ship_lane_gaps(lane);
	return 0;
}
