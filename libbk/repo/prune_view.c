/* What a pruner sees: see prune.h. */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "repo/marker.h"
#include "repo/presence.h"
#include "repo/prune_parts.h"

/* Clocks of hosts differ by so much. */
#define SKEW_MS ((int64_t)5 * 60 * 1000)
/* ---- sets ---- */

static int id_against_info(const void *id, const void *info)
{
	const struct bk_set_info *set = info;

	return memcmp(id, set->id, BK_ID_LEN);
}

size_t bk_prune_find(const struct bk_prune_view *view,
		     const uint8_t id[BK_ID_LEN])
{
	const struct bk_set_info_list *infos = &view->infos;
	const struct bk_set_info *found =
		infos->n ? bsearch(id, infos->items, infos->n,
				   sizeof(*infos->items), id_against_info)
			 : NULL;

	return found ? (size_t)(found - infos->items) : BK_PRUNE_NONE;
}

static int check_base(const struct bk_prune_view *view,
		      const struct bk_prune_set *set, struct bk_err *err)
{
	char name[BK_SET_NAME];

	if (set->info->root.kind == BK_SET_FULL)
		return 0;
	(void)bk_set_name(name, set->info->root.base, 0);
	if (set->base == BK_PRUNE_NONE)
		return bk_fail(err, BK_CORRUPT,
			       "it needs %s, which is not here", name);
	if (view->sets[set->base].fault)
		return bk_fail(err, BK_CORRUPT,
			       "it needs %s, which is not whole", name);
	return 0;
}

static int find_files(const struct bk_blob_list *data,
		      const struct bk_prune_set *set, struct bk_err *err)
{
	if (bk_presence_packs(data, &set->table, err) < 0)
		return -1;
	return bk_presence_parts(data, &set->info->root, set->info->id, err);
}

/* A set that was committed after data/ was listed lacks everything there: what
 * is missing counts only if it is not in a listing of after its root either. */
static int check_files(struct bk_prune_view *view, const struct bk_repo *repo,
		       const struct bk_prune_set *set, struct bk_err *err)
{
	struct bk_err early = {0};

	if (find_files(&view->data, set, &early) == 0)
		return 0;
	if (view->later.n == 0 &&
	    bk_target_list(repo->target, "data", &view->later, err) < 0)
		return -1;
	return find_files(&view->later, set, err);
}

static int look_at(struct bk_prune_view *view, const struct bk_repo *repo,
		   struct bk_prune_set *set, struct bk_err *err)
{
	if (set->info->broken)
		return bk_fail(err, set->info->kind, "%s", set->info->broken);
	if (bk_set_info_table(repo, set->info, &set->table, err) < 0) {
		bk_table_clear(&set->table);
		return -1;
	}
	set->packs_known = true;
	if (check_files(view, repo, set, err) < 0)
		return -1;
	return check_base(view, set, err);
}

static bool is_fault(enum bk_kind kind)
{
	return kind == BK_CORRUPT || kind == BK_GONE;
}

/* Who may not read a set, or needs a newer version for it, cannot know what it
 * stands on. */
static int add_set(struct bk_prune_view *view, const struct bk_repo *repo,
		   size_t i, struct bk_err *err)
{
	struct bk_prune_set *set = &view->sets[i];
	struct bk_err why = {0};
	char name[BK_SET_NAME];

	set->info = &view->infos.items[i];
	set->base = BK_PRUNE_NONE;
	if (!set->info->broken && set->info->root.kind != BK_SET_FULL)
		set->base = bk_prune_find(view, set->info->root.base);
	if (look_at(view, repo, set, &why) == 0)
		return 0;
	if (is_fault(why.kind)) {
		set->fault = bk_strdup(why.text);
		return 0;
	}
	*err = why;
	return bk_context(err, "set %s", bk_set_name(name, set->info->id, 0));
}

/* Its host may still drop the list, and somebody may undelete a set of it: then
 * these are visible again. */
static int add_condemned(struct bk_prune_view *view, const struct bk_repo *repo,
			 const struct bk_trash *list, struct bk_err *err)
{
	bool ours = memcmp(list->host, repo->host, BK_ID_LEN) == 0;

	if (list->step != BK_TRASH_LIST || (ours && list->going))
		return 0;
	for (size_t i = 0; i < list->n_sets; i++)
		if (bk_live_add(&view->live, repo, list->sets[i].set, err) < 0)
			return -1;
	return 0;
}

/* What was condemned and may come back, and what is held: nobody sees it, and
 * what it stands on stays. */
static int find_hidden(struct bk_prune_view *view, const struct bk_repo *repo,
		       struct bk_err *err)
{
	for (size_t i = 0; i < view->holds.n; i++) {
		const uint8_t *set = view->holds.items[i].set;
		if (bk_holds_find(&view->holds, set, view->now_ms) &&
		    bk_prune_find(view, set) == BK_PRUNE_NONE &&
		    bk_live_add(&view->live, repo, set, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < view->infos.n; i++) {
		const struct bk_prune_set *set = &view->sets[i];
		if (!set->info->broken && set->base == BK_PRUNE_NONE &&
		    bk_live_add(&view->live, repo, set->info->root.base, err) <
			    0)
			return -1;
	}
	for (size_t i = 0; i < view->trash.n; i++)
		if (add_condemned(view, repo, &view->trash.lists[i], err) < 0)
			return -1;
	return 0;
}

static void note_claims(struct bk_prune_view *view)
{
	for (size_t i = 0; i < view->infos.n; i++) {
		const uint8_t *id = view->infos.items[i].id;
		view->sets[i].hold =
			bk_holds_find(&view->holds, id, view->now_ms);
		view->sets[i].needed = bk_live_has_set(&view->live, id);
	}
	for (size_t i = 0; i < view->writers.n; i++) {
		const struct bk_writer *writer = &view->writers.items[i];
		size_t base = bk_prune_find(view, writer->intent.base);
		if (base != BK_PRUNE_NONE &&
		    !bk_writer_is_dead(writer, view->now_ms))
			view->sets[base].writer = writer->intent.who;
	}
}

/* ---- everything ---- */

/* The whole is listed, and of it only data/ is used: what a set needs lies
 * there before its root does. */
static int list_data(struct bk_prune_view *view, const struct bk_repo *repo,
		     struct bk_err *err)
{
	if (bk_target_list(repo->target, "", &view->data, err) < 0)
		return -1;
	if (bk_blob_list_find(&view->data, BK_MARKER_NAME))
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "%s: its listing does not show " BK_MARKER_NAME
		       ": nothing was pruned; look at the server, then run it "
		       "again",
		       repo->target->where);
}

int bk_prune_look(struct bk_prune_view *out, const struct bk_repo *repo,
		  int64_t now_ms, struct bk_err *err)
{
	*out = (struct bk_prune_view){.now_ms = now_ms};
	if (list_data(out, repo, err) < 0 ||
	    bk_writers_read(repo, &out->writers, err) < 0 ||
	    bk_holds_read(repo, &out->holds, err) < 0 ||
	    bk_sets_list(repo, &out->infos, err) < 0 ||
	    bk_tombstones_read(repo, &out->trash, err) < 0)
		goto fail;
	out->sets = bk_alloc((out->infos.n + 1) * sizeof(*out->sets));
	for (size_t i = 0; i < out->infos.n; i++)
		if (bk_cancelled(err) < 0 || add_set(out, repo, i, err) < 0)
			goto fail;
	if (find_hidden(out, repo, err) < 0)
		goto fail;
	note_claims(out);
	return 0;
fail:
	bk_prune_view_clear(out);
	return -1;
}

void bk_prune_view_clear(struct bk_prune_view *view)
{
	for (size_t i = 0; view->sets && i < view->infos.n; i++) {
		bk_table_clear(&view->sets[i].table);
		free(view->sets[i].fault);
	}
	free(view->sets);
	bk_set_info_list_clear(&view->infos);
	bk_writers_clear(&view->writers);
	bk_holds_clear(&view->holds);
	bk_live_clear(&view->live);
	bk_condemned_clear(&view->trash);
	bk_blob_list_clear(&view->data);
	bk_blob_list_clear(&view->later);
	*view = (struct bk_prune_view){0};
}

/* ---- is it what it was? ---- */

static int check_clock(const struct bk_prune_view *view, struct bk_err *err)
{
	char name[BK_SET_NAME];

	for (size_t i = view->infos.n; i-- > 0;) {
		const struct bk_set_info *info = &view->infos.items[i];
		if (info->broken)
			continue; /* anybody may have put it */
		if (bk_setid_ms(info->id) <= view->now_ms + SKEW_MS)
			return 0;
		return bk_fail(err, BK_UNSAFE,
			       "set %s is of the future: set this host's "
			       "clock, or, if the other one's was wrong, wait; "
			       "nothing was pruned",
			       bk_set_name(name, info->id, info->root.kind));
	}
	return 0;
}

static bool knows(const struct bk_prune_known *known,
		  const uint8_t set[BK_ID_LEN])
{
	if (!known)
		return false;
	for (size_t i = 0; i < known->sets.n; i++)
		if (memcmp(known->sets.items[i].id, set, BK_ID_LEN) == 0)
			return true;
	return bk_condemned_has_set(&known->trash, set);
}

static int check_seen(const struct bk_prune_view *view,
		      const struct bk_prune_known *known,
		      const struct bk_set_info *info,
		      const struct bk_root_seen *seen, struct bk_err *err)
{
	char its[BK_SET_NAME], mine[BK_SET_NAME];

	if (bk_prune_find(view, seen->set) != BK_PRUNE_NONE ||
	    bk_condemned_has_set(&view->trash, seen->set) ||
	    knows(known, seen->set))
		return 0;
	return bk_fail(
		err, BK_UNSAFE,
		"set %s, which %s saw, is not here, and no prune took "
		"it: an old state, or not all of it; nothing was pruned; "
		"run: bk check; if it is right: --accept-missing",
		bk_set_name(its, seen->set, 0),
		bk_set_name(mine, info->id, info->root.kind));
}

int bk_prune_check(const struct bk_prune_view *view,
		   const struct bk_prune_known *known, bool accept_missing,
		   struct bk_err *err)
{
	if (check_clock(view, err) < 0)
		return -1;
	for (size_t i = 0; !accept_missing && i < view->infos.n; i++) {
		const struct bk_set_info *info = &view->infos.items[i];
		for (size_t k = 0; !info->broken && k < info->root.n_seen; k++)
			if (check_seen(view, known, info, &info->root.seen[k],
				       err) < 0)
				return -1;
	}
	return 0;
}

int bk_prune_known_read(struct bk_prune_known *out, const struct bk_repo *repo,
			struct bk_err *err)
{
	if (bk_sets_list(repo, &out->sets, err) < 0 ||
	    bk_tombstones_read(repo, &out->trash, err) < 0)
		return -1;
	return bk_holds_read(repo, &out->holds, err);
}

void bk_prune_known_clear(struct bk_prune_known *known)
{
	bk_set_info_list_clear(&known->sets);
	bk_condemned_clear(&known->trash);
	bk_holds_clear(&known->holds);
}
