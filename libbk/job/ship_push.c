/* Copying what targets lack, batch by batch: see ship.h. */

#include <string.h>

#include "base/fault.h"
#include "job/ship_run.h"
#include "repo/condemned.h"
#include "repo/presence.h"

/* Sets whose data is copied before their roots: few enough that the first are
 * soon complete, many enough that a listing is rare. */
#define BATCH_SETS  64
#define BATCH_BYTES ((uint64_t)1 << 30)

/* ---- data ---- */

static uint64_t want(struct bk_ship_lane *lane, const struct bk_ship_set *set)
{
	const struct bk_ship_run *run = lane->run;
	uint64_t bytes = 0;

	for (size_t i = 0; i < set->n_needs; i++) {
		size_t blob = set->needs[i];
		enum bk_ship_state state = lane->plan.states[blob];
		if (lane->wanted[blob] ||
		    (state != BK_SHIP_ABSENT && state != BK_SHIP_THERE &&
		     state != BK_SHIP_OTHER))
			continue;
		lane->wanted[blob] = true;
		bytes += run->world.blobs[blob].size;
	}
	return bytes;
}

static bool is_todo(const struct bk_ship_lane *lane, size_t set)
{
	return lane->plan.verdicts[set] == BK_SHIP_TO_DO;
}

/* The sets of the next batch, from `first`; returns the one behind them. */
static size_t gather(struct bk_ship_lane *lane, size_t first)
{
	const struct bk_ship_world *world = &lane->run->world;
	uint64_t bytes = 0;
	size_t set = first;

	for (size_t n = 0;
	     set < world->n_sets && n < BATCH_SETS && bytes < BATCH_BYTES;
	     set++) {
		if (!is_todo(lane, set))
			continue;
		bytes += want(lane, &world->sets[set]);
		n++;
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

/* Is the set condemned there, or what it stands on; or any of their files, as
 * what nobody owns, before its root was there? */
static bool is_condemned(const struct bk_ship_world *world, size_t n,
			 const struct bk_condemned *trash)
{
	const struct bk_ship_set *set = &world->sets[n];
	bool gone = false;

	for (size_t on = n; on != BK_SHIP_NONE && !gone;
	     on = world->sets[on].base)
		gone = bk_condemned_has_set(trash, world->sets[on].id);
	for (size_t i = 0; i < set->n_needs && !gone; i++)
		gone = bk_condemned_has_file(trash,
					     world->blobs[set->needs[i]].name);
	return gone;
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
		bool gone = is_condemned(world, i, &trash);
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

/* The sets from `first` to before `end`, whose data is there. */
static int complete(struct bk_ship_lane *lane, size_t first, size_t end,
		    struct bk_err *err)
{
	struct bk_blob_list there = {0};
	size_t next = first;

	while (next < end && !is_todo(lane, next))
		next++;
	if (next == end || atomic_load(&lane->out))
		return 0;
	memset(lane->fresh, 0, lane->run->world.n_sets);
	int rc = bk_target_list(lane->target, "data", &there, err);
	for (; rc == 0 && next < end; next++)
		if (is_todo(lane, next) && !atomic_load(&lane->out))
			rc = put_root(lane, next, &there, err);
	bk_blob_list_clear(&there);
	return rc < 0 ? -1 : look_again(lane, err);
}

/* What came there is missed from now on, should it ever lack. */
static void remember(const struct bk_ship_lane *lane)
{
	struct bk_blob_list there = {0};
	struct bk_err ignored = {0};

	if (bk_target_list(lane->target, "sets", &there, &ignored) == 0)
		bk_ship_seen(lane, &there);
	bk_blob_list_clear(&there);
}

int bk_ship_push(struct bk_ship_lane *lane, struct bk_err *err)
{
	size_t end = 0;

	for (size_t at = 0; at < lane->run->world.n_sets; at = end) {
		end = gather(lane, at);
		if (bk_ship_blobs(lane, err) < 0 ||
		    complete(lane, at, end, err) < 0)
			return -1;
	}
	if (!atomic_load(&lane->out) && bk_ship_gone_tell(lane, err) < 0)
		return -1;
	if (lane->plan.n_todo && !atomic_load(&lane->out))
		remember(lane);
	bk_ship_lane_gaps(lane);
	return 0;
}
