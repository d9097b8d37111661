/* Keys of the configuration as members of a struct: see reach_keys.h. */

#include "job/reach_keys.h"

#include <stdbool.h>
#include <string.h>

#include "base/parse.h"
#include "job/schema.h"

/* clang-format off */
static const struct bk_key_place reach_places[] = {
#define ACCESS(member) offsetof(struct bk_reach, access.member)
	{"password", BK_KEY_TEXT, ACCESS(password)},
	{"limit", BK_KEY_RATE, offsetof(struct bk_reach, up)},
	{"limit-down", BK_KEY_RATE, offsetof(struct bk_reach, down)},
	{"allow-cleartext", BK_KEY_YES, ACCESS(allow_cleartext)},
	{"timeout", BK_KEY_SECONDS, ACCESS(timeout_s)},
	{"ca", BK_KEY_TEXT, ACCESS(ca)},
	{"pin", BK_KEY_TEXT, ACCESS(pin)},
	{"client-cert", BK_KEY_TEXT, ACCESS(client_cert)},
	{"client-key", BK_KEY_TEXT, ACCESS(client_key)},
	{"client-key-password", BK_KEY_TEXT, ACCESS(client_key_password)},
	{"proxy", BK_KEY_TEXT, ACCESS(proxy)},
	{"proxy-password", BK_KEY_TEXT, ACCESS(proxy_password)},
	{"netrc", BK_KEY_YES, ACCESS(netrc)},
	{"known-hosts", BK_KEY_TEXT, ACCESS(known_hosts)},
	{"accept-new", BK_KEY_YES, ACCESS(accept_new)},
	{"ssh-key", BK_KEY_TEXT, ACCESS(ssh_key)},
	{"region", BK_KEY_TEXT, ACCESS(region)},
	{"virtual-host", BK_KEY_YES, ACCESS(virtual_host)},
	{"token", BK_KEY_TEXT, ACCESS(token)},
	{NULL, BK_KEY_TEXT, 0},
#undef ACCESS
};
/* clang-format on */

static int set_value(void *at, enum bk_key_kind kind, const char *value,
		     struct bk_err *err)
{
	uint64_t count = 0;
	int64_t ms = 0;
	int rc = 0;

	switch (kind) {
	case BK_KEY_TEXT:
		*(const char **)at = value;
		break;
	case BK_KEY_YES:
		rc = bk_parse_bool(value, at, err);
		break;
	case BK_KEY_SECONDS:
		rc = bk_parse_duration(value, &ms, err);
		*(uint32_t *)at = (uint32_t)(ms / 1000);
		break;
	case BK_KEY_COUNT:
		rc = bk_parse_number(value, UINT32_MAX, &count, err);
		*(uint32_t *)at = (uint32_t)count;
		break;
	case BK_KEY_SIZE:
		rc = bk_parse_size(value, at, err);
		break;
	case BK_KEY_RATE:
		rc = bk_limit_parse(value, at, err);
		break;
	}
	return rc;
}

int bk_key_set(const struct bk_key_place *places, void *at, const char *key,
	       const char *value, struct bk_err *err)
{
	for (; places->key; places++)
		if (strcmp(places->key, key) == 0)
			return set_value((char *)at + places->offset,
					 places->kind, value, err);
	return 0;
}

int bk_reach_set(struct bk_reach *reach, const char *key, const char *value,
		 struct bk_err *err)
{
	return bk_key_set(reach_places, reach, key, value, err);
}

int bk_keys_of_section(const struct bk_conf_section *section,
		       bk_key_setter *set, void *at, struct bk_err *err)
{
	for (size_t i = 0; i < section->n; i++)
		if (set(at, section->entries[i].key, section->entries[i].value,
			err) < 0)
			return bk_conf_blame(&section->entries[i], err);
	return 0;
}

/* ---- options ---- */

static int add_option(struct bk_settings *settings, const char *said,
		      const struct bk_key_options *options, bk_key_setter *set,
		      void *at, struct bk_err *err)
{
	const char *equals = strchr(said, '=');

	if (!equals || equals == said)
		return bk_fail(err, BK_MISUSE,
			       "%s %s: write KEY=VALUE, with a key of [%s] "
			       "in bk.conf(5)",
			       options->option, said, options->type);
	const char *key = bk_arena_strndup(&settings->arena, said,
					   (size_t)(equals - said));
	if (strcmp(key, "url") == 0 || strcmp(key, "keep") == 0)
		return bk_fail(err, BK_MISUSE,
			       "%s %s: this key belongs into the configuration",
			       options->option, key);
	if (bk_schema_check_key(options->type, key, equals + 1, err) < 0 ||
	    set(at, key, equals + 1, err) < 0)
		return bk_context(err, "%s %s", options->option, key);
	return 0;
}

int bk_keys_of_options(struct bk_settings *settings,
		       const struct bk_key_options *options, bk_key_setter *set,
		       void *at, struct bk_err *err)
{
	for (size_t i = 0; i < options->items->n; i++)
		if (add_option(settings, options->items->items[i], options, set,
			       at, err) < 0)
			return -1;
	return 0;
}
