/* Places and their rules: see prune_places.h. */

#include "job/prune_places.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/conf.h"
#include "job/resolve.h"
#include "job/sections.h"

void bk_prune_places_clear(struct bk_prune_places *places)
{
	for (size_t i = 0; i < places->n; i++)
		free(places->items[i].rules);
	free(places->items);
	bk_names_clear(&places->names);
	*places = (struct bk_prune_places){0};
}

static void add_rule(struct bk_prune_place *place, const char *store,
		     const struct bk_keep *keep)
{
	place->rules = bk_realloc(place->rules,
				  (place->n_rules + 1) * sizeof(*place->rules));
	place->rules[place->n_rules++] =
		(struct bk_prune_rule){.store = store, .keep = *keep};
}

static int add_words(struct bk_prune_place *place, const char *text,
		     struct bk_err *err)
{
	struct bk_keep keep;

	if (!text)
		return 0;
	if (bk_keep_parse(text, &keep, err) < 0)
		return -1;
	add_rule(place, NULL, &keep);
	return 0;
}

static int add_option(struct bk_prune_place *place, const char *text,
		      struct bk_err *err)
{
	if (add_words(place, text, err) < 0)
		return bk_context(err, "--keep");
	return 0;
}

/* ---- the repository ---- */

/* Rules go with the repository that the file names, never with one that -r
 * brings. */
static bool writes_here(const struct bk_prune_places *places,
			const struct bk_settings *settings,
			const struct bk_conf_section *job)
{
	const char *to = bk_conf_value(job, "repo");
	size_t n;

	if (to)
		return strcmp(to, places->repo.name) == 0;
	const struct bk_conf_section *only =
		bk_sections_only(&settings->conf, "repo", &n);
	return only && strcmp(only->name, places->repo.name) == 0;
}

/* What each job that writes here says of its store's sets; without `keep`, that
 * they stay. */
static int add_job(struct bk_prune_place *place, struct bk_settings *settings,
		   const char *name, bool *ruled, struct bk_err *err)
{
	const struct bk_keep for_ever = {.all = true};
	struct bk_job_settings job = {0};

	if (bk_settings_job(settings, name, &job, err) < 0)
		return -1;
	bool empty = bk_keep_is_empty(&job.keep);
	*ruled |= !empty;
	add_rule(place, job.store.config.name, empty ? &for_ever : &job.keep);
	bk_job_settings_clear(&job);
	return 0;
}

static int add_repo(struct bk_prune_places *places,
		    struct bk_settings *settings, const char *keep,
		    struct bk_err *err)
{
	struct bk_prune_place *place = &places->items[places->n++];
	bool ruled = false;

	*place = (struct bk_prune_place){
		.name = places->repo.name,
		.where = places->repo.where,
		.reach = places->repo.reach,
		.is_repo = true,
	};
	if (keep)
		return add_option(place, keep, err);
	for (size_t i = 0; i < settings->conf.n; i++) {
		const struct bk_conf_section *job = &settings->conf.sections[i];
		if (strcmp(job->type, "job") == 0 &&
		    writes_here(places, settings, job) &&
		    add_job(place, settings, job->name, &ruled, err) < 0)
			return -1;
	}
	if (!ruled)
		place->n_rules = 0;
	return 0;
}

/* ---- targets ---- */

static int add_target(struct bk_prune_places *places,
		      struct bk_settings *settings, const char *word,
		      const char *keep, struct bk_err *err)
{
	struct bk_target_settings target;

	if (bk_settings_target(settings, word, &target, err) < 0)
		return -1;
	for (size_t i = 0; i < places->n; i++)
		if (bk_is_same_place(places->items[i].where, target.where))
			return 0;
	/* However it is called, it has the rules of the jobs. */
	if (bk_is_same_place(places->repo.where, target.where))
		return add_repo(places, settings, keep, err);
	struct bk_prune_place *place = &places->items[places->n++];
	*place = (struct bk_prune_place){
		.name = target.name,
		.where = target.where,
		.reach = target.reach,
	};
	const struct bk_conf_section *section =
		bk_conf_find(&settings->conf, "target", target.name);
	if (keep)
		return add_option(place, keep, err);
	return add_words(place, section ? bk_conf_value(section, "keep") : NULL,
			 err);
}

int bk_prune_places_find(struct bk_prune_places *out,
			 struct bk_settings *settings, char **targets,
			 size_t n_targets, const char *keep, struct bk_err *err)
{
	if (bk_settings_repo(settings, &out->repo, err) < 0)
		return -1;
	/* Rules of the moment are for the place that one has in mind. */
	if (!n_targets && !keep)
		bk_sections_ship(&settings->conf, out->repo.name, NULL,
				 &out->names);
	size_t n = n_targets ? n_targets : out->names.n;
	out->items = bk_alloc((n + 1) * sizeof(*out->items));
	if (!n_targets && add_repo(out, settings, keep, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *word = n_targets ? targets[i] : out->names.items[i];
		int rc = strcmp(word, out->repo.name) == 0
				 ? add_repo(out, settings, keep, err)
				 : add_target(out, settings, word, keep, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* Those of other stores are for the runs of their jobs. */
static void leave_rules_of(struct bk_prune_place *place, const char *store)
{
	size_t n = 0;

	for (size_t i = 0; i < place->n_rules; i++)
		if (strcmp(place->rules[i].store, store) == 0)
			place->rules[n++] = place->rules[i];
	place->n_rules = n;
}

int bk_prune_places_job(struct bk_prune_places *out,
			struct bk_settings *settings,
			const struct bk_job_settings *job, struct bk_err *err)
{
	out->repo = job->repo;
	out->items = bk_alloc((job->ship.n + 1) * sizeof(*out->items));
	if (add_repo(out, settings, NULL, err) < 0)
		return -1;
	leave_rules_of(&out->items[0], job->store.config.name);
	for (size_t i = 0; i < job->ship.n; i++)
		if (add_target(out, settings, job->ship.items[i], NULL, err) <
		    0)
			return -1;
	return 0;
}
