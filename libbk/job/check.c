/* Proving that a repository is whole: see check.h. */

#include "job/check.h"
#include "job/denied.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "job/check_run.h"
#include "job/denied.h"
#include "repo/container.h"
#include "repo/slot.h"

#define PPM 1000000u

void bk_check_finding(struct bk_check_run *run, const struct bk_err *why,
		      const char *next)
{
	next = bk_denied_next(bk_is_denied(why), BK_PLACE_REPO, next);
	atomic_fetch_add(&run->findings, 1);
	bk_progress_item_error(run->progress, &(struct bk_item_error){
						      .kind = why->kind,
						      .text = why->text,
						      .outcome = next,
					      });
}

/* Others may write meanwhile: a set that is remembered was visible before, and
 * one that is visible has its files. */
static int list_all(struct bk_check_run *run, struct bk_err *err)
{
	const struct bk_repo *repo = run->request->repo;

	if (run->request->state_dir)
		bk_backup_state_heads(&run->heads, run->request->state_dir,
				      repo->target->where, repo->id);
	if (bk_sets_list(repo, &run->sets, err) < 0 ||
	    bk_target_list(repo->target, "", &run->files, err) < 0)
		return -1;
	if (!bk_blob_list_find(&run->files, "bkrepo"))
		return bk_fail(err, BK_CORRUPT,
			       "%s: its listing does not show bkrepo",
			       run->request->repo->target->where);
	return 0;
}

/* A slot that nobody opened today is the one that somebody will need. */
static int check_slots(struct bk_check_run *run, struct bk_err *err)
{
	const struct bk_repo *repo = run->request->repo;
	struct bk_slot_list slots = {0};

	if (bk_slot_list(repo->target, repo->id, &slots, err) < 0)
		return -1;
	if (slots.n_broken)
		bk_check_finding(run, &slots.broken,
				 "its password or key opens nothing; make a "
				 "new slot: bk key add");
	bk_slot_list_clear(&slots);
	return 0;
}

/* The sets that are looked at: all, or the one that was chosen. */
static int narrow(struct bk_check_run *run, struct bk_outcome *outcome,
		  struct bk_err *err)
{
	if (!run->request->choice)
		return 0;
	outcome->place = BK_PLACE_SET;
	int rc = bk_choose_set(&run->sets, run->request->choice,
			       run->request->repo->host, &run->only, err);
	if (rc == 0)
		outcome->place = BK_PLACE_REPO;
	return rc;
}

/* Where all data is read: every message, and what none of them needs. */
static int check_data(struct bk_check_run *run, struct bk_set **sets, size_t n,
		      struct bk_err *err)
{
	if (run->request->read_ppm != PPM)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!sets[i])
			continue;
		bk_check_index(run, sets[i]);
		if (bk_check_messages(run, sets[i], err) < 0)
			return -1;
	}
	return bk_check_rest(run, err);
}

/* Who suffers from what is bad. */
static void tell_affected(struct bk_check_run *run, struct bk_set **sets,
			  size_t n)
{
	bool bad = false;

	for (size_t i = 0; i < run->n_packs; i++)
		bad |= run->packs[i].bad;
	for (size_t i = 0; bad && i < n; i++)
		if (sets[i])
			bk_check_affected(run, sets[i]);
}

static void open_set(struct bk_check_run *run, const struct bk_set_info *info,
		     struct bk_set **out)
{
	struct bk_err err = {0};
	char name[BK_SET_NAME];

	run->n_sets++;
	if (bk_check_base_absent(run, info))
		return;
	if (info->broken)
		(void)bk_fail(&err, BK_CORRUPT, "set %s: %s",
			      bk_set_name(name, info->id, 0), info->broken);
	else
		(void)bk_set_open(out, run->request->repo, info->id, &err);
	if (!*out)
		bk_check_finding(run, &err,
				 strstr(err.text, BK_OF_ANOTHER_REPO)
					 ? "remove that file"
					 : BK_CHECK_ANEW);
}

/* Packs come first, for they say what kinds of chunks messages lead to. */
static int check_opened(struct bk_check_run *run, struct bk_set **sets,
			size_t n, struct bk_err *err)
{
	bk_check_packs_collect(run, sets, n);
	if (bk_check_packs(run, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (bk_cancelled(err) < 0)
			return -1;
		if (sets[i])
			bk_check_structure(run, sets[i]);
	}
	if (check_data(run, sets, n, err) < 0)
		return -1;
	tell_affected(run, sets, n);
	return 0;
}

static int check_sets(struct bk_check_run *run, struct bk_err *err)
{
	struct bk_set **sets = bk_alloc(run->sets.n * sizeof(struct bk_set *));

	for (size_t i = 0; i < run->sets.n; i++)
		if (!run->only || run->only == &run->sets.items[i])
			open_set(run, &run->sets.items[i], &sets[i]);
	bk_check_bases(run);
	int rc = check_opened(run, sets, run->sets.n, err);
	for (size_t i = 0; i < run->sets.n; i++)
		bk_set_close(sets[i]);
	free(sets);
	return rc;
}

/* `only` is the one set that was looked at, or NULL. */
static void tell_end(struct bk_check_run *run, int64_t start_ms)
{
	const struct bk_set_info *only = run->only;
	char label[BK_SET_NAME];
	uint64_t findings = atomic_load(&run->findings);
	struct bk_summary summary = {
		.act = BK_ACT_CHECK,
		.result = findings ? BK_RESULT_FAILED : BK_RESULT_COMPLETE,
		.repo = run->request->repo->target->where,
		.messages.total = run->messages,
		.bytes.source =
			run->progress ? atomic_load(&run->progress->bytes) : 0,
		.errors = findings,
		.seconds = (double)(bk_clock_monotonic_ms() - start_ms) / 1000,
	};

	if (only)
		summary.set = bk_set_name(label, only->id,
					  only->broken ? 0 : only->root.kind);
	bk_progress_finish(run->progress, &summary);
}

static int check_all(struct bk_check_run *run, struct bk_outcome *outcome,
		     struct bk_err *err)
{
	int64_t start_ms = bk_clock_monotonic_ms();

	outcome->place = BK_PLACE_REPO;
	if (list_all(run, err) < 0 || narrow(run, outcome, err) < 0)
		return -1;
	bk_progress_start(run->progress,
			  &(struct bk_run){
				  .act = BK_ACT_CHECK,
				  .repo = run->request->repo->target->where,
			  });
	if (check_slots(run, err) < 0 || check_sets(run, err) < 0)
		return -1;
	if (!run->only) {
		if (bk_check_absent(run, err) < 0)
			return -1;
		bk_check_seen(run);
		bk_check_control(run);
	}
	uint64_t findings = atomic_load(&run->findings);
	if (!findings && !run->sets.n) {
		outcome->place = BK_PLACE_SET;
		return bk_fail(err, BK_GONE,
			       "no set is here: nothing can be restored");
	}
	tell_end(run, start_ms);
	if (!findings)
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "%ju finding%s; what is named above is damaged, the "
		       "rest is whole",
		       (uintmax_t)findings, findings == 1 ? "" : "s");
}

int bk_check_run(const struct bk_check_request *request,
		 struct bk_progress *progress, struct bk_outcome *outcome,
		 struct bk_err *err)
{
	struct bk_check_run run = {.request = request, .progress = progress};

	(void)pthread_mutex_init(&run.lock, NULL);
	int rc = check_all(&run, outcome, err);
	(void)pthread_mutex_destroy(&run.lock);
	bk_state_heads_clear(&run.heads);
	bk_blob_list_clear(&run.files);
	bk_set_info_list_clear(&run.sets);
	for (size_t i = 0; i < run.n_packs; i++) {
		free(run.packs[i].types);
		free(run.packs[i].proved);
	}
	free(run.packs);
	return rc;
}
