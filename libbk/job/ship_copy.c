/* One blob, to all targets that lack it: see ship_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/fault.h"
#include "job/ship_run.h"
#include "job/ship_sums.h"
#include "target/retry.h"

#define DAY_S      86400
#define SAMPLE_OF  8
#define LOOKS_MOST 4
#define CHECK_HERE "no set that needs it was copied; run: bk check --read-data"

/* ---- reading once, writing to many ---- */

struct out {
	struct bk_ship_lane *lane;
	struct bk_put *put; /* NULL: it failed, or was committed */
	bool failed;
	struct bk_err why;
};

struct fan {
	struct bk_sink sink;
	struct bk_ship_sums sums;
	struct bk_progress *progress;
	struct out *outs;
	size_t n, n_live;
};

static void drop(struct fan *fan, struct out *out)
{
	bk_put_abort(out->put);
	out->put = NULL;
	out->failed = true;
	fan->n_live--;
}

static void drop_all(struct fan *fan)
{
	for (size_t i = 0; i < fan->n; i++)
		if (fan->outs[i].put)
			drop(fan, &fan->outs[i]);
}

static int fan_write(struct bk_sink *to, const void *data, size_t len,
		     struct bk_err *err)
{
	struct fan *fan = (struct fan *)to;

	if (bk_cancelled(err) < 0)
		return -1;
	bk_ship_sums_add(&fan->sums, data, len);
	for (size_t i = 0; i < fan->n; i++) {
		struct out *out = &fan->outs[i];
		if (!out->put)
			continue;
		if (bk_put_write(out->put, data, len, &out->why) < 0)
			drop(fan, out);
		else
			bk_progress_message(fan->progress, 0, len);
	}
	return fan->n_live
		       ? 0
		       : bk_fail(err, BK_FAILED, "no target is left for it");
}

static void commit(struct out *out, const struct bk_ship_blob *blob)
{
	struct bk_put *put = out->put;

	out->put = NULL;
	bk_fault("ship: before a file is committed");
	if (bk_put_commit(put, &out->why) < 0) {
		out->failed = true;
		return;
	}
	bk_fault("ship: a file was committed");
	atomic_fetch_add(&out->lane->files, 1);
	atomic_fetch_add(&out->lane->bytes, blob->size);
}

/* -1 with what is wrong at the source; otherwise each out says what came of
 * it. */
static int read_once(struct bk_ship_run *run, const struct bk_ship_blob *blob,
		     struct out *outs, size_t n, struct bk_err *err)
{
	struct bk_target *from = run->request->repo->target;
	struct fan fan = {
		.sink.write = fan_write,
		.progress = run->progress,
		.outs = outs,
		.n = n,
		.n_live = n,
	};

	bk_ship_sums_init(&fan.sums, blob);
	for (size_t i = 0; i < n; i++) {
		outs[i].failed = false;
		if (bk_target_put_begin(outs[i].lane->target, blob->name,
					blob->size, &outs[i].put,
					&outs[i].why) < 0) {
			outs[i].put = NULL;
			outs[i].failed = true;
			fan.n_live--;
		}
	}
	if (!fan.n_live)
		return 0;
	int rc = bk_target_get(from, blob->name, 0, blob->size, &fan.sink, err);
	if (rc < 0 && !fan.n_live)
		return 0;
	if (rc == 0 && !bk_ship_sums_right(&fan.sums))
		rc = bk_fail(err, BK_CORRUPT, "%s/%s is damaged", from->where,
			     blob->name);
	if (rc < 0) {
		drop_all(&fan);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (outs[i].put)
			commit(&outs[i], blob);
	return 0;
}

/* ---- proving ---- */

bool bk_ship_proves(const struct bk_ship_run *run,
		    const struct bk_ship_blob *blob)
{
	unsigned sum = (unsigned)(bk_clock_now() / DAY_S);

	switch (run->request->proof) {
	case BK_SHIP_FULL:
		return true;
	case BK_SHIP_SIZE:
		return false;
	case BK_SHIP_SAMPLE:
		break;
	}
	for (const char *at = blob->name; *at; at++)
		sum += (unsigned char)*at;
	return !blob->pack || sum % SAMPLE_OF == 0;
}

static int prove(struct bk_ship_lane *lane, const struct bk_ship_blob *blob,
		 struct bk_err *err)
{
	struct bk_ship_sums sums;

	bk_ship_sums_init(&sums, blob);
	if (bk_target_get(lane->target, blob->name, 0, blob->size, &sums.sink,
			  err) < 0)
		return -1;
	if (lane->run->request->verb == BK_SHIP_VERIFY) {
		bk_progress_message(lane->run->progress, 0, blob->size);
		atomic_fetch_add(&lane->files, 1);
		atomic_fetch_add(&lane->bytes, blob->size);
	}
	if (bk_ship_sums_right(&sums))
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "%s/%s: what is read back is not what it should be",
		       lane->target->where, blob->name);
}

/* Is it there after all: a commit whose answer was lost, or another run's?  1
 * if it is, and right; 0 if it is not there. */
static int has_arrived(struct bk_ship_lane *lane,
		       const struct bk_ship_blob *blob, struct bk_err *err)
{
	struct bk_err why = {0};
	uint64_t size = 0;

	if (bk_target_stat(lane->target, blob->name, &size, &why) < 0) {
		if (why.kind == BK_GONE)
			return 0;
		*err = why;
		return -1;
	}
	if (size != blob->size)
		return bk_fail(err, BK_CORRUPT, "%s/%s has %ju bytes, not %ju",
			       lane->target->where, blob->name, (uintmax_t)size,
			       (uintmax_t)blob->size);
	return prove(lane, blob, err) < 0 ? -1 : 1;
}

/* ---- one target that needs another try ---- */

/* What it is that went wrong. */
enum came { ARRIVED, LANE_FAILED, SOURCE_FAILED };

static enum came put_once(struct bk_ship_lane *lane,
			  const struct bk_ship_blob *blob, struct bk_err *err)
{
	struct out out = {.lane = lane};

	if (read_once(lane->run, blob, &out, 1, err) < 0)
		return SOURCE_FAILED;
	if (!out.failed)
		return ARRIVED;
	*err = out.why;
	return LANE_FAILED;
}

/* A name that is taken, or a part that went from under us: somebody else put
 * the same file, and it is looked at without waiting. */
static bool is_anothers(const struct bk_err *why)
{
	return why->kind == BK_EXISTS || why->kind == BK_GONE;
}

/* After a put that failed with *first. */
static enum came put_again(struct bk_ship_lane *lane,
			   const struct bk_ship_blob *blob,
			   const struct bk_err *first, struct bk_err *err)
{
	struct bk_err why = *first;
	struct bk_tries tries;
	unsigned looks = 0;

	bk_tries_begin(&tries, NULL);
	for (;;) {
		if (is_anothers(&why) && looks++ == LOOKS_MOST) {
			*err = why;
			return LANE_FAILED;
		}
		if (!is_anothers(&why) && bk_tries_again(&tries, &why, err) < 0)
			return LANE_FAILED;
		why = (struct bk_err){0};
		int there = has_arrived(lane, blob, &why);
		if (there > 0)
			return ARRIVED;
		if (there < 0)
			continue;
		enum came came = put_once(lane, blob, &why);
		if (came == SOURCE_FAILED)
			*err = why;
		if (came != LANE_FAILED)
			return came;
	}
}

/* What was put a moment ago and reads back wrong is nobody's yet: once it is
 * taken away and put again. */
static enum came put_anew(struct bk_ship_lane *lane,
			  const struct bk_ship_blob *blob, struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_target_remove(lane->target, blob->name, &why) < 0)
		return LANE_FAILED; /* with the error of the proof */
	enum came came = put_once(lane, blob, &why);
	if (came == LANE_FAILED)
		came = put_again(lane, blob, &why, err);
	else if (came == SOURCE_FAILED)
		*err = why;
	if (came != ARRIVED)
		return came;
	return prove(lane, blob, err) < 0 ? LANE_FAILED : ARRIVED;
}

/* ---- what came of it ---- */

/* -1 when nothing can be read from the source any more. */
static int source_failed(struct bk_ship_run *run, size_t blob,
			 const struct bk_err *why, struct bk_err *err)
{
	if (why->kind != BK_GONE && why->kind != BK_CORRUPT) {
		*err = *why;
		return -1;
	}
	run->bad[blob] = true;
	atomic_fetch_add(&run->source_problems, 1);
	bk_progress_item_error(run->progress, &(struct bk_item_error){
						      .kind = why->kind,
						      .text = why->text,
						      .outcome = CHECK_HERE,
					      });
	return 0;
}

/* One blob that is not right concerns the sets that need it; anything else
 * the whole target. */
static int lane_failed(struct bk_ship_lane *lane, const struct bk_err *why,
		       struct bk_err *err)
{
	if (why->kind == BK_CANCELLED) {
		*err = *why;
		return -1;
	}
	if (why->kind == BK_CORRUPT)
		bk_ship_lane_problem(lane, why,
				     "remove that file there, then ship again");
	else if (why->kind == BK_GONE)
		bk_ship_lane_problem(lane, why, "ship again");
	else
		bk_ship_lane_fail(lane, why);
	return 0;
}

/* A lane's share after the common read: `fresh` says that it was put. */
static enum came settle(struct bk_ship_lane *lane,
			const struct bk_ship_blob *blob, struct out *out,
			bool must_prove, struct bk_err *err)
{
	enum came came = ARRIVED;

	if (out && out->failed)
		came = put_again(lane, blob, &out->why, err);
	if (came != ARRIVED || !must_prove)
		return came;
	struct bk_err why = {0};
	if (prove(lane, blob, &why) == 0)
		return ARRIVED;
	*err = why;
	if (!out || why.kind != BK_CORRUPT)
		return LANE_FAILED;
	return put_anew(lane, blob, err);
}

static int settle_and_tell(struct bk_ship_lane *lane, size_t n, struct out *out,
			   bool must_prove, struct bk_err *err)
{
	struct bk_ship_run *run = lane->run;
	enum bk_ship_state *state = &lane->plan.states[n];
	struct bk_err why = {0};

	*state = BK_SHIP_BAD;
	switch (settle(lane, &run->world.blobs[n], out, must_prove, &why)) {
	case ARRIVED:
		*state = BK_SHIP_SOUND;
		return 0;
	case LANE_FAILED:
		return lane_failed(lane, &why, err);
	case SOURCE_FAILED:
		break;
	}
	return source_failed(run, n, &why, err);
}

static int copy_to(struct bk_ship_run *run, size_t blob, struct out *outs,
		   size_t n, struct bk_err *err)
{
	bool must_prove = bk_ship_proves(run, &run->world.blobs[blob]);
	struct bk_err why = {0};

	if (!n)
		return 0;
	if (read_once(run, &run->world.blobs[blob], outs, n, &why) < 0) {
		for (size_t i = 0; i < n; i++)
			outs[i].lane->plan.states[blob] = BK_SHIP_BAD;
		return source_failed(run, blob, &why, err);
	}
	for (size_t i = 0; i < n; i++)
		if (settle_and_tell(outs[i].lane, blob, &outs[i], must_prove,
				    err) < 0)
			return -1;
	return 0;
}

int bk_ship_blob(struct bk_ship_run *run, size_t blob, struct bk_err *err)
{
	bool must_prove = bk_ship_proves(run, &run->world.blobs[blob]);
	struct out *outs = bk_alloc(run->n_lanes * sizeof(*outs));
	size_t n = 0;
	int rc = bk_cancelled(err);

	for (size_t i = 0; i < run->n_lanes && rc == 0; i++) {
		struct bk_ship_lane *lane = &run->lanes[i];
		if (atomic_load(&lane->out) || !lane->wanted[blob])
			continue;
		if (lane->plan.states[blob] == BK_SHIP_ABSENT)
			outs[n++].lane = lane;
		else
			rc = settle_and_tell(lane, blob, NULL, must_prove, err);
	}
	if (rc == 0)
		rc = copy_to(run, blob, outs, n, err);
	free(outs);
	return rc;
}

int bk_ship_root(struct bk_ship_lane *lane, size_t blob, struct bk_err *err)
{
	struct out out = {.lane = lane};
	bool absent = lane->plan.states[blob] == BK_SHIP_ABSENT;
	struct bk_err why = {0};

	if (absent && read_once(lane->run, &lane->run->world.blobs[blob], &out,
				1, &why) < 0)
		return source_failed(lane->run, blob, &why, err);
	if (settle_and_tell(lane, blob, absent ? &out : NULL, true, err) < 0)
		return -1;
	return lane->plan.states[blob] == BK_SHIP_SOUND;
}
