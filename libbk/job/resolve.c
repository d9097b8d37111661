/* Which repository, store and job are meant: see settings.h. */

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/parse.h"
#include "base/path.h"
#include "job/schema.h"
#include "job/settings.h"

#define UID_GAP     100000
#define READ_ERRORS 1000   /* 0.1 % */
#define MAX_SHRINK  300000 /* 30 % */

/* The only section of a type, NULL and *n for none or several. */
static const struct bk_conf_section *only(const struct bk_conf *conf,
					  const char *type, size_t *n)
{
	const struct bk_conf_section *first = bk_conf_next(conf, type, NULL);
	const struct bk_conf_section *s = first;

	for (*n = 0; s; s = bk_conf_next(conf, type, s))
		++*n;
	return *n == 1 ? first : NULL;
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

static int which_one(const struct bk_settings *settings, const char *type,
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

static void offer_names(struct bk_nearest *near, const struct bk_conf *conf,
			const char *type)
{
	const struct bk_conf_section *s = NULL;

	while ((s = bk_conf_next(conf, type, s)))
		bk_nearest_offer(near, s->name);
}

/* ---- repositories ---- */

static const char *strip_file_scheme(const char *where)
{
	return strncmp(where, "file:///", 8) == 0 ? where + 7 : where;
}

static int repo_of_section(const struct bk_conf_section *section,
			   struct bk_repo_settings *out, struct bk_err *err)
{
	const char *where = bk_conf_value(section, "path");

	if (!where)
		return bk_fail(err, BK_MISUSE, "%s:%u: [repo %s] has no path",
			       section->file, section->line, section->name);
	out->name = section->name;
	out->where = strip_file_scheme(where);
	out->password = bk_conf_value(section, "password");
	out->slot = bk_conf_value(section, "slot");
	const char *pack_size = bk_conf_value(section, "pack-size");
	return pack_size ? bk_parse_size(pack_size, &out->pack_size, err) : 0;
}

/* A section's name, a path or a URL.  A word near a section's name is taken
 * for a slip, not for a folder here. */
static int repo_of_word(const struct bk_settings *settings, const char *word,
			struct bk_repo_settings *out, struct bk_err *err)
{
	const struct bk_conf_section *section =
		bk_conf_find(&settings->conf, "repo", word);
	struct bk_nearest near;

	if (section)
		return repo_of_section(section, out, err);
	if (*word == 0)
		return bk_fail(err, BK_MISUSE,
			       "the name of the repository is empty");
	if (!strpbrk(word, "/:")) {
		bk_nearest_init(&near, word);
		offer_names(&near, &settings->conf, "repo");
		if (near.best)
			return bk_fail(err, BK_MISUSE,
				       "no repository '%s'; did you mean "
				       "'%s'? (a folder here: ./%s)",
				       word, near.best, word);
	}
	if (bk_schema_check_where(word, err) < 0)
		return -1;
	out->name = out->where = strip_file_scheme(word);
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

/* `usual` is what to take when neither -r nor BK_REPO was given, or NULL. */
static int find_repo(struct bk_settings *settings, const char *usual,
		     struct bk_repo_settings *out, struct bk_err *err)
{
	const char *word = settings->common->repo;
	size_t n = 0;
	int rc = 0;

	*out = (struct bk_repo_settings){0};
	if (!word)
		word = env("BK_REPO");
	if (!word)
		word = usual;
	if (word) {
		rc = repo_of_word(settings, word, out, err);
	} else {
		const struct bk_conf_section *section =
			only(&settings->conf, "repo", &n);
		rc = section ? repo_of_section(section, out, err)
			     : which_one(settings, "repo", "name it by -r REPO",
					 err);
	}
	return rc < 0 ? -1 : find_password(settings, out, err);
}

int bk_settings_repo(struct bk_settings *settings, struct bk_repo_settings *out,
		     struct bk_err *err)
{
	return find_repo(settings, NULL, out, err);
}

/* ---- stores ---- */

/* The values were checked when they were loaded. */
static int store_of_section(const struct bk_conf_section *section,
			    struct bk_store_settings *out, struct bk_err *err)
{
	const struct bk_conf_entry *gap = bk_conf_get(section, "uid-gap");
	uint64_t uid_gap = UID_GAP;

	if (gap && bk_parse_number(gap->value, UINT32_MAX, &uid_gap, err) < 0)
		return bk_conf_blame(gap, err);
	*out = (struct bk_store_settings){
		.config = {.name = section->name,
			   .type = bk_conf_value(section, "type"),
			   .path = bk_conf_value(section, "path"),
			   .layout = bk_conf_value(section, "layout"),
			   .control = bk_conf_value(section, "control"),
			   .index = bk_conf_value(section, "index"),
			   .owner = bk_conf_value(section, "owner")},
		.uid_gap = (uint32_t)uid_gap,
	};
	if (!out->config.layout)
		out->config.layout = "auto";
	if (out->config.type && out->config.path)
		return 0;
	return bk_fail(err, BK_MISUSE, "%s:%u: [store %s] has no %s",
		       section->file, section->line, section->name,
		       out->config.type ? "path" : "type");
}

/* Sets are found again by the store's name, so a slash too many or another
 * working directory must not give it another one. */
static void spell_once(struct bk_settings *settings,
		       struct bk_store_config *config)
{
	char *path = bk_path_clean(config->path);
	char *name = bk_asprintf("%s:%s", config->type, path);

	config->path = bk_arena_strdup(&settings->arena, path);
	config->name = bk_arena_strdup(&settings->arena, name);
	free(name);
	free(path);
}

const char *bk_settings_store_name(struct bk_settings *settings,
				   const char *word)
{
	struct bk_store_config config = {.type = "maildir"};

	if (!word || strncmp(word, "maildir:", 8) != 0)
		return word;
	config.path = word + 8;
	spell_once(settings, &config);
	return config.name;
}

/* "maildir:/var/vmail/%d/%n/Maildir"; what types there are, the store says. */
static int store_of_url(struct bk_settings *settings, const char *word,
			struct bk_store_settings *out, struct bk_err *err)
{
	size_t len = strcspn(word, ":");

	if (word[len + 1] == 0)
		return bk_fail(err, BK_MISUSE, "'%s' lacks a path", word);
	if (bk_schema_check_where(word, err) < 0)
		return -1;
	*out = (struct bk_store_settings){
		.config = {.name = word,
			   .type = bk_arena_strndup(&settings->arena, word,
                           len),
			   .path = word + len + 1,
			   .layout = "auto"},
		.uid_gap = UID_GAP,
	};
	if (strcmp(out->config.type, "maildir") == 0)
		spell_once(settings, &out->config);
	return 0;
}

/* Neither a section nor a URL. */
static int no_store(const struct bk_settings *settings, const char *word,
		    bool or_job, struct bk_err *err)
{
	const char *what = or_job ? "job or store" : "store";
	struct bk_nearest near;

	if (strchr(word, '/'))
		return bk_fail(err, BK_MISUSE,
			       "'%s' does not say what it is; write "
			       "maildir:%s",
			       word, word);
	bk_nearest_init(&near, word);
	offer_names(&near, &settings->conf, "store");
	if (or_job)
		offer_names(&near, &settings->conf, "job");
	if (near.best)
		return bk_fail(err, BK_MISUSE, "no %s '%s'; did you mean '%s'?",
			       what, word, near.best);
	return bk_fail(err, BK_MISUSE,
		       "no %s '%s' in %s; without a section write "
		       "maildir:/path/%%d/%%n/Maildir",
		       what, word, settings->source);
}

int bk_settings_store(struct bk_settings *settings, const char *word,
		      struct bk_store_settings *out, struct bk_err *err)
{
	const struct bk_conf_section *section = NULL;
	size_t n = 0;

	if (word)
		section = bk_conf_find(&settings->conf, "store", word);
	else
		section = only(&settings->conf, "store", &n);
	if (section)
		return store_of_section(section, out, err);
	if (!word)
		return which_one(settings, "store", "name it", err);
	if (strchr(word, ':'))
		return store_of_url(settings, word, out, err);
	return no_store(settings, word, false, err);
}

/* ---- jobs ---- */

static int read_schedule(const struct bk_conf_section *section, const char *key,
			 struct bk_schedule *out, struct bk_err *err)
{
	const struct bk_conf_entry *entry = bk_conf_get(section, key);

	if (entry && bk_schedule_parse(entry->value, out, err) < 0)
		return bk_conf_blame(entry, err);
	return 0;
}

static int read_percent(const struct bk_conf_section *section, const char *key,
			uint32_t *out, struct bk_err *err)
{
	const struct bk_conf_entry *entry = bk_conf_get(section, key);

	if (entry && bk_parse_percent(entry->value, out, err) < 0)
		return bk_conf_blame(entry, err);
	return 0;
}

/* An empty list must not become "everything". */
static int read_names(const struct bk_conf_section *section, const char *key,
		      struct bk_names *out, struct bk_err *err)
{
	const struct bk_conf_entry *entry = bk_conf_get(section, key);

	if (!entry)
		return 0;
	bk_names_add_words(out, entry->value);
	if (out->n > 0)
		return 0;
	bk_fail(err, BK_MISUSE, "no names in '%s'", entry->value);
	return bk_conf_blame(entry, err);
}

static int read_filter(const struct bk_conf_section *section,
		       struct bk_filter *out, struct bk_err *err)
{
	const struct bk_conf_entry *file =
		bk_conf_get(section, "accounts-file");

	if (read_names(section, "accounts", &out->include, err) < 0 ||
	    read_names(section, "domains", &out->domains, err) < 0 ||
	    read_names(section, "exclude", &out->exclude, err) < 0)
		return -1;
	if (!file)
		return 0;
	if (bk_names_add_file(&out->include, file->value, err) < 0)
		return bk_conf_blame(file, err);
	if (out->include.n > 0)
		return 0;
	bk_fail(err, BK_MISUSE, "%s has no names in it", file->value);
	return bk_conf_blame(file, err);
}

static int read_job(const struct bk_conf_section *section,
		    struct bk_job_settings *out, struct bk_err *err)
{
	const struct bk_conf_entry *keep = bk_conf_get(section, "keep");

	if (keep && bk_parse_duration(keep->value, &out->keep_ms, err) < 0)
		return bk_conf_blame(keep, err);
	out->ship = bk_conf_value(section, "ship");
	if (read_schedule(section, "full", &out->full, err) < 0 ||
	    read_schedule(section, "differential", &out->differential, err) <
		    0 ||
	    read_percent(section, "read-errors", &out->read_errors_ppm, err) <
		    0 ||
	    read_percent(section, "max-shrink", &out->max_shrink_ppm, err) < 0)
		return -1;
	return read_filter(section, &out->accounts, err);
}

/* The section that `word` means; NULL and 0: there is none, a store is meant.
 */
static int find_job(const struct bk_settings *settings, const char *word,
		    const struct bk_conf_section **out, struct bk_err *err)
{
	const struct bk_conf *conf = &settings->conf;
	size_t n = 0;

	if (word) {
		*out = bk_conf_find(conf, "job", word);
		if (!*out && !strchr(word, ':') &&
		    !bk_conf_find(conf, "store", word))
			return no_store(settings, word, true, err);
		return 0;
	}
	*out = only(conf, "job", &n);
	return n > 1 ? which_one(settings, "job", "name it", err) : 0;
}

int bk_settings_job(struct bk_settings *settings, const char *word,
		    struct bk_job_settings *out, struct bk_err *err)
{
	const struct bk_conf_section *section = NULL;
	const char *store = word;
	const char *repo = NULL;

	*out = (struct bk_job_settings){
		.read_errors_ppm = READ_ERRORS,
		.max_shrink_ppm = MAX_SHRINK,
	};
	if (find_job(settings, word, &section, err) < 0)
		return -1;
	if (section) {
		store = bk_conf_value(section, "store");
		repo = bk_conf_value(section, "repo");
	}
	int rc = section ? read_job(section, out, err) : 0;
	if (rc == 0)
		rc = bk_settings_store(settings, store, &out->store, err);
	if (rc == 0)
		rc = find_repo(settings, repo, &out->repo, err);
	if (rc < 0) {
		bk_job_settings_clear(out);
		return -1;
	}
	out->name = section ? section->name : out->store.config.name;
	return 0;
}

void bk_job_settings_clear(struct bk_job_settings *job)
{
	bk_filter_clear(&job->accounts);
	*job = (struct bk_job_settings){0};
}
