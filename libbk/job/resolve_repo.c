/* Which repository is meant, and what opens it: see settings.h. */

#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "job/resolve.h"
#include "job/schema.h"
#include "job/sections.h"
#include "net/url.h"

/* It lies where `word` says: a target's name, a path or a URL. */
static int place_repo(struct bk_settings *settings, const char *word,
		      struct bk_repo_settings *out, struct bk_err *err)
{
	struct bk_target_settings target;

	if (bk_settings_target(settings, word, &target, err) < 0)
		return -1;
	if (!bk_url_is(target.where) && settings->common->target_options.n)
		return bk_fail(err, BK_MISUSE,
			       "-o says how a server is reached, and %s is a "
			       "folder here",
			       word);
	out->name = target.name;
	out->where = target.where;
	out->reach = target.reach;
	out->reach.cache = settings->cache_dir;
	out->target = target.section;
	return 0;
}

static int repo_of_section(struct bk_settings *settings,
			   const struct bk_conf_section *section,
			   struct bk_repo_settings *out, struct bk_err *err)
{
	const char *path = bk_conf_value(section, "path");
	const char *target = bk_conf_value(section, "target");

	if (!path == !target)
		return bk_fail(err, BK_MISUSE, "%s:%u: [repo %s] has %s",
			       section->file, section->line, section->name,
			       path ? "both a path and a target"
				    : "no path and no target");
	if (place_repo(settings, path ? path : target, out, err) < 0)
		return -1;
	out->name = section->name;
	out->password = bk_conf_value(section, "password");
	out->slot = bk_conf_value(section, "slot");
	const char *pack_size = bk_conf_value(section, "pack-size");
	if (pack_size && bk_parse_size(pack_size, &out->pack_size, err) < 0)
		return -1;
	const char *parity = bk_conf_value(section, "parity");
	return parity ? bk_parse_bool(parity, &out->parity, err) : 0;
}

/* Of a target that is named for itself: what is there was shipped from a
 * repository of this host, and opens as that one does. */
static int repo_of_target(struct bk_settings *settings, const char *word,
			  struct bk_repo_settings *out, struct bk_err *err)
{
	const struct bk_conf_section *repo;
	size_t n = 0;

	repo = bk_sections_only(&settings->conf, "repo", &n);
	if (repo) {
		out->password = bk_conf_value(repo, "password");
		out->slot = bk_conf_value(repo, "slot");
	}
	return place_repo(settings, word, out, err);
}

/* The name of a repository or target, a path or a URL.  A word near a name is
 * taken for a slip, not for a folder here. */
static int repo_of_word(struct bk_settings *settings, const char *word,
			struct bk_repo_settings *out, struct bk_err *err)
{
	const struct bk_conf *conf = &settings->conf;
	const struct bk_conf_section *section =
		bk_conf_find(conf, "repo", word);
	struct bk_nearest near;

	if (section)
		return repo_of_section(settings, section, out, err);
	if (bk_conf_find(conf, "target", word))
		return repo_of_target(settings, word, out, err);
	if (*word == 0)
		return bk_fail(err, BK_MISUSE,
			       "the name of the repository is empty");
	if (!strpbrk(word, "/:")) {
		bk_nearest_init(&near, word);
		bk_sections_offer(&near, conf, "repo");
		bk_sections_offer(&near, conf, "target");
		if (near.best)
			return bk_fail(err, BK_MISUSE,
				       "no repository '%s'; did you mean "
				       "'%s'? (a folder here: ./%s)",
				       word, near.best, word);
	}
	/* A folder here may have a name without a '/'. */
	if (strpbrk(word, "/:"))
		return place_repo(settings, word, out, err);
	out->name = out->where = word;
	return 0;
}

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* The one of the three variables that is set, as a spec. */
static int password_of_env(struct bk_settings *settings, const char **out,
			   struct bk_err *err)
{
	static const struct {
		const char *name, *prefix;
	} places[] = {
		{"BK_PASSWORD_FILE",    "file:"   },
		{"BK_PASSWORD_COMMAND", "command:"},
		{"BK_PASSWORD_FD",      "fd:"     },
	};
	struct bk_buf spec = {0};

	for (size_t i = 0; i < 3; i++) {
		const char *value = env(places[i].name);
		if (!value)
			continue;
		if (spec.len > 0) {
			bk_buf_clear(&spec);
			return bk_fail(err, BK_MISUSE,
				       "two of BK_PASSWORD_FILE, _COMMAND and "
				       "_FD are set");
		}
		bk_buf_printf(&spec, "%s%s", places[i].prefix, value);
	}
	if (spec.len > 0)
		*out = bk_arena_strdup(&settings->arena, bk_buf_text(&spec));
	bk_buf_clear(&spec);
	return 0;
}

/* What options and environment say beats the section. */
static int find_password(struct bk_settings *settings,
			 struct bk_repo_settings *out, struct bk_err *err)
{
	const struct bk_common *common = settings->common;

	if (common->slot)
		out->slot = common->slot;
	if (common->password_from) {
		out->password = common->password_from;
		if (bk_schema_check_password(out->password, err) < 0)
			return bk_context(err, "--password-from");
	} else if (password_of_env(settings, &out->password, err) < 0) {
		return -1;
	}
	if (!out->password)
		out->password = "prompt";
	if (common->slot && strncmp(out->password, "keyblock:", 9) == 0)
		return bk_fail(err, BK_MISUSE,
			       "--slot %s: a key block opens its own slot; for "
			       "another one add --password-from prompt",
			       common->slot);
	if (common->no_input && strcmp(out->password, "prompt") == 0)
		return bk_fail(err, BK_MISUSE,
			       "no password for %s: use --password-from, "
			       "BK_PASSWORD_FILE, or password = in its section",
			       out->where);
	return 0;
}

int bk_settings_find_repo(struct bk_settings *settings, const char *usual,
			  struct bk_repo_settings *out, struct bk_err *err)
{
	const char *word = settings->common->repo;
	size_t n = 0;
	int rc = 0;

	*out = (struct bk_repo_settings){
		.common = settings->common,
		.said = word,
	};
	if (!word)
		word = env("BK_REPO");
	if (!word) {
		word = usual;
		if (!bk_sections_only(&settings->conf, "repo", &n))
			out->said = usual;
	}
	if (word) {
		rc = repo_of_word(settings, word, out, err);
	} else {
		const struct bk_conf_section *section =
			bk_sections_only(&settings->conf, "repo", &n);
		rc = section ? repo_of_section(settings, section, out, err)
			     : bk_sections_which(settings, "repo",
						 "name it by -r REPO", err);
	}
	return rc < 0 ? -1 : find_password(settings, out, err);
}

int bk_settings_repo(struct bk_settings *settings, struct bk_repo_settings *out,
		     struct bk_err *err)
{
	return bk_settings_find_repo(settings, NULL, out, err);
}
