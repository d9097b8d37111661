/* Who takes sets away, brings them back or copies them: see simpruner.h. */

#include "lib/simpruner.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "repo/condemned.h"
#include "repo/presence.h"
#include "repo/set.h"

void sim_pruner_make(struct sim_pruner *pruner, const struct sim_world *world,
		     unsigned host)
{
	*pruner = (struct sim_pruner){.now_ms = world->now_ms,
				      .until_ms = world->now_ms};
	sim_world_view(world, host, &pruner->link, &pruner->repo);
}

bool sim_pruner_decided(const struct sim_pruner *pruner,
			const uint8_t set[BK_ID_LEN])
{
	for (unsigned i = 0; i < pruner->n_decided; i++)
		if (memcmp(pruner->decided[i], set, BK_ID_LEN) == 0)
			return true;
	return false;
}

static bool may_go(const struct sim_pruner *pruner,
		   const struct bk_prune_view *view, size_t i, const bool *goes)
{
	const struct bk_prune_set *set = &view->sets[i];

	if (set->hold || set->needed || pruner->n_decided == SIM_DECISIONS ||
	    bk_setid_ms(set->info->id) >= pruner->until_ms)
		return false;
	for (size_t k = 0; k < view->infos.n; k++)
		if (view->sets[k].base == i && !goes[k])
			return false;
	return true;
}

static void decide(struct sim_pruner *pruner, const struct bk_prune_view *view,
		   bool *goes)
{
	for (size_t i = view->infos.n; i-- > 0;) {
		pruner->faulty += view->sets[i].fault != NULL;
		goes[i] = (pruner->all || dice_one_in(&pruner->dice, 2)) &&
			  may_go(pruner, view, i, goes);
		if (goes[i])
			memcpy(pruner->decided[pruner->n_decided++],
			       view->infos.items[i].id, BK_ID_LEN);
	}
}

int sim_pruner_run(void *arg, struct bk_err *err)
{
	struct sim_pruner *pruner = arg;
	struct bk_prune_view view = {0};
	struct bk_prune_terms terms = {.now_ms = pruner->now_ms};

	if (bk_prune_look(&view, &pruner->repo, pruner->now_ms, err) < 0)
		return -1;
	bool *goes = bk_alloc((view.infos.n + 1) * sizeof(*goes));
	int rc = bk_prune_check(&view, NULL, false, err);
	if (rc == 0) {
		decide(pruner, &view, goes);
		rc = bk_prune_condemn(&pruner->repo, &view, goes, &terms,
				      &pruner->tally, err);
	}
	free(goes);
	bk_prune_view_clear(&view);
	return rc < 0 ? -1
		      : bk_prune_execute(&pruner->repo, &terms, &pruner->tally,
					 err);
}

int sim_undelete_run(void *arg, struct bk_err *err)
{
	struct sim_undelete *undelete = arg;
	const struct bk_prune_terms terms = {.now_ms = undelete->now_ms};

	int rc = bk_prune_undelete(&undelete->repo, undelete->set, &terms,
				   &undelete->outcome, err);
	undelete->good = rc == 0;
	return rc;
}

/* ---- copying ---- */

static bool is_of(const char *name, const uint8_t set[BK_ID_LEN])
{
	struct bk_name parsed;

	return bk_name_parse(name, &parsed) != BK_NAME_OTHER &&
	       memcmp(parsed.id, set, BK_ID_LEN) == 0;
}

/* Does any list, carried out or not, name something of these sets? */
static int check_trash(struct sim_copier *copier, struct bk_err *err)
{
	struct bk_condemned trash = {0};
	bool bad = false;

	int rc = bk_tombstones_read(&copier->repo, &trash, err);
	if (rc == 0)
		bad = bk_condemned_touches(&trash, copier->set) ||
		      bk_condemned_touches(&trash, copier->base);
	if (bad)
		rc = bk_fail(err, BK_BUSY, "a prune condemned it");
	bk_condemned_clear(&trash);
	return rc;
}

static int copy_file(struct sim_copier *copier, struct sim_link *from,
		     const char *name, struct bk_err *err)
{
	struct bk_buf bytes = {0};
	struct bk_err absent = {0};
	uint64_t size = 0;

	if (bk_target_stat(&copier->link.target, name, &size, &absent) == 0)
		return 0;
	if (absent.kind != BK_GONE) {
		*err = absent;
		return -1;
	}
	int rc = bk_target_stat(&from->target, name, &size, err);
	if (rc == 0)
		rc = bk_target_read(&from->target, name, 0, size, &bytes, err);
	if (rc == 0)
		rc = bk_target_put(&copier->link.target, name,
				   bk_buf_view(&bytes), err);
	bk_buf_clear(&bytes);
	return rc;
}

/* All files of the set but its root, or the root. */
static int copy_files(struct sim_copier *copier, bool root, struct bk_err *err)
{
	struct sim_link from = {0};
	int rc = 0;

	sim_link_open(&from, copier->source, NULL);
	for (size_t i = 0; rc == 0 && i < copier->source->n; i++) {
		const char *name = copier->source->blobs[i].name;
		if (is_of(name, copier->set) &&
		    (strncmp(name, "sets/", 5) == 0) == root)
			rc = copy_file(copier, &from, name, err);
	}
	return rc;
}

static int check_data(struct sim_copier *copier, struct bk_err *err)
{
	struct bk_blob_list data = {0};
	struct bk_set *set = NULL;

	int rc = bk_set_open(&set, &copier->repo, copier->set, err);
	if (rc == 0)
		rc = bk_target_list(&copier->link.target, "data", &data, err);
	if (rc == 0)
		rc = bk_presence_set(&data, set, err);
	bk_blob_list_clear(&data);
	bk_set_close(set);
	return rc;
}

static int check_base(struct sim_copier *copier, struct bk_err *err)
{
	char name[BK_NAME_MAX];
	uint64_t size;

	return bk_target_stat(&copier->link.target,
			      bk_name_root(name, copier->base), &size, err);
}

int sim_copier_run(void *arg, struct bk_err *err)
{
	struct sim_copier *copier = arg;

	copier->link.puts_again = true;
	if (check_trash(copier, err) < 0 || check_base(copier, err) < 0 ||
	    copy_files(copier, false, err) < 0 ||
	    copy_files(copier, true, err) < 0 || check_trash(copier, err) < 0 ||
	    check_data(copier, err) < 0)
		return -1;
	copier->good = true;
	return 0;
}
