/* Loading the settings of a run: see settings.h. */

#include "job/settings.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "job/schema.h"

#define CONFIG_FILE "/etc/bk/bk.conf"
#define CONFIG_DIR  "/etc/bk/conf.d"
#define JOBS_MAX    256
#define JOBS_USUAL  16 /* more threads than that have to be asked for */

/* An empty variable is as good as none. */
static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/*
 * The usual file need not be there, and an ordinary user need not be able to
 * read root's: what is missing then shows when it is asked for.
 */
static int read_usual(struct bk_settings *s, struct bk_err *err)
{
	struct bk_err why = {0};

	s->source = CONFIG_FILE;
	if (bk_conf_read(&s->conf, CONFIG_FILE, &why) < 0) {
		if (why.kind == BK_DENIED && geteuid() != 0) {
			s->source = "(" CONFIG_FILE " may not be read)";
			return 0;
		}
		if (why.kind != BK_GONE) {
			*err = why;
			return -1;
		}
	}
	return bk_conf_read_dir(&s->conf, CONFIG_DIR, err);
}

static int read_named(struct bk_settings *s, struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_conf_read(&s->conf, s->source, &why) == 0 ||
	    (why.kind == BK_GONE && s->common->config_may_lack))
		return 0;
	*err = why;
	return -1;
}

static int read_config(struct bk_settings *s, struct bk_err *err)
{
	s->source = s->common->config ? s->common->config : env("BK_CONFIG");
	if (s->source ? read_named(s, err) < 0 : read_usual(s, err) < 0)
		return -1;
	if (bk_conf_check(&s->conf, bk_schema, err) < 0)
		return -1;
	return bk_schema_check_names(&s->conf, err);
}

static const char *join(struct bk_settings *s, const char *dir,
			const char *rest)
{
	struct bk_buf path = {0};

	bk_buf_printf(&path, "%s%s", dir, rest);
	const char *copy = bk_arena_strdup(&s->arena, bk_buf_text(&path));
	bk_buf_clear(&path);
	return copy;
}

/* Where to look for a directory, strongest first. */
struct dir_source {
	const char *own;     /* BK_STATE_DIR */
	const char *systemd; /* STATE_DIRECTORY: paths joined by ':' */
	const char *system;  /* root's */
	const char *xdg;     /* XDG_STATE_HOME */
	const char *home;    /* below $HOME */
};

static const char *find_dir(struct bk_settings *s,
			    const struct dir_source *from, struct bk_err *err)
{
	const char *dir = env(from->own);

	if (dir)
		return dir;
	dir = env(from->systemd);
	if (dir)
		return bk_arena_strndup(&s->arena, dir, strcspn(dir, ":"));
	if (geteuid() == 0)
		return from->system;
	dir = env(from->xdg);
	if (dir && *dir == '/')
		return join(s, dir, "/bk");
	dir = env("HOME");
	if (dir)
		return join(s, dir, from->home);
	bk_fail(err, BK_MISUSE, "HOME is not set; set %s", from->own);
	return NULL;
}

static int find_dirs(struct bk_settings *s, struct bk_err *err)
{
	static const struct dir_source state = {
		"BK_STATE_DIR", "STATE_DIRECTORY", "/var/lib/bk",
		"XDG_STATE_HOME", "/.local/state/bk"};
	static const struct dir_source cache = {
		"BK_CACHE_DIR", "CACHE_DIRECTORY", "/var/cache/bk",
		"XDG_CACHE_HOME", "/.cache/bk"};

	s->state_dir = find_dir(s, &state, err);
	if (!s->state_dir)
		return -1;
	s->cache_dir = find_dir(s, &cache, err);
	return s->cache_dir ? 0 : -1;
}

/* As many as there are processors for us. */
static unsigned usual_jobs(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return 1;
	unsigned n = (unsigned)CPU_COUNT(&cpus);
	if (n < 1)
		return 1;
	return n < JOBS_USUAL ? n : JOBS_USUAL;
}

static int find_jobs(struct bk_settings *s, struct bk_err *err)
{
	const char *text = env("BK_JOBS");
	uint64_t jobs = s->common->jobs;

	if (jobs == 0 && text &&
	    bk_parse_number(text, JOBS_MAX, &jobs, err) < 0)
		return bk_context(err, "BK_JOBS");
	if (jobs > JOBS_MAX)
		return bk_fail(err, BK_MISUSE, "--jobs: %d is the most",
			       JOBS_MAX);
	s->jobs = jobs > 0 ? (unsigned)jobs : usual_jobs();
	return 0;
}

int bk_settings_load(struct bk_settings *out, const struct bk_common *common,
		     struct bk_err *err)
{
	*out = (struct bk_settings){.common = common};
	bk_waiting_init(&out->waiting);
	if (read_config(out, err) < 0 || find_dirs(out, err) < 0 ||
	    find_jobs(out, err) < 0) {
		bk_settings_clear(out);
		return -1;
	}
	return 0;
}

/* What is wrong in [notify] must not silence the rest of it. */
static void drop_wrong_keys(struct bk_conf_section *section)
{
	struct bk_err ignored = {0};
	size_t n = 0;

	for (size_t i = 0; i < section->n; i++)
		if (bk_schema_check_key(section->type, section->entries[i].key,
					section->entries[i].value,
					&ignored) == 0)
			section->entries[n++] = section->entries[i];
	section->n = n;
}

int bk_settings_load_rest(struct bk_settings *out,
			  const struct bk_common *common, struct bk_err *err)
{
	struct bk_err ignored = {0};

	*out = (struct bk_settings){.common = common, .conf.lenient = true};
	bk_waiting_init(&out->waiting);
	out->source = common->config ? common->config : env("BK_CONFIG");
	(void)(out->source ? bk_conf_read(&out->conf, out->source, &ignored)
			   : read_usual(out, &ignored));
	for (size_t i = 0; i < out->conf.n; i++)
		if (strcmp(out->conf.sections[i].type, "notify") == 0)
			drop_wrong_keys(&out->conf.sections[i]);
	if (find_dirs(out, err) == 0)
		return 0;
	bk_settings_clear(out);
	return -1;
}

void bk_settings_clear(struct bk_settings *settings)
{
	bk_conf_clear(&settings->conf);
	bk_arena_clear(&settings->arena);
	*settings = (struct bk_settings){0};
}
