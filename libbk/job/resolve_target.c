/* How targets are reached: see resolve.h. */

#include "job/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/path.h"
#include "job/reach_keys.h"
#include "job/resolve_spread.h"
#include "job/schema.h"
#include "job/sections.h"
#include "net/url.h"

static int set_key(void *reach, const char *key, const char *value,
		   struct bk_err *err)
{
	return bk_reach_set(reach, key, value, err);
}

static int read_section(const struct bk_conf_section *section,
			struct bk_target_settings *out, struct bk_err *err)
{
	out->name = section->name;
	out->where = bk_conf_value(section, "url");
	if (!out->where)
		return bk_fail(err, BK_MISUSE, "%s:%u: [target %s] has no url",
			       section->file, section->line, section->name);
	return bk_keys_of_section(section, set_key, &out->reach, err);
}

static int no_such(const struct bk_settings *settings, const char *word,
		   struct bk_err *err)
{
	struct bk_nearest near;

	bk_nearest_init(&near, word);
	bk_sections_offer(&near, &settings->conf, "target");
	if (near.best)
		return bk_fail(err, BK_MISUSE,
			       "no target '%s'; did you mean '%s'?", word,
			       near.best);
	return bk_fail(err, BK_MISUSE,
		       "no target '%s' in %s; without a section write its path "
		       "or URL",
		       word, settings->source);
}

int bk_settings_target(struct bk_settings *settings, const char *word,
		       struct bk_target_settings *out, struct bk_err *err)
{
	const struct bk_conf_section *section =
		bk_conf_find(&settings->conf, "target", word);

	const char *spool = getenv("TMPDIR");

	*out = (struct bk_target_settings){
		.name = word,
		.where = word,
		.reach.watcher = &settings->waiting.watcher,
		.reach.spool = spool && *spool ? spool : NULL,
	};
	if (!section && bk_url_is(word))
		section = bk_sections_of_url(&settings->conf, "target", word);
	if (!section && !strpbrk(word, "/:"))
		return no_such(settings, word, err);
	if (!section && bk_schema_check_where(word, err) < 0)
		return -1;
	out->section = section;
	if (section && read_section(section, out, err) < 0)
		return -1;
	if (strncmp(out->where, "file:///", 8) == 0)
		out->where += 7;
	if (bk_resolve_spread(settings, out, err) < 0)
		return -1;
	const struct bk_key_options options = {
		.items = &settings->common->target_options,
		.option = "-o",
		.type = "target",
	};
	return bk_keys_of_options(settings, &options, set_key, &out->reach,
				  err);
}

bool bk_is_same_place(const char *a, const char *b)
{
	if (bk_url_is(a) || bk_url_is(b))
		return strcmp(a, b) == 0;
	char *first = bk_path_clean(a), *second = bk_path_clean(b);
	bool same = strcmp(first, second) == 0;
	free(first);
	free(second);
	return same;
}
