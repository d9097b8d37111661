/* Making a set of a store, stage by stage: see backup.h. */

#include "job/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/lock.h"
#include "crypto/random.h"
#include "job/backup_base.h"
#include "job/backup_commit.h"
#include "job/backup_missing.h"
#include "job/backup_preview.h"
#include "job/backup_read.h"
#include "job/backup_state.h"
#include "job/backup_trees.h"
#include "job/backup_walk.h"
#include "job/choose.h"
#include "job/set_gaps.h"
#include "repo/adopt.h"
#include "repo/bundle.h"
#include "repo/manifest_writer.h"
#include "repo/packer.h"
#include "repo/publish.h"

/* Of the 2 MiB that the format allows; larger blocks compress better. */
#define BLOCK_SIZE     (((size_t)2 << 20) - ((size_t)64 << 10))
#define PACK_SIZE      ((uint64_t)64 << 20)
#define MANIFEST_LEVEL 6
#define PPM            1000000u
#define ERRORS_FEW     10

/* ---- the store and its accounts ---- */

static int open_store(struct bk_backup *run, struct bk_err *err)
{
	const struct bk_store_config *config = &run->request->job->store.config;

	run->outcome->place = BK_PLACE_SOURCE;
	if (bk_store_open(&run->store, config, err) < 0 ||
	    run->store->ops->accounts(run->store, &run->accounts, err) < 0)
		return -1;
	if (!run->accounts.n)
		return bk_fail(
			err, BK_GONE,
			"%s: there is no account in it. No set written. "
			"Is the path right, and the file system mounted?",
			config->path ? config->path : config->name);
	return bk_missing_choose(run, err);
}

static int take_lock(struct bk_backup *run, struct bk_err *err)
{
	const struct bk_backup_request *request = run->request;
	char *store = bk_store_identity(&request->job->store.config);
	char repo[BK_ID_TEXT];
	struct bk_lock_request lock = {
		.state_dir = request->state_dir,
		.store = store,
		.repo = bk_id_hex(repo, request->repo->id),
		.command = "bk-backup",
		.wait_ms = request->wait_ms,
	};

	run->outcome->place = BK_PLACE_LOCK;
	int rc = bk_lock_take(&run->lock, &lock, err);
	free(store);
	return rc;
}

/* ---- what it stands on ---- */

/* A set that we completed is no longer there: an older copy of the repository
 * was put back, or somebody deleted it. */
static void notice_rollback(struct bk_backup *run)
{
	char name[BK_SET_NAME];

	if (!run->state.has_head)
		return;
	for (size_t i = 0; i < run->base.sets.n; i++)
		if (memcmp(run->base.sets.items[i].id, run->state.head,
			   BK_ID_LEN) == 0)
			return;
	char *note = bk_asprintf(
		"set %s, which this host completed, is no longer in the "
		"repository: was it pruned, or an older copy put back?",
		bk_set_name(name, run->state.head, 0));
	bk_progress_note(run->progress, note);
	free(note);
}

static int choose_base(struct bk_backup *run, struct bk_err *err)
{
	const struct bk_backup_request *request = run->request;
	uint8_t random[BK_ID_RANDOM_LEN];

	run->outcome->place = BK_PLACE_REPO;
	bk_backup_state_load(&run->state, request->state_dir,
			     request->job->store.config.name,
			     request->repo->target->where, request->repo->id);
	if (bk_backup_base_choose(&run->base, request, run->progress, err) < 0)
		return -1;
	notice_rollback(run);
	bk_backup_base_notice_clock(&run->base, run->start_ms, run->progress);
	bk_random_bytes(random, sizeof(random));
	bk_setid_make(run->set, run->start_ms, random);
	return 0;
}

/* The intent is put; a base that was condemned meanwhile is none. */
static int begin_publishing(struct bk_backup *run, struct bk_err *err)
{
	const uint8_t *base =
		run->base.base ? run->base.base->levels[0].id : NULL;

	if (bk_publish_open(&run->publish, run->request->repo, run->set, base,
			    err) < 0)
		return -1;
	for (size_t i = 0; base && i < run->base.base->n_levels; i++) {
		if (!bk_condemned_has_set(bk_publish_condemned(run->publish),
					  run->base.base->levels[i].id))
			continue;
		bk_progress_warning(run->progress,
				    "a prune condemned the set to stand on: "
				    "making a full one");
		bk_backup_base_drop(&run->base);
		if (bk_backup_base_check(&run->base, run->request, err) < 0)
			return -1;
		return bk_publish_drop_base(run->publish, err);
	}
	return 0;
}

/* ---- the machinery ---- */

static int take_over(struct bk_backup *run, struct bk_err *err)
{
	uint64_t packs = 0, bytes = 0;

	if (run->base.kind != BK_SET_FULL)
		return 0;
	for (size_t i = 0; i < run->state.n_open; i++) {
		struct bk_adopted adopted = {0};
		if (bk_adopt(run->packer, run->request->repo,
			     run->state.open[i],
			     bk_publish_condemned(run->publish), &adopted,
			     err) < 0)
			return -1;
		packs += adopted.packs;
		bytes += adopted.bytes;
	}
	if (!packs)
		return 0;
	char *note = bk_asprintf(
		"going on from %ju complete packs (%ju MiB) "
		"of runs that were interrupted",
		(uintmax_t)packs, (uintmax_t)(bytes >> 20));
	bk_progress_note(run->progress, note);
	free(note);
	return 0;
}

static int open_packer(struct bk_backup *run, struct bk_err *err)
{
	uint64_t pack_size = run->request->job->repo.pack_size;
	struct bk_packer_config config = {
		.repo = run->request->repo,
		.target = bk_bundle_target(run->bundle),
		.pack_size = pack_size ? pack_size : PACK_SIZE,
		.block_size = BLOCK_SIZE,
		.level = run->base.base ? BK_PACK_LEVEL_DELTA : BK_PACK_LEVEL,
	};

	memcpy(config.set, run->set, sizeof(config.set));
	if (run->base.base) {
		/* The lookup names packs to the packer, and the packer asks
		 * the lookup: neither is used before both are there. */
		run->lookup = bk_base_lookup_new(run->base.base);
		config.base = bk_base_lookup_find;
		config.base_arg = run->lookup;
	}
	if (bk_packer_open(&run->packer, &config, err) < 0)
		return -1;
	if (run->lookup)
		bk_base_lookup_bind(run->lookup, run->packer);
	return take_over(run, err);
}

/* From now on a run that dies leaves something to take over. */
static int remember_open(struct bk_backup *run, struct bk_err *err)
{
	bk_backup_state_open(&run->state, run->set);
	return bk_backup_state_save(&run->state, err);
}

/* So many messages may fail: a share of what there is, and a few always. */
static uint64_t errors_allowed(const struct bk_backup *run, uint64_t messages)
{
	uint64_t ppm = run->request->job->read_errors_ppm;

	return messages / PPM * ppm + messages % PPM * ppm / PPM + ERRORS_FEW;
}

static void prepare_walk(struct bk_backup *run)
{
	run->n_missing = bk_missing_report(run);
	run->walk = (struct bk_backup_walk){
		.request = run->request,
		.base = &run->base,
		.store = run->store,
		.accounts = &run->accounts,
		.progress = run->progress,
	};
}

static int open_machinery(struct bk_backup *run, struct bk_err *err)
{
	const struct bk_backup_request *request = run->request;

	prepare_walk(run);
	run->bundle = bk_bundle_new(request->repo->target);
	if (open_packer(run, err) < 0 || remember_open(run, err) < 0 ||
	    bk_manifest_writer_open(&run->manifest, request->repo,
				    bk_bundle_target(run->bundle), run->set,
				    MANIFEST_LEVEL, err) < 0)
		return -1;
	run->walk.packer = run->packer;
	run->walk.hand = bk_packer_hand_new(run->packer);
	run->walk.manifest = run->manifest;
	struct bk_backup_read_config config = {
		.store = run->store,
		.packer = run->packer,
		.repo = request->repo,
		.previous = run->base.previous,
		.progress = run->progress,
		.threads =
			run->store->ops->parallel_fetch ? request->threads : 1,
		/* Without an earlier set nobody knows yet: see check_errors. */
		.errors_max =
			run->base.previous_messages
				? errors_allowed(run,
						 run->base.previous_messages)
				: UINT64_MAX,
	};
	return bk_backup_read_open(&run->walk.read, &config, err);
}

/* ---- safety ---- */

static double percent_of(uint32_t ppm)
{
	return (double)ppm * 100 / PPM;
}

/* A source that lets nobody in is no store that is damaged. */
static int nothing_listed(const struct bk_backup *run, struct bk_err *err)
{
	const struct bk_backup_request *request = run->request;

	return bk_fail(err, BK_DENIED,
		       "%s: %s can be listed. No set written. Mend what is "
		       "named above, then run it again",
		       request->job->store.config.name,
		       bk_filter_is_empty(request->only)
			       ? "none of its accounts"
			       : "no account that was asked for");
}

/* A few errors are forgiven, but a set that has nothing of the store's mail
 * because of them is none. */
static int check_empty(struct bk_backup *run, struct bk_err *err)
{
	const struct bk_backup_walk *walk = &run->walk;

	if (!run->errors || (walk->counts.messages && walk->listed))
		return 0;
	run->outcome->place = BK_PLACE_SOURCE;
	if (!walk->listed)
		return nothing_listed(run, err);
	return bk_fail(err, BK_UNSAFE,
		       "nothing of store %s can be read. No set written. Look "
		       "at what is named above",
		       run->request->job->store.config.name);
}

static int check_errors(struct bk_backup *run, struct bk_err *err)
{
	if (run->errors <= errors_allowed(run, run->walk.counts.messages))
		return check_empty(run, err);
	run->outcome->place = BK_PLACE_SOURCE;
	return bk_fail(err, BK_UNSAFE,
		       "store %s: %ju messages or folders cannot be read "
		       "(limit %g %%). No set written. Look at the store's "
		       "disks and rights first, or raise read-errors",
		       run->request->job->store.config.name,
		       (uintmax_t)run->errors,
		       percent_of(run->request->job->read_errors_ppm));
}

static int check_shrink(struct bk_backup *run, struct bk_err *err)
{
	const struct bk_backup_request *request = run->request;
	uint64_t was = run->base.previous_messages;
	uint64_t now = run->walk.counts.messages;

	if (request->accept_shrink || now >= was)
		return 0;
	if ((was - now) * PPM <= was * request->job->max_shrink_ppm)
		return 0;
	run->outcome->place = BK_PLACE_SOURCE;
	return bk_fail(err, BK_UNSAFE,
		       "store %s shrank from %ju to %ju messages (limit %g "
		       "%%). No set written, none pruned. If this is right: "
		       "--accept-shrink",
		       request->job->store.config.name, (uintmax_t)was,
		       (uintmax_t)now,
		       percent_of(request->job->max_shrink_ppm));
}

/* The set is complete: a full one took over what was left open before; a
 * differential cannot, and leaves it to the next full one. */
static void remember_head(struct bk_backup *run)
{
	struct bk_backup_state *state = &run->state;
	struct bk_err ignored = {0}, why = {0};

	state->n_open--; /* this one */
	for (size_t i = 0; i < state->n_open; i++)
		(void)bk_adopt_clear_intents(run->request->repo, state->open[i],
					     &ignored);
	if (run->base.kind == BK_SET_FULL)
		state->n_open = 0;
	state->has_head = true;
	memcpy(state->head, run->set, BK_ID_LEN);
	if (bk_backup_state_save(state, &why) == 0)
		return;
	/* The set is there all the same, and the next run finds it. */
	char *note = bk_asprintf(
		"%s; the set is complete, but the next run "
		"cannot begin before that is mended",
		why.text);
	bk_progress_note(run->progress, note);
	free(note);
}

/* ---- all of it ---- */

static void tell_start(struct bk_backup *run)
{
	bk_progress_start(run->progress,
			  &(struct bk_run){
				  .act = BK_ACT_BACKUP,
				  .store = run->request->job->store.config.name,
				  .repo = run->request->repo->target->where,
				  .kind = bk_set_kind_name(run->base.kind),
				  .totals.accounts = run->accounts.n,
			  });
}

/* Without a root it was a dry run. */
static void tell_end(struct bk_backup *run, const struct bk_root *root)
{
	const struct bk_backup_counts *counts = &run->walk.counts;
	const struct bk_set *base = run->base.base;
	/* The set lacks nothing of what the store has; who asked for more must
	 * hear of it all the same. */
	uint64_t gaps = root ? bk_set_gaps_tell(run->request->repo,
						&run->request->job->repo,
						run->set, run->progress)
			     : 0;
	uint64_t errors = run->errors + run->n_missing + gaps;
	char mine[BK_SET_LABEL], its[BK_SET_LABEL];
	struct bk_summary summary = {
		.act = BK_ACT_BACKUP,
		.result = !root    ? BK_RESULT_PLANNED
			  : errors ? BK_RESULT_INCOMPLETE
				   : BK_RESULT_COMPLETE,
		.kind = bk_set_kind_name(run->base.kind),
		.store = run->request->job->store.config.name,
		.repo = run->request->repo->target->where,
		.accounts = run->walk.n_accounts,
		.messages.total = counts->messages,
		.messages.added = counts->added,
		.messages.kept = counts->kept,
		.messages.flags = counts->flags,
		.messages.gone = counts->gone,
		.bytes.source = counts->read_bytes,
		.errors = errors,
		.seconds = (double)(bk_clock_now_ms() - run->start_ms) / 1000,
	};

	if (root) {
		summary.set = bk_set_label(mine, run->set, run->base.kind);
		memcpy(run->outcome->committed, mine, sizeof(mine));
		summary.bytes.stored = root->totals.stored;
	}
	if (base)
		summary.base = bk_set_label(its, base->levels[0].id,
					    base->levels[0].root.kind);
	if (errors) {
		run->outcome->ending = BK_ENDING_INCOMPLETE;
		if (errors > gaps)
			summary.next =
				"mend what is named above, then run it "
				"again";
	}
	bk_progress_finish(run->progress, &summary);
}

/* What make_set would do, as far as the listings tell. */
static int preview(struct bk_backup *run, struct bk_err *err)
{
	struct bk_backup_preview *to = bk_preview_open(&run->request->style);

	prepare_walk(run);
	run->walk.preview = to;
	int rc = bk_backup_walk(&run->walk, err);
	if (rc == 0)
		rc = bk_preview_print(to, err);
	bk_preview_free(to);
	run->walk.preview = NULL;
	run->errors = run->walk.unlisted;
	if (rc < 0 || check_errors(run, err) < 0 || check_shrink(run, err) < 0)
		return -1;
	tell_start(run); /* late: no display among the rows */
	tell_end(run, NULL);
	return 0;
}

static int make_set(struct bk_backup *run, struct bk_root *root,
		    struct bk_err *err)
{
	if (open_store(run, err) < 0 || take_lock(run, err) < 0 ||
	    choose_base(run, err) < 0 || begin_publishing(run, err) < 0)
		return -1;
	tell_start(run);
	if (open_machinery(run, err) < 0 || bk_backup_walk(&run->walk, err) < 0)
		return -1;
	run->errors =
		bk_backup_read_errors(run->walk.read) + run->walk.unlisted;
	if (check_errors(run, err) < 0 || check_shrink(run, err) < 0 ||
	    bk_cancelled(err) < 0 || bk_backup_trees(run, err) < 0)
		return -1;
	run->errors += bk_backup_texts_errors(&run->walk);
	if (bk_backup_commit(run, root, err) < 0)
		return -1;
	remember_head(run);
	tell_end(run, root);
	return 0;
}

int bk_backup_run(const struct bk_backup_request *request,
		  struct bk_progress *progress, struct bk_outcome *outcome,
		  struct bk_err *err)
{
	struct bk_backup run = {
		.request = request,
		.progress = progress,
		.outcome = outcome,
		.start_ms = bk_clock_now_ms(),
	};
	struct bk_root root = {0};

	int rc = bk_backup_base_check_clock(run.start_ms, err);
	if (rc == 0 && request->dry_run)
		rc = open_store(&run, err);
	if (rc == 0 && request->dry_run)
		rc = choose_base(&run, err);
	if (rc == 0)
		rc = request->dry_run ? preview(&run, err)
				      : make_set(&run, &root, err);

	bk_backup_read_close(run.walk.read);
	bk_backup_walk_clear(&run.walk);
	bk_manifest_writer_abort(run.manifest);
	bk_packer_hand_free(run.walk.hand);
	bk_packer_free(run.packer);
	bk_base_lookup_free(run.lookup);
	bk_bundle_free(run.bundle);
	bk_publish_close(run.publish);
	bk_root_clear(&root);
	bk_backup_base_clear(&run.base);
	bk_backup_state_clear(&run.state);
	bk_lock_release(run.lock);
	bk_account_list_clear(&run.accounts);
	bk_names_clear(&run.missing);
	bk_store_close(run.store);
	return rc;
}
