/* Looking at everything in one place: see check_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "job/check_run.h"
#include "job/check_spread.h"
#include "repo/container.h"
#include "repo/slot.h"

/* ---- what is wrong ---- */

/* Says nothing of what lies there, but that it cannot be got at. */
static bool is_out_of_reach(const struct bk_check_run *run, enum bk_kind kind)
{
	if (kind == BK_LOST || kind == BK_BUSY || kind == BK_STARVED ||
	    kind == BK_CANCELLED)
		return true;
	return kind == BK_DENIED && strstr(run->repo->target->where, "://");
}

bool bk_check_breaks_off(struct bk_check_run *run, const struct bk_err *why)
{
	if (!is_out_of_reach(run, why->kind))
		return false;
	(void)pthread_mutex_lock(&run->lock);
	if (!run->broke_off)
		run->why = *why;
	run->broke_off = true;
	(void)pthread_mutex_unlock(&run->lock);
	return true;
}

int bk_check_lost(struct bk_check_run *run, struct bk_err *err)
{
	if (bk_cancelled(err) < 0)
		return -1;
	(void)pthread_mutex_lock(&run->lock);
	bool lost = run->broke_off;
	if (lost)
		*err = run->why;
	(void)pthread_mutex_unlock(&run->lock);
	return lost ? -1 : 0;
}

static void mark_bad(struct bk_check_run *run, const uint8_t *set)
{
	(void)pthread_mutex_lock(&run->lock);
	for (size_t i = 0; run->bad_sets && i < run->sets.n; i++)
		if (memcmp(run->sets.items[i].id, set, BK_ID_LEN) == 0)
			run->bad_sets[i] = true;
	(void)pthread_mutex_unlock(&run->lock);
}

void bk_check_finding(struct bk_check_run *run, const struct bk_err *why,
		      enum bk_check_cure cure, const uint8_t *set)
{
	struct bk_check_item item = {
		.place = run->place_number,
		.kind = why->kind,
		.cure = cure,
	};
	struct bk_err text = *why; /* the list copies it */

	if (bk_check_breaks_off(run, why))
		return;
	if (set) {
		memcpy(item.set, set, BK_ID_LEN);
		mark_bad(run, set);
	}
	item.text = text.text;
	(void)bk_check_found_add(run->found, &item);
}

void bk_check_spoilt(struct bk_check_run *run, const uint8_t set[BK_ID_LEN])
{
	(void)pthread_mutex_lock(&run->found->lock);
	run->found->n_messages++;
	(void)pthread_mutex_unlock(&run->found->lock);
	mark_bad(run, set);
}

/* ---- the stages ---- */

/* Others may write meanwhile: a set that is remembered was visible before, and
 * one that is visible has its files. */
static int list_all(struct bk_check_run *run, struct bk_err *err)
{
	const struct bk_repo *repo = run->repo;

	if (run->request->state_dir)
		bk_backup_state_heads(&run->heads, run->request->state_dir,
				      repo->target->where, repo->id);
	if (bk_sets_list(repo, &run->sets, err) < 0 ||
	    bk_target_list(repo->target, "", &run->files, err) < 0)
		return -1;
	if (!bk_blob_list_find(&run->files, "bkrepo"))
		return bk_fail(err, BK_CORRUPT,
			       "%s: its listing does not show bkrepo",
			       repo->target->where);
	run->bad_sets = bk_alloc(run->sets.n + 1);
	return bk_tombstones_read(repo, &run->place->gone, err);
}

/* A slot that nobody opened today is the one that somebody will need. */
static int check_slots(struct bk_check_run *run, struct bk_err *err)
{
	const struct bk_repo *repo = run->repo;
	struct bk_slot_list slots = {0};

	if (bk_slot_list(repo->target, repo->id, &slots, err) < 0)
		return -1;
	if (slots.n_broken)
		bk_check_finding(run, &slots.broken, BK_CURE_SLOT, NULL);
	bk_slot_list_clear(&slots);
	return 0;
}

/* Where all data is read: every message, and what none of them needs. */
static int check_data(struct bk_check_run *run, struct bk_set **sets, size_t n,
		      struct bk_err *err)
{
	if (run->request->read_ppm != BK_CHECK_ALL)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!sets[i])
			continue;
		bk_check_index(run, sets[i]);
		if (bk_check_messages(run, sets[i], err) < 0 ||
		    bk_check_trees(run, sets[i], err) < 0)
			return -1;
	}
	return bk_check_rest(run, err);
}

/* Who suffers from what is bad. */
static void tell_affected(struct bk_check_run *run, struct bk_set **sets,
			  size_t n)
{
	bool bad = bk_check_packs_bad(run);

	for (size_t i = 0; bad && i < n; i++)
		if (sets[i])
			bk_check_affected(run, sets[i]);
}

static void open_set(struct bk_check_run *run, const struct bk_set_info *info,
		     struct bk_set **out)
{
	struct bk_err err = {0};
	char name[BK_SET_NAME];

	if (bk_check_base_absent(run, info))
		return;
	if (info->broken)
		(void)bk_fail(&err,
			      info->kind == BK_OK ? BK_CORRUPT : info->kind,
			      "set %s: %s", bk_set_name(name, info->id, 0),
			      info->broken);
	else
		(void)bk_set_open(out, run->repo, info->id, &err);
	if (!*out)
		bk_check_finding(run, &err,
				 strstr(err.text, BK_OF_ANOTHER_REPO)
					 ? BK_CURE_REMOVE
					 : BK_CURE_COPY,
				 info->id);
}

/* Packs come first, for they say what kinds of chunks messages lead to. */
static int check_opened(struct bk_check_run *run, struct bk_set **sets,
			size_t n, struct bk_err *err)
{
	bk_check_packs_collect(run, sets, n);
	if (bk_check_packs(run, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (bk_check_lost(run, err) < 0)
			return -1;
		if (sets[i])
			bk_check_structure(run, sets[i]);
	}
	if (check_data(run, sets, n, err) < 0 || bk_check_lost(run, err) < 0)
		return -1;
	tell_affected(run, sets, n);
	bk_check_packs_done(run);
	return 0;
}

/* ---- what is whole ---- */

/* Is anything bad of what the level stands for? */
static bool is_level_bad(const struct bk_check_run *run,
			 const struct bk_set_level *level)
{
	for (size_t i = 0; i < run->sets.n; i++)
		if (run->bad_sets[i] &&
		    memcmp(run->sets.items[i].id, level->id, BK_ID_LEN) == 0)
			return true;
	for (size_t i = 0; i < level->table.n; i++) {
		const struct bk_check_pack *pack =
			bk_check_pack_of(run, &level->table.rows[i]);
		if (pack && pack->bad)
			return true;
	}
	return false;
}

static bool is_whole(const struct bk_check_run *run, const struct bk_set *set)
{
	for (size_t i = 0; set && i < set->n_levels; i++)
		if (is_level_bad(run, &set->levels[i]))
			return false;
	return set != NULL;
}

static void keep_set(struct bk_check_run *run, const struct bk_set_info *info,
		     const struct bk_set *set)
{
	struct bk_check_place *place = run->place;
	struct bk_check_set *kept = &place->sets[place->n_sets++];

	memcpy(kept->id, info->id, BK_ID_LEN);
	kept->whole = is_whole(run, set);
	if (info->broken)
		return;
	memcpy(kept->host, info->root.host, BK_ID_LEN);
	kept->kind = info->root.kind;
	kept->parity = info->root.parity;
	kept->store = bk_strdup(info->root.store_name);
}

static void keep_sets(struct bk_check_run *run, struct bk_set **sets)
{
	struct bk_check_place *place = run->place;

	place->sets = bk_alloc((run->sets.n + 1) * sizeof(*place->sets));
	for (size_t i = 0; i < run->sets.n; i++)
		if (!run->only || run->only == &run->sets.items[i])
			keep_set(run, &run->sets.items[i], sets[i]);
}

static int check_sets(struct bk_check_run *run, struct bk_err *err)
{
	struct bk_set **sets = bk_alloc(run->sets.n * sizeof(struct bk_set *));
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < run->sets.n; i++) {
		rc = bk_check_lost(run, err);
		if (rc == 0 && (!run->only || run->only == &run->sets.items[i]))
			open_set(run, &run->sets.items[i], &sets[i]);
	}
	bk_check_bases(run);
	if (rc == 0)
		rc = check_opened(run, sets, run->sets.n, err);
	if (rc == 0)
		keep_sets(run, sets);
	for (size_t i = 0; i < run->sets.n; i++)
		bk_set_close(sets[i]);
	free(sets);
	return rc;
}

static int check_place(struct bk_check_run *run, const uint8_t *only,
		       struct bk_err *err)
{
	if (list_all(run, err) < 0)
		return -1;
	if (only) {
		run->only = bk_check_listed(run, only);
		if (!run->only)
			return 0; /* that it lacks is told by who compares */
	}
	if (check_slots(run, err) < 0 || check_sets(run, err) < 0)
		return -1;
	if (run->only)
		return 0;
	const struct bk_check_spread spread = {
		.at = run->repo->target,
		.place = run->place_number,
		.deep = run->request->read_ppm == BK_CHECK_ALL,
		.gone = &run->place->gone,
	};
	if (bk_check_spread(&spread, run->found, err) < 0)
		return -1;
	if (bk_check_absent(run, err) < 0)
		return -1;
	bk_check_seen(run);
	bk_check_control(run);
	return bk_check_lost(run, err);
}

int bk_check_place_run(struct bk_check_run *run, const uint8_t *only,
		       struct bk_err *err)
{
	struct bk_check_place *place = run->place;
	int64_t start_ms = bk_clock_monotonic_ms();
	uint64_t before =
		run->progress ? atomic_load(&run->progress->bytes) : 0;

	(void)pthread_mutex_init(&run->lock, NULL);
	int rc = check_place(run, only, err);
	(void)pthread_mutex_destroy(&run->lock);
	place->reached = rc == 0;
	place->files = run->n_packs;
	place->messages = run->messages;
	if (run->progress)
		place->bytes = atomic_load(&run->progress->bytes) - before;
	place->seconds = (double)(bk_clock_monotonic_ms() - start_ms) / 1000;
	bk_state_heads_clear(&run->heads);
	bk_blob_list_clear(&run->files);
	bk_set_info_list_clear(&run->sets);
	for (size_t i = 0; i < run->n_packs; i++) {
		free(run->packs[i].types);
		free(run->packs[i].proved);
	}
	free(run->packs);
	free(run->bad_sets);
	return rc;
}
