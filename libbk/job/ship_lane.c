/* One target of a copy: see ship_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pool.h"
#include "crypto/secret.h"
#include "job/ship_run.h"
#include "net/url.h"
#include "repo/condemned.h"
#include "repo/id.h"
#include "target/throttle.h"

/* Puts that nobody wrote to for so long are of a run that was killed. */
#define PART_DEAD_S ((int64_t)7 * 24 * 3600)

void bk_ship_lane_fail(struct bk_ship_lane *lane, const struct bk_err *why)
{
	(void)pthread_mutex_lock(&lane->run->lock);
	if (!atomic_load(&lane->out)) {
		lane->why = *why;
		atomic_store(&lane->out, true);
	}
	(void)pthread_mutex_unlock(&lane->run->lock);
}

int bk_ship_over(struct bk_ship_run *run, const struct bk_err *why,
		 struct bk_err *err)
{
	(void)pthread_mutex_lock(&run->lock);
	if (why && !atomic_load(&run->over))
		run->why = *why;
	atomic_store(&run->over, true);
	*err = run->why;
	(void)pthread_mutex_unlock(&run->lock);
	return -1;
}

void bk_ship_lane_problem(struct bk_ship_lane *lane, const struct bk_err *why,
			  const char *next)
{
	atomic_fetch_add(&lane->problems, 1);
	bk_progress_item_error(lane->run->progress,
			       &(struct bk_item_error){
				       .kind = why->kind,
				       .account = lane->end->name,
				       .text = why->text,
				       .outcome = next,
			       });
}

void bk_ship_lane_mended(struct bk_ship_lane *lane, const char *name)
{
	char *text = bk_asprintf("%s: %s was damaged there, and was put anew",
				 lane->end->name, name);

	bk_progress_note(lane->run->progress, text);
	free(text);
}

/* ---- all lanes at a time ---- */

struct lane_act {
	struct bk_ship_lane *lane;
	int (*act)(struct bk_ship_lane *lane, struct bk_err *err);
	void (*done)(struct bk_ship_lane *lane);
};

static int act_on(void *context, unsigned worker, void *item,
		  struct bk_err *err)
{
	struct lane_act *todo = item;
	struct bk_err why = {0};

	(void)context;
	(void)worker;
	if (todo->act(todo->lane, &why) < 0) {
		if (why.kind == BK_CANCELLED ||
		    atomic_load(&todo->lane->run->over))
			return bk_ship_over(todo->lane->run, &why, err);
		bk_ship_lane_fail(todo->lane, &why);
	}
	todo->lane->end_ms = bk_clock_monotonic_ms();
	if (todo->done)
		todo->done(todo->lane);
	return 0;
}

int bk_ship_each_lane(struct bk_ship_run *run,
		      int (*act)(struct bk_ship_lane *lane, struct bk_err *err),
		      void (*done)(struct bk_ship_lane *lane),
		      struct bk_err *err)
{
	struct bk_queue *queue = bk_queue_new(run->n_lanes, 0);
	struct lane_act *todo = bk_alloc(run->n_lanes * sizeof(*todo));
	struct bk_pool *pool = NULL;

	int rc = bk_pool_start(&pool, (unsigned)run->n_lanes, queue, act_on,
			       NULL, err);
	for (size_t i = 0; rc == 0 && i < run->n_lanes; i++) {
		todo[i] = (struct lane_act){&run->lanes[i], act, done};
		if (!atomic_load(&run->lanes[i].out))
			rc = bk_queue_push(queue, &todo[i], 0, err);
	}
	bk_queue_close(queue);
	if (pool) {
		struct bk_err why = {0};
		int joined = bk_pool_join(pool, &why);
		if (rc == 0 && joined < 0) {
			*err = why;
			rc = -1;
		}
	}
	bk_queue_free(queue, NULL);
	free(todo);
	return rc;
}

/* ---- opening ---- */

static int take_lock(struct bk_ship_lane *lane, struct bk_err *err)
{
	const struct bk_ship_request *request = lane->run->request;
	char *target = bk_asprintf("ship to %s", lane->end->where);
	char repo[BK_ID_TEXT];
	struct bk_lock_request lock = {
		.state_dir = request->state_dir,
		.store = target,
		.repo = bk_id_hex(repo, request->repo->id),
		.command = "bk-ship",
		.wait_ms = request->wait_ms,
	};

	lane->place = BK_PLACE_LOCK;
	int rc = bk_lock_take(&lane->lock, &lock, err);
	free(target);
	lane->place = BK_PLACE_TARGET;
	return rc;
}

static bool is_ours(const char *name)
{
	struct bk_name parsed;

	return bk_name_parse(name, &parsed) != BK_NAME_OTHER;
}

static struct bk_repo *view_of(const struct bk_repo *repo,
			       struct bk_target *target)
{
	struct bk_repo *view = bk_secure_alloc(sizeof(*view));

	*view = *repo;
	view->target = target;
	return view;
}

/* What a prune there took away, or is about to, does not come back. */
static int read_gone(struct bk_ship_lane *lane,
		     const struct bk_blob_list *there, bool *gone,
		     struct bk_err *err)
{
	const struct bk_ship_world *world = &lane->run->world;
	struct bk_condemned trash = {0};

	int rc = bk_tombstones_read(lane->view, &trash, err);
	for (size_t i = 0; i < world->n_sets; i++)
		gone[i] = bk_condemned_has_set(&trash, world->sets[i].id);
	if (rc == 0)
		bk_ship_gone_find(lane, there, &trash);
	bk_condemned_clear(&trash);
	return rc;
}

static int make_plan(struct bk_ship_lane *lane, struct bk_err *err)
{
	const struct bk_ship_world *world = &lane->run->world;
	struct bk_blob_list there = {0};
	bool *gone = bk_alloc(world->n_sets + 1);
	int rc = 0;

	if (lane->target) {
		rc = bk_target_list(lane->target, "", &there, err);
		if (rc == 0 && !bk_blob_list_find(&there, BK_MARKER_NAME))
			rc = bk_fail(err, BK_CORRUPT,
				     "%s: its listing does not "
				     "show " BK_MARKER_NAME,
				     lane->target->where);
		if (rc == 0)
			rc = read_gone(lane, &there, gone, err);
		if (rc == 0)
			bk_ship_seen(lane, &there);
	}
	if (rc == 0) {
		bk_ship_plan_make(&lane->plan, world, &there, gone,
				  lane->run->request->mend);
		lane->planned = true;
	}
	bk_blob_list_clear(&there);
	free(gone);
	return rc;
}

static void forget_target(struct bk_ship_lane *lane)
{
	bk_target_close(lane->target);
	lane->target = NULL;
}

/* A server's limits are kept by who opens it; a folder may lie on one too. */
static void limit_folder(struct bk_ship_lane *lane)
{
	const struct bk_reach *reach = &lane->end->reach;

	if (reach->up.n || reach->up.otherwise || reach->down.n ||
	    reach->down.otherwise)
		lane->target = bk_throttle_open(lane->target, &reach->up,
						&reach->down, NULL);
}

static int reach_target(struct bk_ship_lane *lane, bool make,
			struct bk_err *err)
{
	bool empty = false;
	struct bk_reach reach = lane->end->reach;
	struct bk_err ignored = {0};

	/* Whoever copies has the bytes, and puts them again himself. */
	reach.direct = true;
	if (bk_target_open(&lane->target, lane->end->where, &reach, make, err) <
	    0) {
		/* Nothing there is no failure where nothing is written. */
		lane->target = NULL;
		return !make && err->kind == BK_GONE &&
				       lane->run->request->verb !=
					       BK_SHIP_VERIFY
			       ? 0
			       : -1;
	}
	if (!bk_url_is(lane->end->where))
		limit_folder(lane);
	if (bk_ship_keys(lane, make, &empty, err) < 0)
		return -1;
	if (empty) {
		forget_target(lane);
		return 0;
	}
	if (make)
		(void)bk_target_sweep(lane->target, PART_DEAD_S, is_ours,
				      &ignored);
	lane->view = view_of(lane->run->request->repo, lane->target);
	return 0;
}

int bk_ship_lane_open(struct bk_ship_lane *lane, struct bk_err *err)
{
	const struct bk_ship_request *request = lane->run->request;
	const struct bk_ship_world *world = &lane->run->world;
	bool make = request->verb == BK_SHIP_PUSH && !request->dry_run;
	struct bk_err why = {0};

	lane->wanted = bk_alloc(world->n_blobs + 1);
	lane->fresh = bk_alloc(world->n_sets + 1);
	if (make && take_lock(lane, err) < 0) {
		lane->place = BK_PLACE_LOCK;
		return -1;
	}
	lane->place = BK_PLACE_TARGET;
	if (reach_target(lane, make, &why) < 0) {
		*err = why;
		return -1;
	}
	return make_plan(lane, err);
}

void bk_ship_lane_close(struct bk_ship_lane *lane)
{
	bk_repo_close(lane->view);
	bk_target_close(lane->target);
	bk_lock_release(lane->lock);
	if (lane->planned)
		bk_ship_plan_clear(&lane->plan);
	free(lane->missed.items);
	free(lane->wanted);
	free(lane->fresh);
}
