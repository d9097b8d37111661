/* Deleting what was condemned, and taking it back: see prune.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/fault.h"
#include "repo/presence.h"
#include "repo/prune_parts.h"

struct execution {
	const struct bk_repo *repo;
	const struct bk_prune_terms *terms;
	const struct bk_trash *list;
	struct bk_live live;
	struct bk_blob_list data;
	struct bk_trash done;
	struct bk_prune_tally *tally;
};

/* ---- what is live now ---- */

/* Every set that anybody can see, and every set that is held. */
static int read_live(struct bk_live *live, const struct bk_repo *repo,
		     int64_t now_ms, struct bk_err *err)
{
	struct bk_set_info_list visible = {0};
	struct bk_holds holds = {0};

	int rc = bk_holds_read(repo, &holds, err);
	if (rc == 0)
		rc = bk_sets_list(repo, &visible, err);
	for (size_t i = 0; rc == 0 && i < visible.n; i++)
		rc = bk_live_add(live, repo, visible.items[i].id, err);
	for (size_t i = 0; rc == 0 && i < holds.n; i++)
		if (bk_holds_find(&holds, holds.items[i].set, now_ms))
			rc = bk_live_add(live, repo, holds.items[i].set, err);
	bk_live_sort(live);
	bk_set_info_list_clear(&visible);
	bk_holds_clear(&holds);
	return rc;
}

/* ---- deleting ---- */

static int remove_file(struct execution *e, const char *name, bool pack,
		       struct bk_err *err)
{
	const struct bk_blob *blob = bk_blob_list_find(&e->data, name);
	struct bk_err why = {0};

	if (bk_cancelled(err) < 0)
		return -1;
	bk_fault("prune: before a file is deleted");
	if (bk_target_remove(e->repo->target, name, &why) < 0) {
		if (why.kind == BK_GONE) /* by the run that was cut short */
			return 0;
		*err = why;
		if (why.kind == BK_DENIED)
			bk_fail(err, BK_DENIED,
				"%s; prune with a login that may delete there, "
				"see bk-prune(1)",
				why.text);
		return -1;
	}
	e->tally->files++;
	e->tally->packs += pack;
	e->tally->bytes += blob ? blob->size : 0;
	return 0;
}

static int remove_packs(struct execution *e, struct bk_err *err)
{
	const struct bk_pack_ids *packs = &e->list->packs;
	char name[BK_NAME_MAX];

	for (size_t i = 0; i < packs->n; i++) {
		const struct bk_pack_id *pack = &packs->items[i];
		if (!bk_live_has_pack(&e->live, pack->owner, pack->ordinal) &&
		    remove_file(e,
				bk_name_pack(name, pack->owner, pack->ordinal),
				true, err) < 0)
			return -1;
	}
	return 0;
}

static int remove_objects(struct execution *e, struct bk_err *err)
{
	struct bk_name name;

	for (size_t i = 0; i < e->list->n_objects; i++) {
		const char *text = e->list->objects[i];
		if (bk_name_parse(text, &name) != BK_NAME_OTHER &&
		    !bk_live_has_set(&e->live, name.id) &&
		    remove_file(e, text, false, err) < 0)
			return -1;
	}
	return 0;
}

static bool belongs_to_set(enum bk_name_kind kind)
{
	return kind == BK_NAME_INDEX || kind == BK_NAME_MANIFEST ||
	       kind == BK_NAME_TABLE || kind == BK_NAME_ENVELOPES ||
	       kind == BK_NAME_BUNDLE;
}

/* All files of the sets but packs, which are named one by one, and roots. */
static int remove_parts(struct execution *e, struct bk_err *err)
{
	struct bk_name name;

	for (size_t i = 0; i < e->data.n; i++) {
		const char *text = e->data.items[i].name;
		if (belongs_to_set(bk_name_parse(text, &name)) &&
		    bk_trash_find(e->list, name.id) &&
		    !bk_live_has_set(&e->live, name.id) &&
		    remove_file(e, text, false, err) < 0)
			return -1;
	}
	return 0;
}

static int remove_roots(struct execution *e, struct bk_err *err)
{
	char name[BK_NAME_MAX];

	for (size_t i = 0; i < e->list->n_sets; i++) {
		const struct bk_tombstone *set = &e->list->sets[i];
		if (bk_live_has_set(&e->live, set->set)) {
			e->tally->spared++;
			continue;
		}
		if (remove_file(e, bk_name_root(name, set->set), false, err) <
		    0)
			return -1;
		*bk_trash_add_set(&e->done) = *set;
		e->tally->sets++;
	}
	return 0;
}

static int put_step(struct execution *e, enum bk_trash_step step,
		    struct bk_err *err)
{
	struct bk_trash go = {.step = step};
	struct bk_trash *file = step == BK_TRASH_DONE ? &e->done : &go;

	file->step = step;
	file->written_ms = e->terms->now_ms;
	memcpy(file->list_sha256, e->list->sha256, BK_SHA256_LEN);
	bk_fault(step == BK_TRASH_GO ? "prune: before .go"
				     : "prune: before .done");
	return bk_prune_put(e->repo, e->list->id, file, NULL, err);
}

static int delete_all(struct execution *e, struct bk_err *err)
{
	if (read_live(&e->live, e->repo, e->terms->now_ms, err) < 0 ||
	    bk_target_list(e->repo->target, "data", &e->data, err) < 0 ||
	    remove_packs(e, err) < 0 || remove_objects(e, err) < 0 ||
	    remove_parts(e, err) < 0)
		return -1;
	return remove_roots(e, err);
}

/* Of a login that may not delete nothing is left: what it condemned would be
 * out of view for ever. */
static void drop_if_untouched(struct execution *e, size_t files_before,
			      const struct bk_err *why)
{
	struct bk_err ignored = {0};

	if (why->kind != BK_DENIED || e->list->going || e->done.n_sets ||
	    e->tally->files != files_before)
		return;
	(void)put_step(e, BK_TRASH_DONE, &ignored);
}

static int carry_out(struct execution *e, struct bk_err *err)
{
	size_t files_before = e->tally->files;

	if (!e->list->going && put_step(e, BK_TRASH_GO, err) < 0)
		return -1;
	if (delete_all(e, err) < 0) {
		drop_if_untouched(e, files_before, err);
		return -1;
	}
	return put_step(e, BK_TRASH_DONE, err);
}

static int execute(const struct bk_repo *repo,
		   const struct bk_prune_terms *terms,
		   const struct bk_trash *list, struct bk_prune_tally *tally,
		   struct bk_err *err)
{
	struct execution e = {
		.repo = repo, .terms = terms, .list = list, .tally = tally};

	if (!list->going && list->grace_ms > terms->now_ms) {
		tally->waiting += list->n_sets;
		if (!tally->next_ms || list->grace_ms < tally->next_ms)
			tally->next_ms = list->grace_ms;
		return 0;
	}
	int rc = carry_out(&e, err);
	bk_live_clear(&e.live);
	bk_blob_list_clear(&e.data);
	bk_trash_clear(&e.done);
	return rc;
}

int bk_prune_execute(const struct bk_repo *repo,
		     const struct bk_prune_terms *terms,
		     struct bk_prune_tally *tally, struct bk_err *err)
{
	struct bk_condemned trash = {0};

	*tally = (struct bk_prune_tally){0};
	int rc = bk_condemned_read(repo, &trash, err);
	for (size_t i = 0; rc == 0 && i < trash.n; i++)
		if (memcmp(trash.lists[i].host, repo->host, BK_ID_LEN) == 0)
			rc = execute(repo, terms, &trash.lists[i], tally, err);
	bk_condemned_clear(&trash);
	return rc < 0 ? bk_context(err, "%s: deleting", repo->target->where)
		      : 0;
}

/* ---- taking it back ---- */

/* Does a list that may be under way name something that the set needs? */
static bool is_late(const struct bk_trash *list, const struct bk_live *needs)
{
	bool late = false;

	for (size_t i = 0; i < needs->n; i++)
		late |= bk_trash_find(list, needs->sets[i].id) != NULL;
	for (size_t i = 0; i < needs->packs.n; i++)
		late |= bk_pack_ids_has(&list->packs,
					needs->packs.items[i].owner,
					needs->packs.items[i].ordinal);
	return late && list->going;
}

/* Can the set be read, with all that it stands on? */
static int is_whole(const struct bk_repo *repo, const uint8_t set[BK_ID_LEN],
		    bool *whole, struct bk_err *err)
{
	struct bk_blob_list data = {0};
	struct bk_set *opened = NULL;
	struct bk_err why = {0};

	int rc = bk_target_list(repo->target, "data", &data, err);
	if (rc == 0) {
		*whole = bk_set_open(&opened, repo, set, &why) == 0 &&
			 bk_presence_set(&data, opened, &why) == 0;
		if (!*whole && why.kind != BK_GONE && why.kind != BK_CORRUPT) {
			*err = why;
			rc = -1;
		}
	}
	bk_set_close(opened);
	bk_blob_list_clear(&data);
	return rc;
}

static int judge(const struct bk_repo *repo, const uint8_t set[BK_ID_LEN],
		 enum bk_undelete *out, struct bk_err *err)
{
	struct bk_condemned trash = {0};
	struct bk_live needs = {0};
	bool late = false, whole = false;

	int rc = bk_condemned_read(repo, &trash, err);
	if (rc == 0)
		rc = bk_live_add(&needs, repo, set, err);
	bk_live_sort(&needs);
	for (size_t i = 0; rc == 0 && i < trash.n; i++)
		late |= is_late(&trash.lists[i], &needs);
	if (rc == 0)
		rc = is_whole(repo, set, &whole, err);
	if (!needs.n)
		*out = BK_UNDELETE_GONE;
	else if (late || !whole)
		*out = BK_UNDELETE_LATE;
	else if (bk_condemned_has_set(&trash, set))
		*out = BK_UNDELETE_SAVED;
	else
		*out = BK_UNDELETE_VISIBLE;
	bk_live_clear(&needs);
	bk_condemned_clear(&trash);
	return rc;
}

int bk_prune_undelete(const struct bk_repo *repo, const uint8_t set[BK_ID_LEN],
		      const struct bk_prune_terms *terms, enum bk_undelete *out,
		      struct bk_err *err)
{
	const struct bk_hold hold = {
		.kind = BK_HOLD_PIN,
		.written_ms = terms->now_ms,
		.until_ms = terms->until_ms,
		.why = terms->why ? terms->why : "undeleted",
	};

	/* The hold first: whoever lists holds after this spares the set. */
	if (bk_hold_put(repo, set, &hold, err) < 0 ||
	    judge(repo, set, out, err) < 0)
		return bk_context(err, "%s: undelete", repo->target->where);
	return 0;
}
