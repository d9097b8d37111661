/* Copying what targets lack, batch by batch: see ship.h. */

#include <string.h>

#include "base/fault.h"
#include "base/pool.h"
#include "job/ship_run.h"
#include "repo/condemned.h"
#include "repo/presence.h"

/* Sets whose data is copied before their roots: few enough that the first are
 * soon complete, many enough that a listing is rare. */
#define BATCH_SETS  64
#define BATCH_BYTES ((uint64_t)1 << 30)

/* Files on their way at a time, to each of the targets. */
#define TRANSFERS 4

/* ---- data ---- */

static int one_blob(void *context, unsigned worker, void *item,
		    struct bk_err *err)
{
	struct bk_ship_run *run = context;
	const struct bk_ship_blob *blob = item;

	(void)worker;
	return bk_ship_blob(run, (size_t)(blob - run->world.blobs), err);
}

static bool is_wanted(const struct bk_ship_run *run, size_t blob)
{
	if (run->bad[blob])
		return false;
	for (size_t i = 0; i < run->n_lanes; i++)
		if (!atomic_load(&run->lanes[i].out) &&
		    run->lanes[i].wanted[blob])
			return true;
	return false;
}

int bk_ship_blobs(struct bk_ship_run *run, struct bk_err *err)
{
	struct bk_queue *queue = bk_queue_new(TRANSFERS, 0);
	struct bk_pool *pool = NULL;
	struct bk_err why = {0};

	int rc = bk_pool_start(&pool, TRANSFERS, queue, one_blob, run, err);
	for (size_t i = 0; rc == 0 && i < run->world.n_blobs; i++)
		if (is_wanted(run, i))
			rc = bk_queue_push(queue, &run->world.blobs[i], 0, err);
	bk_queue_close(queue);
	if (pool && bk_pool_join(pool, &why) < 0 && rc == 0) {
		*err = why;
		rc = -1;
	}
	bk_queue_free(queue, NULL);
	for (size_t i = 0; i < run->n_lanes; i++)
		if (run->lanes[i].wanted)
			memset(run->lanes[i].wanted, 0, run->world.n_blobs);
	return rc;
}

static void want(struct bk_ship_lane *lane, const struct bk_ship_set *set)
{
	for (size_t i = 0; i < set->n_needs; i++) {
		enum bk_ship_state state = lane->plan.states[set->needs[i]];
		if (state == BK_SHIP_ABSENT || state == BK_SHIP_THERE)
			lane->wanted[set->needs[i]] = true;
	}
}

static uint64_t bytes_of(const struct bk_ship_run *run,
			 const struct bk_ship_set *set)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < set->n_needs; i++)
		if (is_wanted(run, set->needs[i]))
			bytes += run->world.blobs[set->needs[i]].size;
	return bytes;
}

static bool is_todo(const struct bk_ship_lane *lane, size_t set)
{
	return !atomic_load(&lane->out) &&
	       lane->plan.verdicts[set] == BK_SHIP_TO_DO;
}

/* The sets of the next batch, from `first`; returns the one behind them. */
static size_t gather(struct bk_ship_run *run, size_t first)
{
	uint64_t bytes = 0;
	size_t set = first, n = 0;

	for (; set < run->world.n_sets; set++) {
		bool todo = false;
		if (n == BATCH_SETS || bytes >= BATCH_BYTES)
			break;
		for (size_t i = 0; i < run->n_lanes; i++) {
			if (!is_todo(&run->lanes[i], set))
				continue;
			want(&run->lanes[i], &run->world.sets[set]);
			todo = true;
		}
		n += todo;
		if (todo)
			bytes += bytes_of(run, &run->world.sets[set]);
	}
	return set;
}

/* ---- roots ---- */

/* Sizes by a listing that began after all was put. */
static int check_sizes(const struct bk_ship_run *run,
		       const struct bk_ship_set *set,
		       const struct bk_blob_list *there, struct bk_err *err)
{
	for (size_t i = 0; i < set->n_needs; i++) {
		const struct bk_ship_blob *blob =
			&run->world.blobs[set->needs[i]];
		if (bk_presence_blob(there, blob->name, blob->size, err) < 0)
			return -1;
		uint64_t size = bk_blob_list_find(there, blob->name)->size;
		if (size != blob->size)
			return bk_fail(err, BK_CORRUPT,
				       "%s has %ju bytes, not %ju", blob->name,
				       (uintmax_t)size, (uintmax_t)blob->size);
	}
	return 0;
}

/* Why the set cannot be completed there, or 0. */
static int may_be_put(const struct bk_ship_lane *lane, size_t n,
		      const struct bk_blob_list *there, struct bk_err *err)
{
	const struct bk_ship_world *world = &lane->run->world;
	const struct bk_ship_set *set = &world->sets[n];
	size_t culprit;

	if (set->base != BK_SHIP_NONE &&
	    lane->plan.verdicts[set->base] != BK_SHIP_COMPLETE)
		return bk_fail(err, BK_GONE, "its base is not complete there");
	if (!bk_ship_plan_has(&lane->plan, set, true, &culprit))
		return bk_fail(err, BK_CORRUPT, "%s is not there, or not right",
			       world->blobs[culprit].name);
	return check_sizes(lane->run, set, there, err);
}

static void not_complete(struct bk_ship_lane *lane, size_t n,
			 enum bk_ship_verdict verdict, struct bk_err *why)
{
	const struct bk_ship_set *set = &lane->run->world.sets[n];
	char name[BK_SET_NAME];

	lane->plan.verdicts[n] = verdict;
	(void)bk_context(why, "set %s", bk_set_name(name, set->id, set->kind));
	bk_ship_lane_problem(lane, why, "not complete there");
}

static int put_root(struct bk_ship_lane *lane, size_t n,
		    const struct bk_blob_list *there, struct bk_err *err)
{
	struct bk_err why = {0};

	if (may_be_put(lane, n, there, &why) < 0) {
		not_complete(lane, n, BK_SHIP_DAMAGED, &why);
		return 0;
	}
	bk_fault("ship: before a root is put");
	int rc = bk_ship_root(lane, lane->run->world.sets[n].root, err);
	bk_fault("ship: a root was put");
	if (rc < 0)
		return -1;
	lane->fresh[n] = rc > 0;
	lane->plan.verdicts[n] = rc > 0 ? BK_SHIP_COMPLETE : BK_SHIP_DAMAGED;
	return 0;
}

/* A prune there may have condemned what the set needs while it was copied:
 * the writer's last look, bk-format(5). */
static int look_again(struct bk_ship_lane *lane, struct bk_err *err)
{
	const struct bk_ship_world *world = &lane->run->world;
	struct bk_condemned trash = {0};
	struct bk_blob_list there = {0};
	char name[BK_NAME_MAX];

	int rc = bk_tombstones_read(lane->view, &trash, err);
	if (rc == 0)
		rc = bk_target_list(lane->target, "", &there, err);
	for (size_t i = 0; rc == 0 && i < world->n_sets; i++) {
		const struct bk_ship_set *set = &world->sets[i];
		struct bk_err why = {0};
		if (!lane->fresh[i])
			continue;
		bool gone = bk_condemned_has_set(&trash, set->id);
		for (size_t on = set->base; on != BK_SHIP_NONE && !gone;
		     on = world->sets[on].base)
			gone = bk_condemned_has_set(&trash, world->sets[on].id);
		if (gone)
			(void)bk_fail(&why, BK_BUSY,
				      "a prune there condemned it while it was "
				      "copied");
		else if (bk_presence_blob(&there, bk_name_root(name, set->id),
					  1, &why) == 0 &&
			 check_sizes(lane->run, set, &there, &why) == 0)
			continue;
		not_complete(lane, i,
			     gone ? BK_SHIP_CONDEMNED : BK_SHIP_DAMAGED, &why);
	}
	bk_blob_list_clear(&there);
	bk_condemned_clear(&trash);
	return rc;
}

/* The sets whose data the batch brought. */
static int complete_batch(struct bk_ship_lane *lane, struct bk_err *err)
{
	const struct bk_ship_run *run = lane->run;
	struct bk_blob_list there = {0};
	bool any = false;
	int rc = 0;

	memset(lane->fresh, 0, run->world.n_sets);
	for (size_t i = run->batch_from; i < run->batch_to; i++)
		any |= is_todo(lane, i);
	if (!any)
		return 0;
	rc = bk_target_list(lane->target, "data", &there, err);
	for (size_t i = run->batch_from; rc == 0 && i < run->batch_to; i++)
		if (is_todo(lane, i))
			rc = put_root(lane, i, &there, err);
	bk_blob_list_clear(&there);
	return rc < 0 ? -1 : look_again(lane, err);
}

int bk_ship_push(struct bk_ship_run *run, struct bk_err *err)
{
	for (size_t at = 0; at < run->world.n_sets; at = run->batch_to) {
		run->batch_from = at;
		run->batch_to = gather(run, at);
		if (bk_ship_blobs(run, err) < 0 ||
		    bk_ship_each_lane(run, complete_batch, err) < 0)
			return -1;
	}
	return 0;
}
