/* Where from and where to: see ship_ends.h. */

#include "job/ship_ends.h"

#include <stdlib.h>
#include <string.h>

#include "job/command.h"
#include "job/resolve.h"
#include "job/sections.h"

void bk_ship_ends_clear(struct bk_ship_ends *ends)
{
	free(ends->to);
	bk_names_clear(&ends->names);
	*ends = (struct bk_ship_ends){0};
}

/* -o says how targets are reached, not the repository. */
static int find_repo(struct bk_settings *settings, struct bk_repo_settings *out,
		     struct bk_err *err)
{
	const struct bk_common *said = settings->common;
	struct bk_common bare = *said;

	bare.target_options = (struct bk_opt_list){0};
	settings->common = &bare;
	int rc = bk_settings_repo(settings, out, err);
	settings->common = out->common = said;
	return rc;
}

static int set_limits(const struct bk_ship_words *words, struct bk_reach *reach,
		      struct bk_err *err)
{
	if (words->limit_up &&
	    bk_limit_parse(words->limit_up, &reach->up, err) < 0)
		return bk_context(err, "--limit-up");
	if (words->limit_down &&
	    bk_limit_parse(words->limit_down, &reach->down, err) < 0)
		return bk_context(err, "--limit-down");
	return 0;
}

static int check_apart(const char *a, const char *b, struct bk_err *err)
{
	if (!bk_is_same_place(a, b))
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "%s is the repository itself; a copy needs another "
		       "place",
		       b);
}

static const char *command(struct bk_settings *settings,
			   const struct bk_repo_settings *repo,
			   const struct bk_ship_words *words,
			   const char *target)
{
	struct bk_buf line = {0}, verb = {0};

	bk_buf_printf(&verb, "ship %s", words->verb);
	bk_command_begin(&line, bk_buf_text(&verb), repo, 0);
	bk_buf_clear(&verb);
	bk_command_word(&line, target);
	const char *kept =
		bk_arena_strdup(&settings->arena, bk_buf_text(&line));
	bk_buf_clear(&line);
	return kept;
}

static int add_target(struct bk_ship_ends *ends, struct bk_settings *settings,
		      const struct bk_ship_words *words, const char *word,
		      struct bk_err *err)
{
	struct bk_ship_end *end = &ends->to[ends->n];
	struct bk_target_settings target;

	if (bk_settings_target(settings, word, &target, err) < 0 ||
	    check_apart(ends->from.where, target.where, err) < 0 ||
	    set_limits(words, &target.reach, err) < 0)
		return -1;
	*end = (struct bk_ship_end){
		.name = target.name,
		.where = target.where,
		.reach = target.reach,
		.again = command(settings, &ends->from, words, target.name),
	};
	for (size_t i = 0; i < ends->n; i++)
		if (bk_is_same_place(ends->to[i].where, end->where))
			return 0;
	ends->n++;
	return 0;
}

/* Of all jobs that write to this repository. */
static int find_ship(struct bk_ship_ends *ends,
		     const struct bk_settings *settings, struct bk_err *err)
{
	bk_sections_ship(&settings->conf, ends->from.name, NULL, &ends->names);
	if (ends->names.n)
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "which target? Name one, or say ship = in the job's "
		       "section of %s",
		       settings->source);
}

int bk_ship_ends_push(struct bk_ship_ends *out, struct bk_settings *settings,
		      const struct bk_ship_words *words, struct bk_err *err)
{
	if (find_repo(settings, &out->from, err) < 0 ||
	    (!words->n && find_ship(out, settings, err) < 0))
		return -1;
	size_t n = words->n ? words->n : out->names.n;
	out->to = bk_alloc(n * sizeof(*out->to));
	for (size_t i = 0; i < n; i++) {
		const char *word =
			words->n ? words->targets[i] : out->names.items[i];
		if (add_target(out, settings, words, word, err) < 0)
			return -1;
	}
	return 0;
}

int bk_ship_ends_job(struct bk_ship_ends *out, struct bk_settings *settings,
		     const struct bk_job_settings *job, struct bk_err *err)
{
	const struct bk_ship_words words = {.verb = "push"};

	out->from = job->repo;
	out->to = bk_alloc((job->ship.n + 1) * sizeof(*out->to));
	for (size_t i = 0; i < job->ship.n; i++)
		if (add_target(out, settings, &words, job->ship.items[i], err) <
		    0)
			return -1;
	return 0;
}

int bk_ship_ends_pull(struct bk_ship_ends *out, struct bk_settings *settings,
		      const struct bk_ship_words *words, struct bk_err *err)
{
	struct bk_target_settings target;
	struct bk_repo_settings repo;

	if (words->n != 1)
		return bk_fail(err, BK_MISUSE,
			       "from where? One target: bk ship pull TARGET");
	if (find_repo(settings, &repo, err) < 0 ||
	    bk_settings_target(settings, words->targets[0], &target, err) < 0 ||
	    check_apart(target.where, repo.where, err) < 0 ||
	    set_limits(words, &target.reach, err) < 0)
		return -1;
	out->from = (struct bk_repo_settings){
		.name = target.name,
		.where = target.where,
		.reach = target.reach,
		.password = repo.password,
		.slot = repo.slot,
	};
	out->n = 1;
	out->to = bk_alloc(sizeof(*out->to));
	*out->to = (struct bk_ship_end){
		.name = repo.name,
		.where = repo.where,
		.reach = repo.reach,
		.again = command(settings, &repo, words, target.name),
	};
	/* What is read back must come from there. */
	out->to->reach.cache = NULL;
	return 0;
}
