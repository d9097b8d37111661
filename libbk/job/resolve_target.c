/* How targets are reached: see resolve.h. */

#include "job/resolve.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/parse.h"
#include "base/path.h"
#include "job/schema.h"
#include "job/sections.h"
#include "net/url.h"

enum value_kind { TEXT, YES_NO, SECONDS, RATE };

/* clang-format off */
static const struct {
	const char *key;
	enum value_kind kind;
	size_t offset; /* in struct bk_reach */
} places[] = {
#define ACCESS(member) offsetof(struct bk_reach, access.member)
	{"password", TEXT, ACCESS(password)},
	{"limit", RATE, offsetof(struct bk_reach, up)},
	{"limit-down", RATE, offsetof(struct bk_reach, down)},
	{"allow-cleartext", YES_NO, ACCESS(allow_cleartext)},
	{"timeout", SECONDS, ACCESS(timeout_s)},
	{"ca", TEXT, ACCESS(ca)},
	{"pin", TEXT, ACCESS(pin)},
	{"client-cert", TEXT, ACCESS(client_cert)},
	{"client-key", TEXT, ACCESS(client_key)},
	{"client-key-password", TEXT, ACCESS(client_key_password)},
	{"proxy", TEXT, ACCESS(proxy)},
	{"proxy-password", TEXT, ACCESS(proxy_password)},
	{"netrc", YES_NO, ACCESS(netrc)},
	{"known-hosts", TEXT, ACCESS(known_hosts)},
	{"accept-new", YES_NO, ACCESS(accept_new)},
	{"ssh-key", TEXT, ACCESS(ssh_key)},
	{"region", TEXT, ACCESS(region)},
	{"virtual-host", YES_NO, ACCESS(virtual_host)},
	{"token", TEXT, ACCESS(token)},
#undef ACCESS
};
/* clang-format on */

static int set_value(void *at, enum value_kind kind, const char *value,
		     struct bk_err *err)
{
	int64_t ms = 0;
	int rc = 0;

	switch (kind) {
	case TEXT:
		*(const char **)at = value;
		break;
	case YES_NO:
		rc = bk_parse_bool(value, at, err);
		break;
	case SECONDS:
		rc = bk_parse_duration(value, &ms, err);
		*(uint32_t *)at = (uint32_t)(ms / 1000);
		break;
	case RATE:
		rc = bk_limit_parse(value, at, err);
		break;
	}
	return rc;
}

/* A key that says nothing of how it is reached is somebody else's. */
static int set_key(struct bk_reach *reach, const char *key, const char *value,
		   struct bk_err *err)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(places[i].key, key) == 0)
			return set_value((char *)reach + places[i].offset,
					 places[i].kind, value, err);
	return 0;
}

static int read_section(const struct bk_conf_section *section,
			struct bk_target_settings *out, struct bk_err *err)
{
	out->name = section->name;
	out->where = bk_conf_value(section, "url");
	if (!out->where)
		return bk_fail(err, BK_MISUSE, "%s:%u: [target %s] has no url",
			       section->file, section->line, section->name);
	for (size_t i = 0; i < section->n; i++)
		if (set_key(&out->reach, section->entries[i].key,
			    section->entries[i].value, err) < 0)
			return bk_conf_blame(&section->entries[i], err);
	return 0;
}

static int add_option(struct bk_settings *settings, const char *option,
		      struct bk_reach *reach, struct bk_err *err)
{
	const char *equals = strchr(option, '=');

	if (!equals || equals == option)
		return bk_fail(err, BK_MISUSE,
			       "-o %s: write KEY=VALUE, with a key of [target] "
			       "in bk.conf(5)",
			       option);
	const char *key = bk_arena_strndup(&settings->arena, option,
					   (size_t)(equals - option));
	if (strcmp(key, "url") == 0 || strcmp(key, "keep") == 0)
		return bk_fail(err, BK_MISUSE,
			       "-o %s: this key belongs into the configuration",
			       key);
	if (bk_schema_check_target(key, equals + 1, err) < 0 ||
	    set_key(reach, key, equals + 1, err) < 0)
		return bk_context(err, "-o %s", key);
	return 0;
}

static int add_options(struct bk_settings *settings, struct bk_reach *reach,
		       struct bk_err *err)
{
	const struct bk_opt_list *options = &settings->common->target_options;

	for (size_t i = 0; i < options->n; i++)
		if (add_option(settings, options->items[i], reach, err) < 0)
			return -1;
	return 0;
}

static const struct bk_conf_section *section_of_url(const struct bk_conf *conf,
						    const char *url)
{
	const struct bk_conf_section *s = NULL;

	while ((s = bk_conf_next(conf, "target", s))) {
		const char *its = bk_conf_value(s, "url");
		if (its && strcmp(its, url) == 0)
			return s;
	}
	return NULL;
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
		section = section_of_url(&settings->conf, word);
	if (!section && !strpbrk(word, "/:"))
		return no_such(settings, word, err);
	if (!section && bk_schema_check_where(word, err) < 0)
		return -1;
	out->section = section;
	if (section && read_section(section, out, err) < 0)
		return -1;
	if (strncmp(out->where, "file:///", 8) == 0)
		out->where += 7;
	return add_options(settings, &out->reach, err);
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
