/* Pruning one place after the other: see retention.h. */

#include "job/retention.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/path.h"
#include "crypto/secret.h"
#include "job/command.h"
#include "job/prune_run.h"
#include "net/url.h"
#include "repo/marker.h"
#include "target/spread.h"

static int take_lock(struct bk_prune_run *run, struct bk_lock **out,
		     struct bk_err *err)
{
	const struct bk_prune_request *request = run->request;
	const char *where = run->place->where;
	char *clean =
		bk_url_is(where) ? bk_strdup(where) : bk_path_clean(where);
	char *place = bk_asprintf("prune %s", clean);
	char repo[BK_ID_TEXT];
	struct bk_lock_request lock = {
		.state_dir = request->state_dir,
		.store = place,
		.repo = bk_id_hex(repo, request->repo->id),
		.command = "bk-prune",
		.wait_ms = request->wait_ms,
	};

	run->failed_at = BK_PLACE_LOCK;
	int rc = request->dry_run ? 0 : bk_lock_take(out, &lock, err);
	run->failed_at = BK_PLACE_TARGET;
	free(place);
	free(clean);
	return rc;
}

/* What is done with the others is done; one that was away keeps its files of
 * sets that are gone, and lacks what was written. */
static void tell_gaps(struct bk_prune_run *run)
{
	struct bk_spread *spread = bk_spread_of(run->repo->target);
	struct bk_spread_gap gaps[BK_SPREAD_MOST];
	unsigned n = spread ? bk_spread_missed(spread, gaps) : 0;
	struct bk_buf next = {0};

	bk_command_begin(&next, "check", run->request->which, 0);
	bk_buf_printf(&next, " --repair");
	for (unsigned i = 0; i < n; i++) {
		char *text = bk_asprintf("done without %s: %s", gaps[i].child,
					 gaps[i].why.text);
		bk_log(BK_LOG_ERROR, "%s: %s; when it is there again, run: %s",
		       run->place->name, text, bk_buf_text(&next));
		bk_prune_left(run, gaps[i].why.kind, text, bk_buf_text(&next));
		free(text);
	}
	bk_buf_clear(&next);
}

static int act(struct bk_prune_run *run, struct bk_err *err)
{
	struct bk_lock *lock = NULL;

	if (take_lock(run, &lock, err) < 0)
		return -1;
	run->now_ms = bk_clock_now_ms();
	int rc = run->request->verb == BK_PRUNE_RULES
			 ? bk_prune_by_rules(run, err)
			 : bk_prune_hold(run, err);
	if (rc == 0)
		tell_gaps(run);
	bk_lock_release(lock);
	return rc;
}

/* A copy of the repository, which its keys open. */
static int check_copy(const struct bk_prune_run *run, struct bk_target *target,
		      struct bk_err *err)
{
	struct bk_marker marker;

	if (bk_repo_look(target, &marker, err) < 0)
		return -1;
	if (memcmp(marker.id, run->request->repo->id, BK_ID_LEN) == 0)
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "%s holds another repository: nothing was touched; "
		       "that one is pruned where -r names it",
		       target->where);
}

static int act_at_target(struct bk_prune_run *run, struct bk_err *err)
{
	struct bk_prune_known known = {0};
	struct bk_target *target = NULL;
	int rc = -1;

	if (bk_target_open(&target, run->place->where, &run->place->reach,
			   false, err) < 0)
		return -1;
	struct bk_repo *view = bk_secure_alloc(sizeof(*view));
	*view = *run->request->repo;
	view->target = target;
	run->repo = view;
	run->known = &known;
	if (check_copy(run, target, err) == 0 &&
	    bk_prune_known_read(&known, run->request->repo, err) == 0)
		rc = act(run, err);
	run->known = NULL;
	bk_prune_known_clear(&known);
	bk_secure_free(view);
	bk_target_close(target);
	return rc;
}

static int act_at(struct bk_prune_run *run, struct bk_err *err)
{
	run->failed_at = BK_PLACE_TARGET;
	if (!run->place->is_repo)
		return act_at_target(run, err);
	run->repo = run->request->repo;
	return act(run, err);
}

/* How all of it went, so far. */
struct course {
	size_t done, failed;
	bool put_off, incomplete, found;
	struct bk_err first;
	enum bk_place first_at;
};

static void note_failure(struct course *course, const struct bk_prune_run *run,
			 const struct bk_err *why)
{
	if (!course->failed++) {
		course->first = *why;
		course->first_at = run->failed_at;
	}
	if (run->request->n_places > 1)
		bk_log(BK_LOG_ERROR, "%s: %s", run->place->name, why->text);
}

static int judge(const struct course *course, struct bk_outcome *outcome,
		 struct bk_err *err)
{
	if (course->failed && !course->done) {
		*err = course->first;
		outcome->place = course->first_at;
		return -1;
	}
	if (course->failed || course->incomplete)
		outcome->ending = BK_ENDING_INCOMPLETE;
	else if (course->put_off)
		outcome->ending = BK_ENDING_PUT_OFF;
	else if (!course->found)
		outcome->ending = BK_ENDING_NOTHING;
	return 0;
}

int bk_prune_run(const struct bk_prune_request *request,
		 struct bk_outcome *outcome, struct bk_err *err)
{
	struct course course = {0};

	for (size_t i = 0; i < request->n_places; i++) {
		struct bk_prune_run run = {.request = request,
					   .place = &request->places[i]};
		struct bk_err why = {0};
		if (act_at(&run, &why) == 0) {
			course.done++;
			course.put_off |= run.put_off;
			course.incomplete |= run.incomplete;
			course.found |= !run.nothing;
			continue;
		}
		note_failure(&course, &run, &why);
		if (why.kind == BK_CANCELLED) {
			*err = why;
			return -1;
		}
	}
	return judge(&course, outcome, err);
}
