/* What became of a copy, for people and programs: see ship_run.h. */

#include <stdlib.h>

#include "base/clock.h"
#include "job/ship_run.h"

#define TELL_EVERY_MS 10000

/* A lane in numbers. */
struct tally {
	size_t complete, of, broken, condemned, todo, bad;
	size_t newest; /* set that is complete, or BK_SHIP_NONE */
};

static struct tally count(const struct bk_ship_lane *lane)
{
	const struct bk_ship_world *world = &lane->run->world;
	struct tally tally = {.newest = BK_SHIP_NONE};

	tally.of = world->n_sets;
	for (size_t i = 0; lane->planned && i < world->n_sets; i++) {
		switch (lane->plan.verdicts[i]) {
		case BK_SHIP_COMPLETE:
			tally.complete++;
			tally.newest = i;
			break;
		case BK_SHIP_TO_DO:
			tally.todo++;
			break;
		case BK_SHIP_BROKEN:
			tally.broken++;
			break;
		case BK_SHIP_CONDEMNED:
			tally.condemned++;
			break;
		case BK_SHIP_DAMAGED:
		case BK_SHIP_BASELESS:
			tally.bad++;
			break;
		}
	}
	tally.of -= tally.condemned;
	return tally;
}

/* Sets that cannot be copied are the source's fault, and told once. */
static void tell_broken(struct bk_ship_run *run)
{
	const struct bk_ship_world *world = &run->world;
	char name[BK_SET_NAME];

	for (size_t i = 0; i < world->n_sets; i++) {
		const struct bk_ship_set *set = &world->sets[i];
		if (!set->broken)
			continue;
		char *text = bk_asprintf("set %s: %s",
					 bk_set_name(name, set->id, set->kind),
					 set->broken);
		atomic_fetch_add(&run->source_problems, 1);
		bk_progress_item_error(run->progress,
				       &(struct bk_item_error){
					       .kind = BK_CORRUPT,
					       .text = text,
					       .outcome = "not copied; run: bk "
							  "check",
				       });
		free(text);
	}
}

/* What the plan found wrong at a target, before anything was copied. */
static void tell_found(struct bk_ship_lane *lane)
{
	const struct bk_ship_world *world = &lane->run->world;
	char name[BK_SET_NAME];

	for (size_t i = 0; i < world->n_sets; i++) {
		const struct bk_ship_set *set = &world->sets[i];
		struct bk_err why = {0};
		if (lane->plan.verdicts[i] == BK_SHIP_DAMAGED)
			(void)bk_fail(
				&why, BK_CORRUPT,
				"set %s: %s is there with another size",
				bk_set_name(name, set->id, set->kind),
				world->blobs[lane->plan.culprits[i]].name);
		else if (lane->plan.verdicts[i] == BK_SHIP_BASELESS)
			(void)bk_fail(&why, BK_GONE,
				      "set %s: what it stands on is not whole "
				      "there",
				      bk_set_name(name, set->id, set->kind));
		else
			continue;
		if (why.kind == BK_GONE && world->sets[set->base].broken)
			continue;
		bk_ship_lane_problem(lane, &why,
				     why.kind == BK_CORRUPT
					     ? "push again with --mend"
					     : "not copied");
	}
}

void bk_ship_tell_start(struct bk_ship_run *run)
{
	struct bk_run start = {
		.act = BK_ACT_SHIP,
		.repo = run->request->repo->target->where,
	};

	for (size_t i = 0; i < run->n_lanes; i++)
		if (run->lanes[i].planned)
			start.totals.bytes += run->lanes[i].plan.bytes;
	if (run->request->verb == BK_SHIP_VERIFY)
		start.totals.bytes = 0;
	bk_progress_start(run->progress, &start);
	tell_broken(run);
	for (size_t i = 0; i < run->n_lanes; i++)
		if (!atomic_load(&run->lanes[i].out))
			tell_found(&run->lanes[i]);
}

/* ---- the end ---- */

static enum bk_target_state state_of(const struct bk_ship_lane *lane,
				     const struct tally *tally)
{
	if (atomic_load(&lane->out))
		return BK_TARGET_FAILED;
	if (tally->complete == tally->of && !atomic_load(&lane->problems))
		return BK_TARGET_COMPLETE;
	if (lane->run->request->dry_run)
		return BK_TARGET_PLANNED;
	return BK_TARGET_INCOMPLETE;
}

static char *why_of(const struct bk_ship_lane *lane, const struct tally *tally)
{
	if (atomic_load(&lane->out))
		return bk_strdup(lane->why.text);
	if (tally->bad)
		return bk_asprintf("%zu not whole there", tally->bad);
	if (tally->broken)
		return bk_asprintf("%zu cannot be copied from here",
				   tally->broken);
	if (tally->todo)
		return bk_asprintf("%zu lack", tally->todo);
	return lane->gaps ? bk_strdup("degraded") : NULL;
}

static void tell(struct bk_ship_lane *lane, const struct tally *tally,
		 const char *why, int64_t now_ms)
{
	bool moved = lane->run->request->verb != BK_SHIP_STATUS &&
		     !lane->run->request->dry_run;
	char newest[BK_SET_LABEL];
	struct bk_target_report report = {
		.name = lane->end->name,
		.state = lane->state,
		.sets = tally->complete,
		.sets_of = tally->of,
		.files = moved ? atomic_load(&lane->files) : lane->plan.n_blobs,
		.bytes = moved ? atomic_load(&lane->bytes) : lane->plan.bytes,
		.seconds = (double)(now_ms - lane->start_ms) / 1000,
		.why = why,
	};

	if (tally->newest != BK_SHIP_NONE) {
		const struct bk_ship_set *set =
			&lane->run->world.sets[tally->newest];
		report.newest = bk_set_label(newest, set->id,
					     (enum bk_set_kind)set->kind);
	}
	if (lane->told && (report.state == BK_TARGET_FAILED || tally->todo))
		report.next = lane->end->again;
	bk_progress_target(lane->run->progress, &report);
}

void bk_ship_tell_progress(struct bk_ship_lane *lane)
{
	int64_t now = bk_clock_monotonic_ms();
	int64_t before = atomic_load(&lane->told_ms);

	/* One of the threads tells it. */
	if (now - before < TELL_EVERY_MS ||
	    !atomic_compare_exchange_strong(&lane->told_ms, &before, now))
		return;
	struct tally tally = count(lane);
	tell(lane, &tally, NULL, now);
}

void bk_ship_tell_lane(struct bk_ship_lane *lane)
{
	struct tally tally = count(lane);
	char *why = why_of(lane, &tally);

	lane->told = true;
	lane->state = state_of(lane, &tally);
	tell(lane, &tally, why, lane->end_ms);
	free(why);
}

/* Of lanes that all failed: room and damage are told apart from the rest. */
static int all_failed(const struct bk_ship_run *run, struct bk_outcome *outcome,
		      struct bk_err *err)
{
	const struct bk_ship_lane *first = &run->lanes[0];

	for (size_t i = 0; i < run->n_lanes; i++)
		if (run->lanes[i].why.kind == BK_FULL)
			first = &run->lanes[i];
	outcome->place = first->place;
	*err = first->why;
	return run->n_lanes > 1 ? bk_context(err, "no target got further") : -1;
}

static void tell_summary(struct bk_ship_run *run, enum bk_result result,
			 int64_t start_ms)
{
	struct bk_summary summary = {
		.act = BK_ACT_SHIP,
		.result = result,
		.repo = run->request->repo->target->where,
		.seconds = (double)(bk_clock_monotonic_ms() - start_ms) / 1000,
		.errors = atomic_load(&run->source_problems),
	};

	for (size_t i = 0; i < run->n_lanes; i++) {
		struct bk_ship_lane *lane = &run->lanes[i];
		summary.errors += atomic_load(&lane->problems);
		summary.errors += atomic_load(&lane->out);
		summary.bytes.source += result == BK_RESULT_PLANNED
						? lane->plan.bytes
						: atomic_load(&lane->bytes);
	}
	summary.bytes.stored = summary.bytes.source;
	bk_progress_finish(run->progress, &summary);
}

/* Damage at the only target is damage; one of several lacks something. */
static enum bk_ending ending_of(const struct bk_ship_run *run,
				const size_t n[BK_TARGET_PLANNED + 1])
{
	unsigned problems = 0;

	for (size_t i = 0; i < run->n_lanes; i++)
		problems += atomic_load(&run->lanes[i].problems) -
			    run->lanes[i].gaps;
	if (atomic_load(&run->source_problems) ||
	    (problems && n[BK_TARGET_COMPLETE] == 0))
		return BK_ENDING_DAMAGED;
	return n[BK_TARGET_INCOMPLETE] || n[BK_TARGET_FAILED]
		       ? BK_ENDING_INCOMPLETE
		       : BK_ENDING_DONE;
}

int bk_ship_tell_end(struct bk_ship_run *run, int64_t start_ms,
		     struct bk_outcome *outcome, struct bk_err *err)
{
	size_t n[BK_TARGET_PLANNED + 1] = {0};
	enum bk_result result = BK_RESULT_COMPLETE;

	for (size_t i = 0; i < run->n_lanes; i++) {
		if (!run->lanes[i].told)
			bk_ship_tell_lane(&run->lanes[i]);
		n[run->lanes[i].state]++;
	}
	outcome->ending = ending_of(run, n);
	if (n[BK_TARGET_FAILED] == run->n_lanes)
		result = BK_RESULT_FAILED;
	else if (outcome->ending != BK_ENDING_DONE)
		result = BK_RESULT_INCOMPLETE;
	else if (run->request->dry_run)
		result = BK_RESULT_PLANNED;
	tell_summary(run, result, start_ms);
	return result == BK_RESULT_FAILED ? all_failed(run, outcome, err) : 0;
}
