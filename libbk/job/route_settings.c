/* Routes of the configuration: see route_settings.h. */

#include "job/route_settings.h"

#include <string.h>

#include "base/parse.h"
#include "base/pattern.h"
#include "job/reach_keys.h"
#include "job/sections.h"

/* What a section says, and which server a cyrus-deny is at. */
struct section_words {
	struct bk_route_config config;
	const char *server, *wait, *timeout;
};

static int set_key(void *at, const char *key, const char *value,
		   struct bk_err *err)
{
	/* clang-format off */
#define CONFIG(member) offsetof(struct section_words, config.member)
	static const struct bk_key_place places[] = {
		{"type", BK_KEY_TEXT, CONFIG(type)},
		{"file", BK_KEY_TEXT, CONFIG(file)},
		{"account", BK_KEY_TEXT, CONFIG(account)},
		{"command", BK_KEY_TEXT, CONFIG(command)},
		{"config", BK_KEY_TEXT, CONFIG(config)},
		{"map", BK_KEY_TEXT, CONFIG(map)},
		{"services", BK_KEY_TEXT, CONFIG(services)},
		{"server", BK_KEY_TEXT, offsetof(struct section_words, server)},
		{"wait", BK_KEY_TEXT, offsetof(struct section_words, wait)},
		{"timeout", BK_KEY_TEXT, offsetof(struct section_words, timeout)},
		{NULL, BK_KEY_TEXT, 0},
	};
#undef CONFIG
	/* clang-format on */

	return bk_key_set(places, at, key, value, err);
}

/* "command": the name that the section has, unless it says another. */
static const char *text_at(const char *type,
			   const struct bk_server_settings *server,
			   const char **key)
{
	if (strcmp(type, "dovecot-passwd") == 0) {
		*key = "proxy-to";
		return server->proxy_to;
	}
	if (strcmp(type, "postfix-transport") == 0) {
		*key = "transport";
		return server->transport;
	}
	*key = "place";
	return server->place ? server->place : server->name;
}

static int read_ends(struct section_words *words,
		     const struct bk_server_settings *from,
		     const struct bk_server_settings *to, struct bk_err *err)
{
	struct bk_route_config *config = &words->config;
	const char *key = NULL;

	config->source = text_at(config->type, from, &key);
	config->destination = text_at(config->type, to, &key);
	if (!config->source || !config->destination)
		return bk_fail(err, BK_MISUSE, "server %s has no %s",
			       config->source ? to->name : from->name, key);
	if (strcmp(config->source, config->destination) == 0)
		return bk_fail(err, BK_MISUSE,
			       "%s and %s have the same %s: '%s'", from->name,
			       to->name, key, config->source);
	return 0;
}

/* 1; 0 when it is at neither of them. */
static int read_side(struct section_words *words,
		     const struct bk_server_settings *from,
		     const struct bk_server_settings *to, struct bk_err *err)
{
	if (!words->server)
		return bk_fail(err, BK_MISUSE,
			       "say server = NAME: at which it is");
	bool leaves = strcmp(words->server, from->name) == 0;
	if (!leaves && strcmp(words->server, to->name) != 0)
		return 0;
	words->config.source = leaves ? "open" : "denied";
	words->config.destination = leaves ? "denied" : "open";
	return 1;
}

/* 1; 0 when it has nothing to do with these servers. */
static int read_words(struct section_words *words,
		      const struct bk_server_settings *from,
		      const struct bk_server_settings *to, struct bk_err *err)
{
	struct bk_route_config *config = &words->config;

	config->wait_ms = -1;
	if (!config->type)
		return bk_fail(err, BK_MISUSE, "it has no type");
	if (words->wait &&
	    bk_parse_duration(words->wait, &config->wait_ms, err) < 0)
		return -1;
	if (words->timeout &&
	    bk_parse_duration(words->timeout, &config->timeout_ms, err) < 0)
		return -1;
	if (strcmp(config->type, "cyrus-deny") == 0)
		return read_side(words, from, to, err);
	return read_ends(words, from, to, err) < 0 ? -1 : 1;
}

static int read_section(const struct bk_conf_section *section,
			const struct bk_server_settings *from,
			const struct bk_server_settings *to,
			struct bk_route_config *out, struct bk_err *err)
{
	struct section_words words = {.config.name = section->name};

	if (bk_keys_of_section(section, set_key, &words, err) < 0)
		return -1;
	int rc = read_words(&words, from, to, err);
	if (rc < 0)
		return bk_context(err, "%s:%u: [route %s]", section->file,
				  section->line, section->name);
	*out = words.config;
	return rc;
}

static bool is_meant(const struct bk_names *names, const char *name)
{
	bool found = names->n == 0;

	for (size_t i = 0; i < names->n; i++)
		found |= strcmp(names->items[i], name) == 0;
	return found;
}

/* A name that no route has. */
static int check_names(struct bk_settings *settings,
		       const struct bk_names *names, struct bk_err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		struct bk_nearest near;

		if (bk_conf_find(&settings->conf, "route", names->items[i]))
			continue;
		bk_nearest_init(&near, names->items[i]);
		bk_sections_offer(&near, &settings->conf, "route");
		if (near.best)
			return bk_fail(err, BK_MISUSE,
				       "no route '%s'; did you mean '%s'?",
				       names->items[i], near.best);
		return bk_fail(err, BK_MISUSE, "no route '%s' in %s",
			       names->items[i], settings->source);
	}
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): what, where to, and two results */
int bk_settings_routes(struct bk_settings *settings, const char *names,
		       const struct bk_server_settings *from,
		       const struct bk_server_settings *to,
		       struct bk_route_config **out, size_t *n,
		       struct bk_err *err)
{
	const struct bk_conf_section *section = NULL;
	struct bk_names words = {0};
	size_t most = 1;

	*n = 0;
	if (!from->name || !to->name)
		return bk_fail(err, BK_MISUSE,
			       "a route leads from one mail server to another: "
			       "give both a section [server NAME]");
	while ((section = bk_conf_next(&settings->conf, "route", section)))
		most++;
	*out = bk_arena_alloc(&settings->arena, most * sizeof(**out));
	if (names)
		bk_names_add_words(&words, names);
	int rc = check_names(settings, &words, err);
	while (rc >= 0 &&
	       (section = bk_conf_next(&settings->conf, "route", section))) {
		if (!is_meant(&words, section->name))
			continue;
		rc = read_section(section, from, to, &(*out)[*n], err);
		*n += rc > 0;
	}
	bk_names_clear(&words);
	return rc < 0 ? -1 : 0;
}
