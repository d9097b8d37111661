/* Which section is meant: see sections.h. */

#include "job/sections.h"

#include <string.h>

#include "base/buf.h"

const struct bk_conf_section *bk_sections_only(const struct bk_conf *conf,
					       const char *type, size_t *n)
{
	const struct bk_conf_section *first = bk_conf_next(conf, type, NULL);
	const struct bk_conf_section *s = first;

	for (*n = 0; s; s = bk_conf_next(conf, type, s))
		++*n;
	return *n == 1 ? first : NULL;
}

const struct bk_conf_section *bk_sections_of_url(const struct bk_conf *conf,
						 const char *type,
						 const char *url)
{
	const struct bk_conf_section *s = NULL;

	while ((s = bk_conf_next(conf, type, s))) {
		const char *its = bk_conf_value(s, "url");
		if (its && strcmp(its, url) == 0)
			return s;
	}
	return NULL;
}

/* "a, b, c": the names of all sections of a type. */
static void add_names(struct bk_buf *out, const struct bk_conf *conf,
		      const char *type)
{
	const struct bk_conf_section *s = NULL;
	const char *gap = "";

	while ((s = bk_conf_next(conf, type, s))) {
		bk_buf_printf(out, "%s%s", gap, s->name);
		gap = ", ";
	}
}

int bk_sections_which(const struct bk_settings *settings, const char *type,
		      const char *how, struct bk_err *err)
{
	struct bk_buf names = {0};

	add_names(&names, &settings->conf, type);
	if (names.len > 0)
		bk_fail(err, BK_MISUSE, "which %s? %s, one of: %s", type, how,
			bk_buf_text(&names));
	else
		bk_fail(err, BK_MISUSE, "which %s? %s; there is none in %s",
			type, how, settings->source);
	bk_buf_clear(&names);
	return -1;
}

bool bk_sections_job_writes(const struct bk_conf *conf,
			    const struct bk_conf_section *job, const char *repo)
{
	const char *its = bk_conf_value(job, "repo");
	size_t n = 0;

	if (!its) {
		const struct bk_conf_section *only =
			bk_sections_only(conf, "repo", &n);
		its = only ? only->name : repo; /* what -r says */
	}
	return strcmp(its, repo) == 0;
}

static bool has_name(const struct bk_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	return false;
}

static void add_ship(const struct bk_conf_section *job, struct bk_names *out)
{
	const char *ship = bk_conf_value(job, "ship");
	struct bk_names words = {0};

	if (ship)
		bk_names_add_words(&words, ship);
	for (size_t i = 0; i < words.n; i++)
		if (!has_name(out, words.items[i]))
			bk_names_add(out, words.items[i]);
	bk_names_clear(&words);
}

void bk_sections_ship(const struct bk_conf *conf, const char *repo,
		      const struct bk_conf_section *job, struct bk_names *out)
{
	const struct bk_conf_section *s = NULL;

	while ((s = bk_conf_next(conf, "job", s)))
		if ((!job || s == job) && bk_sections_job_writes(conf, s, repo))
			add_ship(s, out);
}

void bk_sections_offer(struct bk_nearest *near, const struct bk_conf *conf,
		       const char *type)
{
	const struct bk_conf_section *s = NULL;

	while ((s = bk_conf_next(conf, type, s)))
		bk_nearest_offer(near, s->name);
}
