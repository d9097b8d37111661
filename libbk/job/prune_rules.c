/* Which sets go at one place: see prune_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "job/choose.h"
#include "job/keep.h"
#include "job/prune_run.h"
#include "target/spread.h"

/* The sets of a view, as rules look at them. */
struct items {
	struct bk_keep_item *items;
	struct bk_keep_verdict *verdicts;
	struct bk_keep *rules;
	char (*names)[BK_SET_LABEL];
	bool *goes;
	size_t n;
};

static void items_clear(struct items *items)
{
	free(items->items);
	free(items->verdicts);
	free(items->rules);
	free(items->names);
	free(items->goes);
}

/* Sets of other hosts stay, unless they are asked for. */
static bool is_asked_for(const struct bk_prune_run *run,
			 const struct bk_set_info *info)
{
	const struct bk_prune_request *request = run->request;
	const struct bk_choice choice = {.host = request->host,
					 .at = BK_NO_TIME};

	if (request->all_hosts)
		return true;
	if (info->broken)
		return false; /* nobody knows whose it is */
	if (request->host)
		return bk_choice_takes(&choice, info);
	return memcmp(info->root.host, run->repo->host, BK_ID_LEN) == 0;
}

static bool is_for(const struct bk_prune_rule *rule,
		   const struct bk_set_info *info)
{
	return !rule->store || info->broken ||
	       strcmp(rule->store, info->root.store_name) == 0;
}

/* What is missing may be where nobody can look now. */
static bool is_degraded(const struct bk_prune_run *run)
{
	struct bk_spread *spread = bk_spread_of(run->repo->target);
	struct bk_spread_gap gaps[BK_SPREAD_MOST];

	return spread && bk_spread_missed(spread, gaps) > 0;
}

/* All that is said of it, together; empty where nothing is.  What is not whole
 * stays: it may be mended. */
static struct bk_keep rules_of(const struct bk_prune_run *run,
			       const struct bk_prune_set *set)
{
	const struct bk_prune_place *place = run->place;
	struct bk_keep all = {0};

	if (!is_asked_for(run, set->info) ||
	    (set->fault && (!run->request->incomplete || is_degraded(run))))
		return all;
	for (size_t i = 0; i < place->n_rules; i++)
		if (is_for(&place->rules[i], set->info))
			bk_keep_add(&all, &place->rules[i].keep);
	return all;
}

/* At a target the repository's pins count too. */
static bool is_held(const struct bk_prune_run *run,
		    const struct bk_prune_set *set)
{
	return set->hold || set->needed || set->writer ||
	       (run->known &&
		bk_holds_find(&run->known->holds, set->info->id, run->now_ms));
}

/* Sets of one host and store have one number. */
static unsigned series_of(const struct bk_prune_view *view, size_t n)
{
	const struct bk_root *root = &view->infos.items[n].root;

	for (size_t i = 0; i < n; i++) {
		const struct bk_root *other = &view->infos.items[i].root;
		if (!view->infos.items[i].broken &&
		    memcmp(root->host, other->host, BK_ID_LEN) == 0 &&
		    memcmp(root->store, other->store, BK_ID_LEN) == 0)
			return (unsigned)i;
	}
	return (unsigned)n;
}

static void fill_item(const struct bk_prune_run *run,
		      const struct bk_prune_view *view, size_t i,
		      struct items *to)
{
	const struct bk_prune_set *set = &view->sets[i];
	const struct bk_set_info *info = set->info;

	(void)bk_set_word(to->names[i], &view->infos, info);
	to->rules[i] = rules_of(run, set);
	to->items[i] = (struct bk_keep_item){
		.name = to->names[i],
		.start_ms = bk_setid_ms(info->id),
		.series = series_of(view, i),
		.base = set->base,
		.complete = !set->fault,
		.broken = !set->packs_known,
		.held = is_held(run, set),
		.rules = &to->rules[i],
	};
}

static void judge(const struct bk_prune_run *run,
		  const struct bk_prune_view *view, struct items *to)
{
	size_t n = view->infos.n;

	to->n = n;
	to->items = bk_alloc((n + 1) * sizeof(*to->items));
	to->verdicts = bk_alloc((n + 1) * sizeof(*to->verdicts));
	to->rules = bk_alloc((n + 1) * sizeof(*to->rules));
	to->names = bk_alloc((n + 1) * sizeof(*to->names));
	to->goes = bk_alloc(n + 1);
	for (size_t i = 0; i < n; i++)
		fill_item(run, view, i, to);
	bk_keep_plan(to->items, n, run->request->min_keep, run->now_ms,
		     to->verdicts);
	for (size_t i = 0; i < n; i++)
		to->goes[i] = !to->verdicts[i].stays;
}

/* Also without rules: what killed runs left behind, and what was condemned
 * before, go nevertheless. */
static void tell_of_no_rules(const struct bk_prune_run *run)
{
	if (run->place->n_rules)
		return;
	bk_log(BK_LOG_INFO,
	       "%s: no keep = says what may go, so every set stays; say it in "
	       "the [%s] section, or --keep '14d monthly:12'",
	       run->place->name, run->place->is_repo ? "job" : "target");
}

/* A name that was mistyped would prune nothing for years. */
static void look_for_host(struct bk_prune_run *run,
			  const struct bk_prune_view *view)
{
	bool found = !run->request->host;

	for (size_t i = 0; i < view->infos.n; i++)
		found |= is_asked_for(run, &view->infos.items[i]);
	run->nothing = !found;
	if (!found)
		bk_log(BK_LOG_ERROR, "%s: no set of host '%s' is here",
		       run->place->name, run->request->host);
}

/* It stays, and somebody must look. */
static void tell_of_faults(struct bk_prune_run *run,
			   const struct bk_prune_view *view,
			   const struct items *items)
{
	size_t n = 0, first = 0;

	for (size_t i = 0; i < view->infos.n; i++)
		if (view->sets[i].fault && !items->goes[i] && !n++)
			first = i;
	if (!n)
		return;
	bk_prune_left(run, BK_CORRUPT, "sets there are not whole, and stay",
		      "bk check");
	bk_log(BK_LOG_ERROR,
	       "%s: %zu sets are not whole, and stay: %s: %s; run: bk check; "
	       "what cannot be mended goes with --incomplete",
	       run->place->name, n, items->names[first],
	       view->sets[first].fault);
}

static int carry_out(struct bk_prune_run *run, const struct bk_prune_view *view,
		     const struct items *items, struct bk_err *err)
{
	const struct bk_prune_request *request = run->request;
	const struct bk_prune_terms terms = {
		.now_ms = run->now_ms,
		.grace_ms = request->grace_ms,
		.why = "by its rules",
	};
	struct bk_prune_tally condemned = {0}, deleted = {0};

	if (request->dry_run) {
		bk_prune_preview(view, items->goes, &condemned);
		return bk_prune_tell_end(run, &condemned, &deleted, err);
	}
	if (bk_prune_condemn(run->repo, view, items->goes, &terms, &condemned,
			     err) < 0 ||
	    bk_prune_execute(run->repo, &terms, &deleted, err) < 0)
		return -1;
	run->put_off = *condemned.writer != 0;
	return bk_prune_tell_end(run, &condemned, &deleted, err);
}

/* What was told already. */
static int check_seen(const struct bk_prune_run *run, struct bk_err *err)
{
	const struct bk_witness *witness = run->repo->witness;

	if (!witness || !witness->set_back)
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "this is not the state that was seen here before: "
		       "nothing was pruned; --accept-missing goes on");
}

int bk_prune_by_rules(struct bk_prune_run *run, struct bk_err *err)
{
	struct bk_prune_view view;
	struct items items = {0};

	if (run->repo->witness)
		run->repo->witness->accept = run->request->accept_missing;
	if (bk_prune_look(&view, run->repo, run->now_ms, err) < 0)
		return -1;
	int rc = bk_prune_check(&view, run->known, run->request->accept_missing,
				err);
	if (rc == 0)
		rc = check_seen(run, err);
	if (rc < 0 && run->request->n_places == 1)
		rc = bk_context(err, "%s", run->place->name);
	if (rc == 0) {
		tell_of_no_rules(run);
		judge(run, &view, &items);
		tell_of_faults(run, &view, &items);
		look_for_host(run, &view);
		rc = bk_prune_tell_sets(run, &view, items.items, items.verdicts,
					err);
	}
	if (rc == 0)
		rc = carry_out(run, &view, &items, err);
	items_clear(&items);
	bk_prune_view_clear(&view);
	return rc;
}
