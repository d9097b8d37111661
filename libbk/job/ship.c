/* Copying sets to other places: see ship.h. */

#include "job/ship.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "job/ship_run.h"

/* Files on their way at a time: to one target, and to each of several.  What a
 * protocol needs for one is up to 8 MiB. */
#define TRANSFERS         4
#define TRANSFERS_OF_EACH 2

static int read_world(struct bk_ship_run *run, struct bk_outcome *outcome,
		      struct bk_err *err)
{
	const struct bk_ship_request *request = run->request;
	const struct bk_set_info *only = NULL;

	outcome->place = BK_PLACE_REPO;
	int rc = bk_sets_list(request->repo, &run->sets, err);
	if (rc == 0 && request->choice) {
		outcome->place = BK_PLACE_SET;
		rc = bk_choose_set(&run->sets, request->choice,
				   request->repo->host, &only, err);
	}
	if (rc == 0) {
		outcome->place = BK_PLACE_REPO;
		rc = bk_ship_world_read(&run->world, request->repo, &run->sets,
					only, err);
	}
	return rc;
}

static int carry_out(struct bk_ship_run *run, struct bk_err *err)
{
	if (run->request->dry_run)
		return 0;
	switch (run->request->verb) {
	case BK_SHIP_PUSH:
		return bk_ship_each_lane(run, bk_ship_push, bk_ship_tell_lane,
					 err);
	case BK_SHIP_VERIFY:
		return bk_ship_each_lane(run, bk_ship_verify, bk_ship_tell_lane,
					 err);
	case BK_SHIP_STATUS:
		break;
	}
	return 0;
}

/* What this version may only read, it does not spread. */
static int check_format(const struct bk_ship_request *request,
			struct bk_err *err)
{
	if (!request->repo->newer || request->verb != BK_SHIP_PUSH)
		return 0;
	return bk_fail(err, BK_NEWER,
		       "%s has format %u, which this version only reads: "
		       "upgrade this host first",
		       request->repo->target->where, request->repo->newer);
}

static int ship(struct bk_ship_run *run, struct bk_outcome *outcome,
		struct bk_err *err)
{
	int64_t start_ms = bk_clock_monotonic_ms();

	if (check_format(run->request, err) < 0 ||
	    read_world(run, outcome, err) < 0)
		return -1;
	run->bad = bk_alloc((run->world.n_blobs + 1) * sizeof(*run->bad));
	for (size_t i = 0; i < run->n_lanes; i++)
		run->lanes[i].start_ms = run->lanes[i].end_ms = start_ms;
	if (bk_ship_each_lane(run, bk_ship_lane_open, NULL, err) < 0)
		return -1;
	bk_ship_tell_start(run);
	if (carry_out(run, err) < 0)
		return -1;
	return bk_ship_tell_end(run, start_ms, outcome, err);
}

/* What one lane read of a folder, the others find in memory anyway. */
static struct bk_ship_feed *new_feed(const struct bk_ship_request *request)
{
	struct bk_target *from = request->repo->target;
	bool local = strcmp(from->ops->scheme, "file") == 0;

	return bk_ship_feed_new(from, local ? 1 : request->n_ends,
				request->ends[0].reach.spool);
}

int bk_ship_run(const struct bk_ship_request *request,
		struct bk_progress *progress, struct bk_outcome *outcome,
		struct bk_err *err)
{
	struct bk_ship_run run = {
		.request = request,
		.progress = progress,
		.n_lanes = request->n_ends,
		.transfers =
			request->n_ends > 1 ? TRANSFERS_OF_EACH : TRANSFERS,
	};

	(void)pthread_mutex_init(&run.lock, NULL);
	run.lanes = bk_alloc(run.n_lanes * sizeof(*run.lanes));
	for (size_t i = 0; i < run.n_lanes; i++) {
		run.lanes[i].run = &run;
		run.lanes[i].end = &request->ends[i];
		run.lanes[i].place = BK_PLACE_TARGET;
		run.lanes[i].state = BK_TARGET_UNDER_WAY;
		run.lanes[i].told_ms = INT64_MIN / 2;
	}
	run.feed = new_feed(request);
	int rc = ship(&run, outcome, err);
	for (size_t i = 0; i < run.n_lanes; i++)
		bk_ship_lane_close(&run.lanes[i]);
	bk_ship_feed_free(run.feed);
	free(run.lanes);
	free(run.bad);
	bk_ship_world_clear(&run.world);
	bk_set_info_list_clear(&run.sets);
	(void)pthread_mutex_destroy(&run.lock);
	return rc;
}
