/* Copies of a job's sets: see job_copies.h. */

#include "job/job_copies.h"

#include "base/buf.h"
#include "base/log.h"
#include "job/retention.h"

/* Another job may be copying to the same place just now. */
#define WAIT_MS      ((int64_t)15 * 60 * 1000)
#define GRACE_MS     ((int64_t)24 * 3600 * 1000)
#define MINIMUM_KEPT 1

/* -o is about the repository of -r. */
int bk_job_copies_find(struct bk_job_copies *out, struct bk_settings *settings,
		       const struct bk_job_settings *job, struct bk_err *err)
{
	const struct bk_common *said = settings->common;
	struct bk_common bare = *said;

	bare.target_options = (struct bk_opt_list){0};
	settings->common = &bare;
	int rc = bk_ship_ends_job(&out->ends, settings, job, err);
	if (rc == 0)
		rc = bk_prune_places_job(&out->places, settings, job, err);
	settings->common = said;
	return rc;
}

void bk_job_copies_clear(struct bk_job_copies *copies)
{
	bk_ship_ends_clear(&copies->ends);
	bk_prune_places_clear(&copies->places);
}

enum bk_ending bk_job_worse(enum bk_ending a, enum bk_ending b)
{
	if (a == BK_ENDING_DAMAGED || b == BK_ENDING_DAMAGED)
		return BK_ENDING_DAMAGED;
	return a == BK_ENDING_DONE ? b : a;
}

static int64_t wait_of(const struct bk_job_copies *copies)
{
	return copies->wait_ms > WAIT_MS ? copies->wait_ms : WAIT_MS;
}

/* In the log at once, and in the mail. */
static void tell_problem(struct bk_job_copies *copies, const char *where,
			 const struct bk_err *why, const char *next)
{
	bk_log(BK_LOG_ERROR, "%s: %s", where, why->text);
	bk_job_record_problem(copies->record, where, why, next);
}

static int stopped(const struct bk_err *why, struct bk_err *err)
{
	*err = *why;
	return -1;
}

static void find_lacking(const struct bk_job_copies *copies,
			 struct bk_names *lacking)
{
	bk_names_clear(lacking);
	for (size_t i = 0; i < copies->ends.n; i++)
		if (!bk_job_record_has_copy(copies->record,
					    copies->ends.to[i].name))
			bk_names_add(lacking, copies->ends.to[i].name);
}

int bk_job_ship(struct bk_job_copies *copies, struct bk_names *lacking,
		enum bk_ending *ending, struct bk_err *err)
{
	const struct bk_ship_request request = {
		.verb = BK_SHIP_PUSH,
		.proof = BK_SHIP_FULL,
		.repo = copies->repo,
		.ends = copies->ends.to,
		.n_ends = copies->ends.n,
		.state_dir = copies->state_dir,
		.wait_ms = wait_of(copies),
	};
	struct bk_outcome mine = {0};
	struct bk_err why = {0};

	if (!copies->ends.n) {
		bk_names_clear(lacking); /* none is the job's any more */
		return 0;
	}
	int rc = bk_ship_run(&request, copies->progress, &mine, &why);
	find_lacking(copies, lacking);
	if (rc < 0 && why.kind == BK_CANCELLED)
		return stopped(&why, err);
	/* Else each target was told by itself. */
	if (rc < 0 && !copies->record->n_targets)
		tell_problem(copies, "ship", &why, "bk ship push");
	*ending = bk_job_worse(*ending,
			       rc < 0 ? BK_ENDING_INCOMPLETE : mine.ending);
	return 0;
}

static void record_left(struct bk_job_copies *copies,
			const struct bk_prune_place *place,
			const struct bk_item_error *item)
{
	struct bk_err why = {0};

	(void)bk_fail(&why, item->kind, "%s", item->text);
	bk_job_record_problem(copies->record, place->name, &why, item->next);
}

static int prune_at(struct bk_job_copies *copies,
		    const struct bk_prune_place *place, enum bk_ending *ending,
		    struct bk_err *err)
{
	struct bk_problems left = {0};
	const struct bk_prune_request request = {
		.verb = BK_PRUNE_RULES,
		.repo = copies->repo,
		.which = &copies->places.repo,
		.places = place,
		.n_places = 1,
		.min_keep = MINIMUM_KEPT,
		.grace_ms = GRACE_MS,
		.state_dir = copies->state_dir,
		.wait_ms = wait_of(copies),
		.style = copies->style,
		.left = &left,
	};
	struct bk_outcome mine = {0};
	struct bk_err why = {0};

	int rc = bk_prune_run(&request, &mine, &why);
	if (rc < 0 && why.kind == BK_CANCELLED) {
		bk_problems_clear(&left);
		return stopped(&why, err);
	}
	if (rc < 0)
		tell_problem(copies, place->name, &why, "bk prune");
	else if (mine.ending != BK_ENDING_INCOMPLETE)
		bk_names_add(&copies->record->pruned, place->name);
	for (size_t i = 0; i < left.n; i++)
		record_left(copies, place, &left.items[i]);
	bk_problems_clear(&left);
	/* What is put off is done by the next run. */
	if (rc < 0 || mine.ending == BK_ENDING_INCOMPLETE)
		*ending = bk_job_worse(*ending, BK_ENDING_INCOMPLETE);
	return 0;
}

int bk_job_prune(struct bk_job_copies *copies, bool here,
		 enum bk_ending *ending, struct bk_err *err)
{
	for (size_t i = 0; i < copies->places.n; i++) {
		const struct bk_prune_place *place = &copies->places.items[i];
		bool newer = place->is_repo
				     ? here
				     : bk_job_record_has_copy(copies->record,
							      place->name);
		if (place->n_rules && newer &&
		    prune_at(copies, place, ending, err) < 0)
			return -1;
	}
	return 0;
}
