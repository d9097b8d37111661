/* Proving that a repository and its copies are whole: see check.h. */

#include "job/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "job/check_cure.h"
#include "job/check_repair.h"
#include "job/check_run.h"
#include "repo/marker.h"

#define REPAIRS 8 /* rounds; each but the last mends something */

/* The check of all places. */
struct checking {
	const struct bk_check_request *request;
	struct bk_progress *progress;
	struct bk_progress *listener; /* to the looking; NULL: nobody yet */
	struct bk_outcome *outcome;
	struct bk_check_found found;
	uint8_t chosen[BK_ID_LEN]; /* the set that was asked for, */
	const uint8_t *only;       /* or NULL: all */
	char label[BK_SET_NAME];   /* of it */
	size_t n_damaged, n_lacking, n_out;
};

/* ---- places ---- */

static int look_at(struct checking *checking, size_t place,
		   const struct bk_repo *repo, struct bk_err *err)
{
	struct bk_check_place *places = checking->found.places;
	struct bk_check_run run = {
		.request = checking->request,
		.progress = checking->listener,
		.repo = repo,
		.place = &places[place],
		.place_number = place,
		.found = &checking->found,
		.original = place && places[0].reached ? &places[0] : NULL,
	};

	return bk_check_place_run(&run, checking->only, err);
}

static int choose(struct checking *checking, struct bk_err *err)
{
	const struct bk_check_request *request = checking->request;
	const struct bk_set_info *set = NULL;
	struct bk_set_info_list sets = {0};

	if (!request->choice)
		return 0;
	int rc = bk_sets_list(request->repo, &sets, err);
	if (rc == 0) {
		checking->outcome->place = BK_PLACE_SET;
		rc = bk_choose_set(&sets, request->choice, request->repo->host,
				   &set, err);
	}
	if (rc == 0) {
		checking->outcome->place = BK_PLACE_REPO;
		memcpy(checking->chosen, set->id, BK_ID_LEN);
		checking->only = checking->chosen;
		(void)bk_set_name(checking->label, set->id,
				  set->broken ? 0 : set->root.kind);
	}
	bk_set_info_list_clear(&sets);
	return rc;
}

/* -1 only when we were asked to stop; a place that is out of reach is noted. */
static int note_reach(struct checking *checking, size_t n, int rc,
		      const struct bk_err *why, struct bk_err *err)
{
	struct bk_check_place *place = &checking->found.places[n];

	place->reached = rc == 0;
	if (rc == 0)
		return 0;
	place->why = *why;
	if (why->kind == BK_CANCELLED) {
		*err = *why;
		return -1;
	}
	return 0;
}

static int check_original(struct checking *checking, struct bk_err *err)
{
	struct bk_err why = {0};

	int rc = look_at(checking, 0, checking->request->repo, &why);
	return note_reach(checking, 0, rc, &why, err);
}

/* ---- copies ---- */

/* Is there a copy of this repository?  1, or 0: nothing yet. */
static int look_for_copy(struct bk_target *target, const struct bk_repo *repo,
			 struct bk_err *err)
{
	struct bk_marker marker = {0};

	if (bk_repo_look(target, &marker, err) < 0)
		return err->kind == BK_GONE ? 0 : -1;
	if (memcmp(marker.id, repo->id, BK_ID_LEN) == 0)
		return 1;
	return bk_fail(err, BK_UNSAFE,
		       "%s holds another repository, no copy of this one",
		       target->where);
}

static int check_at(struct checking *checking, size_t n,
		    struct bk_target *target, struct bk_err *err)
{
	const struct bk_repo *repo = checking->request->repo;

	int is_copy = look_for_copy(target, repo, err);
	if (is_copy <= 0)
		return is_copy;
	struct bk_repo *view = bk_repo_view(repo, target);
	int rc = look_at(checking, n, view, err);
	bk_repo_close(view);
	return rc;
}

static int reach_copy(struct checking *checking, size_t n, struct bk_err *err)
{
	const struct bk_check_copy *copy = &checking->request->copies[n - 1];
	struct bk_target *target = NULL;

	if (bk_target_open(&target, copy->where, &copy->reach, false, err) < 0)
		return err->kind == BK_GONE ? 0 : -1; /* nothing yet */
	int rc = check_at(checking, n, target, err);
	bk_target_close(target);
	return rc;
}

static void add(struct checking *checking, size_t place,
		enum bk_check_cure cure, const uint8_t *set, char *text)
{
	struct bk_check_item item = {
		.place = place,
		.kind = BK_GONE,
		.cure = cure,
		.text = text,
	};

	if (set)
		memcpy(item.set, set, BK_ID_LEN);
	(void)bk_check_found_add(&checking->found, &item);
	free(text);
}

/* What the repository has whole and the copy lacks. */
static void compare_there(struct checking *checking, size_t n)
{
	const struct bk_check_place *here = &checking->found.places[0];
	const struct bk_check_place *there = &checking->found.places[n];
	char name[BK_SET_NAME];

	for (size_t i = 0; i < here->n_sets; i++) {
		const struct bk_check_set *set = &here->sets[i];
		if (!set->whole || bk_check_place_set(there, set->id) ||
		    bk_condemned_has_set(&there->gone, set->id) ||
		    bk_check_found_has(&checking->found, n, set->id))
			continue;
		add(checking, n, BK_CURE_SHIP, set->id,
		    bk_asprintf("set %s is not there",
				bk_set_name(name, set->id, set->kind)));
	}
}

/* What only the copy has, though no prune took it from the repository. */
static void compare_here(struct checking *checking, size_t n)
{
	const struct bk_check_place *here = &checking->found.places[0];
	const struct bk_check_place *there = &checking->found.places[n];
	char name[BK_SET_NAME];

	for (size_t i = 0; i < there->n_sets; i++) {
		const struct bk_check_set *set = &there->sets[i];
		if (!set->whole || bk_check_place_set(here, set->id) ||
		    bk_condemned_has_set(&here->gone, set->id) ||
		    bk_check_found_has(&checking->found, 0, set->id))
			continue;
		add(checking, n, BK_CURE_FETCH, set->id,
		    bk_asprintf("set %s is only there, and no prune took it "
				"from the repository",
				bk_set_name(name, set->id, set->kind)));
	}
}

static int check_copy(struct checking *checking, size_t n, struct bk_err *err)
{
	struct bk_check_place *place = &checking->found.places[n];
	const struct bk_check_copy *copy = &checking->request->copies[n - 1];
	struct bk_err why = {0};

	place->name = copy->name;
	place->where = copy->where;
	int rc = reach_copy(checking, n, &why);
	if (note_reach(checking, n, rc, &why, err) < 0)
		return -1;
	if (!place->reached) {
		struct bk_check_item item = {
			.place = n,
			.kind = why.kind,
			.cure = BK_CURE_AGAIN,
			.text = why.text,
		};
		(void)bk_check_found_add(&checking->found, &item);
	} else if (checking->found.places[0].reached) {
		compare_there(checking, n);
		if (!checking->only)
			compare_here(checking, n);
	}
	return 0;
}

static int check_places(struct checking *checking, struct bk_err *err)
{
	if (check_original(checking, err) < 0)
		return -1;
	for (size_t n = 1; n < checking->found.n_places; n++)
		if (check_copy(checking, n, err) < 0)
			return -1;
	return 0;
}

/* ---- what came of it ---- */

static void tell_item(struct checking *checking,
		      const struct bk_check_item *item)
{
	const char *outcome = NULL;
	char *next = bk_check_cure(checking->request->words, &checking->found,
				   item, &outcome);

	if (bk_check_item_lacks(item))
		checking->n_lacking++;
	else if (item->cure == BK_CURE_AGAIN)
		checking->n_out++;
	else
		checking->n_damaged++;
	bk_progress_item_error(
		checking->progress,
		&(struct bk_item_error){
			.kind = item->kind,
			.account = checking->found.places[item->place].name,
			.text = item->text,
			.outcome = outcome,
			.next = next,
		});
	free(next);
}

/* One copy in numbers, and the first command that helps it. */
struct tally {
	size_t whole, of, lacking, damaged, thin;
	const struct bk_check_set *newest;
	char *next, *why;
};

static void count_sets(const struct bk_check_place *place, struct tally *tally)
{
	for (size_t i = 0; i < place->n_sets; i++) {
		tally->of++;
		if (!place->sets[i].whole)
			continue;
		tally->whole++;
		tally->newest = &place->sets[i];
	}
}

static void count_items(const struct checking *checking, size_t n,
			struct tally *tally)
{
	const struct bk_check_found *found = &checking->found;
	const char *ignored = NULL;

	for (size_t i = 0; i < found->n; i++) {
		const struct bk_check_item *item = &found->items[i];
		if (item->place != n)
			continue;
		tally->lacking += item->cure == BK_CURE_SHIP;
		tally->thin += item->cure == BK_CURE_SPREAD &&
			       bk_check_item_lacks(item);
		tally->damaged += !bk_check_item_lacks(item) &&
				  item->cure != BK_CURE_AGAIN;
		if (!tally->next)
			tally->next = bk_check_cure(checking->request->words,
						    found, item, &ignored);
	}
	tally->of += tally->lacking;
}

static char *why_of(const struct bk_check_place *place,
		    const struct tally *tally)
{
	if (!place->reached)
		return bk_strdup(place->why.text);
	if (tally->damaged && tally->lacking)
		return bk_asprintf("%zu damaged, %zu lack", tally->damaged,
				   tally->lacking);
	if (tally->damaged)
		return bk_asprintf("%zu damaged", tally->damaged);
	if (tally->lacking)
		return bk_asprintf("%zu lack", tally->lacking);
	return tally->thin ? bk_strdup("degraded") : NULL;
}

static void tell_copy(struct checking *checking, size_t n)
{
	const struct bk_check_place *place = &checking->found.places[n];
	struct tally tally = {0};
	char label[BK_SET_LABEL];

	count_sets(place, &tally);
	count_items(checking, n, &tally);
	tally.why = why_of(place, &tally);
	struct bk_target_report report = {
		.name = place->name,
		.state = !place->reached ? BK_TARGET_FAILED
			 : tally.why     ? BK_TARGET_INCOMPLETE
					 : BK_TARGET_COMPLETE,
		.sets = tally.whole,
		.sets_of = tally.of,
		.files = place->files,
		.bytes = place->bytes,
		.seconds = place->seconds,
		.why = tally.why,
		.next = tally.next,
	};
	if (tally.newest)
		report.newest = bk_set_label(label, tally.newest->id,
					     tally.newest->kind);
	bk_progress_target(checking->progress, &report);
	free(tally.next);
	free(tally.why);
}

static void tell_summary(const struct checking *checking, uint64_t errors,
			 int64_t start_ms)
{
	struct bk_progress *progress = checking->progress;
	struct bk_summary summary = {
		.act = BK_ACT_CHECK,
		.result = BK_RESULT_COMPLETE,
		.set = *checking->label ? checking->label : NULL,
		.repo = checking->request->repo->target->where,
		.bytes.source = progress ? atomic_load(&progress->bytes) : 0,
		.errors = errors,
		.seconds = (double)(bk_clock_monotonic_ms() - start_ms) / 1000,
	};

	for (size_t i = 0; i < checking->found.n_places; i++)
		summary.messages.total += checking->found.places[i].messages;
	if (checking->n_lacking)
		summary.result = BK_RESULT_INCOMPLETE;
	if (errors > checking->n_lacking)
		summary.result = BK_RESULT_FAILED;
	bk_progress_finish(progress, &summary);
}

/* Of places that are out of reach the first. */
static int out_of_reach(const struct checking *checking, struct bk_err *err)
{
	const struct bk_check_place *places = checking->found.places;
	size_t n = 0;

	while (n < checking->found.n_places && places[n].reached)
		n++;
	if (n == checking->found.n_places)
		return 0;
	*err = places[n].why;
	if (!n)
		return -1;
	checking->outcome->place = BK_PLACE_TARGET;
	return bk_context(err, "%s", places[n].name);
}

/* The gravest of what was found is how it ends. */
static int end(const struct checking *checking, uint64_t errors,
	       struct bk_err *err)
{
	uint64_t damaged = errors - checking->n_lacking - checking->n_out;

	if (damaged)
		return bk_fail(err, BK_CORRUPT,
			       "%ju finding%s; what is named above is damaged, "
			       "the rest is whole",
			       (uintmax_t)errors, errors == 1 ? "" : "s");
	if (out_of_reach(checking, err) < 0)
		return -1;
	if (checking->n_lacking)
		checking->outcome->ending = BK_ENDING_INCOMPLETE;
	return 0;
}

/* An interrupted check tells what it found until then. */
static int tell(struct checking *checking, bool complete, int64_t start_ms,
		struct bk_err *err)
{
	struct bk_check_found *found = &checking->found;

	for (size_t i = 0; i < found->n; i++)
		tell_item(checking, &found->items[i]);
	if (!complete)
		return 0;
	for (size_t n = 1; n < found->n_places; n++)
		tell_copy(checking, n);
	uint64_t errors = found->n + found->n_messages;
	if (!errors && found->places[0].reached && !found->places[0].n_sets) {
		checking->outcome->place = BK_PLACE_SET;
		return bk_fail(err, BK_GONE,
			       "no set is here: nothing can be restored");
	}
	if (errors || found->places[0].reached)
		tell_summary(checking, errors, start_ms);
	return end(checking, errors, err);
}

static void begin(struct checking *checking)
{
	const struct bk_check_request *request = checking->request;

	bk_check_found_init(&checking->found, request->n_copies + 1);
	checking->found.places[0].where = request->repo->target->where;
}

static int check_again(struct checking *checking, struct bk_err *err)
{
	bk_check_found_clear(&checking->found);
	begin(checking);
	return check_places(checking, err);
}

/* What is mended may show what was not seen before: the files of a set whose
 * root did not open. */
static int repair(struct checking *checking, struct bk_err *err)
{
	size_t n = 0, all = 0;
	int rc = check_places(checking, err);

	for (int i = 0; rc == 0 && i < REPAIRS; i++) {
		rc = bk_check_repair(checking->request, &checking->found,
				     checking->progress, &n, err);
		all += n;
		if (rc < 0 || !n || checking->request->dry_run)
			break;
		rc = check_again(checking, err);
	}
	/* Messages are told of while they are looked at. */
	checking->listener = checking->progress;
	if (rc == 0 && (all || checking->found.n_messages))
		rc = check_again(checking, err);
	return rc;
}

static int begin_and_check(struct checking *checking, struct bk_err *err)
{
	if (choose(checking, err) < 0)
		return -1;
	bk_progress_start(
		checking->progress,
		&(struct bk_run){
			.act = BK_ACT_CHECK,
			.repo = checking->request->repo->target->where,
		});
	return checking->request->repair ? repair(checking, err)
					 : check_places(checking, err);
}

int bk_check_run(const struct bk_check_request *request,
		 struct bk_progress *progress, struct bk_outcome *outcome,
		 struct bk_err *err)
{
	struct checking checking = {
		.request = request,
		.progress = progress,
		.listener = request->repair ? NULL : progress,
		.outcome = outcome,
	};
	int64_t start_ms = bk_clock_monotonic_ms();

	outcome->place = BK_PLACE_REPO;
	begin(&checking);
	int rc = begin_and_check(&checking, err);
	struct bk_err ignored = {0};
	if (tell(&checking, rc == 0, start_ms, rc == 0 ? err : &ignored) < 0)
		rc = -1;
	bk_check_found_clear(&checking.found);
	return rc;
}
