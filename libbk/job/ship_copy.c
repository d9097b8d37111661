/* Files, one after the other, to a target that lacks them: see ship_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/pool.h"
#include "job/ship_run.h"
#include "job/ship_sums.h"
#include "target/retry.h"

#define DAY_S      86400
#define SAMPLE_OF  8
#define LOOKS_MOST 4
/* A target that takes more than any driver keeps to itself is within reach. */
#define FLOWED     ((uint64_t)5 << 20)
#define CHECK_HERE "no set that needs it was copied; run: bk check --read-data"

/* What it is that went wrong. */
enum came { ARRIVED, LANE_FAILED, SOURCE_FAILED };

/* ---- one try ---- */

/* From the source to the target, proved as it passes. */
struct pour {
	struct bk_sink sink;
	struct bk_ship_sums sums;
	struct bk_ship_lane *lane;
	struct bk_put *put;
	bool failed; /* the target, with *why */
	struct bk_err why;
};

static int pour_write(struct bk_sink *to, const void *data, size_t len,
		      struct bk_err *err)
{
	struct pour *pour = (struct pour *)to;

	if (bk_cancelled(err) < 0)
		return -1;
	bk_ship_sums_add(&pour->sums, data, len);
	if (bk_put_write(pour->put, data, len, &pour->why) < 0) {
		pour->failed = true;
		return bk_fail(err, BK_FAILED, "the target failed");
	}
	bk_progress_message(pour->lane->run->progress, 0, len);
	return 0;
}

static int read_source(struct pour *pour, const struct bk_ship_blob *blob,
		       struct bk_err *err)
{
	struct bk_ship_run *run = pour->lane->run;

	if (bk_ship_feed_get(run->feed, blob->name, blob->size, &pour->sink,
			     err) < 0)
		return -1;
	if (bk_ship_sums_right(&pour->sums))
		return 0;
	return bk_fail(err, BK_CORRUPT, "%s/%s is damaged",
		       run->request->repo->target->where, blob->name);
}

/* *flowed: whether the target took enough to be called alive. */
static enum came put_once(struct bk_ship_lane *lane,
			  const struct bk_ship_blob *blob, bool *flowed,
			  struct bk_err *err)
{
	struct pour pour = {.sink.write = pour_write, .lane = lane};
	struct bk_err why = {0};

	*flowed = false;
	bk_ship_sums_init(&pour.sums, blob);
	if (bk_target_put_begin(lane->target, blob->name, blob->size, &pour.put,
				err) < 0)
		return LANE_FAILED;
	int rc = read_source(&pour, blob, &why);
	*flowed = pour.sums.at > FLOWED;
	bk_ship_sums_clear(&pour.sums);
	if (rc < 0) {
		bk_put_abort(pour.put);
		*err = pour.failed ? pour.why : why;
		return pour.failed ? LANE_FAILED : SOURCE_FAILED;
	}
	bk_fault("ship: before a file is committed");
	if (bk_put_commit(pour.put, err) < 0)
		return LANE_FAILED;
	bk_fault("ship: a file was committed");
	atomic_fetch_add(&lane->files, 1);
	atomic_fetch_add(&lane->bytes, blob->size);
	return ARRIVED;
}

/* ---- proving ---- */

/* What is asked for, beyond what a driver looks at. */
enum proof {
	NONE,
	ANY,  /* read back, or, of what was just put, the server's own sum */
	READ, /* read back */
};

static enum proof proof_of(const struct bk_ship_run *run,
			   const struct bk_ship_blob *blob)
{
	unsigned sum = (unsigned)(bk_clock_now() / DAY_S);

	switch (run->request->proof) {
	case BK_SHIP_FULL:
		return ANY;
	case BK_SHIP_SIZE:
		return NONE;
	case BK_SHIP_SAMPLE:
		break;
	}
	for (const char *at = blob->name; *at; at++)
		sum += (unsigned char)*at;
	return !blob->pack || sum % SAMPLE_OF == 0 ? ANY : NONE;
}

static int prove(struct bk_ship_lane *lane, const struct bk_ship_blob *blob,
		 struct bk_err *err)
{
	int right = bk_ship_sums_read(lane->target, blob, err);

	if (right < 0)
		return -1;
	if (lane->run->request->verb == BK_SHIP_VERIFY) {
		bk_progress_message(lane->run->progress, 0, blob->size);
		atomic_fetch_add(&lane->files, 1);
		atomic_fetch_add(&lane->bytes, blob->size);
	}
	if (right)
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "%s/%s: what is read back is not what it should be",
		       lane->target->where, blob->name);
}

/* Is it there after all: a commit whose answer was lost, or another run's?  1
 * if it is, and right; 0 if it is not there, or not whole and its name not yet
 * `taken`. */
static int has_arrived(struct bk_ship_lane *lane,
		       const struct bk_ship_blob *blob, bool taken,
		       struct bk_err *err)
{
	struct bk_err why = {0};
	uint64_t size = 0;

	if (bk_target_stat(lane->target, blob->name, &size, &why) < 0) {
		if (why.kind == BK_GONE)
			return 0;
		*err = why;
		return -1;
	}
	if (size == blob->size)
		return prove(lane, blob, err) < 0 ? -1 : 1;
	if (!taken)
		return 0;
	return bk_fail(err, BK_CORRUPT, "%s/%s has %ju bytes, not %ju",
		       lane->target->where, blob->name, (uintmax_t)size,
		       (uintmax_t)blob->size);
}

/* ---- until it is there ---- */

/* A name that is taken, or a part that went from under us: somebody else put
 * the same file, and it is looked at without waiting. */
static bool is_anothers(const struct bk_err *why)
{
	return why->kind == BK_EXISTS || why->kind == BK_GONE;
}

static enum came put(struct bk_ship_lane *lane, const struct bk_ship_blob *blob,
		     struct bk_err *err)
{
	struct bk_tries tries;
	struct bk_err why = {0};
	unsigned looks = 0;
	bool flowed;

	bk_tries_begin(&tries, NULL);
	enum came came = put_once(lane, blob, &flowed, &why);
	while (came == LANE_FAILED) {
		if (flowed)
			bk_tries_alive(&tries);
		flowed = false;
		if (is_anothers(&why) && looks++ == LOOKS_MOST)
			break;
		if (!is_anothers(&why) && bk_tries_again(&tries, &why, err) < 0)
			return LANE_FAILED;
		bool taken = why.kind == BK_EXISTS;
		why = (struct bk_err){0};
		int there = has_arrived(lane, blob, taken, &why);
		if (there > 0)
			return ARRIVED;
		if (there == 0)
			came = put_once(lane, blob, &flowed, &why);
	}
	if (came != ARRIVED)
		*err = why;
	return came;
}

/* What was put a moment ago and reads back wrong is nobody's yet: once it is
 * taken away and put again.  So is what is to be mended. */
static enum came put_anew(struct bk_ship_lane *lane,
			  const struct bk_ship_blob *blob, struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_target_remove(lane->target, blob->name, &why) < 0)
		return LANE_FAILED; /* with the error of the proof */
	enum came came = put(lane, blob, &why);
	if (came == ARRIVED && prove(lane, blob, &why) < 0)
		came = LANE_FAILED;
	if (came != ARRIVED)
		*err = why;
	return came;
}

/* ---- what is damaged there ---- */

/* Whole at the source?  Before something there is taken away for it. */
static int prove_source(struct bk_ship_lane *lane,
			const struct bk_ship_blob *blob, struct bk_err *err)
{
	struct bk_target *from = lane->run->request->repo->target;
	int right = bk_ship_sums_read(from, blob, err);

	if (right != 0)
		return right < 0 ? -1 : 0;
	return bk_fail(err, BK_CORRUPT, "%s/%s is damaged", from->where,
		       blob->name);
}

static enum came mend(struct bk_ship_lane *lane,
		      const struct bk_ship_blob *blob, struct bk_err *err)
{
	struct bk_err why = {0};

	if (prove_source(lane, blob, &why) < 0) {
		*err = why;
		return SOURCE_FAILED;
	}
	enum came came = put_anew(lane, blob, err);
	if (came == ARRIVED)
		bk_ship_lane_mended(lane, blob->name);
	return came;
}

/* ---- what came of it ---- */

/* -1 when nothing can be read from the source any more. */
static int source_failed(struct bk_ship_run *run, size_t blob,
			 const struct bk_err *why, struct bk_err *err)
{
	if (why->kind != BK_GONE && why->kind != BK_CORRUPT)
		return bk_ship_over(run, why, err);
	if (atomic_exchange(&run->bad[blob], true))
		return 0;
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
	if (why->kind == BK_CANCELLED)
		return bk_ship_over(lane->run, why, err);
	if (why->kind == BK_CORRUPT)
		bk_ship_lane_problem(lane, why, "push again with --mend");
	else if (why->kind == BK_GONE)
		bk_ship_lane_problem(lane, why, "ship again");
	else
		bk_ship_lane_fail(lane, why);
	return 0;
}

static enum came settle_absent(struct bk_ship_lane *lane,
			       const struct bk_ship_blob *blob,
			       enum proof proof, struct bk_err *err)
{
	struct bk_err why = {0};

	enum came came = put(lane, blob, err);
	if (came != ARRIVED || proof == NONE ||
	    (proof == ANY && bk_target_proves_puts(lane->target)) ||
	    prove(lane, blob, &why) == 0)
		return came;
	*err = why;
	return why.kind == BK_CORRUPT ? put_anew(lane, blob, err) : LANE_FAILED;
}

/* One that was there before: an earlier run's. */
static enum came settle_there(struct bk_ship_lane *lane,
			      const struct bk_ship_blob *blob, enum proof proof,
			      struct bk_err *err)
{
	struct bk_err why = {0};

	if (proof == NONE || prove(lane, blob, &why) == 0)
		return ARRIVED;
	*err = why;
	return lane->run->request->mend && why.kind == BK_CORRUPT
		       ? mend(lane, blob, err)
		       : LANE_FAILED;
}

static enum came settle(struct bk_ship_lane *lane,
			const struct bk_ship_blob *blob,
			enum bk_ship_state state, enum proof proof,
			struct bk_err *err)
{
	if (state == BK_SHIP_ABSENT)
		return settle_absent(lane, blob, proof, err);
	if (state == BK_SHIP_OTHER) /* wanted only by who mends */
		return mend(lane, blob, err);
	return settle_there(lane, blob, proof, err);
}

static int settle_and_tell(struct bk_ship_lane *lane, size_t n,
			   enum proof proof, struct bk_err *err)
{
	struct bk_ship_run *run = lane->run;
	enum bk_ship_state *state = &lane->plan.states[n];
	enum bk_ship_state was = *state;
	struct bk_err why = {0};

	*state = BK_SHIP_BAD;
	switch (settle(lane, &run->world.blobs[n], was, proof, &why)) {
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

int bk_ship_blob(struct bk_ship_lane *lane, size_t blob, struct bk_err *err)
{
	struct bk_ship_run *run = lane->run;

	if (atomic_load(&run->over))
		return bk_ship_over(run, NULL, err);
	if (atomic_load(&lane->out) || atomic_load(&run->bad[blob]))
		return 0;
	if (settle_and_tell(lane, blob, proof_of(run, &run->world.blobs[blob]),
			    err) < 0)
		return -1;
	bk_ship_tell_progress(lane);
	return 0;
}

int bk_ship_root(struct bk_ship_lane *lane, size_t blob, struct bk_err *err)
{
	if (settle_and_tell(lane, blob, READ, err) < 0)
		return -1;
	return lane->plan.states[blob] == BK_SHIP_SOUND;
}

/* ---- several at a time ---- */

static int one_blob(void *context, unsigned worker, void *item,
		    struct bk_err *err)
{
	struct bk_ship_lane *lane = context;
	const struct bk_ship_blob *blob = item;

	(void)worker;
	return bk_ship_blob(lane, (size_t)(blob - lane->run->world.blobs), err);
}

int bk_ship_blobs(struct bk_ship_lane *lane, struct bk_err *err)
{
	struct bk_ship_run *run = lane->run;
	struct bk_queue *queue = bk_queue_new(run->transfers, 0);
	struct bk_pool *pool = NULL;
	struct bk_err why = {0};

	int rc = bk_pool_start(&pool, run->transfers, queue, one_blob, lane,
			       err);
	for (size_t i = 0; rc == 0 && i < run->world.n_blobs; i++)
		if (lane->wanted[i])
			rc = bk_queue_push(queue, &run->world.blobs[i], 0, err);
	bk_queue_close(queue);
	if (pool && bk_pool_join(pool, &why) < 0 && rc == 0) {
		*err = why;
		rc = -1;
	}
	bk_queue_free(queue, NULL);
	memset(lane->wanted, 0, run->world.n_blobs);
	return rc;
}
