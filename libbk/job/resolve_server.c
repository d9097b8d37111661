/* Mail servers by name and by URL: see server.h. */

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/nearest.h"
#include "job/schema.h"
#include "job/sections.h"
#include "job/server.h"

static int set_key(void *at, const char *key, const char *value,
		   struct bk_err *err)
{
	/* clang-format off */
	static const struct bk_key_place places[] = {
		{"url", BK_KEY_TEXT, offsetof(struct bk_server_settings, where)},
		{"login", BK_KEY_TEXT, offsetof(struct bk_server_settings, login)},
		{"auth", BK_KEY_TEXT, offsetof(struct bk_server_settings, auth)},
		{"master-separator", BK_KEY_TEXT, offsetof(struct bk_server_settings, master_separator)},
		{"without", BK_KEY_TEXT, offsetof(struct bk_server_settings, without)},
		{"sieve", BK_KEY_TEXT, offsetof(struct bk_server_settings, sieve)},
		{"keep-uids", BK_KEY_TEXT, offsetof(struct bk_server_settings, keep_uids)},
		{"doveadm", BK_KEY_TEXT, offsetof(struct bk_server_settings, doveadm)},
		{"doveadm-password", BK_KEY_TEXT, offsetof(struct bk_server_settings, doveadm_password)},
		{"accounts-file", BK_KEY_TEXT, offsetof(struct bk_server_settings, accounts_file)},
		{"smtp", BK_KEY_TEXT, offsetof(struct bk_server_settings, smtp)},
		{"proxy-to", BK_KEY_TEXT, offsetof(struct bk_server_settings, proxy_to)},
		{"transport", BK_KEY_TEXT, offsetof(struct bk_server_settings, transport)},
		{"place", BK_KEY_TEXT, offsetof(struct bk_server_settings, place)},
		{"connections", BK_KEY_COUNT, offsetof(struct bk_server_settings, connections)},
		{"weight", BK_KEY_COUNT, offsetof(struct bk_server_settings, weight)},
		{"capacity", BK_KEY_SIZE, offsetof(struct bk_server_settings, capacity)},
		{"compress", BK_KEY_YES, offsetof(struct bk_server_settings, compress)},
		{"views", BK_KEY_YES, offsetof(struct bk_server_settings, views)},
		{NULL, BK_KEY_TEXT, 0},
	};
	/* clang-format on */
	struct bk_server_settings *server = at;

	if (bk_reach_set(&server->reach, key, value, err) < 0)
		return -1;
	return bk_key_set(places, server, key, value, err);
}

static bool is_mail_url(const char *word)
{
	return strncasecmp(word, "imap://", 7) == 0 ||
	       strncasecmp(word, "imaps://", 8) == 0;
}

bool bk_settings_is_server(const struct bk_settings *settings, const char *word)
{
	return is_mail_url(word) ||
	       bk_conf_find(&settings->conf, "server", word);
}

static int no_such(const struct bk_settings *settings, const char *word,
		   struct bk_err *err)
{
	struct bk_nearest near;

	bk_nearest_init(&near, word);
	bk_sections_offer(&near, &settings->conf, "server");
	bk_sections_offer(&near, &settings->conf, "store");
	if (near.best)
		return bk_fail(err, BK_MISUSE,
			       "no server or store '%s'; did you mean '%s'?",
			       word, near.best);
	return bk_fail(err, BK_MISUSE,
		       "no server or store '%s' in %s; without a section write "
		       "imaps://HOST or maildir:/path/%%d/%%n/Maildir",
		       word, settings->source);
}

static int read_section(const struct bk_conf_section *section,
			struct bk_server_settings *out, struct bk_err *err)
{
	*out = (struct bk_server_settings){
		.name = section->name,
		.section = section,
	};
	if (bk_keys_of_section(section, set_key, out, err) < 0)
		return -1;
	if (out->where)
		return 0;
	return bk_fail(err, BK_MISUSE, "%s:%u: [server %s] has no url",
		       section->file, section->line, section->name);
}

int bk_settings_server(struct bk_settings *settings, const char *word,
		       const struct bk_key_options *options,
		       struct bk_server_settings *out, struct bk_err *err)
{
	const struct bk_conf_section *section =
		bk_conf_find(&settings->conf, "server", word);

	*out = (struct bk_server_settings){.name = word, .where = word};
	if (!section && is_mail_url(word))
		section = bk_sections_of_url(&settings->conf, "server", word);
	else if (!section)
		return no_such(settings, word, err);
	if (!section && bk_schema_check_key("server", "url", word, err) < 0)
		return -1;
	if (section && read_section(section, out, err) < 0)
		return -1;
	return bk_keys_of_options(settings, options, set_key, out, err);
}
