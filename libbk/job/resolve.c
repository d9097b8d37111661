/* Which store and job are meant: see settings.h. */

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/parse.h"
#include "base/path.h"
#include "job/resolve.h"
#include "job/schema.h"
#include "job/sections.h"
#include "job/server.h"
#include "job/settings.h"

#define UID_GAP 100000

/* An mbox file comes back to the byte; the gap would be a number in it. */
static uint32_t usual_gap(const char *type)
{
	return type && strcmp(type, "mbox") == 0 ? 0 : UID_GAP;
}
#define READ_ERRORS 1000   /* 0.1 % */
#define MAX_SHRINK  300000 /* 30 % */
#define HOOK_MS     ((int64_t)600 * 1000)

/* ---- stores ---- */

/* `accounts`: a file that comes before the server's own, or NULL. */
static int store_of_server(struct bk_settings *settings, const char *word,
			   const char *accounts, struct bk_store_settings *out,
			   struct bk_err *err)
{
	static const struct bk_opt_list none;
	const struct bk_key_options options = {.items = &none};
	struct bk_server_settings *server =
		bk_arena_alloc(&settings->arena, sizeof(*server));

	if (bk_settings_server(settings, word, &options, server, err) < 0)
		return -1;
	if (accounts)
		server->accounts_file = accounts;
	if (!server->reach.access.password && !server->reach.access.token &&
	    !server->accounts_file && !settings->common->no_input)
		server->reach.access.password = "prompt";
	*out = (struct bk_store_settings){
		.config = {.name = server->name, .type = "imap"},
		.uid_gap = UID_GAP,
		.server = server,
	};
	return 0;
}

/* What a section of its type cannot do without. */
static int complete(struct bk_settings *settings,
		    const struct bk_conf_section *section,
		    struct bk_store_settings *out, struct bk_err *err)
{
	const char *type = out->config.type;
	bool imap = type && strcmp(type, "imap") == 0;
	const char *server = bk_conf_value(section, "server");
	const char *lacks = !type                        ? "type"
			    : imap && !server            ? "server"
			    : !imap && !out->config.path ? "path"
							 : NULL;
	const char *accounts = bk_conf_value(section, "accounts-file");
	struct bk_store_settings on;

	if (lacks)
		return bk_fail(err, BK_MISUSE, "%s:%u: [store %s] has no %s",
			       section->file, section->line, section->name,
			       lacks);
	if (!imap)
		return 0;
	if (store_of_server(settings, server, accounts, &on, err) < 0)
		return bk_conf_blame(bk_conf_get(section, "server"), err);
	on.config.name = section->name;
	on.uid_gap = out->uid_gap;
	on.trees = out->trees;
	*out = on;
	return 0;
}

/* The values were checked when they were loaded. */
static int store_of_section(struct bk_settings *settings,
			    const struct bk_conf_section *section,
			    struct bk_store_settings *out, struct bk_err *err)
{
	const struct bk_conf_entry *gap = bk_conf_get(section, "uid-gap");
	uint64_t uid_gap = usual_gap(bk_conf_value(section, "type"));

	if (gap && bk_parse_number(gap->value, UINT32_MAX, &uid_gap, err) < 0)
		return bk_conf_blame(gap, err);
	*out = (struct bk_store_settings){
		.config = {.name = section->name,
			   .type = bk_conf_value(section, "type"),
			   .path = bk_conf_value(section, "path"),
			   .inbox = bk_conf_value(section, "inbox"),
			   .locks = bk_conf_value(section, "locks"),
			   .layout = bk_conf_value(section, "layout"),
			   .control = bk_conf_value(section, "control"),
			   .index = bk_conf_value(section, "index"),
			   .owner = bk_conf_value(section, "owner")},
		.uid_gap = (uint32_t)uid_gap,
		.trees = bk_conf_value(section, "trees"),
	};
	if (!out->config.layout)
		out->config.layout = "auto";
	return complete(settings, section, out, err);
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

/* The length of "maildir:" and the like in front of a path; 0: there is none.
 */
static size_t lies_in_files(const char *word)
{
	static const char *const types[] = {
		"maildir:", "mbox:", "eml:", "tar:", "zip:"};

	for (size_t i = 0; word && i < sizeof(types) / sizeof(*types); i++)
		if (strncmp(word, types[i], strlen(types[i])) == 0)
			return strlen(types[i]);
	return 0;
}

const char *bk_settings_store_name(struct bk_settings *settings,
				   const char *word)
{
	size_t len = lies_in_files(word);
	struct bk_store_config config = {0};
	const struct bk_conf_section *server =
		word ? bk_sections_of_url(&settings->conf, "server", word)
		     : NULL;

	if (server)
		return server->name;
	if (!len)
		return word;
	config.type = bk_arena_strndup(&settings->arena, word, len - 1);
	config.path = word + len;
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
	/* A path may begin with any number of '/'. */
	if (!lies_in_files(word) && bk_schema_check_where(word, err) < 0)
		return -1;
	*out = (struct bk_store_settings){
		.config = {.name = word,
			   .type = bk_arena_strndup(&settings->arena, word,
                           len),
			   .path = word + len + 1,
			   .layout = "auto"},
		.uid_gap = usual_gap(
			bk_arena_strndup(&settings->arena, word, len)),
	};
	if (lies_in_files(word))
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
	bk_sections_offer(&near, &settings->conf, "store");
	if (or_job)
		bk_sections_offer(&near, &settings->conf, "job");
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
		section = bk_sections_only(&settings->conf, "store", &n);
	if (section)
		return store_of_section(settings, section, out, err);
	if (!word)
		return bk_sections_which(settings, "store", "name it", err);
	if (bk_settings_is_server(settings, word))
		return store_of_server(settings, word, NULL, out, err);
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

static int read_hooks(const struct bk_conf_section *section,
		      struct bk_job_settings *out, struct bk_err *err)
{
	const struct bk_conf_entry *before = bk_conf_get(section, "before");
	const struct bk_conf_entry *after = bk_conf_get(section, "after");
	const struct bk_conf_entry *time = bk_conf_get(section, "hook-time");

	out->ping = bk_conf_value(section, "ping");
	if (before && bk_argv_split(&out->before, before->value, err) < 0)
		return bk_conf_blame(before, err);
	if (after && bk_argv_split(&out->after, after->value, err) < 0)
		return bk_conf_blame(after, err);
	if (time && bk_parse_duration(time->value, &out->hook_ms, err) < 0)
		return bk_conf_blame(time, err);
	return 0;
}

static int read_job(const struct bk_conf_section *section,
		    struct bk_job_settings *out, struct bk_err *err)
{
	const struct bk_conf_entry *keep = bk_conf_get(section, "keep");

	if (keep && bk_keep_parse(keep->value, &out->keep, err) < 0)
		return bk_conf_blame(keep, err);
	if (read_names(section, "ship", &out->ship, err) < 0 ||
	    read_hooks(section, out, err) < 0)
		return -1;
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
		    !bk_conf_find(conf, "store", word) &&
		    !bk_settings_is_server(settings, word))
			return no_store(settings, word, true, err);
		return 0;
	}
	*out = bk_sections_only(conf, "job", &n);
	return n > 1 ? bk_sections_which(settings, "job", "name it", err) : 0;
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
		.hook_ms = HOOK_MS,
	};
	if (find_job(settings, word, &section, err) < 0)
		return -1;
	if (section) {
		store = bk_conf_value(section, "store");
		repo = bk_conf_value(section, "repo");
	}
	out->section = section;
	int rc = section ? read_job(section, out, err) : 0;
	if (rc == 0)
		rc = bk_settings_store(settings, store, &out->store, err);
	if (rc == 0)
		rc = bk_settings_find_repo(settings, repo, &out->repo, err);
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
	bk_names_clear(&job->ship);
	bk_argv_clear(&job->before);
	bk_argv_clear(&job->after);
	*job = (struct bk_job_settings){0};
}
