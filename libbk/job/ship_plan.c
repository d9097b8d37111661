/* What a target lacks: see ship_plan.h. */

#include "job/ship_plan.h"

#include <stdlib.h>

void bk_ship_plan_clear(struct bk_ship_plan *plan)
{
	free(plan->verdicts);
	free(plan->states);
	free(plan->culprits);
	*plan = (struct bk_ship_plan){0};
}

static enum bk_ship_state state_of(const struct bk_ship_blob *blob,
				   const struct bk_blob_list *there)
{
	const struct bk_blob *found = bk_blob_list_find(there, blob->name);

	if (!found)
		return BK_SHIP_ABSENT;
	return found->size == blob->size ? BK_SHIP_THERE : BK_SHIP_OTHER;
}

bool bk_ship_plan_has(const struct bk_ship_plan *plan,
		      const struct bk_ship_set *set, bool sound,
		      size_t *culprit)
{
	for (size_t i = 0; i < set->n_needs; i++) {
		enum bk_ship_state state = plan->states[set->needs[i]];
		if (state == BK_SHIP_SOUND ||
		    (!sound && state == BK_SHIP_THERE))
			continue;
		*culprit = set->needs[i];
		return false;
	}
	return true;
}

/* A blob of another size, if the set has one there. */
static bool has_other(const struct bk_ship_plan *plan,
		      const struct bk_ship_set *set, size_t *culprit)
{
	*culprit = set->root;
	if (plan->states[set->root] == BK_SHIP_OTHER)
		return true;
	for (size_t i = 0; i < set->n_needs; i++) {
		*culprit = set->needs[i];
		if (plan->states[set->needs[i]] == BK_SHIP_OTHER)
			return true;
	}
	return false;
}

static enum bk_ship_verdict judge(const struct bk_ship_plan *plan,
				  const struct bk_ship_set *set, bool gone,
				  size_t *culprit)
{
	enum bk_ship_verdict base = BK_SHIP_COMPLETE;

	if (gone)
		return BK_SHIP_CONDEMNED;
	if (set->broken)
		return BK_SHIP_BROKEN;
	if (set->base != BK_SHIP_NONE)
		base = plan->verdicts[set->base];
	if (base != BK_SHIP_COMPLETE && base != BK_SHIP_TO_DO)
		return BK_SHIP_BASELESS;
	if (plan->mend)
		return BK_SHIP_TO_DO;
	if (has_other(plan, set, culprit))
		return BK_SHIP_DAMAGED;
	if (base == BK_SHIP_COMPLETE &&
	    plan->states[set->root] == BK_SHIP_THERE &&
	    bk_ship_plan_has(plan, set, false, culprit))
		return BK_SHIP_COMPLETE;
	return BK_SHIP_TO_DO;
}

/* A root is put last, so what it needs was proved before. */
static void vouch(struct bk_ship_plan *plan, const struct bk_ship_set *set)
{
	plan->states[set->root] = BK_SHIP_SOUND;
	for (size_t i = 0; i < set->n_needs; i++)
		plan->states[set->needs[i]] = BK_SHIP_SOUND;
}

static bool is_to_put(enum bk_ship_state state)
{
	return state == BK_SHIP_ABSENT || state == BK_SHIP_OTHER;
}

static void count(struct bk_ship_plan *plan, const struct bk_ship_world *world)
{
	bool *counted = bk_alloc(world->n_blobs + 1);

	for (size_t i = 0; i < world->n_sets; i++) {
		const struct bk_ship_set *set = &world->sets[i];
		if (plan->verdicts[i] != BK_SHIP_TO_DO)
			continue;
		plan->n_todo++;
		for (size_t k = 0; k <= set->n_needs; k++) {
			size_t blob =
				k < set->n_needs ? set->needs[k] : set->root;
			if (counted[blob] || !is_to_put(plan->states[blob]))
				continue;
			counted[blob] = true;
			plan->n_blobs++;
			plan->bytes += world->blobs[blob].size;
		}
	}
	free(counted);
}

void bk_ship_plan_make(struct bk_ship_plan *out,
		       const struct bk_ship_world *world,
		       const struct bk_blob_list *there, const bool *gone,
		       bool mend)
{
	*out = (struct bk_ship_plan){.mend = mend};
	out->verdicts = bk_alloc((world->n_sets + 1) * sizeof(*out->verdicts));
	out->culprits = bk_alloc((world->n_sets + 1) * sizeof(*out->culprits));
	out->states = bk_alloc((world->n_blobs + 1) * sizeof(*out->states));
	for (size_t i = 0; i < world->n_blobs; i++)
		out->states[i] = state_of(&world->blobs[i], there);
	for (size_t i = 0; i < world->n_sets; i++)
		out->verdicts[i] =
			judge(out, &world->sets[i], gone[i], &out->culprits[i]);
	for (size_t i = 0; i < world->n_sets; i++)
		if (out->verdicts[i] == BK_SHIP_COMPLETE)
			vouch(out, &world->sets[i]);
	count(out, world);
}
