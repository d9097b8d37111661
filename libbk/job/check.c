/* Proving that a repository is whole: see check.h. */

#include "job/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "job/check_run.h"
#include "repo/condemned.h"
#include "repo/slot.h"

#define PPM 1000000u

void bk_check_finding(struct bk_check_run *run, const struct bk_err *why,
		      const char *next)
{
	atomic_fetch_add(&run->findings, 1);
	bk_progress_item_error(run->progress, &(struct bk_item_error){
						      .kind = why->kind,
						      .text = why->text,
						      .outcome = next,
					      });
}

/* Files of no set: what interrupted runs left is no damage. */
static bool is_of_a_set(const struct bk_check_run *run,
			const struct bk_name *name)
{
	for (size_t i = 0; i < run->sets.n; i++)
		if (memcmp(run->sets.items[i].id, name->id, BK_ID_LEN) == 0)
			return true;
	for (size_t i = 0; i < run->n_packs; i++)
		if (memcmp(run->packs[i].row.owner, name->id, BK_ID_LEN) == 0)
			return true;
	return false;
}

static void note_orphans(struct bk_check_run *run)
{
	uint64_t n = 0, bytes = 0;
	struct bk_name name;

	for (size_t i = 0; i < run->files.n; i++) {
		enum bk_name_kind kind =
			bk_name_parse(run->files.items[i].name, &name);
		if ((kind != BK_NAME_PACK && kind != BK_NAME_INDEX &&
		     kind != BK_NAME_MANIFEST && kind != BK_NAME_TABLE &&
		     kind != BK_NAME_BUNDLE) ||
		    is_of_a_set(run, &name))
			continue;
		n++;
		bytes += run->files.items[i].size;
	}
	if (!n)
		return;
	char *note = bk_asprintf(
		"%ju files (%ju MiB) belong to no set: runs "
		"that were interrupted left them; they do no "
		"harm",
		(uintmax_t)n, (uintmax_t)(bytes >> 20));
	bk_progress_note(run->progress, note);
	free(note);
}

static int list_all(struct bk_check_run *run, struct bk_err *err)
{
	if (bk_target_list(run->request->repo->target, "", &run->files, err) <
		    0 ||
	    bk_sets_list(run->request->repo, &run->sets, err) < 0)
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

static const struct bk_set_info *listed(const struct bk_check_run *run,
					const uint8_t id[BK_ID_LEN])
{
	for (size_t i = 0; i < run->sets.n; i++)
		if (memcmp(run->sets.items[i].id, id, BK_ID_LEN) == 0)
			return &run->sets.items[i];
	return NULL;
}

/* Is the set that is there the one that was named as the one before? */
static bool is_the_one_before(const struct bk_set_info *info,
			      const struct bk_set_info *before)
{
	return before->broken || /* told already */
	       (memcmp(before->root.host, info->root.host, BK_ID_LEN) == 0 &&
		before->root.sequence < info->root.sequence &&
		memcmp(before->root_sha256, info->root.previous_sha256,
		       BK_SHA256_LEN) == 0);
}

/* Each set names the one that its host made before: a root that somebody took
 * away is missed, unless a prune did it and says so. */
static int check_sequence(struct bk_check_run *run, struct bk_err *err)
{
	struct bk_condemned gone = {0};
	char mine[BK_SET_NAME], its[BK_SET_NAME];
	struct bk_err why = {0};

	int rc = bk_tombstones_read(run->request->repo, &gone, err);
	for (size_t i = 0; rc == 0 && i < run->sets.n; i++) {
		const struct bk_set_info *info = &run->sets.items[i];
		const uint8_t *before = info->root.previous;
		const struct bk_set_info *there = listed(run, before);
		if (info->broken || bk_id_is_zero(before) ||
		    (there && is_the_one_before(info, there)) ||
		    (!there && bk_condemned_has_set(&gone, before)))
			continue;
		(void)bk_fail(&why, BK_CORRUPT,
			      there ? "set %s is another one than %s names as "
				      "the one before"
				    : "set %s is not here; %s names it as the "
				      "one before",
			      bk_set_name(its, before, 0),
			      bk_set_name(mine, info->id, info->root.kind));
		bk_check_finding(run, &why,
				 "copy its root back from where the "
				 "repository is kept too");
	}
	bk_condemned_clear(&gone);
	return rc;
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

/* What is read of a set's data, and who suffers from what is bad. */
static int check_data(struct bk_check_run *run, struct bk_set **sets, size_t n,
		      struct bk_err *err)
{
	bool bad = false;

	for (size_t i = 0; i < run->n_packs; i++)
		bad |= run->packs[i].bad;
	for (size_t i = 0; i < n; i++) {
		if (sets[i] && bad)
			bk_check_affected(run, sets[i]);
		if (!sets[i] || run->request->read_ppm != PPM)
			continue;
		bk_check_index(run, sets[i]);
		if (bk_check_messages(run, sets[i], err) < 0)
			return -1;
	}
	return 0;
}

static void open_set(struct bk_check_run *run, const struct bk_set_info *info,
		     struct bk_set **out)
{
	struct bk_err err = {0};
	char name[BK_SET_NAME];

	run->n_sets++;
	if (info->broken)
		(void)bk_fail(&err, BK_CORRUPT, "set %s: %s",
			      bk_set_name(name, info->id, 0), info->broken);
	else
		(void)bk_set_open(out, run->request->repo, info->id, &err);
	if (!*out)
		bk_check_finding(run, &err, BK_CHECK_ANEW);
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
	return check_data(run, sets, n, err);
}

static int check_sets(struct bk_check_run *run, struct bk_err *err)
{
	struct bk_set **sets = bk_alloc(run->sets.n * sizeof(struct bk_set *));

	for (size_t i = 0; i < run->sets.n; i++)
		if (!run->only || run->only == &run->sets.items[i])
			open_set(run, &run->sets.items[i], &sets[i]);
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
		if (check_sequence(run, err) < 0)
			return -1;
		bk_check_control(run);
		note_orphans(run);
	}
	tell_end(run, start_ms);
	uint64_t findings = atomic_load(&run->findings);
	if (!findings)
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "%ju findings; what is named above is damaged, the rest "
		       "is whole",
		       (uintmax_t)findings);
}

int bk_check_run(const struct bk_check_request *request,
		 struct bk_progress *progress, struct bk_outcome *outcome,
		 struct bk_err *err)
{
	struct bk_check_run run = {.request = request, .progress = progress};

	int rc = check_all(&run, outcome, err);
	bk_blob_list_clear(&run.files);
	bk_set_info_list_clear(&run.sets);
	for (size_t i = 0; i < run.n_packs; i++)
		free(run.packs[i].types);
	free(run.packs);
	return rc;
}
